"""A loop is a whole number of bars long: what gives way when a length and a tempo are both requested.

A length that nobody gave follows the tempo; with a given length, the nearest tempo is played, and that one is said.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from generator.composer.text.brief import MAX_LENGTH_S, Decision
from generator.composer.text.vocabulary import METERS
from generator.messages import Message

_TEMPO = re.compile(r"[\d.]+ BPM")


def fit_loop(said: Iterable[Decision], length_s: float, bpm: float, meter: str) -> tuple[list[Decision], float, float]:
    """Return what is said, the length in seconds, and the tempo of a loop whose tempo was requested."""
    said = list(said)
    bar_s = METERS[meter] * 60 / bpm
    whole_s = max(1, round(length_s / bar_s)) * bar_s
    if abs(whole_s - length_s) < 1e-6:
        return said, length_s, bpm
    lengths = [decision for decision in said if decision.about == "length"]
    if lengths and not lengths[-1].phrase and not lengths[-1].is_set and whole_s <= MAX_LENGTH_S:
        seconds = Message("{seconds:g} s", seconds=round(whole_s, 3))
        return _instead(said, lengths[-1:], seconds), whole_s, bpm
    played = bpm * whole_s / length_s
    tempos = [decision for decision in said if _TEMPO.fullmatch(str(decision.meaning))]
    return _instead(said, tempos[-1:], Message("{bpm:g} BPM", bpm=round(played, 2))), length_s, played


def _instead(said: list[Decision], changed: list[Decision], meaning: str) -> list[Decision]:
    return [replace(one, meaning=meaning) if one in changed else one for one in said]
