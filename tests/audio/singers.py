"""A talker and a singer, synthesized from pulses, vowels and breath: no recordings are needed."""

import numpy as np
import scipy
from numpy.typing import NDArray

from tests.audio.signals import RATE, Samples

Wave = NDArray[np.float64]

VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (530, 1840, 2480), (570, 840, 2410), (300, 870, 2240))  # formants, Hz
SCALE = np.array([0, 2, 4, 5, 7, 9])


def talker(seconds: float, seed: int = 1) -> Samples:
    """Return quick gliding syllables, with consonants before them and pauses between."""
    random, words = np.random.default_rng(seed), np.zeros(0)
    while len(words) < seconds * RATE:
        length = int(random.uniform(0.12, 0.26) * RATE)
        pitch = 130 * 2 ** (np.linspace(random.uniform(0, 4), random.uniform(-3, 2), length) / 12)
        consonant = _consonant(random, random.uniform(0.04, 0.09), 0.15)
        pause = np.zeros(int(random.choice([0, 0, 0, 0.05, 0.25]) * RATE))
        words = np.concatenate([words, consonant, _vowel(random, pitch) * np.hanning(length) ** 0.4, pause])
    return _both_sides(words, seconds)


def singer(seconds: float, seed: int = 1) -> Samples:
    """Return held notes of a scale, sliding into each other, with vibrato and slight pitch variation."""
    random, line, before = np.random.default_rng(seed), np.zeros(0), 262.0
    while len(line) < seconds * RATE:
        t = np.arange(int(random.choice([0.4, 0.5, 0.8, 1.2]) * RATE)) / RATE
        note, slid = 262 * 2 ** (random.choice(SCALE) / 12), np.minimum(t / 0.05, 1)
        vibrato = 0.7 * np.minimum(t / 0.3, 1) * np.sin(2 * np.pi * 5.7 * t) + np.cumsum(random.normal(0, 6e-4, len(t)))
        pitch = before ** (1 - slid) * note**slid * 2 ** (vibrato / 12)
        swell = np.minimum(1, np.minimum(t / 0.05, (t[-1] - t) / 0.08))
        line = np.concatenate([line, _consonant(random, 0.06, 0.12), _vowel(random, pitch) * swell])
        before = note
    return _both_sides(line, seconds)


def _vowel(random: np.random.Generator, pitch: Wave) -> Wave:
    """Filter glottal pulses through vocal-tract resonances."""
    wave = np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0) + random.normal(0, 0.005, len(pitch))
    for formant, width in zip((*VOWELS[random.integers(len(VOWELS))], 3300), (80, 100, 150, 200), strict=True):
        radius = np.exp(-np.pi * width / RATE)
        poles = [1, -2 * radius * np.cos(2 * np.pi * formant / RATE), radius**2]
        wave = scipy.signal.lfilter([1 - radius], poles, wave)
    return wave / np.abs(wave).max()


def _consonant(random: np.random.Generator, seconds: float, level: float) -> Wave:
    hiss = np.diff(random.normal(size=int(seconds * RATE)), prepend=0)
    return hiss * np.hanning(len(hiss)) * level


def _both_sides(wave: Wave, seconds: float) -> Samples:
    wave = wave[: round(seconds * RATE)] * 0.3
    return np.stack([wave, wave], axis=1).astype(np.float32)


def over(bed: Samples, voice: Samples, at: float) -> Samples:
    mixed = bed.copy()
    mixed[round(at * RATE) : round(at * RATE) + len(voice)] += voice
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)
