"""Space: a made room to convolve with, and echoes in time with the music. Both work block by block and are linear."""

from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer.cache import Sound
from generator.composer.modal import RATE

PART = 30_870  # frames a transform works on at a time: 0.7 s, and 2·PART has only small prime factors
BLOCK = 8 * PART  # frames the mixer works on at a time: 5.6 s, a whole number of the meter's steps
_BANDS = ((0.0, 350.0, 1.1), (350.0, 2200.0, 1.0), (2200.0, 6000.0, 0.72), (6000.0, 14_000.0, 0.42))  # Hz, Hz, decay


class Room:
    """Convolution with a room's answer, the same for the same seconds, damping and name."""

    def __init__(self, seconds: float, damping: float, name: str) -> None:
        self._parts = _room_spectrum(seconds, damping, name)
        self._past = np.zeros((self._parts.shape[1] - 1, PART + 1), np.complex64)
        self._rest = np.zeros((2, PART), np.float32)
        self._silent_for = len(self._past) + 1

    def hear(self, send: Sound) -> Sound | None:
        """Answer a mono block of BLOCK frames in stereo, (2, BLOCK); None when there is nothing to hear.

        Uniformly partitioned overlap-add: each transform of the send meets every part of the response once.
        """
        if not send.any():
            self._silent_for += BLOCK // PART
            if self._silent_for > len(self._past) + BLOCK // PART:
                return None
        else:
            self._silent_for = 0
        blocks = len(send) // PART
        spectra = scipy.fft.rfft(send.reshape(blocks, PART), 2 * PART, axis=1)
        spectra = np.concatenate([self._past, spectra])
        depth = len(self._past)
        self._past = spectra[blocks:]
        out = np.empty((2, len(send)), np.float32)
        for side in range(2):
            answer = spectra[depth:] * self._parts[side, 0]
            for number in range(1, depth + 1):
                answer += spectra[depth - number : depth - number + blocks] * self._parts[side, number]
            heard = scipy.fft.irfft(answer, 2 * PART, axis=1)
            rows = out[side].reshape(blocks, PART)
            rows[:] = heard[:, :PART]
            rows[1:] += heard[:-1, PART:]
            rows[0] += self._rest[side]
            self._rest[side] = heard[-1, PART:]
        return out


@lru_cache(maxsize=24)
def _room_spectrum(seconds: float, damping: float, name: str) -> NDArray[np.complex64]:
    """A made impulse response in transformed parts: shape (2, parts, PART + 1)."""
    response = impulse_response(seconds, damping, name)
    parts = -(-response.shape[1] // PART)
    padded = np.zeros((2, parts * PART), np.float32)
    padded[:, : response.shape[1]] = response
    return np.asarray(scipy.fft.rfft(padded.reshape(2, parts, PART), 2 * PART, axis=2))


def impulse_response(seconds: float, damping: float, name: str) -> Sound:
    """Early reflections, then noise that decays sooner the higher it is: float32, (2, frames), of unit energy."""
    dice = np.random.default_rng([*name.encode()])
    count = int(seconds * RATE)
    t = np.arange(count, dtype=np.float32) / np.float32(RATE)
    tail = np.zeros((2, count), np.float32)
    for low, high, decay in _BANDS:
        noise = dice.standard_normal((2, count), dtype=np.float32)
        life = seconds * (decay ** (0.5 + damping))
        band = _filtered(noise, 1, "low", high) if not low else _filtered(noise, 1, "band", (low, high))
        tail += band * np.exp(t * np.float32(-6.91 / life)) * np.float32(1 - 0.3 * damping * (low > 2000))
    dawn = 0.004 + 0.008 * min(1.0, seconds / 2)  # before-delay keeps the dry sound in front
    rises = t[: int((dawn + 0.025) * RATE)]
    tail[:, : len(rises)] *= np.clip((rises - dawn) / 0.025, 0, 1) ** 0.5
    for side in range(2):
        for delay in dice.uniform(dawn, 0.055, 8):
            tail[side, int(delay * RATE)] += dice.choice((-1, 1)) * dice.uniform(2, 5) * np.exp(-delay / 0.05)
    tail = _filtered(tail, 2, "high", 230)
    tail[:, -2000:] *= np.linspace(1, 0, 2000, dtype=np.float32)
    return np.asarray(tail / np.sqrt(np.sum(tail**2) / 2), dtype=np.float32)


def _filtered(sound: Sound, order: int, kind: str, hz: float | tuple[float, float]) -> Sound:
    sections = scipy.signal.butter(order, hz, kind, fs=RATE, output="sos")
    return np.asarray(scipy.signal.sosfilt(sections.astype(np.float32), sound))


class Echo:
    """A ping-pong delay: repeats that wander between the sides, each softer and darker."""

    def __init__(self, seconds: float, feedback: float = 0.42, repeats: int = 5) -> None:
        self._step = int(seconds * RATE)
        self._gains = [feedback ** (number + 1) for number in range(repeats)]
        self._later = np.zeros((2, BLOCK + self._step * repeats), np.float32)

    def hear(self, send: Sound) -> Sound | None:
        """Answer a mono block in stereo, (2, BLOCK); None when there is nothing to hear."""
        if send.any():
            soft = send.copy()
            for number, gain in enumerate(self._gains):
                soft[1:] = (soft[1:] + soft[:-1]) * np.float32(0.5)
                begin = self._step * (number + 1)
                self._later[number % 2, begin : begin + BLOCK] += soft * np.float32(gain)
                self._later[1 - number % 2, begin : begin + BLOCK] += soft * np.float32(gain * 0.25)
        elif not self._later.any():
            return None
        out = self._later[:, :BLOCK].copy()
        self._later[:, :-BLOCK] = self._later[:, BLOCK:]
        self._later[:, -BLOCK:] = 0
        return out
