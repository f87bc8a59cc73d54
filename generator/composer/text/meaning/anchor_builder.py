"""The command that makes `anchors.npz` with the optional encoder.

python -m generator.composer.text.meaning.anchor_builder
"""

import json
from collections.abc import Iterable

import numpy as np

from generator.composer.text.meaning.nearest_genre import ANCHORS_FILE, encode
from generator.composer.text.parsing.lexicon import ENGLISH
from generator.composer.text.vocabulary.english_genres import GENRES, SCENES
from generator.composer.text.vocabulary.topics import TOPICS


def anchor_phrases() -> Iterable[tuple[str, str]]:
    """Yield genre and phrase; names of genres become "… music", because many of them have another meaning."""
    for genre, names in GENRES.items():
        for name in (name.strip() for name in names.split(",")):
            yield genre, name if name.endswith(("music", "song")) else f"{name} music"
    for genre, scenes in (*TOPICS[ENGLISH].items(), *SCENES.items()):
        for scene in scenes.split(","):
            yield genre, scene.strip()


def main() -> None:
    """Write the vectors of the vocabulary, at 8 bits."""
    labeled = list(anchor_phrases())
    genres = sorted({genre for genre, _ in labeled})
    vectors = np.concatenate([encode([phrase]) for _, phrase in labeled])
    scaled = np.round(vectors / np.abs(vectors).max(axis=1, keepdims=True) * 127).astype(np.int8)
    labels = np.array([genres.index(genre) for genre, _ in labeled], np.uint8)
    np.savez_compressed(ANCHORS_FILE, vectors=scaled, labels=labels, genres=np.array(json.dumps(genres)))


if __name__ == "__main__":
    main()
