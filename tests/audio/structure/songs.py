"""Small songs of chords, bass and clicks with a known grid."""

from dataclasses import dataclass

import numpy as np

from tests.audio.signals import RATE, Samples

PROGRESSION = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))  # I vi IV V, semitones above C3


@dataclass(frozen=True)
class Song:
    samples: Samples
    beats: tuple[float, ...]
    bars: tuple[float, ...]


def song(
    *, bpm: float, beats_per_bar: int, bars: int, start_s: float = 0.0, ring_s: float = 2.5, level: float = 0.5
) -> Song:
    """Return a chord per bar, a bass note on its first beat, a click per beat, and a last chord that rings out."""
    beat_s = 60 / bpm
    lines = [start_s + bar * beats_per_bar * beat_s for bar in range(bars + 1)]
    beats = [start_s + beat * beat_s for beat in range(bars * beats_per_bar + 1)]
    out = np.zeros(round((lines[-1] + ring_s) * RATE))
    for number, line in enumerate(lines):
        chord = PROGRESSION[number % 4] if number < bars else PROGRESSION[0]
        length_s = beats_per_bar * beat_s if number < bars else ring_s
        for pitch in chord:
            _add(out, line, _note(130.8 * 2 ** (pitch / 12), length_s, 1.2 if number < bars else ring_s / 7), 0.15)
        _add(out, line, _note(65.4 * 2 ** (chord[0] / 12), length_s, 0.5), 0.4)
    click = np.random.default_rng(3).normal(size=RATE // 20) * np.exp(-np.arange(RATE // 20) / RATE * 90)
    for beat in beats[:-1]:
        _add(out, beat, click, 0.2)
    samples = np.stack([out, out], axis=1) * level
    return Song(samples.astype(np.float32), tuple(beats), tuple(lines))


def _note(hertz: float, length_s: float, decay_s: float) -> Samples:
    t = np.arange(round(length_s * RATE)) / RATE
    return np.sum([np.sin(2 * np.pi * hertz * k * t) / k for k in (1, 2, 3)], axis=0) * np.exp(-t / decay_s)


def _add(out: Samples, at_s: float, sound: Samples, level: float) -> None:
    start = round(at_s * RATE)
    part = out[start : start + len(sound)]
    part += level * sound[: len(part)]
