"""The picture of a track: peaks measured once, drawn anywhere."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from generator.audio.decode import Sound
from generator.audio.peaks import block_peaks

POINTS = 96
FLOOR = 0.03  # of half the height: silence is still a line


def waveform_peaks(sound: Sound, buckets: int = 800) -> bytes:
    """Measure the largest |sample| of each of `buckets` equal stretches, over all channels: 0 silent, 255 full scale.

    The edges of long buckets are rounded to 256 frames (6 ms), which no one can see.
    """
    size = 256 if sound.frames >= buckets * 1024 else 1
    tops = block_peaks(sound.samples, size) if size > 1 else np.abs(sound.samples).T.max(axis=0)
    edges = np.linspace(0, len(tops), buckets + 1).astype(int)[:-1]
    peaks = np.maximum.reduceat(tops, np.minimum(edges, len(tops) - 1))
    return np.round(np.clip(peaks, 0, 1) * 255).astype(np.uint8).tobytes()


def waveform_path(peaks: bytes, width: float = 240, height: float = 40, points: int = POINTS) -> str:
    """Draw peaks as one closed, mirrored SVG path of at most `points` a side, in relative steps to keep it short."""
    levels = _levels(peaks, points)
    xs = np.round(np.linspace(0, width, len(levels))).astype(int).tolist()
    middle = round(height / 2, 1)
    reach = np.round(np.maximum(FLOOR, levels) * (height / 2), 1).tolist()
    up = [(x, middle - level) for x, level in zip(xs, reach, strict=True)]
    down = [(x, middle + level) for x, level in zip(xs[::-1], reach[::-1], strict=True)]
    outline = [*up, *down]
    steps = [(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(outline)]
    return f"M{_joined(outline[0])}l{_joined(number for step in steps for number in step)}z"


def _levels(peaks: bytes, points: int) -> NDArray[np.float64]:
    """Average groups of peaks, so that their ups and downs stay visible, against the loudest group."""
    levels = np.frombuffer(peaks, np.uint8).astype(float)
    if len(levels) < 2:
        levels = np.resize(levels, 2) if len(levels) else np.zeros(2)
    points = max(2, min(points, len(levels)))
    edges = np.linspace(0, len(levels), points + 1).astype(int)
    means = np.add.reduceat(levels, edges[:-1]) / np.diff(edges)
    return np.asarray(means / max(1.0, float(means.max())))


def _joined(numbers: Iterable[float]) -> str:
    """Numbers as short as SVG reads them: one decimal, no leading zero, a minus needs no space before it."""
    text = ""
    for number in numbers:
        short = f"{number:.1f}".removesuffix(".0").replace("0.", ".", 1) if abs(number) < 1 else f"{number:.1f}"
        short = short.removesuffix(".0")
        short = "0" if short in ("-0", "", "-") else short
        text += short if not text or short.startswith("-") else f" {short}"
    return text
