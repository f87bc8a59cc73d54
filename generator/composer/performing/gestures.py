"""The gesture of a single note: where its pitch comes from, how it wavers, and what it leaves for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VIBRATO_RISE_S = 0.35  # from the first waver to the full depth
FALL_S = 0.16


@dataclass(frozen=True)
class Gesture:
    """A curve of pitch around the written one, in cents over seconds, and how the note joins its neighbors."""

    from_cents: float = 0.0  # where the pitch begins, relative to the written one
    settle_s: float = 0.05  # time constant of three of the way to the written pitch
    vibrato_cents: float = 0.0
    vibrato_hz: float = 5.4
    vibrato_after_s: float = 0.3
    fall_cents: float = 0.0  # over the last FALL_S
    slurred: bool = False  # follows from the note before, without a new attack
    leads_on: bool = False  # is followed by a slurred note, so it ends as that begins

    @property
    def bends(self) -> bool:
        """Return whether the pitch moves at all."""
        return bool(self.from_cents or self.vibrato_cents or self.fall_cents)

    def arrival(self, t: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
        """Return the scoop or glide at the start and the fall at the end, in cents, at times from the onset."""
        cents = np.float32(self.from_cents) * np.exp(t * np.float32(-3 / max(0.005, self.settle_s)))
        if self.fall_cents:
            cents = cents - np.float32(self.fall_cents) * np.clip((t - (seconds - FALL_S)) / FALL_S, 0, 1.5) ** 2
        return np.asarray(cents, np.float32)

    def vibrato_depth(self, t: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the depth of the vibrato in cents at times from the onset."""
        rise = np.clip((t - np.float32(self.vibrato_after_s)) / np.float32(VIBRATO_RISE_S), 0, 1)
        return np.asarray(rise * np.float32(self.vibrato_cents), np.float32)

    def cents(self, t: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
        """Return the whole pitch curve in cents at times from the onset; `seconds` is the length of the note."""
        curve = self.arrival(t, seconds)
        if self.vibrato_cents:
            waver = np.sin((t - np.float32(self.vibrato_after_s)) * np.float32(2 * np.pi * self.vibrato_hz))
            curve += self.vibrato_depth(t) * waver
        return curve


PLAIN = Gesture()
