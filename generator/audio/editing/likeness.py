"""How well any two points of a track can be joined.

What is heard before and after each point is compared. A cost of 0 is a join nobody can hear; one of 1 joins two
different passages.
"""

from itertools import pairwise

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.audio.structure.features import Curve, Features

Samples = NDArray[np.float32]

SLICES = (-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0)  # bounds in bars around a point
SLICE_WEIGHTS = (0.5, 0.8, 1.0, 1.0, 0.8, 0.5)  # what is near the join counts more
LEVEL_DB = 8.0  # difference of a band that counts as much as another harmony
CHROMA_WEIGHT = 1.2
FLOOR_DB = -70.0
FLUX_FRAMES = 4  # 46 ms on either side
FLUX_WEIGHT = 1.5
FLUX_SIZE, FLUX_HOP, FLUX_REACH_S = 2048, 512, 0.06


def join_costs(features: Features, points: Curve, bar_s: float) -> Curve:
    """Return cost[p, q] of leaving at point p and going on at point q, for points in seconds."""
    vectors = _contexts(features, points, bar_s)
    squares = np.einsum("ij,ij->i", vectors, vectors)
    distances = squares[:, None] + squares[None, :] - 2 * vectors @ vectors.T
    cost = np.sqrt(np.maximum(distances, 0) / sum(SLICE_WEIGHTS))
    return np.asarray(cost + FLUX_WEIGHT * _excess_flux(features, points), np.float32)


def _contexts(features: Features, points: Curve, bar_s: float) -> Curve:
    """Return one vector per point: band levels and pitch classes of every slice around it."""
    levels = np.maximum(10 * np.log10(features.bands + 1e-10), FLOOR_DB) / LEVEL_DB
    chroma = features.chroma / (np.linalg.norm(features.chroma, axis=1, keepdims=True) + 1e-3)
    parts = []
    for (start, end), weight in zip(pairwise(SLICES), SLICE_WEIGHTS, strict=True):
        spans = points + start * bar_s, points + end * bar_s
        scale = np.sqrt(weight)
        parts.append(scale / np.sqrt(levels.shape[1]) * _span_means(levels, features.rate, *spans))
        parts.append(scale * CHROMA_WEIGHT * _span_means(chroma, features.chroma_rate, *spans))
    return np.hstack(parts).astype(np.float32)


def _span_means(curves: Curve, rate: float, starts: Curve, ends: Curve) -> Curve:
    sums = np.vstack([np.zeros(curves.shape[1]), np.cumsum(curves, axis=0, dtype=np.float64)])
    first = np.clip(np.round(starts * rate).astype(int), 0, len(curves) - 1)
    last = np.clip(np.round(ends * rate).astype(int), first + 1, len(curves))
    return np.asarray((sums[last] - sums[first]) / (last - first)[:, None])


def _excess_flux(features: Features, points: Curve) -> Curve:
    """Return how much rougher each join is than nearly all of the track's own points, 0 for most."""
    width = FLUX_FRAMES / features.rate
    levels = np.log1p(1000 * features.bands / (features.bands.mean() + 1e-10))
    before = _span_means(levels, features.rate, points - width, points).astype(np.float32)
    after = _span_means(levels, features.rate, points, points + width).astype(np.float32)
    flux = np.empty((len(points), len(points)), np.float32)
    for row, level in enumerate(before):
        flux[row] = np.maximum(0, after - level).mean(axis=1)
    own = float(np.quantile(np.diag(flux), 0.9))
    return np.asarray(np.maximum(0, flux - own) / (own + 0.1))


def flux_at(samples: Samples, rate: int, frames: list[int]) -> Curve:
    """Return the spectral flux within 60 ms of each frame: the largest rise of the logarithmic spectrum."""
    reach = round(FLUX_REACH_S * rate)
    window = np.hanning(FLUX_SIZE).astype(np.float32)
    values = []
    for frame in frames:
        first, last = frame - reach - FLUX_SIZE // 2, frame + reach + FLUX_SIZE // 2
        excerpt = samples[max(0, first) : max(0, last)].mean(axis=1)
        excerpt = np.pad(excerpt, (max(0, -first), max(0, last - first - max(0, -first) - len(excerpt))))
        spectra = np.abs(
            scipy.fft.rfft(np.lib.stride_tricks.sliding_window_view(excerpt, FLUX_SIZE)[::FLUX_HOP] * window)
        )
        values.append(np.maximum(0, np.diff(np.log1p(spectra), axis=0)).mean(axis=1).max())
    return np.array(values)
