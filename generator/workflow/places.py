"""Places for long work on this machine: two workers stay free for what is quick, however much long work is waiting.

    long       STUDIO_WORKERS − 2    a piece or its stems, whatever its length
    short      1                     a piece of at most SHORT seconds altogether, beside the long ones
    rendition  1                     an MP3 of a long track

Short files, collecting, the sweep and the watchdog's beat need no place. A place is a name that is claimed
(`heartbeat.only_one`): one whose worker died is free again when its claim has run out.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from generator.workflow import heartbeat, queue

SHORT = 120.0  # seconds of audio
LONG, QUICK, RENDITION = "long", "short", "rendition"


@contextmanager
def place(kind: str) -> Iterator[bool]:
    """Take a place for this kind of work; False: all of them are taken."""
    count = queue.composers() if kind == LONG else 1
    for number in range(count):
        with heartbeat.only_one(f"{kind}/{heartbeat.here()}/{number}") as held:
            if held:
                yield True
                return
    yield False
