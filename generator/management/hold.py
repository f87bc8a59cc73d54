"""One process at a time works on a data directory: a running studio, or a restore."""

from pathlib import Path
from typing import IO

from django.core.management.base import CommandError

try:
    import fcntl
except ImportError:  # not on Windows, where starting twice is up to the person
    fcntl = None  # type: ignore[assignment]

WRONG = 2  # exit code: a person has to put something right


def held(folder: Path, what: str) -> IO[str]:
    """Hold a lock on DIR for as long as this process lives or the file is open; it says what is running there.

    Raises:
        CommandError: something else holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "studio.lock").open("a+")
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            words = f"A studio is running on {folder} already. Stop it, or choose another folder."
            raise CommandError(words, returncode=WRONG) from None
    file.truncate(0)
    file.write(what)
    file.flush()
    return file
