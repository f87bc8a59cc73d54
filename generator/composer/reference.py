"""What the music should follow of another sound: tempo, key, brightness, energy; measured elsewhere, said as text.

92 BPM, A minor, 2100 Hz, energy 20 40 80 60
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

POINTS = 12  # of an energy curve
TOP, SPAN_LU = 0.85, 14.0  # energy of the loudest passage, and how much softer one of none is
SURE_BPM, SURE_KEY = 0.3, 0.2  # below this confidence a tempo or key is not followed
_BPM = re.compile(r"(\d+(?:\.\d+)?)\s*bpm\b", re.IGNORECASE)
_HZ = re.compile(r"(\d+(?:\.\d+)?)\s*hz\b", re.IGNORECASE)
_KEY = re.compile(r"\b([A-G][#b]?)\s+(major|minor)\b")
_ENERGY = re.compile(r"\benergy\s+((?:\d+(?:\.\d+)?[\s/%]*)+)", re.IGNORECASE)


@dataclass(frozen=True)
class Reference:
    """What was measured on a sound that the music should follow; None or empty: nothing to follow there.

    `bpm` beats a minute, `key` such as "A minor", `brightness_hz` the spectral centroid (amplitude weighted, as the
    studio's meter gives it), `energy` a curve of levels 0..1 at even distances.
    """

    bpm: float | None = None
    key: str | None = None
    brightness_hz: float | None = None
    energy: tuple[float, ...] = ()

    def text(self) -> str:
        """The same in words, which `read_reference` reads."""
        parts = [f"{self.bpm:g} BPM"] if self.bpm else []
        parts += [self.key] if self.key else []
        parts += [f"{self.brightness_hz:.0f} Hz"] if self.brightness_hz else []
        parts += ["energy " + " ".join(f"{100 * level:.0f}" for level in self.energy)] if self.energy else []
        return ", ".join(parts)


def read_reference(text: str) -> Reference | None:
    """Read "92 BPM, A minor, 2100 Hz, energy 20 40 80 60", any part of it; None where nothing of it is there."""
    bpm, hz, key, energy = (pattern.search(text) for pattern in (_BPM, _HZ, _KEY, _ENERGY))
    if not (bpm or hz or key or energy):
        return None
    levels = [float(level) / 100 for level in re.findall(r"\d+(?:\.\d+)?", energy[1])] if energy else []
    return Reference(
        bpm=float(bpm[1]) if bpm else None,
        key=f"{key[1]} {key[2]}" if key else None,
        brightness_hz=float(hz[1]) if hz else None,
        energy=tuple(min(1.0, level) for level in levels),
    )


def reference_of(
    *,
    bpm: float | None,
    bpm_confidence: float,
    key: str | None,
    key_confidence: float,
    brightness_hz: float,
    loudness_lu: Sequence[float],
) -> Reference:
    """What to follow of measurements; tempo and key only where they are sure enough.

    `loudness_lu` is loudness over time at even distances, on any scale in LU. Its loudest part becomes lively
    music (0.85) and every LU below takes a fourteenth off, for that is about what ensembles of a style differ by.
    """
    levels = np.asarray(loudness_lu, np.float64)
    if len(levels) < 2:
        curve: tuple[float, ...] = ()
    else:
        at = np.linspace(0, len(levels) - 1, POINTS)
        wide = max(1, len(levels) // POINTS)
        smooth = np.convolve(np.pad(levels, wide, mode="edge"), np.ones(wide) / wide, "same")[wide:-wide]
        below = np.percentile(smooth, 95) - np.interp(at, np.arange(len(levels)), smooth)
        curve = tuple(round(float(level), 3) for level in np.clip(TOP - below / SPAN_LU, 0.05, 1.0))
    return Reference(
        bpm=bpm if bpm and bpm_confidence >= SURE_BPM else None,
        key=key if key and key_confidence >= SURE_KEY else None,
        brightness_hz=brightness_hz or None,
        energy=curve,
    )
