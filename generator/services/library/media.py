"""Content-addressed library files: written to a temporary folder, synced, renamed, and only then named by a row."""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from generator.models import Pack, Reference, Rendition, ReplacedCover, Stem, Track, TrackUpload

# Every column that names a stored file; `management.archive` keeps the same list for backups, without packs.
NAMED = (
    (Track, "file"),
    (Track, "cover"),
    (ReplacedCover, "original"),
    (Rendition, "file"),
    (Reference, "file"),
    (Reference, "upload"),
    (Stem, "file"),
    (TrackUpload, "file"),
    (Pack, "file"),
)


def path(name: str) -> Path:
    """Return a stored file's path; names come only from `keep`, never from input."""
    return Path(settings.MEDIA_ROOT) / name


@contextmanager
def workshop() -> Iterator[Path]:
    """Yield a temporary folder on the library's disk and delete it afterwards."""
    root = Path(settings.MEDIA_ROOT) / "tmp"
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep(source: Path, extension: str) -> tuple[str, str]:
    """Move a finished file into the library; return its name and its SHA-256.

    The same bytes get the same name, so keeping a file twice is harmless.
    """
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    name = f"{digest[:2]}/{digest}.{extension}"
    target = path(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    if settings.STUDIO_SENDFILE:  # the web server reads it (generator.management.file_permissions)
        target.parent.chmod(0o711)
        source.chmod(0o644)
    os.replace(source, target)
    _sync(target.parent)
    return name, digest


def keep_bytes(data: bytes, extension: str) -> str:
    """Store a small file, such as a cover; return its name."""
    with workshop() as folder:
        file = folder / "file"
        file.write_bytes(data)
        return keep(file, extension)[0]


def _sync(folder: Path) -> None:
    """Sync a folder, where supported, so that a rename survives a power cut."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def discard(names: Iterable[str]) -> int:
    """Delete stored files that no row names; return their number."""
    count = 0
    for name in set(names):
        if name and not any(model.objects.filter(**{column: name}).exists() for model, column in NAMED):
            path(name).unlink(missing_ok=True)
            count += 1
    return count


def named() -> set[str]:
    """Return the names of all files that a row names."""
    return {name for model, column in NAMED for name in model.objects.values_list(column, flat=True)}


def stored() -> Iterator[tuple[str, float]]:
    """Yield each stored file's name and its age in seconds."""
    root = Path(settings.MEDIA_ROOT)
    now = time.time()
    for file in root.glob("[0-9a-f][0-9a-f]/*"):
        with suppress(FileNotFoundError):
            yield file.relative_to(root).as_posix(), now - file.stat().st_mtime
