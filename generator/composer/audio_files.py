"""Audio file output for the composer's commands."""

import wave
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from generator.composer.sound.modes import RATE_HZ

# File extension → codec, sample format.
CODECS = {
    ".flac": ("flac", "s16"),
    ".mp3": ("libmp3lame", "s16p"),
    ".opus": ("libopus", "s16"),
    ".m4a": ("aac", "fltp"),
}
ENDINGS = (".wav", ".ogg", *CODECS)
BIT_RATE = 192_000  # of MP3, Opus and M4A
OPUS_RATE_HZ = 48_000  # Opus has no 44.1 kHz
PIECE_FRAMES = 1 << 16

Pcm = NDArray[np.int16]


def has_codec(path: Path) -> bool:
    """Return whether a file of this name can be written."""
    return path.suffix.lower() in ENDINGS


def write_audio(path: Path, pieces: Iterable[Pcm]) -> None:
    """Write int16 samples as the format of the file extension, one of ENDINGS.

    `pieces` have the shape (frames of the piece, 2); they are written one after the other.

    Raises:
        ValueError: the extension is another one.
    """
    if not has_codec(path):
        raise ValueError(f"“{path.name}” should end in one of {', '.join(ENDINGS)}.")
    match path.suffix.lower():
        case ".wav":
            _write_wav(path, pieces)
        case ".ogg":
            with soundfile.SoundFile(path, "w", RATE_HZ, 2, format="OGG", subtype="VORBIS") as file:
                for piece in pieces:
                    file.write(piece)
        case suffix:
            _write_encoded(path, pieces, *CODECS[suffix])


def _write_wav(path: Path, pieces: Iterable[Pcm]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        for piece in pieces:
            file.writeframes(np.ascontiguousarray(piece, "<i2").data)


def _write_encoded(path: Path, pieces: Iterable[Pcm], codec: str, layout: str) -> None:
    rate = OPUS_RATE_HZ if codec == "libopus" else RATE_HZ
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=rate)
        stream.codec_context.layout = "stereo"
        stream.codec_context.format = layout
        if codec != "flac":
            stream.codec_context.bit_rate = BIT_RATE
        resampler = av.AudioResampler(layout, "stereo", rate)
        for piece in pieces:
            interleaved = np.ascontiguousarray(piece).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(interleaved, format="s16", layout="stereo")
            frame.sample_rate = RATE_HZ
            for converted in resampler.resample(frame):
                out.mux(stream.encode(converted))
        for converted in resampler.resample(None):
            out.mux(stream.encode(converted))
        out.mux(stream.encode(None))


def pieces_of(pcm: Pcm) -> Iterable[Pcm]:
    """Yield samples, (frames, 2), in pieces, so that no second copy of a long piece is made."""
    for first in range(0, len(pcm), PIECE_FRAMES):
        yield pcm[first : first + PIECE_FRAMES]
