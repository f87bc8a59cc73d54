"""The audio of a reply: written to disk as it arrives, and given its name once it is complete.

What if the process dies here? Until `finish` renames it, the file is a part, and its request is in doubt.
"""

import asyncio
import contextlib
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import httpx

from generator.messages import gettext_noop as _
from generator.providers import http as calls
from generator.providers.base import PART, Request
from generator.providers.errors import Busy

MAX_AUDIO_BYTES = 200_000_000  # ten minutes of 16-bit stereo at 48 kHz are 115 MB
MIN_SHARE = 0.9  # of the expected bytes, if only the end of the connection says that the reply is over
SAMPLE_BYTES = 2
HEADER_BYTES = 44
_NO_ROOM = _("The studio cannot store the music right now. Nothing was sent, and you were not charged.")


@contextlib.contextmanager
def open_part(request: Request) -> Iterator[BinaryIO]:
    """Open the file of a reply; afterwards an empty one is deleted.

    Raises:
        Busy: the disk does not allow it. Nothing has been sent yet.
    """
    if request.received is None:
        raise ValueError("a request needs a folder for its reply")
    part = request.received / f"take-1.{request.format}{PART}"
    try:
        part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = part.open("w+b")
    except OSError as error:
        raise Busy(_NO_ROOM, words=type(error).__name__) from None
    try:
        with file:
            yield file
    finally:
        with contextlib.suppress(OSError):
            if part.stat().st_size == 0:
                part.unlink()
                part.parent.rmdir()


async def receive(reply: httpx.Response, file: BinaryIO, output_format: str, deadline: float, gap: float) -> None:
    """Write the body of an open response to a file; `deadline` is of `time.monotonic`, `gap` the longest silence.

    Raises:
        calls.NoAnswer: it is too large, or ended early.
        TimeoutError, httpx.HTTPError, OSError: it did not arrive.
    """
    size, announced = 0, reply.headers.get("content-length", "")
    async with contextlib.aclosing(calls.pieces(reply)) as chunks:  # type: ignore[type-var]  # it is a generator
        while True:
            async with asyncio.timeout(min(gap, deadline - time.monotonic())):
                chunk = await anext(chunks, None)
            if chunk is None:
                break
            if size == 0 and output_format.startswith("pcm_") and not chunk.startswith(b"RIFF"):
                file.write(bytes(HEADER_BYTES))  # filled in by `finish`
            size += len(chunk)
            if size > MAX_AUDIO_BYTES:
                raise calls.Unreadable("the answer was too large")
            file.write(chunk)
    if not size or (announced.isdigit() and "content-encoding" not in reply.headers and size < int(announced)):
        raise calls.NoAnswer("the answer ended before the music did")


def check_size(reply: httpx.Response, file: BinaryIO, output_format: str, seconds: float) -> None:
    """Check a reply whose end is that of its connection, which a lost connection looks like.

    Raises:
        calls.NoAnswer: it is shorter than the requested music.
    """
    is_framed = "content-length" in reply.headers or "chunked" in reply.headers.get("transfer-encoding", "")
    if not is_framed and file.tell() < MIN_SHARE * seconds * _bytes_per_second(output_format):
        raise calls.NoAnswer("the answer ended before the music did")


def _bytes_per_second(output_format: str) -> float:
    """Return the rate of one of the vendor's formats, such as mp3_44100_128; that of PCM for one channel."""
    codec, *numbers = output_format.split("_")
    return int(numbers[0]) * SAMPLE_BYTES if codec == "pcm" else int(numbers[1]) * 125


def finish(file: BinaryIO, output_format: str, seconds: float) -> Path:
    """Give a received file its header, if it is bare PCM, and its name; return its path."""
    if output_format.startswith("pcm_"):
        file.seek(0)
        if file.read(4) == bytes(4):
            _write_header(file, int(output_format.removeprefix("pcm_")), seconds)
    file.flush()
    os.fsync(file.fileno())
    file.close()
    part = Path(file.name)
    target = part.with_name(part.name.removesuffix(PART))
    os.replace(part, target)
    _sync(target.parent)
    return target


def _write_header(file: BinaryIO, rate: int, seconds: float) -> None:
    """Write a WAV header before 16-bit samples: of two channels, unless the length of the music says that it is one.

    The vendor's pages say neither; its MP3 files are stereo.
    """
    size = file.seek(0, os.SEEK_END) - HEADER_BYTES
    channels = 1 if abs(size / (seconds * rate * SAMPLE_BYTES) - 1) < 1 - MIN_SHARE else 2
    block = channels * SAMPLE_BYTES
    size -= size % block
    file.truncate(HEADER_BYTES + size)
    file.seek(0)
    form = struct.pack("<4sI4s", b"RIFF", HEADER_BYTES - 8 + size, b"WAVE")
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * block, block, 8 * SAMPLE_BYTES)
    file.write(form + layout + struct.pack("<4sI", b"data", size))


def _sync(folder: Path) -> None:
    """Sync a folder, where supported, so that a rename survives a power cut."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
