"""How instruments play: whether a repeated note sounds the same again, and whether a strong note sounds brighter.

Each instrument of a style plays a made score: soft, strong and repeated notes of one pitch, far enough apart that they
do not run into each other. What is measured is the stem, with its room.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer import ComposerControls, Composition, compose, read_brief
from generator.composer.writing.notes import Line, Note

LENGTH_S, SPACING_S, NOTE_S = 30.0, 3.0, 0.6
SOFT, MEDIUM, HARD = 0.45, 0.65, 0.95  # velocities: mezzo-piano, mezzo-forte, fortissimo
VELOCITIES = (MEDIUM, MEDIUM, MEDIUM, MEDIUM, SOFT, HARD, SOFT, HARD)
COMPARED_S, SHIFT_S = 0.35, 0.01
MIN_HZ, MAX_HZ = 40.0, 16_000.0


@dataclass(frozen=True)
class Playing:
    """How one instrument plays.

    likeness: correlation of a note with its repeat, 1 when they are the same. brightness: spectral centroid of a
    strong note over that of a soft one.
    """

    instrument: str
    likeness: float
    brightness: float


def measure_style(style: str, seed: int, known: dict[str, Playing | None]) -> list[Playing]:
    """Measure the instruments of a style; those in `known` are not measured again, new ones are added to it."""
    controls = ComposerControls(length_s=LENGTH_S, style=style)
    composition = compose(read_brief("", controls, seed=seed))
    lines = [line for line in composition.score.lines if line.notes]
    for line in lines:
        if line.part.instrument not in known:
            known[line.part.instrument] = _measure(composition, line)
    measured = (known[instrument] for instrument in dict.fromkeys(line.part.instrument for line in lines))
    return [playing for playing in measured if playing]


def _measure(composition: Composition, line: Line) -> Playing | None:
    pitch = int(np.median([note.pitch for note in line.notes]))
    beat_s = composition.form.beat_s
    starts_s = [1.0 + number * SPACING_S for number in range(len(VELOCITIES))]
    notes = tuple(
        Note(start_s / beat_s, NOTE_S / beat_s, pitch, velocity)
        for start_s, velocity in zip(starts_s, VELOCITIES, strict=True)
    )
    changes: dict[str, Any] = {"automation": {}} if hasattr(composition.score, "automation") else {}
    score = replace(composition.score, lines=(replace(line, notes=notes),), hits=(), texture="", **changes)
    stem = replace(composition, score=score).stem(line.name).mean(axis=1).astype(np.float64)
    rate = composition.sample_rate
    cuts = [_cut(stem, start_s, rate) for start_s in starts_s]
    if min(float(np.abs(cut).max()) for cut in cuts) < 1e-5:
        return None
    likeness = np.mean([_likeness(one, other, rate) for one, other in pairwise(cuts[:4])])
    soft, hard = (np.mean([_centroid_hz(cuts[at], rate) for at in places]) for places in ((4, 6), (5, 7)))
    return Playing(line.part.instrument, float(likeness), float(hard / soft))


def _cut(stem: NDArray[np.float64], start_s: float, rate: int) -> NDArray[np.float64]:
    start = round(start_s * rate)
    return stem[start : start + round(COMPARED_S * rate)]


def _likeness(one: NDArray[np.float64], other: NDArray[np.float64], rate: int) -> float:
    """Return the greatest correlation of two notes, one moved by up to SHIFT_S."""
    products = scipy.signal.correlate(one, other, mode="full", method="fft")
    center, reach = len(other) - 1, round(SHIFT_S * rate)
    energy = np.sqrt((one**2).sum() * (other**2).sum())
    return float(products[center - reach : center + reach + 1].max() / max(energy, 1e-12))


def _centroid_hz(cut: NDArray[np.float64], rate: int) -> float:
    magnitudes = np.abs(scipy.fft.rfft(cut * np.hanning(len(cut))))
    hz = np.arange(len(magnitudes)) * rate / len(cut)
    inside = (hz > MIN_HZ) & (hz < MAX_HZ)
    return float((magnitudes[inside] * hz[inside]).sum() / magnitudes[inside].sum())
