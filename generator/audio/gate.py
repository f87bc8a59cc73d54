"""The quality gate: what a listener would complain about, found before they do, said in their words.

silent        nothing passes the loudness gate
truncated     shorter than its container promised, or damaged
wrong_length  not what was asked for
long_silence  a gap in the middle, or a long one at either end
mono          both sides are the same
dead_channel  one side is empty
out_of_phase  the sides cancel each other
too_quiet     below −35 LUFS
clipping      held at full scale again and again
abrupt_start  begins in the middle of a sound
abrupt_end    ends in the middle of a sound
voice         somebody sings or speaks in an instrumental
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from generator.audio.decode import Sound
from generator.audio.measure import Measurements
from generator.audio.voice import voices

QUIET_LUFS = -35.0
DEAD_DB = 60.0  # quieter than the other side by this much
OPPOSED = -0.3  # correlation of the sides
CLIPPED_RUNS, CLIPPED_PER_MINUTE = 8, 20.0  # a few touches of full scale are nobody's worry
SAME = 1e-3  # difference of two sides that are one
LOST_S = 1.0

EDGE_S = 0.03  # how long the last moment is
BEFORE_S = 4.0  # what the last moment is compared with
TRAILING_S = 0.1  # a codec's padding after a cut is at most this long
PADDING = 10 ** (-60 / 20)
CUT_DB, HURRIED_DB = -14.0, -24.0  # the last moment against the loudest one before it
STEP = 0.05  # of full scale: a first sample that high did not begin there
ROUGH = 0.3  # of its height: how far neighbouring samples of a smooth wave are apart
NAMED = 3  # places where a voice is heard; the sentence stays short
ATTACK_S, AFTER_S, RUNNING_DB = 0.005, 0.2, -6.0


@dataclass(frozen=True)
class Finding:
    code: str
    severity: Literal["warning", "fault"]
    sentence: str
    at_s: float | None = None


def inspect(
    sound: Sound,
    measurements: Measurements,
    *,
    asked_seconds: float | None = None,
    tolerance_s: float = 0.05,
    gap_ok_s: float = 1.0,
    loop: bool = False,
    instrumental: bool = False,
) -> tuple[Finding, ...]:
    """Judge a take; an empty tuple means nothing to complain about.

    A loop's ends may be as loud as they like. What is promised as instrumental is listened to for a voice.
    """
    length = list(_length(sound, measurements, asked_seconds, tolerance_s))
    if measurements.lufs is None:
        return (Finding("silent", "fault", "There is nothing to hear in this file."), *length)
    found = [*length, *_sides(sound, measurements), *_level(measurements), *_gaps(measurements, gap_ok_s)]
    if not loop:
        found += [*_start(sound), *_end(sound)]
    if instrumental:
        found += _voice(sound)
    return tuple(found)


def _length(sound: Sound, measured: Measurements, asked: float | None, tolerance: float) -> Iterator[Finding]:
    lost = (sound.announced_seconds or 0.0) - measured.seconds
    if lost > LOST_S:
        yield Finding(
            "truncated", "fault", f"The file breaks off: {lost:.0f} s are missing at the end.", measured.seconds
        )
    elif sound.bad_packets or sound.was_mended:
        yield Finding("truncated", "fault", "Parts of the file are damaged and could not be played.")
    if asked is not None and abs(measured.seconds - asked) > tolerance:
        yield Finding("wrong_length", "warning", f"It is {measured.seconds:.1f} s long; {asked:g} s were asked for.")


def _sides(sound: Sound, measured: Measurements) -> Iterator[Finding]:
    if sound.channels == 1 or np.abs(sound.samples[::16, 0] - sound.samples[::16, 1]).max(initial=0.0) < SAME:
        yield Finding("mono", "warning", "It is mono: both sides play the same.")
    elif abs(measured.balance_db) > DEAD_DB:
        side = "left" if measured.balance_db < 0 else "right"
        yield Finding("dead_channel", "fault", f"There is nothing on the {side} side.")
    elif measured.correlation < OPPOSED:
        yield Finding("out_of_phase", "fault", "The two sides cancel each other: on a phone most of it would be gone.")


def _level(measured: Measurements) -> Iterator[Finding]:
    if measured.lufs is not None and measured.lufs < QUIET_LUFS:
        yield Finding("too_quiet", "warning", f"It is very quiet ({measured.lufs:.0f} LUFS).")
    per_minute = measured.clipped_runs * 60 / max(measured.seconds, 1.0)
    if measured.clipped_runs >= CLIPPED_RUNS and per_minute >= CLIPPED_PER_MINUTE:
        yield Finding("clipping", "warning", "The loudest parts are clipped: they may crackle.")


def _gaps(measured: Measurements, gap_ok: float) -> Iterator[Finding]:
    for start, end in measured.silence:
        if end - start <= gap_ok:
            continue
        if start <= 0.05:
            yield Finding("long_silence", "warning", f"The music begins only after {end:.1f} s.", start)
        elif end >= measured.seconds - 0.05:
            yield Finding("long_silence", "warning", f"The last {end - start:.1f} s are silent.", start)
        else:
            yield Finding("long_silence", "warning", f"It falls silent for {end - start:.1f} s.", start)


def _start(sound: Sound) -> Iterator[Finding]:
    """A wave that is far from zero, and smooth, at its first sample, and goes on as loud as it began.

    An instrument's attack begins at zero, and a drum's noise is not smooth.
    """
    attack, after = int(ATTACK_S * sound.sample_rate), int(AFTER_S * sound.sample_rate)
    first = sound.samples[:4]
    rough = np.abs(np.diff(first, axis=0)).max(axis=0, initial=0.0) > ROUGH * np.abs(first[0])
    if not (~rough & (np.abs(first[0]) > STEP)).any():
        return
    if _db(_rms(sound.samples[:attack]), _rms(sound.samples[attack:after])) > RUNNING_DB:
        yield Finding("abrupt_start", "warning", "It starts in the middle of a sound.", 0.0)


def _end(sound: Sound) -> Iterator[Finding]:
    near = _without_padding(sound.samples[-int(BEFORE_S * sound.sample_rate) :], int(TRAILING_S * sound.sample_rate))
    moment = max(1, int(EDGE_S * sound.sample_rate))
    loudest = _loudest_moment(near, moment)
    if loudest < PADDING:
        return
    level = _db(_rms(near[-moment:]), loudest)
    if level > CUT_DB:
        yield Finding("abrupt_end", "fault", "It stops dead instead of coming to an end.", sound.seconds)
    elif level > HURRIED_DB:
        yield Finding("abrupt_end", "warning", "It ends in a hurry: the last sound is cut short.", sound.seconds)


def _voice(sound: Sound) -> Iterator[Finding]:
    heard = voices(sound.samples, sound.sample_rate)
    if not heard:
        return
    named = [f"from {_clock(start)} to {_clock(end)}" for start, end in heard[:NAMED]]
    more = " and later" if len(heard) > NAMED else ""
    sentence = f"A voice seems to be heard, {', '.join(named)}{more}."
    yield Finding("voice", "warning", sentence, heard[0][0])


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _without_padding(samples: NDArray[np.float32], most: int) -> NDArray[np.float32]:
    heard = np.flatnonzero(np.abs(samples).max(axis=1) > PADDING) if len(samples) else samples
    trailing = len(samples) - int(heard[-1]) - 1 if len(heard) else 0
    return samples[: len(samples) - trailing] if 0 < trailing <= most else samples


def _loudest_moment(samples: NDArray[np.float32], moment: int) -> float:
    whole = len(samples) // moment * moment
    if not whole:
        return _rms(samples)
    blocks = samples[-whole:].reshape(-1, moment * samples.shape[1])
    return float(np.sqrt(np.einsum("bs,bs->b", blocks, blocks).max() / blocks.shape[1]))


def _rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0


def _db(value: float, reference: float) -> float:
    return float(20 * np.log10((value + 1e-12) / (reference + 1e-12)))
