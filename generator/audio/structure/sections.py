"""Sections: stretches of one character, bounded where sound and harmony change most, named by what sounds alike."""

import itertools
import string

import numpy as np

from generator.audio.structure.features import Curve, Features, find_peaks
from generator.audio.structure.model import Section

BLOCK_S = 2.0  # units of tracks without bar lines
REACH = 4  # units compared before and after a possible boundary
MIN_UNITS = 4  # of a section
NOVELTY_SHARE = 0.35  # of the strongest change: weaker ones are no boundary
ALIKE = 0.9  # distance, in standard deviations per value, below which two sections share their letter
QUIETER_DB = 2.0  # by which an intro or ending is quieter than its neighbor
FULL_ATTACKS = 0.5  # mean strength of attacks of a section full of percussion


def find_sections(features: Features, bars: tuple[float, ...], start_s: float, end_s: float) -> tuple[Section, ...]:
    """Return the sections between the first and the last audible moment, without gaps."""
    lines = [line for line in bars if start_s < line < end_s] if len(bars) > 2 * MIN_UNITS else []
    edges = np.array([start_s, *lines, end_s]) if lines else np.arange(start_s, end_s + BLOCK_S / 2, BLOCK_S)
    if len(edges) < 2 * MIN_UNITS:
        return (_section(features, start_s, end_s, "A"),) if end_s > start_s else ()
    units = unit_vectors(features, edges)
    bounds = [0, *_boundaries(units), len(units)]
    times = [start_s, *(float(edges[bound]) for bound in bounds[1:-1]), end_s]
    means = [units[first:last].mean(axis=0) for first, last in itertools.pairwise(bounds)]
    labels = _labels(means)
    sections = [_section(features, *span) for span in zip(times, times[1:], labels, strict=False)]
    return _name_ends(sections)


def unit_vectors(features: Features, edges: Curve) -> Curve:
    """Return levels per band and pitch classes between the edges, each group standardized."""
    frames = np.clip(np.round(edges * features.rate).astype(int), 0, len(features.bands))
    levels = np.array([_mean_db(features.bands[a : max(b, a + 1)]) for a, b in itertools.pairwise(frames)])
    frames = np.clip(np.round(edges * features.chroma_rate).astype(int), 0, len(features.chroma) - 1)
    chroma = np.array([features.chroma[a : max(b, a + 1)].mean(axis=0) for a, b in itertools.pairwise(frames)])
    chroma /= np.linalg.norm(chroma, axis=1, keepdims=True) + 1e-6
    return np.hstack([_standardize(levels), 0.7 * _standardize(chroma)])


def _mean_db(powers: Curve) -> Curve:
    return np.asarray(np.maximum(10 * np.log10(powers.mean(axis=0) + 1e-10), -80))


def _standardize(values: Curve) -> Curve:
    return np.asarray((values - values.mean(axis=0)) / (values.std() + 1e-6))


def _boundaries(units: Curve) -> list[int]:
    """Return the units before which a section begins."""
    novelty = np.zeros(len(units) + 1)
    for unit in range(2, len(units) - 1):
        before, after = units[max(0, unit - REACH) : unit], units[unit : unit + REACH]
        novelty[unit] = np.linalg.norm(before.mean(axis=0) - after.mean(axis=0))
    peaks = find_peaks(novelty, MIN_UNITS, NOVELTY_SHARE * float(novelty.max()))
    is_inside = (peaks >= 2) & (peaks <= len(units) - 2)
    return [int(peak) for peak in peaks[is_inside]]


def _labels(means: list[Curve]) -> list[str]:
    labels: list[str] = []
    letters = iter(string.ascii_uppercase * 10)
    for number, mean in enumerate(means):
        distances = [float(np.sqrt(np.mean(np.square(mean - other)))) for other in means[:number]]
        nearest = int(np.argmin(distances)) if distances else 0
        labels.append(labels[nearest] if distances and distances[nearest] < ALIKE / 2 else next(letters))
    return labels


def _section(features: Features, start_s: float, end_s: float, label: str) -> Section:
    first, last = features.index(start_s), max(features.index(start_s) + 1, features.index(end_s))
    powers = features.bands[first:last].mean(axis=0)
    brightness = float((powers * features.band_hz).sum() / (powers.sum() + 1e-10))
    percussion = float(np.clip(features.attacks[first:last].mean() / FULL_ATTACKS, 0, 1))
    level = float(10 * np.log10(powers.sum() + 1e-10))
    return Section(round(start_s, 3), round(end_s, 3), label, round(level, 1), round(brightness), round(percussion, 2))


def _name_ends(sections: list[Section]) -> tuple[Section, ...]:
    """Name a quieter first section the intro, and a quieter last one the ending."""
    names = [section.label for section in sections]
    if len(sections) >= 3:
        if sections[0].level_db < sections[1].level_db - QUIETER_DB:
            names[0] = "intro"
        if sections[-1].level_db < sections[-2].level_db - QUIETER_DB:
            names[-1] = "ending"
    order = dict(zip(dict.fromkeys(n for n in names if len(n) == 1), string.ascii_uppercase, strict=False))
    return tuple(
        Section(s.start_s, s.end_s, order.get(name, name), s.level_db, s.brightness_hz, s.percussion)
        for s, name in zip(sections, names, strict=True)
    )
