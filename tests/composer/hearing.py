"""Measurements on finished audio, for the tests."""

import itertools

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.audio import music_analysis
from generator.audio.loudness import loudness
from generator.composer import STYLES, Composition

RATE = 44_100
THIRDS = 1000 * 2 ** (np.arange(-15, 13) / 3)  # Hz: centers of third octaves, 31 Hz to 16 kHz
HOP = 220  # frames between values of the onset curve

Samples = NDArray[np.float32]


def floats(pcm: NDArray[np.int16]) -> Samples:
    return pcm.astype(np.float32) / 32_768


def lufs(samples: Samples) -> float:
    """Return the integrated loudness by the studio's meter, which is not the master's own."""
    measured = loudness(samples, RATE).lufs
    assert measured is not None
    return measured


def true_peak_db(samples: Samples) -> float:
    """Return the peak at four times the sample rate, dBTP."""
    return float(20 * np.log10(np.abs(scipy.signal.resample_poly(samples, 4, 1, axis=0)).max()))


def levels_db(samples: Samples, every_s: float = 0.1) -> NDArray[np.float64]:
    """Return the RMS of both channels together in each interval, dBFS."""
    frames = int(every_s * RATE)
    rows = samples[: len(samples) // frames * frames].reshape(-1, 2 * frames).astype(np.float64)
    return 10 * np.log10(np.mean(rows**2, axis=1) + 1e-12)


def longest_gap_s(samples: Samples, below_db: float = -60.0) -> float:
    longest = run = 0
    for silent in levels_db(samples) < below_db:
        run = run + 1 if silent else 0
        longest = max(longest, run)
    return longest / 10


def balance_db(samples: Samples) -> NDArray[np.float64]:
    """Return the power in each third octave, in dB relative to the total."""
    power = np.abs(np.fft.rfft(samples.mean(axis=1))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    edges = np.searchsorted(hz, np.append(THIRDS / 2 ** (1 / 6), THIRDS[-1] * 2 ** (1 / 6)))
    bands = np.add.reduceat(power, edges)[:-1]
    return np.asarray(10 * np.log10(bands / power.sum() + 1e-12))


def tilt(balance: NDArray[np.float64]) -> tuple[float, float]:
    """Return the balance's slope in dB per octave from 100 Hz to 4 kHz, over five thirds, and its largest deviation."""
    wide = np.convolve(np.pad(10 ** (balance / 10), 2, mode="edge"), np.ones(5) / 5, "valid")
    inside = (THIRDS > 99) & (THIRDS < 4100)
    octaves, level = np.log2(THIRDS[inside]), 10 * np.log10(wide[inside])
    line = np.polyfit(octaves, level, 1)
    return float(line[0]), float(np.abs(level - np.polyval(line, octaves)).max())


def distances(a: Samples, b: Samples) -> tuple[float, float, float]:
    """Return the distances of two sounds: balance (dB per third octave), chroma over time, onsets over time (0..2)."""
    size = min(len(a), len(b))
    a, b = a[:size], b[:size]
    timbre = float(np.abs(np.maximum(balance_db(a), -50) - np.maximum(balance_db(b), -50)).mean())
    return timbre, 1 - _alike(_chroma(a), _chroma(b)), 1 - _alike(_rises(a), _rises(b))


def _alike(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    return float(np.corrcoef(a.reshape(-1), b.reshape(-1))[0, 1])


def _chroma(samples: Samples) -> NDArray[np.float64]:
    """Return the strength of the twelve pitch classes in every half second."""
    hz, _, spectra = scipy.signal.stft(samples.mean(axis=1), RATE, nperseg=8192, noverlap=0)
    inside = (hz > 60) & (hz < 2000)
    classes = np.round(12 * np.log2(hz[inside] / 440)).astype(int) % 12
    power = np.sqrt(np.abs(spectra[inside]))
    found = np.stack([power[classes == one].sum(axis=0) for one in range(12)])
    return np.asarray(found[:, : found.shape[1] // 3 * 3].reshape(12, -1, 3).sum(axis=2))


def _rises(samples: Samples) -> NDArray[np.float64]:
    _, _, spectra = scipy.signal.stft(samples.mean(axis=1), RATE, nperseg=1024, noverlap=0)
    return np.asarray(np.maximum(0, np.diff(np.log1p(1000 * np.abs(spectra)), axis=1)).sum(axis=0))


def bar_s(samples: Samples, expected_s: float, reach: float = 0.05) -> tuple[float, float]:
    """Return a bar's length, at the best onset autocorrelation near the expected one, and that correlation, 0..1."""
    _, _, spectra = scipy.signal.stft(samples.mean(axis=1), RATE, nperseg=1024, noverlap=1024 - HOP)
    level = np.log1p(1000 * np.abs(spectra))
    onset = np.maximum(0, np.diff(level, axis=1)).sum(axis=0)
    onset -= onset.mean()
    size = len(onset)
    alike = np.fft.irfft(np.abs(np.fft.rfft(onset, 2 * size)) ** 2)[:size] / np.maximum(1, size - np.arange(size))
    lags = np.arange(int(expected_s * (1 - reach) * RATE / HOP), int(expected_s * (1 + reach) * RATE / HOP) + 2)
    smooth = np.convolve(alike, np.hanning(7) / np.hanning(7).sum(), "same")
    twice = np.minimum(2 * lags, size - 1)  # what repeats after one bar also repeats after two: coincidences seldom do
    best = lags[np.argmax(smooth[lags] + 0.7 * smooth[twice])]
    return float(best * HOP / RATE), float(smooth[best] / smooth[0])


def key_relation(asked: str, heard: str | None) -> str:
    """Return how `heard` relates to `asked`: "same", "relative", "dominant", "subdominant", "mediant", "other"."""
    if heard is None:
        return "none"
    (tonic, mode), (other, other_mode) = asked.split(), heard.split()
    up = (music_analysis.NAMES.index(other) - music_analysis.NAMES.index(tonic)) % 12
    if mode == other_mode:
        return {0: "same", 7: "dominant", 5: "subdominant"}.get(up, "other")
    known = {9: "relative", 4: "mediant"} if mode == "major" else {3: "relative", 8: "mediant"}
    return known.get(up, "other")


def heard_key(made: Composition) -> str:
    """Return "same" if the detected key is the requested one, or one that the style allows."""
    relation = key_relation(made.key, music_analysis.analyze(floats(made.pcm), RATE)[1].key)
    return "same" if relation in STYLES[made.brief.style].leans else relation


def shape(made: Composition) -> float:
    """Return the rank correlation of the form's energies with the measured loudness of its sections."""
    steps = loudness(floats(made.pcm), RATE).steps
    last = made.form.bars * made.form.bar_s
    heard = [steps[int(s.start_s * 10) : int(min(s.end_s, last) * 10)].mean() for s in made.sections]
    return float(scipy.stats.spearmanr([s.energy for s in made.sections], heard).statistic)


def contrast(made: Composition) -> float:
    """Return the distance of the two most different sections: mean over third octaves, in dB."""
    sound = floats(made.pcm)
    parts = [sound[int(one.start_s * RATE) : int(one.end_s * RATE)] for one in made.sections]
    heard = [np.maximum(balance_db(part) + levels_db(part, len(part) / RATE)[0], -70) for part in parts]
    return max(float(np.abs(a - b).mean()) for a, b in itertools.combinations(heard, 2))
