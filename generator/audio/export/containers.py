"""Writing of samples to files: FFmpeg's codecs through PyAV, and libsndfile for Ogg Vorbis and AIFF.

PyAV's wheels have no Vorbis encoder. libsndfile is given blocks: a single write of a long Vorbis file has crashed it.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import soundfile
from mutagen.ogg import OggPage
from numpy.typing import NDArray

from generator.audio.export.formats import Settings
from generator.audio.quantize import is_on_grid, to_16_bit, to_24_bit

Samples = NDArray[np.float32]
Blocks = Iterable[Samples]

OGG_SERIAL = 1  # libsndfile takes a random number; the same sound should give the same file
DITHER_SEED = 1
# Nominal bits per second of Vorbis qualities 0 to 10 for stereo, from libvorbis.
_VORBIS_BIT_RATES = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 500)
FAST_MP3_BIT_RATE, FAST_MP3_QUALITY = 256_000, 7  # LAME's usual quality is 5; see `_codec_options`
_QSCALE = 118  # FFmpeg's FF_QP2LAMBDA: the unit of its quality scale


@dataclass(frozen=True)
class _Encoder:
    """A codec of FFmpeg: the name of the muxer, and the sample format that it takes."""

    muxer: str
    codec: str
    sample_format: str


def write_audio(path: Path, blocks: Blocks, settings: Settings, header: Mapping[str, str]) -> None:
    """Write float blocks (frames, channels) to a file; `header` is what WAV keeps in `bext`."""
    match settings.format.code:
        case "ogg":
            _write_vorbis(path, blocks, settings)
        case "aiff":
            _write_aiff(path, blocks, settings)
        case code:
            _write_ffmpeg(path, blocks, settings, _encoder(code, settings), header if code == "wav" else {})


def _encoder(code: str, settings: Settings) -> _Encoder:
    match code, settings.bits:
        case "mp3", _:
            return _Encoder("mp3", "libmp3lame", "fltp")
        case "m4a", _:
            return _Encoder("ipod", "aac", "fltp")
        case "opus", _:
            return _Encoder("opus", "libopus", "flt")
        case "flac", 24:
            return _Encoder("flac", "flac", "s32")
        case "flac", _:
            return _Encoder("flac", "flac", "s16")
        case _, 32:
            return _Encoder("wav", "pcm_f32le", "flt")
        case _, 24:
            return _Encoder("wav", "pcm_s24le", "s32")
        case _:
            return _Encoder("wav", "pcm_s16le", "s16")


def _write_ffmpeg(path: Path, blocks: Blocks, settings: Settings, encoder: _Encoder, header: Mapping[str, str]) -> None:
    layout = "mono" if settings.channels == 1 else "stereo"
    muxing = {"fflags": "+bitexact"} | ({"write_bext": "1"} if header else {})
    packed = encoder.sample_format.removesuffix("p")
    with av.open(str(path), mode="w", format=encoder.muxer, options=muxing) as file:
        file.metadata.update(header)
        stream = cast(
            av.AudioStream, file.add_stream(encoder.codec, rate=settings.rate, options=_codec_options(settings))
        )
        context = stream.codec_context
        context.layout, context.format = layout, encoder.sample_format
        if settings.bit_rate:
            context.bit_rate = settings.bit_rate
        resampler = av.AudioResampler(format=encoder.sample_format, layout=layout, rate=settings.rate)
        start = 0
        for block in _quantized(blocks, packed):
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format=packed, layout=layout)
            frame.sample_rate, frame.pts = settings.rate, start
            start += len(block)
            for converted in resampler.resample(frame):
                file.mux(stream.encode(converted))
        for converted in resampler.resample(None):
            file.mux(stream.encode(converted))
        file.mux(stream.encode(None))


def _codec_options(settings: Settings) -> dict[str, str]:
    """Return the options of FFmpeg's encoder.

    LAME shapes its noise at quality 5 and not at 7. At a bit rate that leaves room anyway, 7 stays nearer to the
    original (signal to noise 42.1 dB instead of 41.2 at 320 kb/s) and takes two thirds of the time. Joint stereo would
    gain 0.4 dB there, and cost another tenth.
    """
    if settings.vbr_quality is not None:
        return {"flags": "+qscale", "global_quality": str(settings.vbr_quality * _QSCALE)}
    if settings.format.code == "mp3" and (settings.bit_rate or 0) >= FAST_MP3_BIT_RATE:
        return {"compression_level": str(FAST_MP3_QUALITY), "joint_stereo": "0"}
    return {"compression_level": "5"} if settings.format.code == "flac" else {}


def _write_vorbis(path: Path, blocks: Blocks, settings: Settings) -> None:
    level = settings.vbr_quality / 9 if settings.vbr_quality is not None else _vorbis_level(settings)
    with soundfile.SoundFile(
        path, "w", settings.rate, settings.channels, format="OGG", subtype="VORBIS", compression_level=level
    ) as file:
        for block in blocks:
            file.write(block)
    _set_serial(path, OGG_SERIAL)


def _vorbis_level(settings: Settings) -> float:
    """Return the quality for a nominal bit rate, as libsndfile counts it: 0 is the best, 1 the smallest."""
    per_pair = (settings.bit_rate or 0) / 1000 * (2 / settings.channels)
    return float(1 - np.interp(per_pair, _VORBIS_BIT_RATES, np.arange(11) / 10))


def _set_serial(path: Path, serial: int) -> None:
    """Give an Ogg stream another serial number, in a new file that replaces the old one."""
    renumbered = path.with_name(f"{path.name}.serial")
    with path.open("rb") as source, renumbered.open("wb") as target:
        try:
            while True:
                page = OggPage(source)
                page.serial = serial
                target.write(page.write())
        except EOFError:
            pass
    os.replace(renumbered, path)


def _write_aiff(path: Path, blocks: Blocks, settings: Settings) -> None:
    subtype = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}[settings.bits or 16]
    packed = {16: "s16", 24: "s32", 32: "flt"}[settings.bits or 16]
    with soundfile.SoundFile(path, "w", settings.rate, settings.channels, format="AIFF", subtype=subtype) as file:
        for block in _quantized(blocks, packed):
            file.write(block)


def _quantized(blocks: Blocks, packed: str) -> Iterator[Any]:
    """Yield blocks as floats, 16-bit numbers, or 24-bit numbers in the upper bytes of 32-bit ones.

    16 bits are dithered, except blocks that come from 16 bits or are silent. 24 bits need none: their rounding lies
    below the noise of every converter.
    """
    random = np.random.default_rng(DITHER_SEED)
    for block in blocks:
        if packed == "s16":
            yield to_16_bit(block, None if is_on_grid(block) else random)
        else:
            yield to_24_bit(block) if packed == "s32" else np.ascontiguousarray(block, np.float32)
