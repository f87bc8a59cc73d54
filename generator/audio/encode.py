"""Encoding of samples to files, and format conversion."""

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
from generator.audio.quantize import is_on_grid, to_16_bit, to_24_bit
from generator.audio.tags import Tags, read_cover, read_tags, write_tags
from generator.messages import Message
from generator.messages import gettext_noop as _

BLOCK_FRAMES = 1 << 16  # frames passed to the encoder at a time
MP3_BIT_RATE = 256_000
MP3_RATES = (32_000, 44_100, 48_000)


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
    "mp3": Format("mp3", "audio/mpeg", Message("MP3 · {rate} kb/s", rate=256), "libmp3lame", "s16p", lossless=False),
    "wav": Format("wav", "audio/wav", Message("WAV · {bits} bit", bits=16), "pcm_s16le", "s16", lossless=True),
    "flac": Format("flac", "audio/flac", _("FLAC · lossless"), "flac", "s16", True, (("compression_level", "5"),)),
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
    """Write float (−1..1) or int16 samples of shape (frames, channels) in a format of FORMATS.

    `bits` is 16, or 24 for lossless formats. Floats that came from this bit depth are restored exactly; others are
    dithered at 16 bits. The file appears complete or not at all. `report` receives the progress from 0 to 1.

    Raises:
        KeyError: no such format.
        ValueError: not one or two channels.
    """
    if samples.ndim != 2 or samples.shape[1] not in (1, 2):
        raise ValueError(f"samples have shape {samples.shape}; (frames, 1 or 2) is needed")
    with atomic_target(Path(path)) as partial:
        _write(samples, sample_rate, partial, FORMATS[format], bit_rate, bits, report)


def convert(
    source_path: str | Path,
    target_path: str | Path,
    format: str,
    gain_db: float = 0.0,
    change_tags: Callable[[Tags], Tags] = lambda tags: tags,
) -> None:
    """Convert a file to another format or loudness, with its tags and cover; the target appears complete or not at all.

    The caller must make sure that `gain_db` does not cause clipping. `change_tags` returns what is written for the tags
    of the source.

    Raises:
        KeyError: no such format.
        NotAudio: the source cannot be decoded.
    """
    kind = FORMATS[format]
    sound = decode(source_path)
    samples = sound.samples * np.float32(10 ** (gain_db / 20)) if gain_db else sound.samples
    bits = 24 if not sound.is_lossy and (sound.bits or 16) > 16 else 16
    with atomic_target(Path(target_path)) as partial:
        _write(samples, sound.sample_rate, partial, kind, MP3_BIT_RATE, bits)
        try:
            tags, cover = read_tags(source_path), read_cover(source_path)
        except ValueError:
            return  # other formats carry no tags of ours
        write_tags(partial, change_tags(tags), cover, format=format)


@contextmanager
def atomic_target(target: Path) -> Iterator[Path]:
    """Yield a temporary file beside the target; on success it is synced and replaces the target."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


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
        resampler = av.AudioResampler(format=sample_format, layout=layout, rate=out_rate)
        start = 0
        for block in blocks:
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format=f"s{8 * block.itemsize}", layout=layout)
            frame.sample_rate, frame.pts = rate, start
            start += len(block)
            for resampled in resampler.resample(frame):
                file.mux(stream.encode(resampled))
            report(start / len(samples))
        for resampled in resampler.resample(None):
            file.mux(stream.encode(resampled))
        file.mux(stream.encode(None))


def _twenty_four_bit(samples: NDArray[Any]) -> Iterator[NDArray[np.int32]]:
    for start in range(0, len(samples), BLOCK_FRAMES):
        yield to_24_bit(samples[start : start + BLOCK_FRAMES])


def _sixteen_bit(samples: NDArray[Any]) -> Iterator[NDArray[np.int16]]:
    """Yield blocks of 16-bit numbers; the dither is the same for the same sound."""
    starts = range(0, len(samples), BLOCK_FRAMES)
    if samples.dtype == np.int16:
        yield from (np.ascontiguousarray(samples[start : start + BLOCK_FRAMES]) for start in starts)
        return
    is_exact = all(is_on_grid(samples[start : start + BLOCK_FRAMES]) for start in starts)
    random = None if is_exact else np.random.default_rng(len(samples))
    for start in starts:
        yield to_16_bit(samples[start : start + BLOCK_FRAMES], random)
