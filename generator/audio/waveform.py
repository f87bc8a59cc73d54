"""The picture of a track: peaks measured once, drawn anywhere."""

import numpy as np

from generator.audio.decode import Sound

POINTS = 120
FLOOR = 0.03  # of half the height: silence is still a line


def waveform_peaks(sound: Sound, buckets: int = 800) -> bytes:
    """Measure the largest |sample| of each of `buckets` equal stretches, over all channels: 0 silent, 255 full scale."""
    loudest = np.abs(sound.samples).max(axis=1)
    edges = np.linspace(0, len(loudest), buckets + 1).astype(int)[:-1]
    peaks = np.maximum.reduceat(loudest, np.minimum(edges, len(loudest) - 1))
    return np.round(np.clip(peaks, 0, 1) * 255).astype(np.uint8).tobytes()


def waveform_path(peaks: bytes, width: float = 240, height: float = 40, points: int = POINTS) -> str:
    """Draw peaks as one closed, mirrored SVG path: thin bars joined into a shape, at most `points` wide."""
    levels = np.frombuffer(peaks, np.uint8).astype(float)
    if not len(levels):
        levels = np.zeros(1)
    points = min(points, len(levels))
    edges = np.linspace(0, len(levels), points + 1).astype(int)[:-1]
    shape = np.maximum.reduceat(levels, edges)
    shape = np.maximum(FLOOR, shape / max(1.0, float(shape.max())))
    x = np.linspace(0, width, points)
    middle = height / 2
    top = [f"{a:.0f} {middle - b * middle:.1f}" for a, b in zip(x, shape, strict=True)]
    bottom = [f"{a:.0f} {middle + b * middle:.1f}" for a, b in zip(x[::-1], shape[::-1], strict=True)]
    return f"M{'L'.join(top)}L{'L'.join(bottom)}Z"
