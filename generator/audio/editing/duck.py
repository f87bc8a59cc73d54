"""Music under a voice-over: turned down and thinned while somebody speaks, by an envelope that is known in advance.

The envelope is static: it follows where the voice is, not how loud the music is. It consists of straight lines in dB
between keyframes, so that an editing program can draw the same curve.

    0 dB ────╮                                   ╭────
              ╲ attack                  release ╱
     −depth    ╰──look-ahead──speech──hold─────╯
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from generator.audio import voice_detection
from generator.audio.editing import speech_band
from generator.audio.editing.blocks import Filter, Report, Samples, blocks, ignore_progress, multiply
from generator.audio.editing.recipe import Duck

Spans = Sequence[tuple[float, float]]
Keyframes = tuple[tuple[float, float], ...]

STEP_S = 0.1  # of the meter
CLEAR_DB = 12.0  # voice over music in the speech band
MIN_REST_S = 0.3  # a shorter return to full level would only be heard as pumping
SILENT_DB = -70.0  # music softer than this masks nothing
WARM_UP_S = 0.05  # which the filter hears before it is used
_FLOOR = 1e-12


@dataclass(frozen=True)
class VoiceMeter:
    """How far the voice stands above the music between 1 and 4 kHz, in dB; None where nobody speaks."""

    step_s: float
    ratios_db: tuple[float | None, ...]

    @property
    def clear_share(self) -> float:
        """Return the share of the speech that is CLEAR_DB above the music; 1 if there is none."""
        spoken = [ratio for ratio in self.ratios_db if ratio is not None]
        return sum(ratio >= CLEAR_DB for ratio in spoken) / len(spoken) if spoken else 1.0

    @property
    def missing_db(self) -> float:
        """Return by how much more the music would have to be turned down for 95 % of the speech to be clear."""
        spoken = [ratio for ratio in self.ratios_db if ratio is not None]
        return max(0.0, CLEAR_DB - float(np.percentile(spoken, 5))) if spoken else 0.0

    def spans(self) -> tuple[tuple[float, float, str], ...]:
        """Return the speech as (start, end, "clear" or "masked"), in seconds."""
        states = [None if ratio is None else "clear" if ratio >= CLEAR_DB else "masked" for ratio in self.ratios_db]
        found: list[tuple[float, float, str]] = []
        for number, state in enumerate(states):
            start, end = round(number * self.step_s, 3), round((number + 1) * self.step_s, 3)
            if state and found and found[-1][1] == start and found[-1][2] == state:
                found[-1] = found[-1][0], end, state
            elif state:
                found.append((start, end, state))
        return tuple(found)


@dataclass(frozen=True)
class Ducked:
    """What was done: where speech was found, the gain curve in (s, dB), and what the meter says before and after."""

    speech: tuple[tuple[float, float], ...]
    keyframes: Keyframes
    before: VoiceMeter
    after: VoiceMeter


def find_speech(voice: Samples, rate: int, at_s: float = 0.0) -> tuple[tuple[float, float], ...]:
    """Return where the voice-over speaks, on the time line of the music."""
    return tuple((start + at_s, end + at_s) for start, end in voice_detection.speech(voice, rate))


def plan_keyframes(speech: Spans, length_s: float, step: Duck) -> Keyframes:
    """Return the gain envelope as (time in s, gain in dB), with straight lines in between."""
    lows: list[tuple[float, float]] = []
    for start, end in speech:
        low = start - step.look_ahead_s, end + step.hold_s
        if lows and low[0] - lows[-1][1] < step.release_s + step.attack_s + MIN_REST_S:
            lows[-1] = lows[-1][0], max(lows[-1][1], low[1])
        elif low[0] < length_s:
            lows.append(low)
    points = [(0.0, 0.0)]
    for begin, end in lows:
        points += [(begin - step.attack_s, 0.0), (begin, -step.depth_db)]
        points += [(end, -step.depth_db), (end + step.release_s, 0.0)]
    points.append((max(length_s, points[-1][0]), points[-1][1]))
    return _clip(points, length_s)


def _clip(points: list[tuple[float, float]], length_s: float) -> Keyframes:
    """Return the curve between 0 and the length, without points that change nothing."""
    times, gains = (np.array(column) for column in zip(*points[1:], strict=True))
    edges = np.interp([0.0, length_s], times, gains)
    inside = [(time, gain) for time, gain in points[1:] if 0.0 < time < length_s]
    curve = [(0.0, float(edges[0])), *inside, (length_s, float(edges[1]))]
    return tuple((round(time, 4), round(gain, 3) + 0.0) for time, gain in curve)


def keyframes_csv(keyframes: Keyframes) -> str:
    """Return the curve as a table for editing programs."""
    return "time_s,gain_db\r\n" + "".join(f"{time:.4f},{gain:.3f}\r\n" for time, gain in keyframes)


def fit_voice(voice: Samples, voice_rate: int, rate: int, channels: int) -> Samples:
    """Return the voice at the music's sample rate and with its channels."""
    if voice_rate != rate:
        voice = np.asarray(soxr.resample(voice, voice_rate, rate, "HQ"), np.float32)
    if voice.shape[1] == channels:
        return voice
    if channels == 1:
        return np.asarray(voice.mean(axis=1, keepdims=True, dtype=np.float32))
    return np.repeat(voice, 2, axis=1)


def duck(
    samples: Samples,
    rate: int,
    voice: Samples,
    step: Duck,
    *,
    speech: Spans | None = None,
    report: Report = ignore_progress,
) -> Ducked:
    """Turn the music (frames, channels) down under a voice, in place; `voice` has the same rate, see `fit_voice`.

    `speech` replaces the detection, in seconds on the time line of the music.
    """
    spoken = tuple(find_speech(voice, rate, step.voice_at_s) if speech is None else speech)
    report(0.3)
    voice_powers = _voice_powers(voice, rate, step.voice_at_s, len(samples))
    before = _meter(samples, rate, voice_powers, spoken)
    report(0.5)
    keyframes = plan_keyframes(spoken, len(samples) / rate, step)
    turn_down(samples, rate, keyframes, step)
    report(0.9)
    after = _meter(samples, rate, voice_powers, spoken)
    return Ducked(spoken, keyframes, before, after)


def mix(samples: Samples, rate: int, voice: Samples, at_s: float) -> Samples:
    """Return the music with the voice over it; the music is extended by silence if the voice ends after it."""
    start = round(at_s * rate)
    if start + len(voice) > len(samples):
        samples = np.concatenate([samples, np.zeros((start + len(voice) - len(samples), samples.shape[1]), np.float32)])
    samples[start : start + len(voice)] += voice
    return samples


def turn_down(samples: Samples, rate: int, keyframes: Keyframes, step: Duck) -> None:
    """Apply a gain curve to the mix or a stem in place, and thin the speech band where it is turned down.

    Where the curve stays at 0 dB, nothing is touched.
    """
    loss = np.float32(1 - 10 ** (-step.thin_db / 20))
    bell: Filter | None = None
    for (begin_s, begin_db), (end_s, end_db) in itertools.pairwise(keyframes):
        first, last = round(begin_s * rate), min(len(samples), round(end_s * rate))
        if first >= last or not (begin_db or end_db):
            bell = None
            continue
        if loss and bell is None:
            bell = Filter(speech_band.bell(rate), samples.shape[1])
            if first:
                bell.apply(samples[max(0, first - round(WARM_UP_S * rate)) : first])
        rise_db = np.float32((end_db - begin_db) / (last - first))
        for start, block in blocks(samples[first:last]):
            curve = np.float32(begin_db) + rise_db * np.arange(start, start + len(block), dtype=np.float32)
            if bell:
                thinned = bell.apply(block)
                thinned *= curve * (-loss / np.float32(step.depth_db))
                np.subtract(block, thinned.T, out=block)
            multiply(block, np.exp(curve * np.float32(np.log(10) / 20)))


def _voice_powers(voice: Samples, rate: int, at_s: float, frames: int) -> NDArray[np.float64]:
    """Return the voice's power in the speech band per meter step of the music."""
    step_frames = round(STEP_S * rate)
    skipped = round(at_s / STEP_S)
    powers = np.zeros(-(-frames // step_frames))
    found = speech_band.band_powers(voice, rate, step_frames)[: max(0, len(powers) - skipped)]
    powers[skipped : skipped + len(found)] = found
    return powers


def _meter(samples: Samples, rate: int, voice_powers: NDArray[np.float64], speech: Spans) -> VoiceMeter:
    step_frames = round(STEP_S * rate)
    music = np.zeros(-(-len(samples) // step_frames))
    for first, last in _listened(speech, len(music)):  # nobody reads the meter where nobody speaks
        part = samples[first * step_frames : last * step_frames]
        music[first:last] = speech_band.band_powers(part, rate, step_frames)
    music = np.maximum(music, 10 ** (SILENT_DB / 10))
    ratios = 10 * np.log10((_smooth(voice_powers) + _FLOOR) / _smooth(music))
    middles = (np.arange(len(ratios)) + 0.5) * STEP_S
    is_spoken = np.zeros(len(ratios), bool)
    for start, end in speech:
        is_spoken |= (middles >= start) & (middles < end)
    return VoiceMeter(
        STEP_S, tuple(round(float(r), 1) if said else None for r, said in zip(ratios, is_spoken, strict=True))
    )


def _listened(speech: Spans, steps: int) -> list[tuple[int, int]]:
    """Return the steps of the meter that speech and its smoothing need, with one before for the filter."""
    spans: list[tuple[int, int]] = []
    for start, end in speech:
        first, last = max(0, int(start / STEP_S) - 4), min(steps, int(end / STEP_S) + 5)
        if spans and first <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], last)
        elif first < last:
            spans.append((first, last))
    return spans


def _smooth(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over half a second: the time of a few syllables."""
    total = np.concatenate(([0.0], np.cumsum(powers)))
    last = len(powers)
    ends, starts = np.minimum(np.arange(last) + 3, last), np.maximum(np.arange(last) - 2, 0)
    return np.asarray((total[ends] - total[starts]) / np.maximum(1, ends - starts))
