"""A cache of rendered sounds bounded by their bytes, so that a worker stays as small after a day as after a track."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

MOST_BYTES = 64_000_000


class SoundCache:
    """Least recently used goes first. Entries are read-only, so that nobody can spoil another track's notes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held: OrderedDict[Hashable, Sound] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Sound]) -> Sound:
        """The sound under `key`, made when it is not there."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                return found
        made = make()
        made.flags.writeable = False
        with self._lock:
            if key not in self._held:
                self._held[key] = made
                self._bytes += made.nbytes
            while self._bytes > self._most and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1].nbytes
        return made

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._held.clear()
            self._bytes = 0


SOUNDS = SoundCache()
