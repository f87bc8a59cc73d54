"""Change of tempo without pitch and of pitch without tempo, with Signalsmith Stretch (python-stretch).

The pitch is changed by another tempo and resampling: the library's own transposition is up to 18 cents off.

The library takes a whole sound at once and copies it four times. Sounds longer than WHOLE_S are stretched in parts that
overlap. Each pair of parts is joined where, within the overlap, their waves agree best; the crossfade keeps the power
that this agreement asks for.

Stretched one by one, the stems of a track no longer add up to its stretched mix: the library turns the phase of every
band, each time in another way. It turns all channels of a sound as the loudest one, though. A stem is therefore
stretched together with its mix (`guide`), raised so far that the mix decides; their sum is then exact to −130 dB.
"""

import math
from collections.abc import Iterator

import numpy as np
import soxr
from numpy.typing import NDArray
from python_stretch import Signalsmith

from generator.audio.editing.blocks import Samples, shorten

MIN_TEMPO, MAX_TEMPO = 0.92, 1.08
MAX_SEMITONES = 12.0
WHOLE_S, PART_S, OVERLAP_S = 30.0, 15.0, 1.0
WARM_UP_S = 0.25  # at the edge of a part, where the library has no past or future to work with
JOIN_S = 0.03
SEED = 1
GUIDE_GAIN = np.float32(1024)  # a power of two, at which a mix is always stretched: with its stems and without
MIN_CORRELATION = -0.5  # waves that cancel more than this are not raised any further


def stretched_frames(frames: int, tempo: float) -> int:
    """Return the length that `stretch` gives."""
    return round(frames / tempo)


def stretch(
    samples: Samples,
    rate: int,
    *,
    tempo: float = 1.0,
    semitones: float = 0.0,
    overwrite: bool = False,
    guide: Samples | None = None,
) -> Samples:
    """Return the samples (frames, channels) at another tempo and pitch; `tempo` 1.02 is 2 % faster.

    The result has exactly `stretched_frames` frames, and what was at a time t is at t / tempo. With `overwrite` it may
    use the memory of the samples. `guide`: the mix, if the samples are stems of it, side by side, at the same length.

    Raises:
        ValueError: tempo outside 0.92–1.08, or semitones outside ±12.
    """
    if not MIN_TEMPO <= tempo <= MAX_TEMPO:
        raise ValueError(f"tempo {tempo} is outside {MIN_TEMPO}–{MAX_TEMPO}")
    if not abs(semitones) <= MAX_SEMITONES:
        raise ValueError(f"{semitones} semitones are outside ±{MAX_SEMITONES:g}")
    if not len(samples) or (tempo == 1.0 and semitones == 0.0):
        return samples if overwrite else samples.copy()
    frames = stretched_frames(len(samples), tempo)
    if len(samples) <= WHOLE_S * rate:
        return _stretch_part(samples, rate, tempo, semitones, frames, guide)[1]
    if overwrite and frames <= len(samples):
        _join_parts(samples, rate, tempo, semitones, samples, guide)
        return shorten(samples, frames)
    out = np.empty((frames, samples.shape[1]), np.float32)
    _join_parts(samples, rate, tempo, semitones, out, guide)
    return out


def stretch_loop(
    samples: Samples, rate: int, *, tempo: float = 1.0, semitones: float = 0.0, guide: Samples | None = None
) -> Samples:
    """Return a loop at another tempo and pitch that is still a loop: its end leads into its beginning."""
    lead, frames = min(len(samples), rate), stretched_frames(len(samples), tempo)
    rolled_guide = None if guide is None else _rolled(guide, lead)
    made = stretch(_rolled(samples, lead), rate, tempo=tempo, semitones=semitones, overwrite=True, guide=rolled_guide)
    heard = made if rolled_guide is None else stretch(rolled_guide, rate, tempo=tempo, semitones=semitones)
    start = stretched_frames(lead, tempo)
    join = min(round(JOIN_S * rate), frames, len(made) - start - frames)
    first, second = slice(start + frames, start + frames + join), slice(start, start + join)
    onward = made[first]
    _crossfade(onward, made[second], _correlation(heard[first], heard[second]))
    loop = made[start : start + frames].copy()
    loop[:join] = onward
    return loop


def _rolled(samples: Samples, lead: int) -> Samples:
    return np.concatenate([samples[len(samples) - lead :], samples, samples[:lead]])


def _stretch_part(
    samples: Samples, rate: int, tempo: float, semitones: float, frames: int, guide: Samples | None
) -> tuple[Samples, Samples]:
    """Stretch a whole sound in one call; return the guide (without one, the sound), and the sound."""
    if guide is None:
        made = _stretch_channels(samples * GUIDE_GAIN, rate, tempo, semitones, frames)
        made /= GUIDE_GAIN
        return made, made
    sounding = np.flatnonzero(samples.any(axis=0))  # many a stem is silent for a while
    together = np.concatenate([guide * GUIDE_GAIN, samples[:, sounding]], axis=1)
    made = _stretch_channels(together, rate, tempo, semitones, frames)
    channels = guide.shape[1]
    stretched = np.zeros((frames, samples.shape[1]), np.float32)
    stretched[:, sounding] = made[:, channels:]
    return made[:, :channels] / GUIDE_GAIN, stretched


def _stretch_channels(samples: Samples, rate: int, tempo: float, semitones: float, frames: int) -> Samples:
    """Stretch all channels alike; the library compensates its own latency."""
    pitch = 2 ** (semitones / 12)
    processor = Signalsmith.Stretch(SEED)
    processor.preset(samples.shape[1], rate)
    processor.setTimeFactor(tempo / pitch)
    stretched: Samples = np.asarray(processor.process(np.ascontiguousarray(samples.T, np.float32))).T
    if pitch != 1.0:
        stretched = np.asarray(soxr.resample(stretched, rate * pitch, rate, "HQ"))
    out = np.zeros((frames, samples.shape[1]), np.float32)
    count = min(frames, len(stretched))  # the library computes with a 32-bit tempo, and may be a frame off
    out[:count] = stretched[:count]
    return out


def _join_parts(
    samples: Samples, rate: int, tempo: float, semitones: float, out: Samples, guide: Samples | None
) -> None:
    """Stretch in parts into `out`, which may be the beginning of the samples themselves."""
    join, margin = round(JOIN_S * rate), round(WARM_UP_S * rate)
    filled = 0  # frames written so far; the next part begins before them
    earlier_heard = out[:0]
    for start, heard, part in _parts(samples, rate, tempo, semitones, guide):
        kept_from = 0
        if filled:
            earlier = out[start:filled]
            earlier_heard = earlier_heard[len(earlier_heard) - len(earlier) :]
            at = _best_place(earlier_heard, heard[: len(earlier)], join, margin)
            place = slice(at, at + join)
            _crossfade(earlier[place], part[place], _correlation(earlier_heard[place], heard[place]))
            kept_from = at + join
        earlier_heard = heard
        out[start + kept_from : start + len(part)] = part[kept_from:]
        filled = start + len(part)


def _parts(
    samples: Samples, rate: int, tempo: float, semitones: float, guide: Samples | None
) -> Iterator[tuple[int, Samples, Samples]]:
    """Yield the frame at which each part begins in the result, the stretched guide, and the stretched part.

    The source of the next part is read before a part is given away: it may be overwritten by it.
    """
    size, overlap, total = round(PART_S * rate), round(OVERLAP_S * rate), len(samples)
    source = samples[: size + overlap].copy()
    for first in range(0, total - overlap, size):
        last = min(total, first + size + overlap)
        begin = stretched_frames(first, tempo)
        led_by = None if guide is None else guide[first:last]
        heard, part = _stretch_part(source, rate, tempo, semitones, stretched_frames(last, tempo) - begin, led_by)
        source = samples[first + size : first + 2 * size + overlap].copy()
        yield begin, heard, part


def _best_place(earlier: Samples, later: Samples, join: int, margin: int) -> int:
    """Return where two takes of the same passage agree best over `join` frames, away from their edges."""
    one, other = earlier.mean(axis=1, dtype=np.float64), later.mean(axis=1, dtype=np.float64)
    together, one_power, other_power = (_moving_sum(x, join) for x in (one * other, one * one, other * other))
    agreement = together / np.maximum(np.sqrt(np.maximum(one_power * other_power, 0)), 1e-9)
    return margin + int(np.argmax(agreement[margin : len(agreement) - margin]))


def _moving_sum(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    total = np.concatenate(([0.0], np.cumsum(values)))
    return np.asarray(total[count:] - total[:-count])


def _correlation(earlier: Samples, later: Samples) -> float:
    size = math.sqrt(float(np.sum(earlier**2)) * float(np.sum(later**2)))
    return float(np.sum(earlier * later)) / max(1e-9, size)


def _crossfade(earlier: Samples, later: Samples, correlation: float) -> None:
    """Fade from one take into the other in place, at constant power for the correlation they have."""
    share = ((np.arange(len(earlier), dtype=np.float32) + 0.5) / len(earlier))[:, None]
    power = share**2 + (1 - share) ** 2 + 2 * share * (1 - share) * np.float32(max(correlation, MIN_CORRELATION))
    earlier *= (1 - share) / np.sqrt(power)
    earlier += later * (share / np.sqrt(power))
