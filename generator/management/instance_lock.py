"""Lock that lets one process at a time work on a data directory: a running studio, or a restore."""

from pathlib import Path
from typing import IO

from django.core.management.base import CommandError

try:
    import fcntl
except ImportError:  # not on Windows, where the user must not start it twice
    fcntl = None  # type: ignore[assignment]  # a module elsewhere

NEEDS_OPERATOR = 2  # exit code: a person has to fix something


def held(folder: Path, description: str) -> IO[str]:
    """Lock DIR until this process ends or the file is closed; the file says what is running there.

    Raises:
        CommandError: another process holds the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "studio.lock").open("a+")
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            message = f"Another studio is already running on {folder}. Stop it, or choose another folder."
            raise CommandError(message, returncode=NEEDS_OPERATOR) from None
    file.truncate(0)
    file.write(description)
    file.flush()
    return file
