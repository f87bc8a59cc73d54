"""File checksums."""

import hashlib
from pathlib import Path


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
