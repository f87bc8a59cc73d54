"""A WAV, RF64, BW64, Wave64 or AIFF file, read as if its header were true.

A program that writes to a pipe leaves sizes that say nothing, and FFmpeg takes samples that are stored wider than they
are for floats. The bytes that mislead are replaced while the file is read; the file itself stays as it is.
"""

import io
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, cast

PIPED = 0x7FFF_0000  # sizes from here on say nothing: 0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF; no file taken is as large
MOST_CHUNKS = 1000
_EXTENSIBLE, _PCM = 0xFFFE, 1
_TAIL = 1 << 20  # bytes at the end in which other chunks are looked for
_AFTER_SOUND = (b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"axml", b"chna", b"cue ", b"smpl", b"_PMX", b"acid")
_WAVE64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"


def corrected(path: Path) -> BinaryIO | None:
    """The file with a true header; None where nothing has to be replaced."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(16)
        if start[:4] in (b"RIFF", b"RF64", b"BW64") and start[8:12] == b"WAVE":
            changes = _of_riff(file, size, is_long=start[:4] != b"RIFF")
        elif start == _WAVE64:
            changes = _of_wave64(file, size)
        elif start[:4] == b"FORM" and start[8:12] in (b"AIFF", b"AIFC"):
            changes = _of_aiff(file, size)
        else:
            return None
    return cast(BinaryIO, io.BufferedReader(_Corrected(path, changes))) if changes else None


class _Corrected(io.RawIOBase):
    """A file, some bytes of which read differently."""

    def __init__(self, path: Path, changes: Mapping[int, bytes]) -> None:
        self._file, self._changes = path.open("rb", buffering=0), changes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        start = self._file.tell()
        count = self._file.readinto(buffer) or 0
        for at, new in self._changes.items():
            first, last = max(at, start), min(at + len(new), start + count)
            if first < last:
                buffer[first - start : last - start] = new[first - at : last - at]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _of_riff(file: BinaryIO, size: int, *, is_long: bool) -> dict[int, bytes]:
    changes = {0: b"RIFF"} if is_long else {}
    at, told = 12, 0
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(8 + 40)
        if len(head) < 8:
            break
        name, length = struct.unpack_from("<4sI", head)
        if name == b"ds64" and len(head) >= 24:
            told = struct.unpack_from("<Q", head, 16)[0]
        if name == b"fmt " and length >= 40 and len(head) == 48 and _is_wider(head[8:]):
            changes[at + 8 + 18] = head[8 + 14 : 8 + 16]
        if name == b"data":
            said = told if is_long and length == 0xFFFF_FFFF else length
            if not 0 < said < PIPED:
                said = _end_of_sound(file, at + 8, size) - at - 8
            if said != length:
                changes[at + 4] = struct.pack("<I", said)
            break
        at += 8 + length + length % 2
    return changes


def _is_wider(form: bytes) -> bool:
    """Whether whole samples are stored in more bytes than their bits need, such as 24 bits in 32."""
    tag, bits, valid, kind = (struct.unpack_from("<H", form, at)[0] for at in (0, 14, 18, 24))
    return (tag, kind) == (_EXTENSIBLE, _PCM) and valid > 0 and (valid + 7) // 8 < bits // 8


def _end_of_sound(file: BinaryIO, start: int, size: int) -> int:
    """Where the sound of a chunk without a size ends: at the file's end, or where other chunks fill the rest of it."""
    first = max(start, size - _TAIL)
    file.seek(first)
    tail = file.read(size - first)
    found = (at for name in _AFTER_SOUND for at in _places(tail, name) if _is_filled(tail, at))
    return first + min(found, default=len(tail))


def _places(tail: bytes, name: bytes) -> list[int]:
    places: list[int] = []
    at = tail.find(name)
    while at >= 0 and len(places) < MOST_CHUNKS:
        places.append(at)
        at = tail.find(name, at + 1)
    return places


def _is_filled(tail: bytes, at: int) -> bool:
    """Whether chunks stand one behind the other from here to the end."""
    while at + 8 <= len(tail) and tail[at : at + 4] in _AFTER_SOUND:
        length = struct.unpack_from("<I", tail, at + 4)[0]
        if at + 8 + length == len(tail):
            return True
        at += 8 + length + length % 2
    return at == len(tail)


def _of_wave64(file: BinaryIO, size: int) -> dict[int, bytes]:
    changes, at = {16: struct.pack("<Q", size)}, 40
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(24)
        if len(head) < 24:
            break
        length = struct.unpack_from("<Q", head, 16)[0]
        if head[:4] == b"data":
            if 24 < length < PIPED:
                return {}
            return changes | {at + 16: struct.pack("<Q", size - at)}
        at += max(24, length + -length % 8)
    return {}


def _of_aiff(file: BinaryIO, size: int) -> dict[int, bytes]:
    at, common, frame = 12, 0, 0
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(16)
        if len(head) < 16:
            break
        name, length = struct.unpack_from(">4sI", head)
        if name == b"COMM":
            common, frame = at, struct.unpack_from(">H", head, 8)[0] * -(-struct.unpack_from(">H", head, 14)[0] // 8)
        if name == b"SSND":
            if 8 < length < PIPED or not frame:
                return {}
            frames = struct.pack(">I", (size - at - 16) // frame)
            whole = struct.pack(">I", size - 8)
            return {4: whole, common + 10: frames, at + 4: struct.pack(">I", size - at - 8)}
        at += 8 + length + length % 2
    return {}
