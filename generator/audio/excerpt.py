"""A stretch of a sound as an MP3 of its own: what a provider is given as a reference."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from generator.audio.decode import NotAudio, decode
from generator.audio.encode import encode
from generator.audio.measure import Measurements, measure
from generator.audio.waveform import waveform_path, waveform_peaks

MOST_SECONDS = 900.0
SILENT = 10 ** (-60 / 20)
FADE_S = 0.02  # so that a cut does not click
SHORTEST_S = 1.0
BUCKETS = 400


@dataclass(frozen=True)
class Excerpt:
    """What was cut out: its length, the length of the whole file, and its waveform as an SVG path.

    `measured` is of all that came from the beginning of the cut on: how a piece goes is not heard in half a minute.
    """

    seconds: float
    came_seconds: float
    waveform: str
    measured: Measurements


def excerpt(
    source: str | Path, target: str | Path, *, start: float, most: float, longest: float = MOST_SECONDS
) -> Excerpt:
    """Cut at most `most` seconds from `start` on out of any audio file and write them as MP3.

    Raises:
        NotAudio: not a sound, too long, too short, or nothing to hear in that stretch; the message says which.
    """
    sound = decode(source, max_seconds=longest)
    rate = sound.sample_rate
    first = round(start * rate)
    if first >= sound.frames:
        raise NotAudio(f"It is {sound.seconds:.0f} s long, so nothing is left from second {start:g} on.")
    samples = sound.samples[first : first + round(most * rate)].copy()
    seconds = len(samples) / rate
    if seconds < SHORTEST_S:
        raise NotAudio(f"There is only {seconds:.1f} s of sound in it; at least {SHORTEST_S:g} s is needed.")
    if np.abs(samples).max(initial=0.0) < SILENT:
        raise NotAudio("There is nothing to hear in the part that would be used.")
    fade = min(round(FADE_S * rate), len(samples))
    if first:
        samples[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)[:, None]
    if first + len(samples) < sound.frames:
        samples[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    encode(samples, rate, target, format="mp3")
    cut = replace(sound, samples=samples)
    rest = replace(sound, samples=sound.samples[first:])
    return Excerpt(seconds, sound.seconds, waveform_path(waveform_peaks(cut, BUCKETS)), measure(rest))
