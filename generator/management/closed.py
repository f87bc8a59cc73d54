"""The data directory is for the account the studio runs as: what it makes is closed to others, and what is there, too.

`manage.py` sets the umask, so that everything new is closed; a start closes what an earlier release left open. Where
nginx hands out the audio (`STUDIO_SENDFILE`), DIR and DIR/media can be passed through and audio files read by whoever
knows their name, and still nobody can list them.
"""

import os
from contextlib import suppress
from pathlib import Path

from django.conf import settings

PASSED = 0o711
OURS = (".env", ".env.before-restore", "studio.lock", "studio.pids", "stamps.json", "mail", "media", "static", "tmp")
DATABASE = "studio.sqlite3*"


def close_to_others(folder: Path) -> None:
    """Close what is ours in DIR; DIR itself only where nothing else is in it."""
    folder.mkdir(parents=True, exist_ok=True)
    ours = {folder / name for name in OURS} | set(folder.glob(DATABASE))
    for path in ours:
        _allow(path, 0o700 if path.is_dir() else 0o600)
    if set(folder.iterdir()) <= ours:
        _allow(folder, 0o700)
    if settings.STUDIO_SENDFILE:
        _open_audio(folder, Path(settings.MEDIA_ROOT))


def _open_audio(folder: Path, media: Path) -> None:
    media.mkdir(exist_ok=True)
    if not folder.stat().st_mode & 0o001:
        _allow(folder, PASSED)
    _allow(media, PASSED)
    for shelf in media.glob("[0-9a-f][0-9a-f]"):
        _allow(shelf, PASSED)
        for file in shelf.iterdir():
            _allow(file, 0o644)


def _allow(path: Path, mode: int) -> None:
    """Somebody else's file, a link that leads nowhere, a system without modes: it stays as it is."""
    with suppress(OSError):
        if not path.is_symlink() and path.stat().st_mode & 0o777 != mode:
            os.chmod(path, mode)
