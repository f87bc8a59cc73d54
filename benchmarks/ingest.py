"""Cost of ingesting a file, compared with a bare decode and encode of the same file by FFmpeg.

    python -m benchmarks.ingest

Ingest is everything done to a delivered file before its row is written: decode and verify, rewrite if
needed, measure, check, waveform, cover (for the page and, as JPEG, inside the file), tags, decode again and compare,
SHA-256. The bare run decodes the file and encodes it again in the same format with PyAV, storing nothing. Both are the
best of several runs of this process's CPU time, alternating; in the studio ingest runs in a process beside the worker.

Decoding and encoding a WAV is a copy, so nothing that looks at its samples reaches that goal; its second line
compares with decoding it and encoding the FLAC that the studio keeps.

The last two columns are the cost when a vendor promised an instrumental, so that the quality check listens for a voice.
Its cost is constant, up to a minute's listening, and large beside a FLAC's own decoding and encoding.
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from generator import audio

GOAL = 1.3
RATE = 44_100
LENGTHS = (60, 180)
RUNS = {"mp3": 2, "wav": 5, "flac": 5}


def music(seconds: int) -> np.ndarray:
    """Return chords, a bass, drums and reverb: as hard to encode and to measure as a lo-fi track."""
    random = np.random.default_rng(7)
    bars = []
    t = np.arange(RATE * 2) / RATE
    for root in (57, 53, 48, 55):
        bar = np.zeros((len(t), 2))
        for n, pitch in enumerate((root - 12, root, root + 4, root + 7, root + 12)):
            wave = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t) * np.exp(-1.5 * t) * 0.15
            bar += np.stack([wave * (1 - 0.15 * n), wave * (0.4 + 0.15 * n)], axis=1)
        for beat in range(4):
            start = beat * RATE // 2
            hit = random.normal(size=(6000, 2)) * np.exp(-np.arange(6000) / 900)[:, None] * 0.12
            bar[start : start + 6000] += hit
        bars.append(bar)
    whole = np.concatenate(bars * (seconds // 8 + 1))[: seconds * RATE]
    whole += random.normal(size=whole.shape) * 0.002
    whole[-RATE:] *= np.linspace(1, 0, RATE)[:, None]
    return (whole / np.abs(whole).max() * 0.85).astype(np.float32)


def ingest(path: Path, instrumental: bool = False) -> None:
    tags = audio.Tags(title="Benchmark")
    wanted = audio.Wanted(path.suffix[1:], tags, f"{path}{time.monotonic()}", instrumental=instrumental)
    taken = audio.take_in(path, wanted)
    audio.waveform_path(taken.peaks)
    audio.sha256(taken.path)


def bare(path: Path, format: str) -> tuple[float, float]:
    """Return the CPU seconds of decoding a file and of encoding it in a format."""
    start = time.process_time()
    with av.open(str(path)) as file:
        frames = list(file.decode(audio=0))
    decoded = time.process_time()
    kind = audio.FORMATS[format]
    with av.open(str(path.with_name(f"bare.{format}")), "w", format=kind.extension) as file:
        stream = file.add_stream(kind.codec, rate=RATE, options=dict(kind.options))
        if not kind.lossless:
            stream.codec_context.bit_rate = 256_000
        for frame in frames:
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return decoded - start, time.process_time() - decoded


def cpu_of(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def compare(folder: Path, seconds: int, format: str, target: str) -> float:
    original = folder / f"original.{format}"
    audio.encode(music(seconds), RATE, original, format)
    ours: list[float] = []
    listening: list[float] = []
    decoding: list[float] = []
    encoding: list[float] = []
    for _ in range(RUNS[format]):
        path = Path(shutil.copy(original, folder / f"file.{format}"))
        ours.append(cpu_of(lambda path=path: ingest(path)))
        listening.append(cpu_of(lambda path=path: ingest(path, instrumental=True)))
        decoded, encoded = bare(original, target)
        decoding.append(decoded)
        encoding.append(encoded)
    bare_run = min(decoding) + min(encoding)
    ratio = min(ours) / bare_run
    print(
        f"{seconds:>4} s {format:<4} ingest {min(ours) * 1e3:6.0f} ms   bare decode {min(decoding) * 1e3:5.0f} + "
        f"encode {target:<4} {min(encoding) * 1e3:5.0f} ms   ratio {ratio:5.2f}  {'ok' if ratio <= GOAL else 'over'}"
        f"   listening for a voice {min(listening) * 1e3:5.0f} ms  {min(listening) / bare_run:5.2f}"
    )
    return ratio


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for seconds in LENGTHS:
            for format in audio.FORMATS:
                compare(Path(folder), seconds, format, format)
            compare(Path(folder), seconds, "wav", "flac")
    print(f"goal: {GOAL}")


if __name__ == "__main__":
    main()
