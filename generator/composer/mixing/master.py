"""Mastering: low-end cleanup, gentle saturation, the requested loudness, a true-peak ceiling, 16 bits.

The mix arrives as packed blocks and the master replaces it in place, so that ten minutes never take twice the memory.
The limiter is `generator/limiter.py`. After its linear filters the master is a gain for every sample, of saturation and
limiter. `StemMaster` applies the same filters and the same gain to a stem, so mastered stems add up to the master.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.composer.filters import BlockFilter, Sections, pass_filter
from generator.composer.mixing import eq
from generator.composer.mixing.block_buffer import PackedBlockBuffer, Store
from generator.composer.mixing.loudness_meter import POWER_STEP_FRAMES, Powers, integrated
from generator.composer.mixing.reverb import BLOCK_FRAMES
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import Sound
from generator.limiter import STEP_FRAMES, interpolate_gain, plan_reduction, step_peaks

CEILING_DBTP = -1.2  # target in dBTP; the guaranteed ceiling is −1
MIN_HZ, MAX_MONO_HZ = 26.0, 120.0  # Hz
REFERENCE_RMS = 0.14  # RMS of the loudest passages at the input of the saturation
MAX_GAIN_DB = 60.0  # dB
NEAR_CEILING = 0.15  # samples above this may reach the ceiling at −14 LUFS, so they are oversampled
LOUD_DRIVE = 0.08  # per LU above −14: loud masters are saturated more, instead of relying on the limiter alone
FULL_SCALE = 32_767  # of 16 bits
MAX_SATURATION = 0.9999  # of the saturated mix: nearer to 1 its gain cannot be read from 16 bits
_WARM_UP_FRAMES = RATE_HZ // 2

Tick = Callable[[float], None]


@dataclass(frozen=True)
class Mastered:
    """A finished master: `pcm` is int16, (frames, 2), and what made it of the mix.

    `sections` are the EQ filters; `scale` and `push` belong to the saturation, tanh(push·scale·x) / push; `gain` is the
    factor at the edges of every step of the limiter, empty for silence.
    """

    pcm: NDArray[np.int16]
    sections: Sections
    scale: float
    push: float
    gain: NDArray[np.float32]
    loop: bool


def silence(frames: int) -> Mastered:
    """Return a master without sound."""
    return Mastered(np.zeros((frames, 2), np.int16), np.zeros((0, 6)), 0.0, 1.0, np.zeros(0, np.float32), loop=False)


def master(
    buffer: PackedBlockBuffer,
    lufs: float,
    drive: float,
    seed: int,
    *,
    loop: bool = False,
    bed: bool = False,
    brightness_hz: float = 0.0,
    tick: Tick = lambda done: None,
) -> Mastered:
    """Master the mix in a block buffer in place.

    `loop` makes filters and limiter treat the end as leading into the beginning; `bed` leaves space for a voice;
    `brightness_hz` is a target spectral centroid, 0 for none.
    """
    level = _loud_rms(buffer)
    if level < 1e-7:
        return silence(buffer.frames)
    sections = _eq_sections(buffer, bed, brightness_hz)
    threshold = NEAR_CEILING * 10 ** ((-14 - lufs) / 10)  # each LU louder needs about 2 dB more gain into the limiter
    push = 0.6 + 2.2 * min(1.0, drive + LOUD_DRIVE * max(0.0, lufs + 14))
    scale = REFERENCE_RMS / level
    cleanup = _Cleanup(last_frames(buffer) if loop else None, sections)
    powers, peaks, measure = [], [], Powers()
    for number in range(buffer.count):
        block = buffer.get(number)
        cleanup.clean(block)
        _saturate(block, scale, push)
        powers.append(measure.measure(block))
        peaks.append(step_peaks(block, threshold))
        buffer.put(number, block)
        tick(0.6 * (number + 1) / buffer.count)
    gain = _plan_gain(np.concatenate(powers), np.concatenate(peaks), buffer.frames, lufs, loop)
    for number in range(buffer.count):
        curve = _block_gain(gain, number)
        block = buffer.get(number)[:, : len(curve)] * curve
        buffer.finish(number, _to_16_bit(block, seed + number))
        tick(0.6 + 0.4 * (number + 1) / buffer.count)
    return Mastered(buffer.finished(), sections, scale, push, gain, loop)


class StemMaster:
    """The master of one stem of a mix, block by block, as the mix was mastered.

    What saturation did to the mix is read from the master: where that has the value u = tanh(z), its gain was u / z.
    """

    def __init__(self, mastered: Mastered, before: Sound | None = None) -> None:
        self._mastered = mastered
        self._cleanup = _Cleanup(before, mastered.sections)

    def process(self, number: int, block: Sound) -> Sound:
        """Return a block of the stem, (2, BLOCK), mastered and without what is past the end: (2, frames)."""
        mastered, first = self._mastered, number * BLOCK_FRAMES
        heard = mastered.pcm[first : first + BLOCK_FRAMES].T.astype(np.float32)
        if not len(mastered.gain):
            return heard
        self._cleanup.clean(block)
        curve = _block_gain(mastered.gain, number)[: heard.shape[1]]
        heard *= np.float32(mastered.push / FULL_SCALE) / curve
        np.clip(heard, -MAX_SATURATION, MAX_SATURATION, out=heard)
        share = np.divide(heard, np.arctanh(heard), out=np.ones_like(heard), where=np.abs(heard) > 1e-3)
        share *= curve * np.float32(mastered.scale)
        share *= block[:, : len(curve)]
        return share


def _block_gain(gain: NDArray[np.float32], number: int) -> NDArray[np.float32]:
    return interpolate_gain(gain, number * BLOCK_FRAMES // STEP_FRAMES, BLOCK_FRAMES // STEP_FRAMES)


def _loud_rms(buffer: PackedBlockBuffer) -> float:
    """Return the RMS of the loudest tenth of 100 ms windows."""
    rows = (buffer.get(number).reshape(2, -1, 10 * POWER_STEP_FRAMES) for number in range(buffer.count))
    power = np.concatenate([np.einsum("cbs,cbs->b", row, row) for row in rows]) / (20 * POWER_STEP_FRAMES)
    top = np.sort(power)[-max(1, len(power) // 10) :]
    return float(np.sqrt(top.mean()))


def last_frames(buffer: Store) -> Sound:
    """Return the last half second, which primes the filters for the beginning of a loop."""
    first = max(0, buffer.count - 2)
    samples = np.concatenate([buffer.get(number) for number in range(first, buffer.count)], axis=1)
    end = buffer.frames - first * BLOCK_FRAMES
    return samples[:, max(0, end - _WARM_UP_FRAMES) : end]


def _eq_sections(buffer: PackedBlockBuffer, bed: bool, brightness_hz: float) -> Sections:
    """Return the master EQ filters, (sections, 6); usually none."""
    sections = [eq.dip(eq.SPEECH_HZ, eq.SPEECH_Q, eq.SPEECH_DB)] if bed else []
    if brightness_hz:
        brightness = eq.Brightness()
        for number in range(buffer.count):
            brightness.add(buffer.get(number))
        sections.append(brightness.matching_shelf(brightness_hz))
    return np.concatenate(sections) if sections else np.zeros((0, 6))


class _Cleanup:
    """Filters that remove DC and rumble from the mid signal and everything below 120 Hz from the side signal."""

    def __init__(self, before: Sound | None, sections: Sections) -> None:
        self._filters = [
            BlockFilter(np.concatenate([pass_filter("high", hz), sections]), 1) for hz in (MIN_HZ, MAX_MONO_HZ)
        ]
        if before is not None:
            for part, filter in zip(_mid_and_side(before), self._filters, strict=True):
                filter.prime(part)

    def clean(self, block: Sound) -> None:
        """Clean a block (2, frames) in place."""
        parts = _mid_and_side(block)
        for part, filter in zip(parts, self._filters, strict=True):
            filter.process(part)
        (mid,), (side,) = parts
        np.add(mid, side, out=block[0])
        np.subtract(mid, side, out=block[1])


def _mid_and_side(block: Sound) -> tuple[Sound, Sound]:
    """Return half the sum and half the difference of the channels, each (1, frames)."""
    half = np.float32(0.5)
    return (block[:1] + block[1:]) * half, (block[:1] - block[1:]) * half


def _saturate(block: Sound, scale: float, push: float) -> None:
    """Scale to a known level and apply soft saturation: x → tanh(push·x) / push."""
    block *= np.float32(scale * push)
    np.tanh(block, out=block)
    block *= np.float32(1 / push)


def _plan_gain(
    powers: NDArray[np.float32], peaks: NDArray[np.float32], frames: int, lufs: float, loop: bool
) -> NDArray[np.float32]:
    """Return the gain factor at the edges of every step that reaches the loudness under the ceiling."""
    steps, measured = -(-frames // STEP_FRAMES), frames // POWER_STEP_FRAMES
    level = 20 * np.log10(np.maximum(peaks[:steps], 1e-6))
    gain = last_gain = 0.0
    last_reached: float | None = None
    curve = np.zeros(steps)
    for _ in range(12):
        curve = gain + plan_reduction(CEILING_DBTP - (level + gain), STEP_FRAMES / RATE_HZ, loop)
        limited_powers = powers[:measured] * _mean_per_power(10 ** (curve / 10), measured)
        reached = integrated(limited_powers)
        if reached is None or abs(lufs - reached) < 0.02:
            break
        # With the limiter active, 1 dB of gain yields less than 1 LU; the slope is estimated from the last iteration.
        slope = (
            1.0
            if last_reached is None or gain == last_gain
            else min(1.0, max(0.15, (reached - last_reached) / (gain - last_gain)))
        )
        last_reached, last_gain = reached, gain
        gain = min(MAX_GAIN_DB, gain + min(6.0, (lufs - reached) / slope))
    return (10 ** (np.append(curve, curve[0] if loop else curve[-1]) / 20)).astype(np.float32)


def _mean_per_power(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    ratio = POWER_STEP_FRAMES // STEP_FRAMES
    return np.asarray(values[: count * ratio].reshape(count, ratio).mean(axis=1))


def _to_16_bit(block: Sound, seed: int) -> NDArray[np.int16]:
    """Quantize with triangular (TPDF) dither two steps wide; digital silence stays silent. (2, frames) → (frames, 2).

    Each dither value is the difference of neighboring random values, which shifts the dither to high frequencies, where
    it is least audible (Wannamaker, "The theory of dithered quantization", 1997).
    """
    values = np.random.default_rng(seed & 0xFFFFFFFF).bytes(4 * (block.shape[1] + 1))
    random_values = np.frombuffer(values, np.uint16).reshape(2, -1).astype(np.float32)
    noise = random_values[:, 1:] - random_values[:, :-1]
    noise *= np.float32(2**-16)
    noise *= np.abs(block) > 1e-6
    noise += block * np.float32(FULL_SCALE)
    np.rint(noise, out=noise)
    np.clip(noise, -32768, 32767, out=noise)
    return noise.T.astype(np.int16)
