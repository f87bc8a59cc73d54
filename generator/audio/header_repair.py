"""Repair of wrong headers while reading WAV, RF64, BW64, Wave64 and AIFF files.

A program that writes to a pipe leaves meaningless sizes, and FFmpeg takes samples stored wider than their bit depth for
floats. The misleading bytes are replaced while the file is read; the file itself is not changed.
"""

import io
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

MIN_PIPED_BYTES = (
    0x7FFF_0000  # placeholder sizes from here on: 0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF; accepted files are smaller
)
MAX_CHUNKS = 1000
_EXTENSIBLE, _PCM = 0xFFFE, 1
_TAIL_BYTES = 1 << 20  # bytes at the end that are searched for other chunks
_AFTER_SOUND = (
    b"LIST",
    b"id3 ",
    b"ID3 ",
    b"bext",
    b"iXML",
    b"axml",
    b"chna",
    b"cue ",
    b"smpl",
    b"_PMX",
    b"acid",
    b"CSET",
)
_WAVE64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"


def corrected(path: Path) -> BinaryIO | None:
    """Open the file with a corrected header; None if nothing has to be replaced."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(16)
        if start[:4] in (b"RIFF", b"RF64", b"BW64") and start[8:12] == b"WAVE":
            changes = _riff_changes(file, size, is_long=start[:4] != b"RIFF")
        elif start == _WAVE64:
            changes = _wave64_changes(file, size)
        elif start[:4] == b"FORM" and start[8:12] in (b"AIFF", b"AIFC"):
            changes = _aiff_changes(file, size)
        else:
            return None
    return cast(BinaryIO, io.BufferedReader(_Corrected(path, changes))) if changes else None


class _Corrected(io.RawIOBase):
    """A raw file with some bytes replaced on reading."""

    def __init__(self, path: Path, changes: Mapping[int, bytes]) -> None:
        self._file, self._changes = path.open("rb", buffering=0), changes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        start = self._file.tell()
        count = self._file.readinto(buffer) or 0
        for offset, replacement in self._changes.items():
            first, last = max(offset, start), min(offset + len(replacement), start + count)
            if first < last:
                buffer[first - start : last - start] = replacement[first - offset : last - offset]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _riff_changes(file: BinaryIO, size: int, *, is_long: bool) -> dict[int, bytes]:
    changes = {0: b"RIFF"} if is_long else {}
    offset, long_length = 12, 0
    for _ in range(MAX_CHUNKS):
        file.seek(offset)
        head = file.read(8 + 40)
        if len(head) < 8:
            break
        name, length = struct.unpack_from("<4sI", head)
        if name == b"ds64" and len(head) >= 24:
            long_length = struct.unpack_from("<Q", head, 16)[0]
        if name == b"fmt " and length >= 40 and len(head) == 48 and _is_wider(head[8:]):
            changes[offset + 8 + 18] = head[8 + 14 : 8 + 16]
        if name == b"data":
            data_length = long_length if is_long and length == 0xFFFF_FFFF else length
            if not 0 < data_length < MIN_PIPED_BYTES:
                data_length = _end_of_sound(file, offset + 8, size) - offset - 8
            if data_length != length:
                changes[offset + 4] = struct.pack("<I", data_length)
            break
        offset += 8 + length + length % 2
    return changes


def _is_wider(format_chunk: bytes) -> bool:
    """Return whether samples are stored in more whole bytes than their bit depth needs, such as 24 bits in 32."""
    tag, bits, valid_bits, subformat = (struct.unpack_from("<H", format_chunk, offset)[0] for offset in (0, 14, 18, 24))
    return (tag, subformat) == (_EXTENSIBLE, _PCM) and valid_bits > 0 and (valid_bits + 7) // 8 < bits // 8


def _end_of_sound(file: BinaryIO, start: int, size: int) -> int:
    """Return the end of an unsized data chunk: the end of the file, or the start of other chunks that fill the rest."""
    first = max(start, size - _TAIL_BYTES)
    file.seek(first)
    tail = file.read(size - first)
    ends = (offset for name in _AFTER_SOUND for offset in _find_all(tail, name) if _is_filled(tail, offset))
    return first + min(ends, default=len(tail))


def _find_all(tail: bytes, name: bytes) -> list[int]:
    offsets: list[int] = []
    offset = tail.find(name)
    while offset >= 0 and len(offsets) < MAX_CHUNKS:
        offsets.append(offset)
        offset = tail.find(name, offset + 1)
    return offsets


def _is_filled(tail: bytes, offset: int) -> bool:
    """Return whether consecutive chunks fill the rest of the file from here."""
    while offset + 8 <= len(tail) and tail[offset : offset + 4] in _AFTER_SOUND:
        length = struct.unpack_from("<I", tail, offset + 4)[0]
        if offset + 8 + length == len(tail):
            return True
        offset += 8 + length + length % 2
    return offset == len(tail)


def _wave64_changes(file: BinaryIO, size: int) -> dict[int, bytes]:
    changes, offset = {16: struct.pack("<Q", size)}, 40
    for _ in range(MAX_CHUNKS):
        file.seek(offset)
        head = file.read(24)
        if len(head) < 24:
            break
        length = struct.unpack_from("<Q", head, 16)[0]
        if head[:4] == b"data":
            if 24 < length < MIN_PIPED_BYTES:
                return {}
            return changes | {offset + 16: struct.pack("<Q", size - offset)}
        offset += max(24, length + -length % 8)
    return {}


def _aiff_changes(file: BinaryIO, size: int) -> dict[int, bytes]:
    offset, common_offset, frame_bytes = 12, 0, 0
    for _ in range(MAX_CHUNKS):
        file.seek(offset)
        head = file.read(16)
        if len(head) < 16:
            break
        name, length = struct.unpack_from(">4sI", head)
        if name == b"COMM":
            common_offset, frame_bytes = (
                offset,
                struct.unpack_from(">H", head, 8)[0] * -(-struct.unpack_from(">H", head, 14)[0] // 8),
            )
        if name == b"SSND":
            if 8 < length < MIN_PIPED_BYTES or not frame_bytes:
                return {}
            frames = struct.pack(">I", (size - offset - 16) // frame_bytes)
            form_length = struct.pack(">I", size - 8)
            return {4: form_length, common_offset + 10: frames, offset + 4: struct.pack(">I", size - offset - 8)}
        offset += 8 + length + length % 2
    return {}
