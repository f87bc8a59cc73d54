"""Convolution reverb with synthetic impulse responses, and tempo-synced delay. Both are linear and block-based."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from generator.composer.filters import apply_filter, band_pass, fast_size, pass_filter
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import Sound

BLOCK_FRAMES = 246_960  # frames per mixer block: 5.6 s, a whole number of the meter's steps
MIN_REVERB_HZ = 230.0
_BANDS = ((20.0, 350.0, 1.1), (350.0, 2200.0, 1.0), (2200.0, 6000.0, 0.72), (6000.0, 14_000.0, 0.42))  # Hz, Hz, decay


class Reverb:
    """Convolution reverb; the impulse response depends only on seconds, damping and name."""

    def __init__(self, seconds: float, damping: float, name: str) -> None:
        self._frames, self._response = _response_spectrum(seconds, damping, name)
        self._tail = np.zeros((2, self._frames - BLOCK_FRAMES), np.float32)
        self._sounding = 0  # frames of the tail that are not silent yet

    def process(self, send: Sound) -> Sound | None:
        """Return the stereo reverb of a mono send of BLOCK_FRAMES frames, (2, BLOCK_FRAMES); None for silence."""
        if send.any():
            self._sounding = self._tail.shape[1] + BLOCK_FRAMES
        if self._sounding <= 0:
            return None
        self._sounding -= BLOCK_FRAMES
        spectrum = np.fft.rfft(send, self._frames)
        out = np.empty((2, BLOCK_FRAMES), np.float32)
        for side, (row, tail) in enumerate(zip(out, self._tail, strict=True)):
            wet = np.fft.irfft(spectrum * self._response[side], self._frames)
            wet[: len(tail)] += tail
            row[:] = wet[:BLOCK_FRAMES]
            tail[:] = wet[BLOCK_FRAMES:]
        return out


@lru_cache(maxsize=8)
def _response_spectrum(seconds: float, damping: float, name: str) -> tuple[int, NDArray[np.complex64]]:
    """Return the size of a transform that holds a block with its reverb, and the response's: (2, size // 2 + 1)."""
    response = impulse_response(seconds, damping, name)
    size = fast_size(BLOCK_FRAMES + response.shape[1])
    return size, np.asarray(np.fft.rfft(response, size))


def impulse_response(seconds: float, damping: float, name: str) -> Sound:
    """Return early reflections, then noise that decays faster the higher it is: float32, (2, frames), unit energy."""
    rng = np.random.default_rng([*name.encode()])
    count = int(seconds * RATE_HZ)
    t = np.arange(count, dtype=np.float32) / np.float32(RATE_HZ)
    tail = np.zeros((2, count), np.float32)
    for low, high, decay in _BANDS:
        noise = rng.standard_normal((2, count), dtype=np.float32)
        decay_s = seconds * (decay ** (0.5 + damping))
        band = apply_filter(noise, band_pass(low, high))
        tail += band * np.exp(t * np.float32(-6.91 / decay_s)) * np.float32(1 - 0.3 * damping * (low > 2000))
    pre_delay_s = 0.004 + 0.008 * min(1.0, seconds / 2)  # pre-delay keeps the dry sound in front
    rises = t[: int((pre_delay_s + 0.025) * RATE_HZ)]
    tail[:, : len(rises)] *= np.clip((rises - pre_delay_s) / 0.025, 0, 1) ** 0.5
    for side in range(2):
        for delay in rng.uniform(pre_delay_s, 0.055, 8):
            tail[side, int(delay * RATE_HZ)] += rng.choice((-1, 1)) * rng.uniform(2, 5) * np.exp(-delay / 0.05)
    tail = apply_filter(tail, pass_filter("high", MIN_REVERB_HZ))
    tail[:, -2000:] *= np.linspace(1, 0, 2000, dtype=np.float32)
    return np.asarray(tail / np.sqrt(np.sum(tail**2) / 2), dtype=np.float32)


class Echo:
    """A ping-pong delay: repeats alternate between the channels, each softer and darker."""

    def __init__(self, seconds: float, feedback: float = 0.42, repeats: int = 5) -> None:
        self._step = int(seconds * RATE_HZ)
        self._gains = [feedback ** (number + 1) for number in range(repeats)]
        self._pending = np.zeros((2, BLOCK_FRAMES + self._step * repeats), np.float32)

    def process(self, send: Sound) -> Sound | None:
        """Return the stereo delay of a mono send, (2, BLOCK_FRAMES); None for silence."""
        if send.any():
            repeat = send.copy()
            for number, gain in enumerate(self._gains):
                repeat[1:] = (repeat[1:] + repeat[:-1]) * np.float32(0.5)
                begin = self._step * (number + 1)
                self._pending[number % 2, begin : begin + BLOCK_FRAMES] += repeat * np.float32(gain)
                self._pending[1 - number % 2, begin : begin + BLOCK_FRAMES] += repeat * np.float32(gain * 0.25)
        elif not self._pending.any():
            return None
        out = self._pending[:, :BLOCK_FRAMES].copy()
        self._pending[:, :-BLOCK_FRAMES] = self._pending[:, BLOCK_FRAMES:]
        self._pending[:, -BLOCK_FRAMES:] = 0
        return out
