"""Samples to files, and one format to another."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

from generator.audio.decode import decode
from generator.audio.tags import read_cover, read_tags, write_tags

BLOCK = 1 << 16  # frames handed to the encoder at a time
MP3_BIT_RATE = 256_000
MP3_RATES = (32_000, 44_100, 48_000)
FULL_SCALE = 32768.0


@dataclass(frozen=True)
class Format:
    extension: str
    mime: str
    title: str
    codec: str
    sample_format: str
    lossless: bool
    options: tuple[tuple[str, str], ...] = ()


FORMATS: Mapping[str, Format] = {
    "mp3": Format("mp3", "audio/mpeg", "MP3 · 256 kb/s", "libmp3lame", "s16p", lossless=False),
    "wav": Format("wav", "audio/wav", "WAV · 16 bit", "pcm_s16le", "s16", lossless=True),
    "flac": Format("flac", "audio/flac", "FLAC · lossless", "flac", "s16", True, (("compression_level", "5"),)),
}


def encode(
    samples: NDArray[Any],
    sample_rate: int,
    path: str | Path,
    format: str = "flac",
    bit_rate: int = MP3_BIT_RATE,
    report: Callable[[float], None] = lambda done: None,
    *,
    bits: int = 16,
) -> None:
    """Write float (−1..1) or int16 samples of shape (frames, channels) in a format of FORMATS, with 16 bit, or 24 where
    the format is lossless.

    Floats that came from as many bits go back to the very same numbers; others are dithered at 16 bit. The file appears
    whole, or not at all. `report` is told how much of it is done, from 0 to 1.

    Raises:
        KeyError: no such format.
        ValueError: not one or two channels.
    """
    if samples.ndim != 2 or samples.shape[1] not in (1, 2):
        raise ValueError(f"samples have shape {samples.shape}; (frames, 1 or 2) is needed")
    with _replacing(Path(path)) as half:
        _write(samples, sample_rate, half, FORMATS[format], bit_rate, bits, report)


def convert(source_path: str | Path, target_path: str | Path, format: str, gain_db: float = 0.0) -> None:
    """Make a file of another format, or another loudness; tags and cover go along. The target appears whole or not at
    all. Whoever asks for a gain sees to it that nothing clips.

    Raises:
        KeyError: no such format.
        NotAudio: the source cannot be decoded.
    """
    kind = FORMATS[format]
    sound = decode(source_path)
    samples = sound.samples * np.float32(10 ** (gain_db / 20)) if gain_db else sound.samples
    bits = 24 if not sound.is_lossy and (sound.bits or 16) > 16 else 16
    with _replacing(Path(target_path)) as half:
        _write(samples, sound.sample_rate, half, kind, MP3_BIT_RATE, bits)
        try:
            tags, cover = read_tags(source_path), read_cover(source_path)
        except ValueError:
            return  # a source of another kind carries none of ours
        write_tags(half, tags, cover, format=format)


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A file beside the target that takes its place, synced, when nothing went wrong."""
    half = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield half
        with half.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(half, target)
    finally:
        half.unlink(missing_ok=True)


def _write(
    samples: NDArray[Any],
    rate: int,
    path: Path,
    kind: Format,
    bit_rate: int,
    bits: int = 16,
    report: Callable[[float], None] = lambda done: None,
) -> None:
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    is_fine = kind.lossless and bits > 16
    codec, sample_format = (kind.codec.replace("s16", "s24"), "s32") if is_fine else (kind.codec, kind.sample_format)
    blocks = _twenty_four_bit(samples) if is_fine else _sixteen_bit(samples)
    out_rate = rate if kind.lossless or rate in MP3_RATES else MP3_RATES[1]
    with av.open(str(path), mode="w", format=kind.extension) as file:
        stream = cast(av.AudioStream, file.add_stream(codec, rate=out_rate, options=dict(kind.options)))
        stream.codec_context.layout = layout
        stream.codec_context.format = sample_format
        if not kind.lossless:
            stream.codec_context.bit_rate = bit_rate
        fit = av.AudioResampler(format=sample_format, layout=layout, rate=out_rate)
        start = 0
        for block in blocks:
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format=f"s{8 * block.itemsize}", layout=layout)
            frame.sample_rate, frame.pts = rate, start
            start += len(block)
            for fitted in fit.resample(frame):
                file.mux(stream.encode(fitted))
            report(start / len(samples))
        for fitted in fit.resample(None):
            file.mux(stream.encode(fitted))
        file.mux(stream.encode(None))


def _twenty_four_bit(samples: NDArray[Any]) -> Iterator[NDArray[np.int32]]:
    """Blocks of 24 bit numbers in the upper bytes of 32 bit ones."""
    for start in range(0, len(samples), BLOCK):
        scaled = np.rint(samples[start : start + BLOCK].astype(np.float64) * 2.0**23)
        yield np.clip(scaled, -(2.0**23), 2.0**23 - 1).astype(np.int32) << 8


def _sixteen_bit(samples: NDArray[Any]) -> Iterator[NDArray[np.int16]]:
    """Blocks of 16 bit numbers. Dither is triangular, two steps wide, and the same for the same sound."""
    random = np.random.default_rng(len(samples))
    exact = samples.dtype == np.int16 or _on_grid(samples)
    for start in range(0, len(samples), BLOCK):
        block = samples[start : start + BLOCK]
        if block.dtype == np.int16:
            yield np.ascontiguousarray(block)
            continue
        scaled = np.asarray(block, np.float32) * np.float32(FULL_SCALE)
        if not exact:
            noise = random.random((2, *block.shape), dtype=np.float32)
            scaled += noise[0]
            scaled -= noise[1]
        np.rint(scaled, out=scaled)
        yield np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def _on_grid(samples: NDArray[Any]) -> bool:
    """Whether every sample is a 16 bit number already."""
    for start in range(0, len(samples), BLOCK):
        scaled = samples[start : start + BLOCK] * FULL_SCALE
        if not np.array_equal(scaled, np.rint(scaled)):
            return False
    return True
