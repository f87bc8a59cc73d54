"""The quality gate: what a listener would complain about, found before they do, said in their words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from generator.audio.decode import Sound
from generator.audio.measure import Measurements

QUIET_LUFS = -35.0
EDGE_S = 0.03  # how long the last moment is that must be quiet
ABRUPT_DB = -14.0  # of the loudest moment of the last seconds: louder than this at the very end is a cut
DEAD_DB = -60.0
CLIPPED_RUNS = 8


@dataclass(frozen=True)
class Finding:
    code: str
    severity: Literal["warning", "fault"]
    sentence: str
    at_s: float | None = None


def inspect(
    sound: Sound,
    measured: Measurements,
    *,
    asked_seconds: float | None = None,
    tolerance_s: float = 0.05,
    gap_ok_s: float = 1.0,
    loop: bool = False,
) -> tuple[Finding, ...]:
    """Judge a take; an empty tuple means nothing to complain about. A loop's end may be as loud as it likes."""
    if measured.lufs is None:
        return (Finding("silent", "fault", "There is nothing to hear in this file."),)
    checks = [
        *_length(sound, measured, asked_seconds, tolerance_s),
        *_channels(sound, measured),
        *_level(measured),
        *_gaps(measured, gap_ok_s),
    ]
    if not loop:
        checks += _edges(sound)
    return tuple(checks)


def _length(sound: Sound, measured: Measurements, asked: float | None, tolerance: float) -> Iterator[Finding]:
    promised = sound.announced_seconds
    if promised and promised - measured.seconds > 1.0:
        yield Finding("truncated", "fault", f"The file breaks off {promised - measured.seconds:.0f} s too early.")
    if asked and abs(measured.seconds - asked) > tolerance:
        yield Finding("wrong_length", "warning", f"It is {measured.seconds:.1f} s long; {asked:g} s were asked for.")


def _channels(sound: Sound, measured: Measurements) -> Iterator[Finding]:
    if sound.channels == 1:
        yield Finding("mono", "warning", "It is mono: the same on both sides.")
        return
    powers = np.sqrt(np.mean(np.square(sound.samples, dtype=np.float64), axis=0)) + 1e-12
    if 20 * np.log10(powers.min() / powers.max()) < DEAD_DB:
        side = "left" if powers[0] < powers[1] else "right"
        yield Finding("dead_channel", "fault", f"There is nothing on the {side} side.")
    elif measured.correlation < -0.3:
        yield Finding("out_of_phase", "fault", "The two sides cancel each other: it nearly vanishes on a phone.")


def _level(measured: Measurements) -> Iterator[Finding]:
    if measured.lufs is not None and measured.lufs < QUIET_LUFS:
        yield Finding("too_quiet", "warning", f"It is very quiet ({measured.lufs:.0f} LUFS).")
    if measured.clipped_runs >= CLIPPED_RUNS:
        yield Finding("clipping", "warning", "The loudest parts are clipped: they may crackle.")


def _gaps(measured: Measurements, gap_ok: float) -> Iterator[Finding]:
    for start, end in measured.silence:
        if end - start > gap_ok and end < measured.seconds - 0.05:
            yield Finding("long_silence", "warning", f"Silent for {end - start:.1f} s.", start)


def _edges(sound: Sound) -> Iterator[Finding]:
    edge = max(1, int(EDGE_S * sound.sample_rate))
    near = sound.samples[-sound.sample_rate * 4 :]
    start, end = sound.samples[: edge // 4], sound.samples[-edge:]
    reference = _loudest_moment(near, edge)
    if _db(_rms(end), reference) > ABRUPT_DB and reference > 1e-4:
        yield Finding("abrupt_end", "fault", "It stops dead instead of ending.", sound.seconds)
    first = float(np.abs(start[: max(1, len(start) // 8)]).max(initial=0.0))
    if first > 0.25:
        yield Finding("abrupt_start", "warning", "It starts in the middle of a sound.", 0.0)


def _loudest_moment(samples: np.ndarray, edge: int) -> float:
    whole = len(samples) // edge * edge
    if not whole:
        return _rms(samples)
    blocks = samples[:whole].astype(np.float64).reshape(-1, edge * samples.shape[1])
    return float(np.sqrt(np.mean(blocks**2, axis=1)).max())


def _rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def _db(value: float, reference: float) -> float:
    return float(20 * np.log10((value + 1e-12) / (reference + 1e-12)))
