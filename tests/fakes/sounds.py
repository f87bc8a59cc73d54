"""Real files in the vendors' formats: a tone as MP3, WAV or FLAC, and a small cover."""

import io
from functools import cache

import av
from PIL import Image

from tests.fakes.failing_provider import tone

KINDS = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "png": "image/png"}
_CODECS = {"mp3": "libmp3lame", "flac": "flac"}


@cache
def sound(format: str, seconds: float = 2.0) -> bytes:
    if format == "wav":
        return tone(seconds)
    out = io.BytesIO()
    with av.open(io.BytesIO(tone(seconds))) as source, av.open(out, "w", format=format) as target:
        stream = target.add_stream(_CODECS[format], rate=44_100, layout="stereo")
        resampler = av.AudioResampler(format=stream.format, layout="stereo", rate=44_100)
        for frame in source.decode(audio=0):
            for part in resampler.resample(frame):
                target.mux(stream.encode(part))
        target.mux(stream.encode(None))
    return out.getvalue()


@cache
def cover() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (256, 256), (90, 60, 120)).save(out, "PNG")
    return out.getvalue()


def file(name: str) -> tuple[bytes, str]:
    """Return a file's bytes and content type, by its name's extension."""
    ending = name.rpartition(".")[2]
    return (cover() if ending == "png" else sound(ending)), KINDS[ending]
