"""The picture of a track: peaks measured once, drawn anywhere."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from generator.audio.decode import Sound
from generator.audio.peaks import block_peaks

PITCH, BAR = 3.0, 0.66  # units from bar to bar, and the share of it that is bar
MOST_BARS = 240
FLOOR = 0.04  # of the height: silence is still a row of dots
CONTRAST = 1.5


def waveform_peaks(sound: Sound, buckets: int = 800) -> bytes:
    """Measure the largest |sample| of each of `buckets` equal stretches, over all channels: 0 silent, 255 full scale.

    The edges of long buckets are rounded to 256 frames (6 ms), which no one can see.
    """
    size = 256 if sound.frames >= buckets * 1024 else 1
    tops = block_peaks(sound.samples, size) if size > 1 else np.abs(sound.samples).T.max(axis=0)
    edges = np.linspace(0, len(tops), buckets + 1).astype(int)[:-1]
    peaks = np.maximum.reduceat(tops, np.minimum(edges, len(tops) - 1))
    return np.round(np.clip(peaks, 0, 1) * 255).astype(np.uint8).tobytes()


def waveform_path(peaks: bytes, width: float = 240, height: float = 40) -> str:
    """Draw peaks as bars mirrored on the middle line: one SVG path, every bar closed, in relative steps to be short."""
    count = max(1, min(MOST_BARS, int(width / PITCH)))
    pitch = width / count
    lefts = np.round(np.arange(count) * pitch, 1).tolist()
    wide = round(pitch * BAR, 1)
    tall = np.round(np.maximum(FLOOR, _levels(peaks, count)) * height).tolist()
    at = (0.0, 0.0)
    path = ""
    for left, high in zip(lefts, tall, strict=True):
        top = (height - high) / 2
        step = _joined((left - at[0], top - at[1]))
        path += f"{'m' if path else 'M'}{step}v{_joined((high,))}h{_joined((wide,))}v{_joined((-high,))}z"
        at = (left, top)
    return path


def _levels(peaks: bytes, count: int) -> NDArray[np.float64]:
    """Average groups of peaks against the loudest group, bent so that loud music still has ups and downs."""
    levels = np.frombuffer(peaks, np.uint8).astype(float)
    if len(levels) < count:
        places = np.linspace(0, max(0, len(levels) - 1), count)
        levels = np.interp(places, np.arange(len(levels)), levels) if len(levels) else np.zeros(count)
    edges = np.linspace(0, len(levels), count + 1).astype(int)
    means = np.add.reduceat(levels, edges[:-1]) / np.diff(edges)
    return np.asarray((means / max(1.0, float(means.max()))) ** CONTRAST)


def _joined(numbers: Iterable[float]) -> str:
    """Numbers as short as SVG reads them: one decimal, no leading zero, a minus needs no space before it."""
    text = ""
    for number in numbers:
        short = f"{number:.1f}".removesuffix(".0").replace("0.", ".", 1) if abs(number) < 1 else f"{number:.1f}"
        short = short.removesuffix(".0")
        short = "0" if short in ("-0", "", "-") else short
        text += short if not text or short.startswith("-") else f" {short}"
    return text
