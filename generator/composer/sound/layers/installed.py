"""Where the layered pack is, and whether it is there.

    <root>/1/    codes.npy, heads.npy, index.json, the licenses     the pack of NUMBER 1

A folder of this name is complete: it is built under another name and renamed.
"""

from pathlib import Path

from generator.composer.sound import zones

NUMBER = 1  # raised with the contents or the format: pieces of another pack cannot be made again


def folder_of(root: Path) -> Path:
    """Return the folder of the pack that this composer plays."""
    return root / str(NUMBER)


def number_in(root: Path | None) -> int:
    """Return the number of the pack that is installed below a folder; 0 if none is that this composer plays."""
    return NUMBER if root is not None and (folder_of(root) / zones.INDEX).is_file() else 0


def open_pack(root: Path | None) -> int:
    """Make the pack playable in this process, and return its number; 0 if it is not installed."""
    number = number_in(root)
    if number and root is not None:
        zones.attach(folder_of(root))
    return number
