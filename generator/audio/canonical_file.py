"""Canonical copies of external audio files, readable by every program: the audio is preserved, the container is ours.

WAV     the same samples, if browsers can play the PCM, behind a correct 44-byte header
FLAC    kept if its STREAMINFO block is correct; else the same samples, encoded again
MP3     kept if its header is correct; else the same frames, behind a new header
other   decoded, and encoded in the requested format
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
from generator.audio.decode import MAX_MISSING_S, NotAudio, Sound, decode, open_audio
from generator.audio.encode import encode
from generator.messages import gettext_noop as _

# WAV codecs that Chromium, Firefox and Safari play, with the tag of the format chunk.
PLAYABLE_PCM = {"pcm_u8": 1, "pcm_s16le": 1, "pcm_s24le": 1, "pcm_s32le": 1, "pcm_f32le": 3}
FLAC_BITS = (8, 16, 24)
MP3_CODECS = ("mp3", "mp3float")
FINE_BITS = 24
BLOCK_BYTES = 1 << 20  # bytes compared at a time


@dataclass(frozen=True)
class Canonical:
    """A canonical file: its path, one of FORMATS, and its decoded audio."""

    path: Path
    format: str
    sound: Sound


def kept_format(sound: Sound) -> str | None:
    """Return the format in which a sound can be kept, regardless of its file name; None: it must be converted."""
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
    """Return the bit depth of a lossless copy: 16 or 24."""
    return FINE_BITS if not sound.is_lossy and (sound.bits or 16) > 16 else 16


def canonical(path: Path, sound: Sound, requested_format: str, finish: Callable[[Path, str], None]) -> Canonical:
    """Write the canonical file with the fewest changes that holds this sound, next to the original.

    `finish` is called with each candidate file and its format, and adds tags and cover; ValueError means that it
    cannot. The result is then read back and compared.

    Raises:
        NotAudio: no candidate has the same audio.
    """
    for target, format, is_copy in _candidates(path, sound, requested_format):
        try:
            finish(target, format)
        except ValueError:
            continue
        if is_copy and _has_same_packets(path, target):
            return Canonical(target, format, sound)
        written = _try_decode(target)
        if written is not None and _is_same(sound, written):
            return Canonical(target, format, written)
    raise NotAudio(_("The file could not be converted for the library."))


def _candidates(path: Path, sound: Sound, requested_format: str) -> Iterator[tuple[Path, str, bool]]:
    """Yield candidate files, their formats, and whether they are copies of the original; fewest changes first."""
    format = kept_format(sound)
    if (format == "flac" and _is_true_flac(path, sound)) or (format == "mp3" and _is_true_mp3(sound)):
        yield Path(shutil.copyfile(path, path.with_name(f"kept.{format}"))), format, True
    if format is not None and format in _WRITERS:
        target = path.with_name(f"canonical.{format}")
        with suppress(av.FFmpegError, OSError):
            _WRITERS[format](path, sound, target)
            yield target, format, False
    format = format or requested_format
    target = path.with_name(f"converted.{format}")
    encode(sound.samples, sound.sample_rate, target, format, bits=bits_of(sound))
    yield target, format, False


def _has_same_packets(path: Path, other_path: Path) -> bool:
    """Return whether the encoded audio is byte-identical, and therefore decodes identically."""
    offset, other_offset = headers.first_flac_frame(path), headers.first_flac_frame(other_path)
    if offset is not None and other_offset is not None:
        return _has_same_bytes(path, offset, other_path, other_offset)
    try:
        return all(packet == other_packet for packet, other_packet in zip_longest(_packets(path), _packets(other_path)))
    except av.FFmpegError:
        return False


def _has_same_bytes(path: Path, offset: int, other_path: Path, other_offset: int) -> bool:
    with path.open("rb") as file, other_path.open("rb") as other_file:
        file.seek(offset)
        other_file.seek(other_offset)
        while (block := file.read(BLOCK_BYTES)) == other_file.read(BLOCK_BYTES):
            if not block:
                return True
    return False


def _try_decode(path: Path) -> Sound | None:
    try:
        return decode(path)
    except NotAudio:
        return None


def _is_same(sound: Sound, written: Sound) -> bool:
    """Return whether a written file reproduces a sound: all samples if its bit depth allows, else the duration.

    The duration may differ by an MP3 encoder's padding.
    """
    if kept_format(sound) is None or written.is_lossy or (sound.bits or 0) > (written.bits or 0):
        return abs(written.seconds - sound.seconds) < MAX_MISSING_S / 4
    return np.array_equal(sound.samples, written.samples)


def _is_true_flac(path: Path, sound: Sound) -> bool:
    info = headers.stream_info(path)
    return info is not None and info.frames == sound.frames and info.bits in FLAC_BITS and not sound.bad_packets


def _is_true_mp3(sound: Sound) -> bool:
    return not sound.bad_packets and abs((sound.announced_seconds or 0.0) - sound.seconds) < MAX_MISSING_S / 4


def _packets(path: Path) -> Iterator[bytes]:
    with open_audio(path) as file:
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
    with open_audio(path) as source, av.open(str(target), mode="w", format="mp3") as out:
        source_stream = source.streams.audio[0]
        target_stream = out.add_stream_from_template(source_stream)
        for packet in source.demux(source_stream):
            if packet.size and packet.dts is not None:
                packet.stream = target_stream
                out.mux(packet)


_WRITERS: Mapping[str, Callable[[Path, Sound, Path], None]] = {"wav": _write_wav, "mp3": _write_mp3}
