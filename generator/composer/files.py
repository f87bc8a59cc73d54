"""Finished samples into audio files, for the commands."""

import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from generator.composer.modal import RATE

CODECS = {".flac": "flac", ".mp3": "libmp3lame"}


def write_audio(path: Path, pcm: NDArray[np.int16]) -> None:
    """Write int16 samples of shape (frames, 2) as WAV, FLAC or MP3, by the file's ending."""
    if path.suffix not in CODECS:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(pcm.astype("<i2").tobytes())
        return
    layout = "s16" if path.suffix == ".flac" else "s16p"
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(CODECS[path.suffix], rate=RATE)
        stream.codec_context.layout = "stereo"
        stream.codec_context.format = layout
        for first in range(0, len(pcm), 1 << 16):
            part = np.ascontiguousarray(pcm[first : first + (1 << 16)])
            planes = part.reshape(1, -1) if layout == "s16" else part.T.copy()
            frame = av.AudioFrame.from_ndarray(planes, format=layout, layout="stereo")
            frame.sample_rate = RATE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
