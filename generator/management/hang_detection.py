"""How long a part of the studio may be silent before it is considered hung and replaced.

On a machine whose processors are busy, a part is slow but not hung, and replacing it makes it slower. Therefore:

- silence does not count while a thread of the part is ready but gets no processor (Linux reports this per thread);
- a part that was replaced in vain gets twice as long the next time; this is undone only after it has answered quickly
  for a while;
- a part that has just been started has to load its programs, and gets longer.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

START_TIMEOUT_S = 30.0  # seconds that a new process may take for its first answer
MAX_PATIENCE_FACTOR = 16  # times the usual patience
MIN_STARVED_SHARE = 0.3  # fraction of the time spent waiting for a processor
WINDOW_S = 2.0  # seconds over which that is measured
MIN_QUICK_ANSWERS = 20  # quick answers in a row

Waits = Callable[[], Mapping[int, float]]  # seconds that each thread has waited for a processor


@dataclass
class Patience:
    seconds: float
    waits: Waits = dict
    _more: int = 1
    _calm: int = 0
    _is_new: bool = True
    _seen: tuple[float, Mapping[int, float]] | None = field(default=None)

    def begin(self) -> None:
        """Reset the state: the part was started or restarted."""
        self._is_new, self._seen, self._calm = True, None, 0

    def answered(self, silence: float) -> None:
        """Record an answer after `silence` seconds."""
        self._is_new, self._seen = False, None
        self._calm = self._calm + 1 if silence < self.seconds / 2 else 0
        if self._calm >= MIN_QUICK_ANSWERS:
            self._more, self._calm = max(1, self._more // 2), 0

    def is_over(self, silence: float, times: int = 1) -> bool:
        """Return whether `silence` seconds mean a hung part; `times` multiplies the usual patience."""
        patience_s = max(self.seconds, START_TIMEOUT_S) if self._is_new else self.seconds
        if silence <= patience_s * times * self._more:
            self._seen = None
            return False
        if silence <= patience_s * times * MAX_PATIENCE_FACTOR and self._is_starved():
            return False
        self._more = min(MAX_PATIENCE_FACTOR, self._more * 2)
        return True

    def _is_starved(self) -> bool:
        """Return whether a thread waits for a processor much of the time, or whether that is not known yet."""
        now = time.monotonic()
        if self._seen is None:
            self._seen = now, self.waits()
            return True
        since, before = self._seen
        if now - since < WINDOW_S:
            return True
        after = self.waits()
        self._seen = now, after
        longest_wait_s = max((waited - before.get(thread, waited) for thread, waited in after.items()), default=0.0)
        return longest_wait_s > MIN_STARVED_SHARE * (now - since)
