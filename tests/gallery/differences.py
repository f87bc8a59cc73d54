"""Which pictures of a gallery differ from those of an older one, and by how much."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

VISIBLE = 8  # of 255: smaller differences of a pixel are those of anti-aliasing


def differing(folder: Path, older: Path) -> Iterator[tuple[str, float]]:
    """Yield the name and the share (0..1) of changed pixels of each picture that differs; 1 if only one has it."""
    names = sorted({path.name for place in (folder, older) for path in place.glob("*.png")})
    for name in names:
        share = _share(folder / name, older / name)
        if share:
            yield name, share


def _share(picture: Path, older: Path) -> float:
    if not (picture.exists() and older.exists()):
        return 1.0
    new, old = (np.asarray(Image.open(path).convert("RGB"), np.int16) for path in (picture, older))
    height, width = max(new.shape[0], old.shape[0]), max(new.shape[1], old.shape[1])
    changed = np.ones((height, width), bool)  # what only the taller picture shows has changed
    rows, columns = min(new.shape[0], old.shape[0]), min(new.shape[1], old.shape[1])
    delta = np.abs(new[:rows, :columns] - old[:rows, :columns])
    changed[:rows, :columns] = (delta > VISIBLE).any(axis=2)
    return float(changed.mean())
