"""Slots for long work on this machine. They keep two workers free for short tasks.

    long       STUDIO_WORKERS − 2    a generation or its stems, of any length
    short      1                     a generation of at most MAX_SHORT_S seconds in total, in addition to the long ones
    rendition  1                     an MP3 of a long track
    pack       1                     one track of a delivery pack, so that packs take turns with everything else

Short files, downloads, the poller and the watchdog's heartbeat task need no slot. A slot is a claimed name
(`claims.exclusive`): if its worker dies, it is free again when the claim expires.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from generator.services.background import claims, job_queue

MAX_SHORT_S = 120.0  # seconds of audio
LONG, QUICK, RENDITION, PACK = "long", "short", "rendition", "pack"


@contextmanager
def place(kind: str) -> Iterator[bool]:
    """Take a slot for this kind of work; yield False if all of them are taken."""
    count = job_queue.composers() if kind == LONG else 1
    for number in range(count):
        with claims.exclusive(f"{kind}/{claims.here()}/{number}") as claim:
            if claim:
                yield True
                return
    yield False
