"""Excerpts of a sound as MP3, for use as a provider's reference."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from generator.audio.decode import NotAudio, decode
from generator.audio.encode import encode
from generator.audio.measure import Measurements, measure
from generator.audio.waveform import waveform_path, waveform_peaks
from generator.messages import Message
from generator.messages import gettext_noop as _

MAX_SOURCE_S = 900.0
SILENCE_LEVEL = 10 ** (-60 / 20)
FADE_S = 0.02  # prevents clicks at the cuts
MIN_EXCERPT_S = 1.0
PEAK_BUCKETS = 400


@dataclass(frozen=True)
class Excerpt:
    """An excerpt: its length, the length of the whole file, and its waveform as an SVG path.

    `measured` covers everything from the start of the excerpt to the end of the file, because half a minute is too
    short to show how a piece develops.
    """

    seconds: float
    came_seconds: float
    waveform: str
    measured: Measurements


def excerpt(
    source: str | Path, target: str | Path, *, start: float, max_s: float, max_source_s: float = MAX_SOURCE_S
) -> Excerpt:
    """Cut at most `max_s` seconds from `start` on out of any audio file and write them as MP3.

    Raises:
        NotAudio: not audio, too long, too short, or silent in that range; the message says which.
    """
    sound = decode(source, max_seconds=max_source_s)
    rate = sound.sample_rate
    first = round(start * rate)
    if first >= sound.frames:
        raise NotAudio(
            Message(
                "The audio is only {seconds:.0f} seconds long, so the excerpt cannot start at {start:g} seconds. "
                "Choose an earlier start.",
                seconds=sound.seconds,
                start=start,
            )
        )
    samples = sound.samples[first : first + round(max_s * rate)].copy()
    seconds = len(samples) / rate
    if seconds < MIN_EXCERPT_S:
        raise NotAudio(
            Message(
                "The audio lasts only {seconds:.1f} seconds; at least {shortest:g} seconds are needed.",
                seconds=seconds,
                shortest=MIN_EXCERPT_S,
            )
        )
    if np.abs(samples).max(initial=0.0) < SILENCE_LEVEL:
        raise NotAudio(_("The selected part of the audio is silent."))
    fade = min(round(FADE_S * rate), len(samples))
    if first:
        samples[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)[:, None]
    if first + len(samples) < sound.frames:
        samples[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    encode(samples, rate, target, format="mp3")
    cut = replace(sound, samples=samples)
    rest = replace(sound, samples=sound.samples[first:])
    return Excerpt(seconds, sound.seconds, waveform_path(waveform_peaks(cut, PEAK_BUCKETS)), measure(rest))
