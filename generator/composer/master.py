"""The last room: tidy low end, a little glue, the asked loudness, a true-peak ceiling, 16 bits.

The mix arrives on a reel of blocks and leaves as samples in the same place, so that ten minutes never lie in memory
twice. The limiter is planned on peaks taken every 1.4 ms: its gain is the highest curve, falling
at most ATTACK and rising at most RELEASE dB/s, that keeps every peak under the ceiling.
"""

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer import tone
from generator.composer.cache import Sound
from generator.composer.meter import POWER_STEP, STEP, Powers, integrated, step_peaks
from generator.composer.modal import RATE
from generator.composer.reel import Reel
from generator.composer.room import BLOCK

CEILING = -1.2  # dBTP aimed at, for a promise of −1
MONO_BELOW = 120.0  # Hz
ATTACK, RELEASE, SLOW_RELEASE = 700.0, 45.0, 9.0  # dB/s
REFERENCE = 0.14  # RMS of the loudest passages as they enter the glue
MOST_GAIN = 60.0  # dB
NEAR_CEILING = 0.15  # samples above this may come near the ceiling at −14 LUFS: what lies between them is looked at
LOUD_DRIVE = 0.08  # a LU above −14: loud masters are rounded off rather than left to the limiter alone
_WARM = RATE // 2

Tick = Callable[[float], None]


def master(
    reel: Reel,
    lufs: float,
    drive: float,
    seed: int,
    *,
    loop: bool = False,
    bed: bool = False,
    brightness_hz: float = 0.0,
    tick: Tick = lambda done: None,
) -> NDArray[np.int16]:
    """Finish the mix on a reel, in its place; returns int16, shape (frames, 2).

    `loop` makes filters and limiter treat the end as leading into the beginning; `bed` leaves room for a voice;
    `brightness_hz` is a spectral centroid to come near to, 0 for none.
    """
    level = _loud_rms(reel)
    if level < 1e-7:
        return np.zeros((reel.frames, 2), np.int16)
    shaped = _tone(reel, bed, brightness_hz)
    near = NEAR_CEILING * 10 ** ((-14 - lufs) / 10)  # every LU louder takes some 2 dB more gain under the limiter
    drive = min(1.0, drive + LOUD_DRIVE * max(0.0, lufs + 14))
    tidy = _Tidy(_last_frames(reel) if loop else None, shaped)
    powers, peaks, measure = [], [], Powers()
    for number in range(reel.count):
        block = reel.get(number)
        tidy.clean(block)
        _glue(block, REFERENCE / level, drive)
        powers.append(measure.of(block))
        peaks.append(step_peaks(block, near))
        reel.put(number, block)
        tick(0.6 * (number + 1) / reel.count)
    gain = _planned(np.concatenate(powers), np.concatenate(peaks), reel.frames, lufs, loop)
    for number in range(reel.count):
        curve = _spread(gain, number * BLOCK // STEP, BLOCK // STEP)
        block = reel.get(number)[:, : len(curve)] * curve
        reel.finish(number, _to_16_bit(block, seed + number))
        tick(0.6 + 0.4 * (number + 1) / reel.count)
    return reel.finished()


def _loud_rms(reel: Reel) -> float:
    """Root mean square of the loudest tenth, in pieces of 100 ms."""
    rows = (reel.get(number).reshape(2, -1, 10 * POWER_STEP) for number in range(reel.count))
    power = np.concatenate([np.einsum("cbs,cbs->b", row, row) for row in rows]) / (20 * POWER_STEP)
    top = np.sort(power)[-max(1, len(power) // 10) :]
    return float(np.sqrt(top.mean()))


def _last_frames(reel: Reel) -> Sound:
    """The last half second before the end, for filters that should arrive warm at the beginning."""
    first = max(0, reel.count - 2)
    whole = np.concatenate([reel.get(number) for number in range(first, reel.count)], axis=1)
    end = reel.frames - first * BLOCK
    return whole[:, max(0, end - _WARM) : end]


def _tone(reel: Reel, bed: bool, brightness_hz: float) -> tone.Sections:
    """The filters that shape the whole, (sections, 6); usually none."""
    shaped = [tone.dip(tone.SPEECH_HZ, tone.SPEECH_Q, tone.SPEECH_DB)] if bed else []
    if brightness_hz:
        heard = tone.Brightness()
        for number in range(reel.count):
            heard.hear(reel.get(number))
        shaped.append(heard.towards(brightness_hz))
    return np.concatenate(shaped) if shaped else np.zeros((0, 6))


class _Tidy:
    """No DC and no rumble in the middle, nothing wide below 120 Hz."""

    def __init__(self, before: Sound | None, shaped: tone.Sections) -> None:
        cuts = (scipy.signal.butter(2, hz, "high", fs=RATE, output="sos") for hz in (26, MONO_BELOW))
        self._filters = [np.concatenate([cut, shaped]).astype(np.float32) for cut in cuts]
        self._states = [np.zeros((1 + len(shaped), 2), np.float32) for _ in range(2)]
        if before is not None:
            self.clean(before.copy())

    def clean(self, block: Sound) -> None:
        """Clean a block (2, frames) in place."""
        parts = [(block[0] + block[1]) * np.float32(0.5), (block[0] - block[1]) * np.float32(0.5)]
        for number, part in enumerate(parts):
            parts[number], self._states[number] = scipy.signal.sosfilt(
                self._filters[number], part, zi=self._states[number]
            )
        np.add(parts[0], parts[1], out=block[0])
        np.subtract(parts[0], parts[1], out=block[1])


def _glue(block: Sound, scale: float, drive: float) -> None:
    """Bring to a known level and round the tops off, softly: x → tanh(push·x) / push."""
    push = np.float32(0.6 + 2.2 * drive)
    block *= np.float32(scale) * push
    np.tanh(block, out=block)
    block *= 1 / push


def _planned(
    powers: NDArray[np.float32], peaks: NDArray[np.float32], frames: int, lufs: float, loop: bool
) -> NDArray[np.float32]:
    """The gain at the edges of every step, as a factor, that reaches the loudness under the ceiling."""
    steps, measured = -(-frames // STEP), frames // POWER_STEP
    level = 20 * np.log10(np.maximum(peaks[:steps], 1e-6))
    gain = before = 0.0
    heard: float | None = None
    curve = np.zeros(steps)
    for _ in range(12):
        curve = gain + _limiter(CEILING - (level + gain), loop)
        shaped = powers[:measured] * _per_power(10 ** (curve / 10), measured)
        reached = integrated(shaped)
        if reached is None or abs(lufs - reached) < 0.02:
            break
        # Under the limiter a dB of gain is less than a LU: how much less, the last step tells.
        slope = 1.0 if heard is None or gain == before else min(1.0, max(0.15, (reached - heard) / (gain - before)))
        heard, before = reached, gain
        gain = min(MOST_GAIN, gain + min(6.0, (lufs - reached) / slope))
    return (10 ** (np.append(curve, curve[0] if loop else curve[-1]) / 20)).astype(np.float32)


def _per_power(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    ratio = POWER_STEP // STEP
    return np.asarray(values[: count * ratio].reshape(count, ratio).mean(axis=1))


def _limiter(room: NDArray[np.float64], loop: bool) -> NDArray[np.float64]:
    """The gain curve in dB, never above 0 nor above the room each peak leaves."""
    need = np.minimum(room, 0.0)
    if need.min(initial=0.0) >= 0:
        return need
    around = np.concatenate([need[-1:], need, need[:1]])  # the gain is drawn as lines between edges of steps
    need = np.minimum(np.minimum(around[:-2], around[1:-1]), around[2:])
    turns = 3 if loop else 1
    whole = np.tile(need, turns)
    at = np.arange(len(whole)) * (STEP / RATE)
    fast = np.minimum.accumulate(whole - at * RELEASE) + at * RELEASE
    # Long passages of limiting let go slowly, so that dense music does not pump.
    held = scipy.signal.lfilter([0.004], [1, -0.996], fast)
    slow = np.minimum.accumulate(np.minimum(held * 0.5, 0) - at * SLOW_RELEASE) + at * SLOW_RELEASE
    both = np.minimum(fast, slow)
    ahead = np.minimum.accumulate((both + at * ATTACK)[::-1])[::-1] - at * ATTACK
    limited = np.minimum(ahead, 0.0)
    return np.asarray(limited[len(need) : 2 * len(need)] if loop else limited)


def _spread(gain: NDArray[np.float32], first: int, steps: int) -> NDArray[np.float32]:
    """Draw lines between the gains at the edges of steps: one factor a frame."""
    edges = gain[first : first + steps + 1]
    share = np.arange(STEP, dtype=np.float32) / STEP
    return np.asarray((edges[:-1, None] + (edges[1:] - edges[:-1])[:, None] * share).reshape(-1))


def _to_16_bit(block: Sound, seed: int) -> NDArray[np.int16]:
    """Round with triangular dither of two steps; digital silence stays silence. (2, frames) → (frames, 2).

    Each value is the difference of neighbours, which moves the dither up to where it is least heard (Wannamaker, "The
    theory of dithered quantization", 1997).
    """
    rough = np.random.default_rng(seed & 0xFFFFFFFF).random((2, block.shape[1] + 1), dtype=np.float32)
    noise = rough[:, 1:] - rough[:, :-1]
    noise *= np.abs(block) > 1e-6
    noise += block * np.float32(32767)
    np.rint(noise, out=noise)
    np.clip(noise, -32768, 32767, out=noise)
    return noise.T.astype(np.int16)
