"""Stems grouped into layers of rising intensity.

The order is always the same: what holds the harmony, then the rhythm, then melodies. A game starts with the first layer
and adds the others. Which group a stem belongs to follows from its title; where a title says nothing, from its sound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from generator.audio.editing.blocks import Samples

SILENT_DB = -60.0  # RMS: a group that is softer does not make a layer of its own
GROUPS = ("Ambience", "Harmony", "Rhythm", "Lead")
# Words of titles, lower case; the first group that knows a word wins.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "Rhythm": ("drum", "percussion", "kick", "snare", "hat", "cymbal", "shaker", "clap", "beat", "rhythm section",
               "arp", "loop", "tom"),
    "Lead": ("lead", "melody", "vocal", "voice", "choir", "singer", "solo", "counter", "hook"),
    "Harmony": ("bass", "chord", "comp", "harmony", "piano", "guitar", "keys", "organ", "clavinet", "strings", "brass",
                "cello", "horn", "ukulele", "harp"),
    "Ambience": ("pad", "atmosphere", "texture", "ambien", "drone", "background", "fx", "bowl", "chime", "noise"),
}  # fmt: skip
ATTACK_STEP_S = 0.01
PERCUSSIVE_DB = 6.0  # mean rise per attack of a sound that consists of attacks


@dataclass(frozen=True)
class Stem:
    """A stem within the loop: float32 samples (frames, channels)."""

    title: str
    samples: Samples


@dataclass(frozen=True)
class Layer:
    """One step of intensity, counted from 1, with the titles of its stems."""

    number: int
    name: str
    titles: tuple[str, ...]
    samples: Samples


def mix_layers(stems: Sequence[Stem], rate: int) -> tuple[Layer, ...]:
    """Return two to four layers from low to high intensity, which sum to all stems; a single stem is one layer.

    The stems have the same length. The result is the same for the same stems, whatever their order.
    """
    ordered = sorted(stems, key=lambda stem: (stem.title.lower(), len(stem.samples)))
    groups = group_stems(ordered, rate)
    return tuple(
        Layer(number, name, tuple(stem.title for stem in members), _sum(members))
        for number, (name, members) in enumerate(groups, start=1)
    )


def group_stems(stems: Sequence[Stem], rate: int) -> list[tuple[str, list[Stem]]]:
    """Return the groups in their order; silent ones are part of the next, and one group is split by loudness."""
    members: dict[str, list[Stem]] = {name: [] for name in GROUPS}
    for stem in stems:
        members[_group(stem, rate)].append(stem)
    groups: list[tuple[str, list[Stem]]] = []
    waiting: list[Stem] = []
    for name, found in members.items():
        if found and max(map(_level_db, found)) > SILENT_DB:
            groups.append((name, [*waiting, *found]))
            waiting = []
        else:
            waiting += found
    if waiting and groups:
        groups[-1][1].extend(waiting)
    elif waiting:
        groups = [(GROUPS[0], waiting)]
    return _split(*groups[0]) if len(groups) == 1 else groups


def _split(name: str, stems: list[Stem]) -> list[tuple[str, list[Stem]]]:
    """Return the softer half and the louder half of what can be heard, if that is more than one stem."""
    by_level = sorted(stems, key=lambda stem: (round(_level_db(stem), 1), stem.title))
    silent = sum(_level_db(stem) <= SILENT_DB for stem in stems)
    if len(stems) - silent < 2:
        return [(name, stems)]
    half = (silent + len(stems)) // 2
    return [(f"{name}_Soft", by_level[:half]), (f"{name}_Full", by_level[half:])]


def _group(stem: Stem, rate: int) -> str:
    title = stem.title.lower()
    for group, words in _WORDS.items():
        if any(word in title for word in words):
            return group
    return "Rhythm" if _attack_db(stem.samples, rate) > PERCUSSIVE_DB else "Harmony"


def _attack_db(samples: Samples, rate: int) -> float:
    """Return by how much the level rises at the steepest tenth of its rises."""
    step = max(1, round(ATTACK_STEP_S * rate))
    whole = len(samples) // step * step
    if not whole:
        return 0.0
    parts = samples[:whole].reshape(-1, step * samples.shape[1])
    levels = 10 * np.log10(np.einsum("ij,ij->i", parts, parts) / parts.shape[1] + 1e-6)
    rises = np.maximum(0, np.diff(levels))
    return float(np.sort(rises)[-max(1, len(rises) // 10) :].mean()) if len(rises) else 0.0


def _level_db(stem: Stem) -> float:
    power = float(np.einsum("ij,ij->", stem.samples, stem.samples)) / max(1, stem.samples.size)
    return float(10 * np.log10(power + 1e-12))


def _sum(stems: Sequence[Stem]) -> Samples:
    total: Samples = stems[0].samples.copy()
    for stem in stems[1:]:
        total += stem.samples
    return total
