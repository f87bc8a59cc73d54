"""Whether the media folder is the one that the database means.

    database   Installation.identity, one row
    media      DIR/media/identity, the same text

A second machine without the shared folder, an unmounted disk, or a database that was pointed elsewhere would answer 404
for each other's tracks, and the nightly sweep would take their files for orphans; so a start looks first. What if the
process dies here? The file is written before the row is committed, and one that is left without a row has the next
start ask (`manage media --accept`).
"""

import logging
import os
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import transaction

from generator.models import Installation, Reference, Track
from generator.models.installation import new_identity
from generator.workflow import media

log = logging.getLogger("studio")

NAME = "identity"
MISSING = (
    "%d of %d files that were looked for are not in %s. A copy of the folder will not do: all machines of one database "
    "share one media folder. If files were lost, restore them from a backup."
)
SAMPLE = 25  # files looked for at either end of each table


class WrongMedia(Exception):
    """The folder is not the database's; the message says what to do."""


def check() -> None:
    """Compare the two; give both an identity where that is certain to be right.

    Raises:
        WrongMedia: this media folder belongs to another database, or is not there.
    """
    known = Installation.objects.filter(pk=1).values_list("identity", flat=True).first()
    found = _read()
    named = _sample()
    here = [name for name in named if media.path(name).is_file()]
    if known is not None and found == known:
        if len(here) < len(named):  # one that was copied has the mark as well
            log.warning(MISSING, len(named) - len(here), len(named), settings.MEDIA_ROOT)
        return
    if known is None:  # a new studio, or one of an earlier release
        right = bool(here) or not (named or found or _holds_files())
    else:  # the mark was lost on the way, with all files there; anything less may be another machine's own folder
        right = not found and bool(named) and len(here) == len(named)
    if not right:
        raise WrongMedia(_sentence(known, found))
    accept()


def accept() -> None:
    """Make this folder the database's, whatever it holds; the first machine to come decides the identity."""
    with transaction.atomic():
        row, _ = Installation.objects.get_or_create(pk=1, defaults={"identity": _read() or new_identity()})
        _write(row.identity)


def _file() -> Path:
    return Path(settings.MEDIA_ROOT) / NAME


def _read() -> str:
    try:
        return _file().read_text(errors="replace").strip()[:200]
    except OSError:
        return ""


def _write(identity: str) -> None:
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{NAME}.part")
    with part.open("w") as made:
        made.write(f"{identity}\n")
        made.flush()
        os.fsync(made.fileno())
    part.replace(file)


def _sample() -> list[str]:
    """Some of the files that rows name, the oldest and the newest."""
    found: list[str] = []
    for model in (Track, Reference):
        rows = model.objects.exclude(file="")
        for order in ("pk", "-pk"):
            found += rows.order_by(order).values_list("file", flat=True)[:SAMPLE]
    return found


def _holds_files() -> bool:
    return any(islice(media.stored(), 1))


def _sentence(known: str | None, found: str) -> str:
    if known is not None and not found:
        what = "is not marked as this database's (the file media/identity is missing), and none of its files are there"
    elif known is not None:
        what = "belongs to another database"
    else:
        what = "does not go with this database: one of the two is from another studio"
    return (
        f"The folder {settings.MEDIA_ROOT} {what}.\n"
        "All machines of one database share one media folder: mount it there, or choose the right --data DIR and "
        "DATABASE_URL.\nIf it is right all the same: python3 run.py --data DIR manage media --accept"
    )
