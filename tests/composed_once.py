"""The same brief is composed once per test process: later tests get the same composition without the work.

Composing is deterministic (`tests/composer` proves it), and takes longer than all else in a test about what becomes of
a composition. A later call reports the same progress, so that a test can still stop the work at any stage.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

from generator.composer import Brief, Composition, compose
from generator.composer.sound.layers.installed import number_in

MAX_KEPT = 8  # compositions; one of 30 s takes up to 80 MB
MAX_KEPT_S = 30.0  # length of one
_Progress = list[tuple[str, float]]
_kept: OrderedDict[bytes, list[tuple[Composition, _Progress]]] = OrderedDict()


def compose_once(
    brief: Brief,
    take: int,
    report: Callable[[str, float], None],
    balance: Callable[[tuple[str, ...]], Mapping[str, float]],
    samples: Path | None = None,
) -> Composition:
    """Do the work of `compose`, or return what it returned for the same brief, take, gains and samples."""
    key = pickle.dumps((brief, take, number_in(samples)))
    for composition, progress in _kept.get(key, []):
        if balance(composition.written_names) == composition.gains:
            _kept.move_to_end(key)
            for stage, done in progress:
                report(stage, done)
            return composition
    progress = []

    def recorded(stage: str, done: float) -> None:
        progress.append((stage, done))
        report(stage, done)

    composition = compose(brief, take, recorded, balance, samples)
    if brief.length_s <= MAX_KEPT_S:
        _kept.setdefault(key, []).append((composition, progress))
        if len(_kept) > MAX_KEPT:
            _kept.popitem(last=False)
    return composition
