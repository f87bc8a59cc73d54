"""The last room: tidy low end, a little glue, the asked loudness, a true-peak ceiling, 16 bits.

Loudness is ITU-R BS.1770-4; the limiter looks ahead 5 ms and holds −1 dBTP measured at 4× oversampling.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from generator.composer.instruments import RATE

Stereo = NDArray[np.float32]

CEILING = -1.25  # dB for the samples; the overshoot between them is then checked against −1 dBTP
TRUE_CEILING = -1.0
LOOK = int(0.005 * RATE)
MONO_BELOW = 120.0  # Hz
BLOCK = 1 << 20
# BS.1770 K-weighting at 44.1 kHz: the 48 kHz filters of the standard through the bilinear transform at this rate.
_K = np.array(
    [
        [1.530841230050348, -2.650979995154729, 1.169079079921584, 1.0, -1.663655113256020, 0.712595428073224],
        [1.0, -2.0, 1.0, 1.0, -1.989169673629796, 0.989199035787039],
    ]
)


def master(
    mix: Stereo, lufs: float, drive: float, seed: int, tick: Callable[[float], None] = lambda done: None
) -> NDArray[np.int16]:
    """Finish a mix; returns int16, shape (frames, 2). The mix's memory is reused."""
    _tidy(mix)
    tick(0.2)
    level = loudness(mix)
    if level is None:
        return np.zeros(mix.shape, np.int16)
    mix *= np.float32(10 ** ((-18 - level) / 20))
    if drive:
        _glue(mix, drive)
    tick(0.4)
    now = loudness(mix)
    gain = lufs - (now if now is not None else lufs)
    finished = _limited(mix, gain)
    for _ in range(3):
        tick(0.6)
        reached = loudness(finished)
        if reached is None or abs(lufs - reached) < 0.2:
            break
        gain += min(3.0, lufs - reached)
        finished = _limited(mix, gain)
    over = _true_peak_db(finished) - TRUE_CEILING
    if over > -0.05:
        finished *= np.float32(10 ** (-(over + 0.06) / 20))
    tick(0.9)
    return _to_16_bit(finished, seed)


def _tidy(mix: Stereo) -> None:
    """No DC and no rumble in the middle, nothing wide below 120 Hz."""
    rumble = signal.butter(2, 26, "high", fs=RATE, output="sos").astype(np.float32)
    narrow = signal.butter(2, MONO_BELOW, "high", fs=RATE, output="sos").astype(np.float32)
    middle = (mix[:, 0] + mix[:, 1]) * np.float32(0.5)
    side = (mix[:, 0] - mix[:, 1]) * np.float32(0.5)
    middle = signal.sosfilt(rumble, middle)
    side = signal.sosfilt(narrow, side)
    np.add(middle, side, out=mix[:, 0], casting="same_kind")
    np.subtract(middle, side, out=mix[:, 1], casting="same_kind")


def _glue(mix: Stereo, drive: float) -> None:
    push = np.float32(1 + 2.5 * drive)
    mix *= push
    np.tanh(mix, out=mix)
    mix /= push


def loudness(samples: Stereo) -> float | None:
    """Integrated loudness in LUFS (BS.1770-4, both gates); None for silence."""
    step = RATE // 10
    whole = len(samples) // step * step
    powers = np.zeros(max(1, whole // step))
    state = np.zeros((2, 2, 2), np.float32)
    chunk = BLOCK // step * step
    sections = _K.astype(np.float32)
    for first in range(0, whole, chunk):
        part = samples[first : min(first + chunk, whole)]
        weighted, state = signal.sosfilt(sections, part, axis=0, zi=state)
        blocks = weighted.reshape(-1, step * 2)
        powers[first // step : first // step + len(blocks)] = np.einsum("bs,bs->b", blocks, blocks) / step
    blocks = np.convolve(powers, np.ones(4) / 4, "valid") if len(powers) >= 4 else powers
    blocks = blocks[_lufs(blocks) > -70]
    if not len(blocks):
        return None
    loud = blocks[_lufs(blocks) > _lufs(blocks.mean()) - 10]
    return float(_lufs(loud.mean()))


def _lufs(power: NDArray[np.float64] | np.floating) -> NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def _limited(mix: Stereo, gain_db: float) -> Stereo:
    """Amplify, and turn down just enough around each peak: a sliding minimum, then a moving average as long."""
    out = mix * np.float32(10 ** (gain_db / 20))
    ceiling = np.float32(10 ** (CEILING / 20))
    peaks = _peaks_between(out)
    if float(peaks.max(initial=0)) <= ceiling:
        return out
    need = np.minimum(1, ceiling / np.maximum(peaks, 1e-9))
    held = ndimage.minimum_filter1d(need, 2 * LOOK + 1)
    smooth = ndimage.uniform_filter1d(held, 2 * LOOK + 1)
    out *= smooth[:, None]
    return out


def _peaks_between(samples: Stereo) -> NDArray[np.float32]:
    """The larger of each sample and the value half-way to the next (an eight-point windowed sinc), over both sides."""
    points = np.arange(-3.5, 4)
    half = (np.sinc(points) * np.cos(points * np.pi / 9) ** 2).astype(np.float32)
    half /= half.sum()
    peaks = np.maximum(np.abs(samples[:, 0]), np.abs(samples[:, 1]))
    for side in range(2):
        between = np.abs(np.convolve(samples[:, side], half, "same"))
        np.maximum(peaks, between, out=peaks)
    return peaks


def _true_peak_db(samples: Stereo) -> float:
    """The largest value between the samples at 4× oversampling, in dBTP, of the loudest stretches."""
    loudest = np.abs(samples).max(axis=1)
    size = 8192
    edges = np.arange(0, len(loudest), size)
    tops = np.maximum.reduceat(loudest, edges)
    best = float(tops.max())
    for index in np.argsort(tops)[::-1][:48]:
        part = samples[max(0, edges[index] - 64) : edges[index] + size + 64]
        best = max(best, float(np.abs(signal.resample_poly(part, 4, 1, axis=0)).max()))
    return float(20 * np.log10(max(best, 1e-9)))


def _to_16_bit(samples: Stereo, seed: int) -> NDArray[np.int16]:
    """Round with triangular dither of two steps; silence stays silence."""
    out = np.empty(samples.shape, np.int16)
    dice = np.random.default_rng(seed & 0xFFFFFFFF)
    for first in range(0, len(samples), BLOCK):
        part = samples[first : first + BLOCK]
        noise = dice.random(part.shape, dtype=np.float32) - dice.random(part.shape, dtype=np.float32)
        rounded = np.round(part * 32767 + noise * (np.abs(part) > 1e-6))
        out[first : first + BLOCK] = np.clip(rounded, -32768, 32767)
    return out
