"""How clearly chords say their key: the profile of their tones, compared with those of all keys."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from generator.composer.writing.theory import Chord

# How well each pitch class fits a key of C, major and minor: C. Krumhansl, E. Kessler, Psychological Review 89, 1982;
# D. Temperley, Music Perception 17, 1999, which has the leading tone in minor.
PROFILES = (
    (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    (
        (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
        (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
    ),
)
ROOT_WEIGHT, BASS_WEIGHT = 1.3, 0.6  # of a chord's root; added for its bass
FIFTH_BELOW = (np.arange(12) - 7) % 12  # of each pitch class
OVERTONE_WEIGHT = 0.3  # of the fifth that sounds in every tone as its third harmonic


def clarity(chords: Sequence[tuple[Chord, float]], *, minor: bool) -> float:
    """Return how much better C, major or minor, fits chords (with their lengths) than the best other key, −2 to 2.

    Of two sets of profiles the one that tells it worse counts.
    """
    sounding = [0.0] * 12
    for chord, length in chords:
        for tone in chord.tones:
            sounding[tone] += length * (ROOT_WEIGHT if tone == chord.root else 1.0)
        sounding[chord.low] += length * BASS_WEIGHT
    weights = np.array(sounding)
    weights += OVERTONE_WEIGHT * weights[FIFTH_BELOW]
    weights -= weights.mean()
    fits = _profiles() @ (weights / (np.linalg.norm(weights) + 1e-9))
    home = 12 * minor
    at_home = fits[:, home].copy()
    fits[:, home] = -np.inf
    return float((at_home - fits.max(axis=1)).min())


@lru_cache(maxsize=1)
def _profiles() -> NDArray[np.float64]:
    """Return the normalized profiles of the 12 major keys, then of the 12 minor keys, from C up: (sets, 24, 12)."""
    rows = [[np.roll(profile, tonic) for profile in pair for tonic in range(12)] for pair in PROFILES]
    centered = np.array(rows) - np.mean(rows, axis=2, keepdims=True)
    return np.asarray(centered / np.linalg.norm(centered, axis=2, keepdims=True))
