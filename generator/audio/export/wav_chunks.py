"""Chunks of WAV files that FFmpeg does not write, or not completely: loop points (`smpl`), cue points (`cue `) with
their names (`adtl`), and texts (`INFO`) with their character set (`CSET`). They follow the sound.

Formats: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0", 1991.
"""

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from generator.audio.editing.marks import Cue, LoopPoints, Marks

MIDDLE_C = 60
UTF_8 = 65001  # its number among the code pages
MAX_RIFF_BYTES = 0xFFFFFFFF
_MAX_CHUNKS = 1000
_SAMPLER_HEAD, _SAMPLER_LOOP = struct.Struct("<9I"), struct.Struct("<6I")
_CUE_POINT = struct.Struct("<2I4s3I")


def mark_chunks(marks: Marks, rate: int) -> bytes:
    """Return the chunks of the loop and the cue points."""
    chunks = b""
    if marks.loop:
        chunks += _chunk(b"smpl", _sampler(marks.loop, rate))
    if marks.cues:
        chunks += _chunk(b"cue ", _cue_points(marks.cues)) + _chunk(b"LIST", _labels(marks.cues))
    return chunks


def text_chunks(texts: Mapping[str, str]) -> bytes:
    """Return an INFO list of texts by their four-letter names, after the chunk that says that they are UTF-8.

    Without that chunk, programs that follow the specification read them in the code page of their system.
    """
    chunks = b"".join(
        _chunk(name.encode(), text.replace("\0", " ").encode() + b"\0") for name, text in texts.items() if text
    )
    if not chunks:
        return b""
    return _chunk(b"CSET", struct.pack("<4H", UTF_8, 0, 0, 0)) + _chunk(b"LIST", b"INFO" + chunks)


def append(path: Path, chunks: bytes) -> None:
    """Add chunks to the end of a finished WAV file. Raises ValueError if it becomes too large."""
    if not chunks:
        return
    with path.open("rb+") as file:
        file.seek(0, 2)
        if file.tell() % 2:
            file.write(b"\0")
        file.write(chunks)
        size = file.tell() - 8
        if size > MAX_RIFF_BYTES:
            raise ValueError(f"{path.name} is too large for WAV")
        file.seek(4)
        file.write(struct.pack("<I", size))


def read_marks(path: Path) -> Marks:
    """Return the loop and cue points of a WAV file; broken chunks are ignored."""
    loop: LoopPoints | None = None
    frames: dict[int, int] = {}
    labels: dict[int, str] = {}
    with path.open("rb") as file:
        for name, data in _chunks(file):
            match name:
                case b"smpl" if loop is None:
                    loop = _read_sampler(data)
                case b"cue ":
                    frames = _read_cue_points(data)
                case b"LIST" if data[:4] == b"adtl":
                    labels = _read_labels(data)
    return Marks(loop, tuple(Cue(frame, labels.get(number, "")) for number, frame in sorted(frames.items())))


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _sampler(loop: LoopPoints, rate: int) -> bytes:
    """Return one endless forward loop; its end is the last frame that is played."""
    head = _SAMPLER_HEAD.pack(0, 0, round(1e9 / rate), MIDDLE_C, 0, 0, 0, 1, 0)
    return head + _SAMPLER_LOOP.pack(0, 0, loop.start, loop.end - 1, 0, 0)


def _read_sampler(data: bytes) -> LoopPoints | None:
    if len(data) < _SAMPLER_HEAD.size + _SAMPLER_LOOP.size or not _SAMPLER_HEAD.unpack_from(data)[7]:
        return None
    _, _, start, last, _, _ = _SAMPLER_LOOP.unpack_from(data, _SAMPLER_HEAD.size)
    return LoopPoints(start, last + 1 - start) if last >= start else None


def _cue_points(cues: tuple[Cue, ...]) -> bytes:
    points = (_CUE_POINT.pack(number, cue.frame, b"data", 0, 0, cue.frame) for number, cue in enumerate(cues, 1))
    return struct.pack("<I", len(cues)) + b"".join(points)


def _read_cue_points(data: bytes) -> dict[int, int]:
    count = min(struct.unpack_from("<I", data)[0] if len(data) >= 4 else 0, (len(data) - 4) // _CUE_POINT.size)
    points = (_CUE_POINT.unpack_from(data, 4 + number * _CUE_POINT.size) for number in range(count))
    return {point[0]: point[5] for point in points}


def _labels(cues: tuple[Cue, ...]) -> bytes:
    named = ((number, cue.label) for number, cue in enumerate(cues, 1) if cue.label)
    return b"adtl" + b"".join(
        _chunk(b"labl", struct.pack("<I", number) + label.encode() + b"\0") for number, label in named
    )


def _read_labels(data: bytes) -> dict[int, str]:
    labels, at = {}, 4
    while at + 12 <= len(data):
        name, size, number = struct.unpack_from("<4s2I", data, at)
        if name == b"labl":
            labels[number] = data[at + 12 : at + 8 + size].rstrip(b"\0").decode(errors="replace")
        at += 8 + size + size % 2
    return labels


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield the small chunks of a RIFF file with their data; those that hold audio are skipped."""
    head = file.read(12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
        return
    for _ in range(_MAX_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return
        name, size = struct.unpack("<4sI", head)
        begin = file.tell()
        if name in (b"smpl", b"cue ", b"LIST"):
            yield name, file.read(min(size, 1 << 20))
        file.seek(begin + size + size % 2)
