"""Where a track begins and ends to the ear, where it is loudest, and where it may be cut without a pulse."""

import numpy as np

from generator.audio.structure.features import Curve, Features, find_peaks, moving_average

SILENCE_DB, RANGE_DB = -66.0, 60.0  # full scale, and below the loudest moment: what is quieter is silence
LOUDNESS_S = 3.0  # window of the loudest moment (EBU Tech 3341, short-term)
ONSET_SHARE = 0.4  # of the strong onsets: how strong the last one must be
STRONG_QUANTILE = 0.97
ONSET_LENGTH_S = 0.1
QUIET_DISTANCE_S = 1.5  # between quiet points


def audible_range(features: Features) -> tuple[float, float]:
    """Return the first and the last audible moment in seconds; (0, 0) for silence."""
    level = features.level_db
    audible = np.flatnonzero(level > max(SILENCE_DB, float(level.max()) - RANGE_DB))
    if not len(audible) or level.max() < SILENCE_DB:
        return 0.0, 0.0
    first, last = audible[0] / features.rate, (audible[-1] + 1) / features.rate
    return max(0.0, float(first)), min(features.length_s, float(last))


def loudest_moment(features: Features) -> tuple[float, float]:
    """Return the time and level of the loudest moment: the strongest attack at the start of the loudest 3 s."""
    power = moving_average(features.bands.sum(axis=1), round(LOUDNESS_S * features.rate))
    center = int(np.argmax(power))
    half = round(LOUDNESS_S / 2 * features.rate)
    first = max(0, center - half)
    attack = first + int(np.argmax(features.onset[first : center + 1]))
    return attack / features.rate, float(10 * np.log10(power[center] + 1e-10))


def last_onset_end(features: Features, end_s: float) -> float:
    """Return when the last note has begun and from when on the sound only rings out."""
    strong = ONSET_SHARE * float(np.quantile(features.onset, STRONG_QUANTILE))
    peaks = find_peaks(features.onset[: features.index(end_s) + 1], height=strong)
    return min(end_s, float(peaks[-1]) / features.rate + ONSET_LENGTH_S) if len(peaks) and strong > 0 else end_s


def end_drop(features: Features, end_s: float, loudest_db: float) -> float:
    """Return how far the last audible half second lies below the loudest moment, in dB."""
    last = max(1, features.index(end_s))
    power = features.bands[max(0, last - round(0.5 * features.rate)) : last].sum(axis=1).mean()
    return max(0.0, loudest_db - float(10 * np.log10(power + 1e-10)))


def quiet_points(features: Features, start_s: float, end_s: float) -> tuple[float, ...]:
    """Return the local minima of the level between two times, at least 1.5 s apart."""
    level: Curve = 10 * np.log10(moving_average(features.bands.sum(axis=1), round(0.1 * features.rate)) + 1e-10)
    points = find_peaks(-level, distance=max(1, round(QUIET_DISTANCE_S * features.rate)))
    times = points / features.rate
    return tuple(round(float(time), 3) for time in times if start_s + 0.5 < time < end_s - 0.5)
