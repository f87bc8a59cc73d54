"""Samples to files, and one format to another."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from generator.audio.decode import decode
from generator.audio.tags import read_cover, read_tags, write_tags

BLOCK = 1 << 16  # frames handed to the encoder at a time
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


FORMATS: Mapping[str, Format] = {
    "mp3": Format("mp3", "audio/mpeg", "MP3 · 256 kb/s", "libmp3lame", "s16p", lossless=False),
    "wav": Format("wav", "audio/wav", "WAV · 16 bit", "pcm_s16le", "s16", lossless=True),
    "flac": Format("flac", "audio/flac", "FLAC · lossless", "flac", "s16", lossless=True),
}


def encode(
    samples: NDArray[Any], sample_rate: int, path: str | Path, format: str = "flac", bit_rate: int = MP3_BIT_RATE
) -> None:
    """Write float (−1..1) or int16 samples of shape (frames, channels) as 16 bit in a format of FORMATS.

    Raises:
        KeyError: no such format.
        ValueError: not one or two channels.
    """
    kind = FORMATS[format]
    if samples.ndim != 2 or samples.shape[1] not in (1, 2):
        raise ValueError(f"samples have shape {samples.shape}; (frames, 1 or 2) is needed")
    pcm = samples if samples.dtype == np.int16 else _to_16_bit(samples)
    layout = "mono" if pcm.shape[1] == 1 else "stereo"
    with av.open(str(path), mode="w", format=kind.extension) as file:
        options = {"compression_level": "5"} if format == "flac" else {}
        out_rate = sample_rate if format != "mp3" or sample_rate in MP3_RATES else 44_100
        stream = file.add_stream(kind.codec, rate=out_rate, options=options)
        stream.codec_context.layout = layout
        stream.codec_context.format = kind.sample_format
        if not kind.lossless:
            stream.codec_context.bit_rate = bit_rate
        fit = av.AudioResampler(format=kind.sample_format, layout=layout, rate=out_rate)
        for start in range(0, len(pcm), BLOCK):
            block = np.ascontiguousarray(pcm[start : start + BLOCK]).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout=layout)
            frame.sample_rate = sample_rate
            frame.pts = start
            for fitted in fit.resample(frame):
                file.mux(stream.encode(fitted))
        for fitted in fit.resample(None):
            file.mux(stream.encode(fitted))
        file.mux(stream.encode(None))


def _to_16_bit(samples: NDArray[Any]) -> NDArray[np.int16]:
    """Round to 16 bit with a triangular dither of two steps, which is the same for the same sound."""
    noise = np.random.default_rng(len(samples)).random((2, *samples.shape), dtype=np.float32)
    return np.clip(np.round(samples * 32767 + (noise[0] - noise[1])), -32768, 32767).astype(np.int16)


def convert(source: str | Path, target: str | Path, format: str) -> None:
    """Make a file of another format; tags and cover go along. The target appears whole or not at all.

    Raises:
        KeyError: no such format.
        NotAudio: the source cannot be decoded.
    """
    target = Path(target)
    sound = decode(source)
    half = target.with_name(f".{target.name}.part")
    try:
        encode(sound.samples, sound.sample_rate, half, format)
        write_tags(half, read_tags(source), read_cover(source), format=format)
        with half.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(half, target)
    finally:
        half.unlink(missing_ok=True)
