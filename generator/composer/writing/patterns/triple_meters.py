"""Patterns for bars of three quarter notes (3/4) and of six eighths (6/8): tables as for four quarters.

A pattern without its own entry uses its part's default figure, the one under "".
"""

from collections.abc import Mapping
from typing import TypeVar

from generator.composer.writing.patterns import arpeggios, basses, chords, tunes
from generator.composer.writing.patterns.arpeggios import ArpStep
from generator.composer.writing.patterns.basses import BassStep
from generator.composer.writing.patterns.chords import CompStep
from generator.composer.writing.patterns.tunes import MotifRhythm

T = TypeVar("T")

BASS: Mapping[str, Mapping[str, tuple[tuple[BassStep, ...], ...]]] = {
    "3/4": {
        "": (((0, 2.6, "R", 0.85),), ((0, 1.8, "R", 0.85), (2, 0.8, "5", 0.6)), ((0, 2.6, "R", 0.85),)),
        "hold": (((0, 3, "R", 0.8),),),
        "walk": (
            ((0, 0.95, "R", 0.85), (1, 0.95, "3", 0.75), (2, 0.95, "A", 0.75)),
            ((0, 0.95, "R", 0.85), (1, 0.95, "5", 0.75), (2, 0.95, "A", 0.75)),
        ),
        "root8": (tuple((i * 0.5, 0.42, "R", 0.9 if i == 0 else 0.66) for i in range(6)),),
    },
    "6/8": {
        "": (
            ((0, 1.3, "R", 0.85), (1.5, 1.2, "5", 0.65)),
            ((0, 1.3, "R", 0.85), (1.5, 0.8, "L", 0.65), (2.5, 0.45, "A", 0.5)),
        ),
        "hold": (((0, 3, "R", 0.8),),),
        "root8": (tuple((i * 0.5, 0.42, "R", 0.9 if i % 3 == 0 else 0.64) for i in range(6)),),
        "boogie": (
            ((0, 0.95, "R", 0.9), (1, 0.45, "R", 0.6), (1.5, 0.95, "5", 0.8), (2.5, 0.45, "6", 0.6)),
            ((0, 0.95, "R", 0.9), (1, 0.45, "3", 0.6), (1.5, 0.95, "5", 0.8), (2.5, 0.45, "A", 0.6)),
        ),
    },
}
COMP: Mapping[str, Mapping[str, tuple[tuple[CompStep, ...], ...]]] = {
    "3/4": {
        "": (((1, 0.7, 0.55), (2, 0.7, 0.5)), ((1, 0.7, 0.55), (2, 0.4, 0.48), (2.5, 0.4, 0.4))),
        "whole": (((0, 2.9, 0.62),), ((0, 1.9, 0.62), (2, 0.9, 0.48))),
        "strum": (((0, 0.9, 0.72), (1, 0.45, 0.5), (1.5, 0.4, 0.36), (2, 0.45, 0.52), (2.5, 0.4, 0.38)),),
        "eighths": (tuple((i * 0.5, 0.4, (0.8, 0.5, 0.58)[i % 3]) for i in range(6)),),
        "jazz": (((0, 0.7, 0.58), (1.66, 0.35, 0.5)), ((0.66, 0.3, 0.5), (2, 0.7, 0.5)), ((1, 0.4, 0.5), (1.66, 0.9, 0.48))),
    },
    "6/8": {
        "": (((0.5, 0.4, 0.45), (1, 0.4, 0.42), (2, 0.4, 0.45), (2.5, 0.4, 0.42)), ((0, 0.9, 0.6), (1, 0.4, 0.42), (1.5, 0.9, 0.5), (2.5, 0.4, 0.4))),
        "whole": (((0, 2.9, 0.62),), ((0, 1.4, 0.62), (1.5, 1.4, 0.5))),
        "strum": (
            ((0, 0.9, 0.74), (1, 0.4, 0.42), (1.5, 0.9, 0.58), (2.5, 0.4, 0.4)),
            ((0, 0.45, 0.74), (0.5, 0.4, 0.36), (1, 0.4, 0.44), (1.5, 0.45, 0.6), (2, 0.4, 0.36), (2.5, 0.4, 0.44)),
        ),
        "eighths": (tuple((i * 0.5, 0.4, (0.8, 0.48, 0.55)[i % 3]) for i in range(6)),),
    },
}  # fmt: skip


def _run(rungs: tuple[int, ...], accent: int, ring: float) -> tuple[ArpStep, ...]:
    return tuple((i * 0.5, rung, ring, 0.74 if i % accent == 0 else 0.52) for i, rung in enumerate(rungs))


ARPS: Mapping[str, Mapping[str, tuple[tuple[ArpStep, ...], ...]]] = {
    "3/4": {
        "": (_run((0, 2, 3, 4, 3, 2), 2, 1.2), _run((0, 1, 2, 4, 3, 2), 2, 1.2)),
        "travis": (
            ((0, 0, 2.5, 0.72), (0.5, 3, 1, 0.42), (1, 2, 1, 0.52), (1.5, 4, 1, 0.46), (2, 3, 1, 0.5), (2.5, 2, 0.5, 0.4)),
        ),
        "slow": (((0, 3, 2.5, 0.5),), ((1, 4, 2, 0.42),), ((0, 5, 2.5, 0.4),), ()),
    },
    "6/8": {
        "": (_run((0, 2, 3, 4, 3, 2), 3, 1.1), _run((0, 1, 3, 2, 4, 3), 3, 1.1)),
        "travis": (
            ((0, 0, 1.5, 0.74), (0.5, 3, 1, 0.42), (1, 4, 1, 0.46), (1.5, 1, 1.5, 0.62), (2, 3, 1, 0.42), (2.5, 4, 0.5, 0.45)),
            ((0, 0, 1.5, 0.74), (0.5, 2, 1, 0.42), (1, 3, 1, 0.46), (1.5, 1, 1.5, 0.62), (2, 4, 1, 0.44), (2.5, 3, 0.5, 0.4)),
        ),
        "slow": (((0, 3, 2.5, 0.5),), ((1.5, 4, 1.4, 0.42),), ((0, 5, 2.5, 0.4),), ()),
    },
}  # fmt: skip
MOTIFS: Mapping[str, Mapping[str, tuple[MotifRhythm, ...]]] = {
    "3/4": {
        "": (
            ((0, 1.0), (1, 1.0), (2, 1.0), (3, 2.0), (5, 1.0)),
            ((0, 2.0), (2, 1.0), (3, 1.5), (4.5, 0.5), (5, 1.0)),
            ((0, 1.5), (1.5, 0.5), (2, 1.0), (3, 3.0)),
        ),
        "long": (((0, 3.0), (3, 2.0), (5, 1.0)), ((0, 2.0), (2, 1.0), (3, 3.0))),
        "sparse": (((0, 2.0), (2, 1.0), (4, 2.0)), ((1, 2.0), (3, 2.5))),
        "answer": (((4, 0.5), (4.5, 0.5), (5, 1.0)), ((4, 1.0), (5, 1.0))),
        "bop": (
            ((0, 0.66), (0.66, 0.33), (1, 0.66), (1.66, 0.9), (3.66, 0.33), (4, 0.66), (4.66, 1.2)),
            ((0.66, 0.33), (1, 0.66), (1.66, 0.33), (2, 0.9), (3.66, 0.33), (4, 1.5)),
        ),
    },
    "6/8": {
        "": (
            ((0, 1.0), (1, 0.5), (1.5, 1.0), (2.5, 0.5), (3, 1.5), (4.5, 1.4)),
            ((0, 0.5), (0.5, 0.5), (1, 0.5), (1.5, 1.5), (3, 1.0), (4, 0.5), (4.5, 1.4)),
            ((0, 1.5), (1.5, 1.0), (2.5, 0.5), (3, 2.8)),
        ),
        "long": (((0, 3.0), (3, 1.5), (4.5, 1.5)), ((0, 1.5), (1.5, 1.5), (3, 3.0))),
        "sparse": (((0, 1.5), (2.5, 0.5), (3, 2.0)), ((0.5, 2.0), (3, 2.5))),
        "reel": (  # the jig: running eighths, a long note at the turn
            tuple((i / 2, 0.46) for i in range(11)),
            (*((i / 2, 0.46) for i in range(6)), (3, 0.95), (4, 0.46), (4.5, 0.95), (5.5, 0.46)),
            ((0, 0.95), (1, 0.46), *((1.5 + i / 2, 0.46) for i in range(6)), (4.5, 1.4)),
        ),
        "lick": (((0, 0.5), (0.5, 0.5), (1, 0.5), (1.5, 1.3), (3, 1.0), (4, 0.5), (4.5, 1.2)), ((0.5, 0.5), (1, 0.5), (1.5, 2.0), (4, 0.5), (4.5, 1.2))),
        "answer": (((4, 0.5), (4.5, 1.4)), ((3.5, 0.5), (4, 0.5), (4.5, 1.4))),
    },
}  # fmt: skip


def bass(pattern: str, meter: str) -> tuple[tuple[BassStep, ...], ...]:
    """Return the bars of a bass pattern in a meter; the next three functions do the same for their tables."""
    return _look_up(basses.BASS, BASS, pattern, meter)


def comp(pattern: str, meter: str) -> tuple[tuple[CompStep, ...], ...]:
    return _look_up(chords.COMP, COMP, pattern, meter)


def arp(pattern: str, meter: str) -> tuple[tuple[ArpStep, ...], ...]:
    return _look_up(arpeggios.ARPS, ARPS, pattern, meter)


def motif(pattern: str, meter: str) -> tuple[MotifRhythm, ...]:
    return _look_up(tunes.MOTIFS, MOTIFS, pattern, meter)


def _look_up(four: Mapping[str, T], three: Mapping[str, Mapping[str, T]], pattern: str, meter: str) -> T:
    if meter == "4/4":
        return four[pattern]
    return three[meter].get(pattern, three[meter][""])
