"""How long a part of the studio may be silent before it is taken for hung and replaced.

A machine whose processors are busy elsewhere is slow and not hung, and replacing what is slow makes it slower. So

- a silence does not count while a thread of the part stands ready and is given no processor (Linux tells, by thread);
- a part that was replaced in vain gets twice as long the next time, and that is taken back only after it has answered
  quickly for a while;
- a part that has only just been started has its programs to load, and gets longer.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

STARTING = 30.0  # seconds a new process may take to answer at all
MOST = 16  # times the usual patience
STARVED = 0.3  # of the time spent waiting for a processor
WINDOW = 2.0  # seconds over which that is measured
CALM = 20  # quick answers in a row

Waits = Callable[[], Mapping[int, float]]  # seconds each thread has waited for a processor


@dataclass
class Patience:
    seconds: float
    waits: Waits = dict
    _more: int = 1
    _calm: int = 0
    _is_new: bool = True
    _seen: tuple[float, Mapping[int, float]] | None = field(default=None)

    def begin(self) -> None:
        """The part was started, for the first time or again."""
        self._is_new, self._seen, self._calm = True, None, 0

    def answered(self, silence: float) -> None:
        """It has answered, after so many seconds."""
        self._is_new, self._seen = False, None
        self._calm = self._calm + 1 if silence < self.seconds / 2 else 0
        if self._calm >= CALM:
            self._more, self._calm = max(1, self._more // 2), 0

    def is_over(self, silence: float, times: int = 1) -> bool:
        """Whether a silence of so many seconds means a hung part; `times`: the usual patience, for good reasons."""
        usual = max(self.seconds, STARTING) if self._is_new else self.seconds
        if silence <= usual * times * self._more:
            self._seen = None
            return False
        if silence <= usual * times * MOST and self._is_starved():
            return False
        self._more = min(MOST, self._more * 2)
        return True

    def _is_starved(self) -> bool:
        """Whether one of its threads waits for a processor for much of the time, or that is not known yet."""
        now = time.monotonic()
        if self._seen is None:
            self._seen = now, self.waits()
            return True
        since, before = self._seen
        if now - since < WINDOW:
            return True
        after = self.waits()
        self._seen = now, after
        longest = max((waited - before.get(one, waited) for one, waited in after.items()), default=0.0)
        return longest > STARVED * (now - since)
