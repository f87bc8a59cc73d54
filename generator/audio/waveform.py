"""Waveform displays: peaks measured once, drawn at any size."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from generator.audio.decode import Sound
from generator.audio.peaks import block_peaks

BAR_DISTANCE, BAR_SHARE = 3.0, 0.66  # distance between bars in units, and the share of it that the bar fills
MAX_BARS = 240
MIN_HEIGHT = 0.04  # of the height: silence is drawn as a row of dots
CONTRAST = 1.5


def waveform_peaks(sound: Sound, buckets: int = 800) -> bytes:
    """Measure the largest |sample| of each of `buckets` equal ranges, over all channels: 0 silent, 255 full scale.

    The edges of long buckets are rounded to 256 frames (6 ms), which is invisible.
    """
    size = 256 if sound.frames >= buckets * 1024 else 1
    tops = block_peaks(sound.samples, size) if size > 1 else np.abs(sound.samples).T.max(axis=0)
    edges = np.linspace(0, len(tops), buckets + 1).astype(int)[:-1]
    peaks = np.maximum.reduceat(tops, np.minimum(edges, len(tops) - 1))
    return np.round(np.clip(peaks, 0, 1) * 255).astype(np.uint8).tobytes()


def waveform_path(peaks: bytes, width: float = 240, height: float = 40, max_bars: int = MAX_BARS) -> str:
    """Draw peaks as bars mirrored on the center line: one compact SVG path in relative steps, with every bar closed."""
    count = max(1, min(max_bars, int(width / BAR_DISTANCE)))
    pitch = width / count
    lefts = np.round(np.arange(count) * pitch, 1).tolist()
    bar_width = round(pitch * BAR_SHARE, 1)
    heights = np.round(np.maximum(MIN_HEIGHT, _levels(peaks, count)) * height).tolist()
    position = (0.0, 0.0)
    path = ""
    for left, bar_height in zip(lefts, heights, strict=True):
        top = (height - bar_height) / 2
        step = _svg((left - position[0], top - position[1]))
        path += f"{'m' if path else 'M'}{step}v{_svg((bar_height,))}h{_svg((bar_width,))}v{_svg((-bar_height,))}z"
        position = (left, top)
    return path


def _levels(peaks: bytes, count: int) -> NDArray[np.float64]:
    """Average groups of peaks relative to the loudest group; a contrast curve keeps loud music from looking flat."""
    levels = np.frombuffer(peaks, np.uint8).astype(float)
    if len(levels) < count:
        positions = np.linspace(0, max(0, len(levels) - 1), count)
        levels = np.interp(positions, np.arange(len(levels)), levels) if len(levels) else np.zeros(count)
    edges = np.linspace(0, len(levels), count + 1).astype(int)
    means = np.add.reduceat(levels, edges[:-1]) / np.diff(edges)
    return np.asarray((means / max(1.0, float(means.max()))) ** CONTRAST)


def _svg(numbers: Iterable[float]) -> str:
    """Format numbers as compactly as SVG allows: one decimal, no leading zero, no space before a minus."""
    text = ""
    for number in numbers:
        digits = f"{number:.1f}".removesuffix(".0").replace("0.", ".", 1) if abs(number) < 1 else f"{number:.1f}"
        digits = digits.removesuffix(".0")
        digits = "0" if digits in ("-0", "", "-") else digits
        text += digits if not text or digits.startswith("-") else f" {digits}"
    return text
