"""Permissions of the data directory: new and existing files are closed to other accounts than the studio's.

`manage.py` sets the umask for everything new; each start closes what an earlier release left open. Where nginx serves
the audio (`STUDIO_SENDFILE`), DIR and DIR/media may be traversed, and anyone who knows the name of an audio file may
read it, but no one else can list them.
"""

import os
from contextlib import suppress
from pathlib import Path

from django.conf import settings

TRAVERSABLE_MODE = 0o711
STUDIO_FILES = (
    ".env",
    ".env.before-restore",
    "studio.lock",
    "studio.pids",
    "stamps.json",
    "mail",
    "media",
    "static",
    "tmp",
)
DATABASE = "studio.sqlite3*"


def close_to_others(folder: Path) -> None:
    """Close our files in DIR; close DIR itself only if it holds nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    own_files = {folder / name for name in STUDIO_FILES} | set(folder.glob(DATABASE))
    for path in own_files:
        _allow(path, 0o700 if path.is_dir() else 0o600)
    if set(folder.iterdir()) <= own_files:
        _allow(folder, 0o700)
    if settings.STUDIO_SENDFILE:
        _open_audio(folder, Path(settings.MEDIA_ROOT))


def _open_audio(folder: Path, media: Path) -> None:
    media.mkdir(exist_ok=True)
    if not folder.stat().st_mode & 0o001:
        _allow(folder, TRAVERSABLE_MODE)
    _allow(media, TRAVERSABLE_MODE)
    for shelf in media.glob("[0-9a-f][0-9a-f]"):
        _allow(shelf, TRAVERSABLE_MODE)
        for file in shelf.iterdir():
            _allow(file, 0o644)


def _allow(path: Path, mode: int) -> None:
    """Set a mode. Leave another account's file, a broken link, or a system without modes as it is."""
    with suppress(OSError):
        if not path.is_symlink() and path.stat().st_mode & 0o777 != mode:
            os.chmod(path, mode)
