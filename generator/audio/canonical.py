"""A file that came from outside, written anew so that every program reads it: the sound stays, the wrapping is ours.

WAV     the very samples of a PCM that browsers play, behind a header of 44 bytes that is true
FLAC    kept when its first block is true of it; else the same samples, encoded again
MP3     kept when its header is true of it; else the same frames, behind a new header
other   decoded, and encoded in the format that was asked for
"""

import shutil
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import av
import numpy as np

from generator.audio import headers
from generator.audio.decode import LOST_S, NotAudio, Sound, decode, opened
from generator.audio.encode import encode

# What Chromium, Firefox and Safari play of a WAV, and the tag of its format chunk.
PLAYABLE_PCM = {"pcm_u8": 1, "pcm_s16le": 1, "pcm_s24le": 1, "pcm_s32le": 1, "pcm_f32le": 3}
FLAC_BITS = (8, 16, 24)
MP3_CODECS = ("mp3", "mp3float")
FINE_BITS = 24
BLOCK = 1 << 20  # bytes that are compared at a time


@dataclass(frozen=True)
class Canonical:
    """A file of ours: where it is, one of FORMATS, and what decoding it gives."""

    path: Path
    format: str
    sound: Sound


def kept_format(sound: Sound) -> str | None:
    """The format a sound is kept in because it came so, whatever its name says; None: it has to be converted."""
    if sound.came_channels > 2 or sound.was_mended:
        return None
    if sound.container in ("wav", "rf64") and sound.codec in PLAYABLE_PCM:
        return "wav"
    if sound.container == "flac" and sound.codec == "flac":
        return "flac"
    if sound.container == "mp3" and sound.codec in MP3_CODECS:
        return "mp3"
    return None


def bits_of(sound: Sound) -> int:
    """The bits that a lossless copy of a sound needs: 16 or 24."""
    return FINE_BITS if not sound.is_lossy and (sound.bits or 16) > 16 else 16


def canonical(path: Path, sound: Sound, asked: str, finish: Callable[[Path, str], None]) -> Canonical:
    """The least changed file of ours with this sound, beside the one that came.

    `finish` is given each file to try and its format, and writes what else belongs into it; ValueError: it cannot. Then
    the file is read again and compared.

    Raises:
        NotAudio: no way of writing it gives the same sound.
    """
    for target, format, is_copy in _candidates(path, sound, asked):
        try:
            finish(target, format)
        except ValueError:
            continue
        if is_copy and _has_same_packets(path, target):
            return Canonical(target, format, sound)
        written = _decoded(target)
        if written is not None and _is_same(sound, written):
            return Canonical(target, format, written)
    raise NotAudio("It could not be made a file of the library.")


def _candidates(path: Path, sound: Sound, asked: str) -> Iterator[tuple[Path, str, bool]]:
    """Files to try, their formats, and whether they are copies of what came; from the least changed one on."""
    format = kept_format(sound)
    if (format == "flac" and _is_true_flac(path, sound)) or (format == "mp3" and _is_true_mp3(sound)):
        yield Path(shutil.copyfile(path, path.with_name(f"kept.{format}"))), format, True
    if format is not None and format in _WRITERS:
        target = path.with_name(f"canonical.{format}")
        with suppress(av.FFmpegError, OSError):
            _WRITERS[format](path, sound, target)
            yield target, format, False
    format = format or asked
    target = path.with_name(f"converted.{format}")
    encode(sound.samples, sound.sample_rate, target, format, bits=bits_of(sound))
    yield target, format, False


def _has_same_packets(path: Path, other: Path) -> bool:
    """Whether the coded sound is the same byte by byte, and with it what is decoded of it."""
    here, there = headers.first_flac_frame(path), headers.first_flac_frame(other)
    if here is not None and there is not None:
        return _has_same_bytes(path, here, other, there)
    try:
        return all(one == two for one, two in zip_longest(_packets(path), _packets(other)))
    except av.FFmpegError:
        return False


def _has_same_bytes(path: Path, here: int, other: Path, there: int) -> bool:
    with path.open("rb") as one, other.open("rb") as two:
        one.seek(here)
        two.seek(there)
        while (block := one.read(BLOCK)) == two.read(BLOCK):
            if not block:
                return True
    return False


def _decoded(path: Path) -> Sound | None:
    try:
        return decode(path)
    except NotAudio:
        return None


def _is_same(sound: Sound, written: Sound) -> bool:
    """Whether a written file gives a sound again: every sample where it is as fine, else all of its length.

    An MP3 encoder's padding at the ends may be heard again.
    """
    if kept_format(sound) is None or written.is_lossy or (sound.bits or 0) > (written.bits or 0):
        return abs(written.seconds - sound.seconds) < LOST_S / 4
    return np.array_equal(sound.samples, written.samples)


def _is_true_flac(path: Path, sound: Sound) -> bool:
    info = headers.stream_info(path)
    return info is not None and info.frames == sound.frames and info.bits in FLAC_BITS and not sound.bad_packets


def _is_true_mp3(sound: Sound) -> bool:
    return not sound.bad_packets and abs((sound.announced_seconds or 0.0) - sound.seconds) < LOST_S / 4


def _packets(path: Path) -> Iterator[bytes]:
    with opened(path) as file:
        for packet in file.demux(file.streams.audio[0]):
            if packet.size:
                yield bytes(packet)


def _write_wav(path: Path, sound: Sound, target: Path) -> None:
    width = (sound.bits or 16) // 8
    align = width * sound.channels
    with target.open("wb") as out:
        out.write(bytes(44))
        size = sum(out.write(packet) for packet in _packets(path))
        size -= size % align
        out.truncate(44 + size)
        if size % 2:
            out.seek(44 + size)
            out.write(b"\0")
        out.seek(0)
        tag, rate = PLAYABLE_PCM[sound.codec], sound.sample_rate
        chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, sound.channels, rate, rate * align, align, 8 * width)
        out.write(b"RIFF" + struct.pack("<I", 36 + size + size % 2) + b"WAVE" + chunk)
        out.write(b"data" + struct.pack("<I", size))


def _write_mp3(path: Path, sound: Sound, target: Path) -> None:
    with opened(path) as source, av.open(str(target), mode="w", format="mp3") as out:
        there = source.streams.audio[0]
        here = out.add_stream_from_template(there)
        for packet in source.demux(there):
            if packet.size and packet.dts is not None:
                packet.stream = here
                out.mux(packet)


_WRITERS: Mapping[str, Callable[[Path, Sound, Path], None]] = {"wav": _write_wav, "mp3": _write_mp3}
