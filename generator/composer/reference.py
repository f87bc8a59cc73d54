"""Traits of a reference sound that the music should follow: tempo, key, brightness, energy.

They are measured elsewhere and exchanged as text: 92 BPM, A minor, 2100 Hz, energy 20 40 80 60
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CURVE_POINTS = 12  # in an energy curve
MAX_ENERGY, SPAN_LU = 0.85, 14.0  # energy of the loudest passage; drop in LU at which energy reaches zero
MIN_BPM_CONFIDENCE, MIN_KEY_CONFIDENCE = 0.3, 0.2  # a tempo or key below this confidence is ignored
_BPM = re.compile(r"(\d+(?:\.\d+)?)\s*bpm\b", re.IGNORECASE)
_HZ = re.compile(r"(\d+(?:\.\d+)?)\s*hz\b", re.IGNORECASE)
_KEY = re.compile(r"\b([A-G][#b]?)\s+(major|minor)\b")
_ENERGY = re.compile(r"\benergy\s+((?:\d+(?:\.\d+)?[\s/%]*)+)", re.IGNORECASE)


@dataclass(frozen=True)
class Reference:
    """Measured traits to follow; None or empty means that the trait is not followed.

    `bpm` is beats per minute, `key` reads like "A minor", `brightness_hz` is the spectral centroid (amplitude weighted,
    as the studio's meter gives it), and `energy` is an evenly spaced curve of levels 0..1.
    """

    bpm: float | None = None
    key: str | None = None
    brightness_hz: float | None = None
    energy: tuple[float, ...] = ()

    def text(self) -> str:
        """Return the traits as text that `read_reference` parses."""
        parts = [f"{self.bpm:g} BPM"] if self.bpm else []
        parts += [self.key] if self.key else []
        parts += [f"{self.brightness_hz:.0f} Hz"] if self.brightness_hz else []
        parts += ["energy " + " ".join(f"{100 * level:.0f}" for level in self.energy)] if self.energy else []
        return ", ".join(parts)


def read_reference(text: str) -> Reference | None:
    """Parse any part of "92 BPM, A minor, 2100 Hz, energy 20 40 80 60"; None if no part is present."""
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
    """Build a reference from measurements; tempo and key are included only if their confidence is high enough.

    `loudness_lu` is an evenly spaced loudness curve on any scale in LU. Its loudest part maps to energy 0.85, and every
    LU below that subtracts 1/14, which is roughly how much the ensembles of a style differ.
    """
    levels = np.asarray(loudness_lu, np.float64)
    if len(levels) < 2:
        curve: tuple[float, ...] = ()
    else:
        positions = np.linspace(0, len(levels) - 1, CURVE_POINTS)
        width = max(1, len(levels) // CURVE_POINTS)
        smoothed = np.convolve(np.pad(levels, width, mode="edge"), np.ones(width) / width, "same")[width:-width]
        drop_lu = np.percentile(smoothed, 95) - np.interp(positions, np.arange(len(levels)), smoothed)
        curve = tuple(round(float(level), 3) for level in np.clip(MAX_ENERGY - drop_lu / SPAN_LU, 0.05, 1.0))
    return Reference(
        bpm=bpm if bpm and bpm_confidence >= MIN_BPM_CONFIDENCE else None,
        key=key if key and key_confidence >= MIN_KEY_CONFIDENCE else None,
        brightness_hz=brightness_hz or None,
        energy=curve,
    )
