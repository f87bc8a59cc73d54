"""Files as other programs write them, and malformed files."""

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from generator.audio import encode
from tests.audio.signals import RATE, song


def written(path: Path, codec: str, format: str, samples: np.ndarray, *, container: str = "", rate: int = RATE) -> Path:
    """Write samples with any FFmpeg codec."""
    with av.open(str(path), "w", format=container or None) as file:
        stream = file.add_stream(codec, rate=rate)
        stream.codec_context.layout, stream.codec_context.format = "stereo", format
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate = rate
        fit = av.AudioResampler(format=format, layout="stereo", rate=rate, frame_size=stream.codec_context.frame_size)
        for fitted in [*fit.resample(frame), *fit.resample(None)]:
            file.mux(stream.encode(fitted))
        file.mux(stream.encode(None))
    return path


def wav(samples: np.ndarray, **changes: int | bytes) -> bytes:
    """Return a 16-bit WAV with any header values: riff, data, align, rate, after (bytes behind the samples)."""
    sound = np.rint(samples * 32767).astype("<i2")
    data, channels = sound.tobytes(), sound.shape[1]
    align = 2 * channels
    said = {"riff": 36 + len(data), "data": len(data), "align": align, "byte_rate": RATE * align} | changes
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", said["riff"], b"WAVE", b"fmt ", 16, 1, channels, RATE,
                       said["byte_rate"], said["align"], 16, b"data", said["data"])  # fmt: skip
    return head + data + bytes(said.get("after", b""))


def mutated(data: bytes, seed: str) -> bytes:
    """Return the same file with a few bytes changed, removed or inserted, mostly near its head."""
    chance, out = random.Random(seed), bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(min(chance.choice((60, 200, len(out))), len(out)))
        match chance.randrange(4):
            case 0:
                out[at] = chance.randrange(256)
            case 1:
                out[at : at + 4] = chance.choice((b"\xff" * 4, bytes(4), b"\x00\xf0\xff\x7f", b"\x00\x00\xc0\x7f"))
            case 2:
                del out[at : at + chance.randrange(1, 50)]
            case _:
                out[at:at] = chance.randbytes(chance.randrange(1, 50))
    return bytes(out)


def all_mutated(folder: Path, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` broken files of each format that the library keeps."""
    for format in ("wav", "flac", "mp3"):
        whole = folder / f"whole.{format}"
        encode(song(1)[: RATE // 4], RATE, whole, format)
        data = whole.read_bytes()
        yield from ((format, mutated(data, f"{format} {number}")) for number in range(count))
