"""The cheapest way through a track of every possible length: which points to play on from, and where to jump.

Dynamic programming over (time played, point of the track). Times are counted in steps of equal length, and positions in
the track are rounded once, so that rounding does not add up along a run.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.audio.structure.features import Curve

Indices = NDArray[np.integer]

STEP_S = 0.05
MAX_STEPS = 3000
_NEVER = np.float32(1e9)


@dataclass(frozen=True)
class Path:
    """Stretches of the track as indices of points, and the cost of the jumps between them."""

    runs: tuple[tuple[int, int], ...]
    cost: float
    length_s: float


class PathFinder:
    """All cheapest ways from the first point to the last that play at most `max_s` seconds.

    `points` are seconds; the first and the last one are the ends of the track, which are never jumped to. `cost[p, q]`
    is what a jump costs; after a jump, at least `min_run_s` are played. Jumps lead to the `targets` alone, if there are
    any.
    """

    def __init__(
        self, points: Curve, cost: Curve, max_s: float, min_run_s: float, targets: NDArray[np.bool_] | None = None
    ) -> None:
        self.points = points
        self._step_s = max(STEP_S, max_s / MAX_STEPS)
        self._steps = np.round((points - points[0]) / self._step_s).astype(int)
        self._cost = cost
        size = int(max_s / self._step_s) + 2
        self._best = np.full((size, len(points)), _NEVER, np.float32)
        self._left = np.full((size, len(points)), -1, np.int32)  # the point jumped from; -1: played on
        self._entered = np.full((size, len(points)), -1, np.int32)  # the point jumped to
        self._targets = np.ones(len(points), bool) if targets is None else targets
        self._landing = np.searchsorted(points, points + min_run_s - 1e-6)
        self._search(size)

    def _search(self, size: int) -> None:
        self._best[0, 0] = 0
        count = len(self.points)
        sources = np.arange(count)
        gaps = np.diff(self._steps)
        can_land = self._targets & (self._landing < count) & (sources > 0) & (sources < count - 1)
        targets = np.flatnonzero(can_land)
        landings = self._landing[targets]
        run_steps = self._steps[landings] - self._steps[targets]
        for played in range(size):
            row = self._best[played]
            alive = np.flatnonzero(row[:-1] < _NEVER)
            if not len(alive):
                continue
            self._play_on(played, alive, gaps, size)
            through = row[alive, None] + self._cost[np.ix_(alive, targets)]
            source = np.argmin(through, axis=0)
            price = through[source, np.arange(len(targets))]
            self._jump(played + run_steps, landings, price, alive[source], targets, size)

    def _play_on(self, played: int, alive: Indices, gaps: Indices, size: int) -> None:
        arrival = played + gaps[alive]
        fits = arrival < size
        rows, columns, price = arrival[fits], alive[fits] + 1, self._best[played, alive[fits]]
        is_better = price < self._best[rows, columns]
        rows, columns = rows[is_better], columns[is_better]
        self._best[rows, columns] = price[is_better]
        self._left[rows, columns] = -1

    def _jump(self, rows: Indices, columns: Indices, price: Curve, left: Indices, entered: Indices, size: int) -> None:
        keep = np.flatnonzero((rows < size) & (price < _NEVER / 2))
        keep = keep[
            np.argsort(-price[keep], kind="stable")
        ]  # several may land at one place: the cheapest is written last
        keep = keep[price[keep] < self._best[rows[keep], columns[keep]]]
        self._best[rows[keep], columns[keep]] = price[keep]
        self._left[rows[keep], columns[keep]] = left[keep]
        self._entered[rows[keep], columns[keep]] = entered[keep]

    def lengths(self) -> tuple[Curve, Curve]:
        """Return the lengths in seconds at which a way ends at the last point, and their costs."""
        column = self._best[:, -1]
        reached = np.flatnonzero(column < _NEVER / 2)
        return reached * self._step_s, column[reached]

    def path(self, length_s: float) -> Path:
        """Return the cheapest way of a length that `lengths` gave."""
        played, point = round(length_s / self._step_s), len(self.points) - 1
        cost, end = float(self._best[played, point]), point
        runs: list[tuple[int, int]] = []
        while point > 0:
            left, entered = int(self._left[played, point]), int(self._entered[played, point])
            if left < 0:
                played -= int(self._steps[point] - self._steps[point - 1])
                point -= 1
                continue
            runs.append((entered, end))
            played -= int(self._steps[point] - self._steps[entered])
            point = end = left
        runs.append((0, end))
        runs.reverse()
        length = sum(float(self.points[last] - self.points[first]) for first, last in runs)
        return Path(tuple(run for run in runs if run[1] > run[0]), cost, length)
