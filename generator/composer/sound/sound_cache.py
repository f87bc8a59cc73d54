"""A cache of rendered sounds with a limit in bytes, so that a worker's memory does not grow over time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

MAX_BYTES = 96_000_000


@lru_cache(maxsize=200)
def ramp(frames: int) -> Sound:
    """Return a straight line from 0 to 1: shared and read-only."""
    line = np.linspace(0, 1, frames, dtype=np.float32)
    line.flags.writeable = False
    return line


class SoundCache:
    """Least-recently-used cache. Entries are read-only, so that no track can modify another track's notes."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._sounds: OrderedDict[Hashable, Sound] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Sound]) -> Sound:
        """Return the sound under `key`; render and store it first if it is missing."""
        with self._lock:
            cached = self._sounds.get(key)
            if cached is not None:
                self._sounds.move_to_end(key)
                return cached
        sound = make()
        sound.flags.writeable = False
        with self._lock:
            if key not in self._sounds:
                self._sounds[key] = sound
                self._bytes += sound.nbytes
            while self._bytes > self._max_bytes and len(self._sounds) > 1:
                self._bytes -= self._sounds.popitem(last=False)[1].nbytes
        return sound

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._sounds.clear()
            self._bytes = 0


SOUNDS = SoundCache()
