"""Change of tempo without pitch and of pitch without tempo, with Signalsmith Stretch (python-stretch).

The library stretches one channel, the guide; how it turned that channel is then done to all others (`phases`). Stems
therefore still add up to their mix: they are turned as it was. The pitch is changed by another tempo and
resampling: the library's own transposition is up to 18 cents off.

The library takes a whole sound at once and copies it several times. Sounds longer than WHOLE_S are stretched in parts
that overlap. Each pair of parts is joined where, within the overlap, their guides agree best; the crossfade keeps the
power that this agreement asks for.
"""

import math
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from python_stretch import Signalsmith

from generator.audio.editing.blocks import Samples, lengthen, shorten
from generator.audio.editing.phases import Phases, apply_angles, find_angles, guide_of

MIN_TEMPO, MAX_TEMPO = 0.92, 1.08
MAX_SEMITONES = 12.0
WHOLE_S, PART_S, OVERLAP_S = 30.0, 15.0, 1.0
WARM_UP_S = 0.25  # at the edge of a part, where the library has no past or future to work with
JOIN_S = 0.03
SEED = 1
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
    phases: Phases | None = None,
) -> Samples:
    """Return the samples (frames, channels) at another tempo and pitch; `tempo` 1.02 is 2 % faster.

    The result has exactly `stretched_frames` frames, and what was at a time t is at t / tempo. With `overwrite` it may
    use the memory of the samples. Empty `phases` are filled with what is done; a stem is given those of its mix.

    Raises:
        ValueError: tempo outside 0.92–1.08, or semitones outside ±12.
    """
    if not MIN_TEMPO <= tempo <= MAX_TEMPO:
        raise ValueError(f"tempo {tempo} is outside {MIN_TEMPO}–{MAX_TEMPO}")
    if not abs(semitones) <= MAX_SEMITONES:
        raise ValueError(f"{semitones} semitones are outside ±{MAX_SEMITONES:g}")
    if not len(samples) or (tempo == 1.0 and semitones == 0.0):
        return samples if overwrite else samples.copy()
    work = _Stretching(rate, tempo, semitones, Phases() if phases is None else phases)
    frames, total = stretched_frames(len(samples), tempo), len(samples)
    if not overwrite:
        out = np.empty((frames, samples.shape[1]), np.float32)
        work.run(samples, out)
        return out
    if frames <= total:
        work.run(samples, samples)
        return shorten(samples, frames)
    out = lengthen(samples, frames)
    work.run(out[frames - total :], out)
    return out


def stretch_loop(
    samples: Samples, rate: int, *, tempo: float = 1.0, semitones: float = 0.0, phases: Phases | None = None
) -> Samples:
    """Return a loop at another tempo and pitch that is still a loop: its end leads into its beginning."""
    phases = Phases() if phases is None else phases
    is_led = phases.is_known
    lead, frames = min(len(samples), rate), stretched_frames(len(samples), tempo)
    rolled = np.concatenate([samples[len(samples) - lead :], samples, samples[:lead]])
    made = stretch(rolled, rate, tempo=tempo, semitones=semitones, overwrite=True, phases=phases)
    start = stretched_frames(lead, tempo)
    join = min(round(JOIN_S * rate), frames, len(made) - start - frames)
    onward, beginning = made[start + frames : start + frames + join], made[start : start + join]
    if not is_led:
        phases.loop_correlation = _correlation(onward, beginning)
    _crossfade(onward, beginning, phases.loop_correlation)
    loop = made[start : start + frames].copy()
    loop[:join] = onward
    return loop


@dataclass(frozen=True)
class _Part:
    """Frames [first, last) of the source, and where they begin and end in the result."""

    first: int
    last: int
    begin: int
    end: int


class _Stretching:
    """One stretch: the parts of a source, one after the other, into a result that may be in the same memory."""

    def __init__(self, rate: int, tempo: float, semitones: float, phases: Phases) -> None:
        self._rate, self._tempo, self._pitch = rate, tempo, 2 ** (semitones / 12)
        self._phases = phases
        self._is_led = phases.is_known
        self._guide = np.empty(0, np.float32)  # of the part before, stretched

    def run(self, source: Samples, out: Samples) -> None:
        """Fill `out`. A part is read before the one before it is written, which may take its place."""
        join = round(JOIN_S * self._rate)
        parts = self._parts(len(source))
        filled = 0  # frames written so far; the next part begins before them
        ahead = source[parts[0].first : parts[0].last].copy()
        for number, part in enumerate(parts):
            samples = ahead
            if number + 1 < len(parts):
                ahead = source[parts[number + 1].first : parts[number + 1].last].copy()
            if not self._is_led:
                self._find(samples, part, filled - part.begin)
            made = self._made(samples, part, number)
            kept_from, (at, correlation) = 0, self._phases.joins[number]
            if number:
                _crossfade(out[part.begin + at : part.begin + at + join], made[at : at + join], correlation)
                kept_from = at + join
            out[part.begin + kept_from : part.end] = made[kept_from:]
            filled = part.end

    def _parts(self, total: int) -> list[_Part]:
        size, overlap = round(PART_S * self._rate), round(OVERLAP_S * self._rate)
        if total <= WHOLE_S * self._rate:
            return [_Part(0, total, 0, stretched_frames(total, self._tempo))]
        edges = [(first, min(total, first + size + overlap)) for first in range(0, total - overlap, size)]
        return [_Part(*edge, *(stretched_frames(frame, self._tempo) for frame in edge)) for edge in edges]

    def _find(self, samples: Samples, part: _Part, overlap: int) -> None:
        """Let the library stretch the guide of a part, and keep how it did, and where the part is joined."""
        guide = guide_of(samples)
        processor = Signalsmith.Stretch(SEED)
        processor.preset(1, self._rate)
        processor.setTimeFactor(self._tempo / self._pitch)
        made = _fitted(np.asarray(processor.process(guide[None]))[0], self._raw_frames(part))
        angles = find_angles(guide, made, self._rate, self._tempo / self._pitch)
        heard = _fitted(self._resampled(made), part.end - part.begin)
        join, margin = round(JOIN_S * self._rate), round(WARM_UP_S * self._rate)
        at, correlation = 0, 0.0
        if len(self._guide):
            earlier = self._guide[len(self._guide) - overlap :]
            at = _best_place(earlier, heard[:overlap], join, margin)
            correlation = _correlation(earlier[at : at + join], heard[at : at + join])
        self._guide = heard
        self._phases.add(angles, (at, correlation))

    def _made(self, samples: Samples, part: _Part, number: int) -> Samples:
        factor, angles = self._tempo / self._pitch, self._phases.part(number)
        turned = apply_angles(samples, angles, self._rate, factor, self._raw_frames(part))
        return _fitted(self._resampled(turned), part.end - part.begin)

    def _raw_frames(self, part: _Part) -> int:
        """Return the length of a part before its pitch is changed."""
        return round((part.end - part.begin) * self._pitch)

    def _resampled(self, samples: Samples) -> Samples:
        if self._pitch == 1.0:
            return samples
        return np.asarray(soxr.resample(samples, self._rate * self._pitch, self._rate, "HQ"))


def _fitted(samples: Samples, frames: int) -> Samples:
    """Return exactly so many frames: the libraries compute with a rounded tempo, and may be a frame off."""
    missing = frames - len(samples)
    return np.pad(samples, [(0, missing), (0, 0)][: samples.ndim]) if missing > 0 else samples[:frames]


def _best_place(earlier: Samples, later: Samples, join: int, margin: int) -> int:
    """Return where two takes of the same passage agree best over `join` frames, away from their edges."""
    one, other = earlier.astype(np.float64), later.astype(np.float64)
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
