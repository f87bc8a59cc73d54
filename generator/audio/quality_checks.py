"""Quality checks: audible defects of a take, reported in plain words.

silent        nothing passes the loudness gate
truncated     shorter than its container promised, or damaged
wrong_length  not the requested length
long_silence  a gap in the middle, or a long one at either end
mono          both channels are the same
dead_channel  one channel is empty
out_of_phase  the channels cancel each other
too_quiet     below −35 LUFS
clipping      at full scale repeatedly
abrupt_start  begins in the middle of a sound
abrupt_end    ends in the middle of a sound
voice         singing or speech in an instrumental
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from generator.audio.decode import Sound
from generator.audio.measure import Measurements
from generator.audio.voice_detection import voices
from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _

MIN_LUFS = -35.0
MAX_BALANCE_DB = 60.0  # level difference between the channels
MIN_CORRELATION = -0.3  # correlation of the channels
MIN_CLIPPED_RUNS, MIN_CLIPPED_PER_MINUTE = 8, 20.0  # a few samples at full scale are tolerated
MAX_MONO_DIFFERENCE = 1e-3  # difference below which two channels are identical
MAX_MISSING_S = 1.0

EDGE_S = 0.03  # length of the final window
COMPARED_S = 4.0  # length of the passage it is compared with
MAX_PADDING_S = 0.1  # longest codec padding after a cut
PADDING_LEVEL = 10 ** (-60 / 20)
CUT_DB, HURRIED_DB = -14.0, -24.0  # level of the final window against the loudest one before it
MIN_FIRST_SAMPLE = 0.05  # of full scale: a sound that begins with the file has a lower first sample
MAX_ROUGHNESS = 0.3  # largest difference of neighboring samples in a smooth wave, as a share of their level
MAX_LISTED_RANGES = 3  # voice ranges listed in the message
ATTACK_S, AFTER_S, RUNNING_DB = 0.005, 0.2, -6.0


_VOICE = _("The track may contain a voice, {ranges}.")
_VOICE_AND_LATER = _("The track may contain a voice, {ranges} and later.")
_LEFT_SILENT, _RIGHT_SILENT = _("The left channel is silent."), _("The right channel is silent.")


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
    """Check a take; an empty tuple means no findings.

    The ends of a loop may have any level. Takes promised as instrumental are checked for a voice.
    """
    length_findings = list(_check_length(sound, measurements, asked_seconds, tolerance_s))
    if measurements.lufs is None:
        return (Finding("silent", "fault", _("The file is silent.")), *length_findings)
    findings = [
        *length_findings,
        *_check_channels(sound, measurements),
        *_check_level(measurements),
        *_check_gaps(measurements, gap_ok_s),
    ]
    if not loop:
        findings += [*_check_start(sound), *_check_end(sound)]
    if instrumental:
        findings += _check_voice(sound)
    return tuple(findings)


def _check_length(sound: Sound, measured: Measurements, requested: float | None, tolerance: float) -> Iterator[Finding]:
    missing = (sound.announced_seconds or 0.0) - measured.seconds
    if missing > MAX_MISSING_S:
        yield Finding(
            "truncated",
            "fault",
            Message("The file is incomplete: {missing:.0f} seconds are missing at the end.", missing=missing),
            measured.seconds,
        )
    elif sound.bad_packets or sound.was_mended:
        yield Finding("truncated", "fault", _("Parts of the file are damaged and could not be played."))
    if requested is not None and abs(measured.seconds - requested) > tolerance:
        yield Finding(
            "wrong_length",
            "warning",
            Message(
                "The track is {seconds:.1f} seconds long; {requested:g} were requested.",
                seconds=measured.seconds,
                requested=requested,
            ),
        )


def _check_channels(sound: Sound, measured: Measurements) -> Iterator[Finding]:
    if (
        sound.channels == 1
        or np.abs(sound.samples[::16, 0] - sound.samples[::16, 1]).max(initial=0.0) < MAX_MONO_DIFFERENCE
    ):
        yield Finding("mono", "warning", _("The track is mono: both channels are identical."))
    elif abs(measured.balance_db) > MAX_BALANCE_DB:
        is_left = measured.balance_db < 0
        yield Finding("dead_channel", "fault", _LEFT_SILENT if is_left else _RIGHT_SILENT)
    elif measured.correlation < MIN_CORRELATION:
        yield Finding(
            "out_of_phase",
            "fault",
            _("The channels cancel each other out: on a phone, most of the music would disappear."),
        )


def _check_level(measured: Measurements) -> Iterator[Finding]:
    if measured.lufs is not None and measured.lufs < MIN_LUFS:
        yield Finding(
            "too_quiet", "warning", Message("The track is very quiet ({level:.0f} LUFS).", level=measured.lufs)
        )
    per_minute = measured.clipped_runs * 60 / max(measured.seconds, 1.0)
    if measured.clipped_runs >= MIN_CLIPPED_RUNS and per_minute >= MIN_CLIPPED_PER_MINUTE:
        yield Finding("clipping", "warning", _("The loudest passages are clipped and may crackle."))


def _check_gaps(measured: Measurements, gap_ok: float) -> Iterator[Finding]:
    for start, end in measured.silence:
        if end - start <= gap_ok:
            continue
        if start <= 0.05:
            yield Finding(
                "long_silence",
                "warning",
                Message("The music does not start until {end:.1f} seconds in.", end=end),
                start,
            )
        elif end >= measured.seconds - 0.05:
            yield Finding(
                "long_silence",
                "warning",
                Message("The last {seconds:.1f} seconds are silent.", seconds=end - start),
                start,
            )
        else:
            yield Finding(
                "long_silence",
                "warning",
                Message("The track is silent for {seconds:.1f} seconds.", seconds=end - start),
                start,
            )


def _check_start(sound: Sound) -> Iterator[Finding]:
    """Detect a smooth wave that is far from zero at its first sample and continues as loud as it began.

    An instrument's attack begins at zero, and a drum's noise is not smooth.
    """
    attack, after = int(ATTACK_S * sound.sample_rate), int(AFTER_S * sound.sample_rate)
    first = sound.samples[:4]
    is_rough = np.abs(np.diff(first, axis=0)).max(axis=0, initial=0.0) > MAX_ROUGHNESS * np.abs(first[0])
    if not (~is_rough & (np.abs(first[0]) > MIN_FIRST_SAMPLE)).any():
        return
    if _db(_rms(sound.samples[:attack]), _rms(sound.samples[attack:after])) > RUNNING_DB:
        yield Finding("abrupt_start", "warning", _("The track starts in the middle of a sound."), 0.0)


def _check_end(sound: Sound) -> Iterator[Finding]:
    passage = _without_padding(
        sound.samples[-int(COMPARED_S * sound.sample_rate) :], int(MAX_PADDING_S * sound.sample_rate)
    )
    window = max(1, int(EDGE_S * sound.sample_rate))
    loudest = _loudest_moment(passage, window)
    if loudest < PADDING_LEVEL:
        return
    level = _db(_rms(passage[-window:]), loudest)
    if level > CUT_DB:
        yield Finding("abrupt_end", "fault", _("The track stops abruptly instead of coming to an end."), sound.seconds)
    elif level > HURRIED_DB:
        yield Finding(
            "abrupt_end",
            "warning",
            _("The track ends abruptly: the last sound is cut short."),
            sound.seconds,
        )


def _check_voice(sound: Sound) -> Iterator[Finding]:
    ranges = voices(sound.samples, sound.sample_rate)
    if not ranges:
        return
    listed = [
        Message("from {start} to {end}", start=_clock(start), end=_clock(end))
        for start, end in ranges[:MAX_LISTED_RANGES]
    ]
    has_more = len(ranges) > MAX_LISTED_RANGES
    sentence = Message(_VOICE_AND_LATER if has_more else _VOICE, ranges=join_texts(*listed, separator=", "))
    yield Finding("voice", "warning", sentence, ranges[0][0])


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _without_padding(samples: NDArray[np.float32], max_frames: int) -> NDArray[np.float32]:
    audible = np.flatnonzero(np.abs(samples).max(axis=1) > PADDING_LEVEL) if len(samples) else samples
    trailing = len(samples) - int(audible[-1]) - 1 if len(audible) else 0
    return samples[: len(samples) - trailing] if 0 < trailing <= max_frames else samples


def _loudest_moment(samples: NDArray[np.float32], window: int) -> float:
    whole = len(samples) // window * window
    if not whole:
        return _rms(samples)
    blocks = samples[-whole:].reshape(-1, window * samples.shape[1])
    return float(np.sqrt(np.einsum("bs,bs->b", blocks, blocks).max() / blocks.shape[1]))


def _rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0


def _db(value: float, reference: float) -> float:
    return float(20 * np.log10((value + 1e-12) / (reference + 1e-12)))
