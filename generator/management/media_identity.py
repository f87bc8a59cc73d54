"""Check that the media folder is the one that belongs to the database.

    database   Installation.identity, one row
    media      DIR/media/identity, the same text

A second machine without the shared folder, an unmounted disk, or a database that was pointed elsewhere would answer 404
for each other's tracks, and the nightly sweep would take their files for orphans. Each start therefore checks first.
What if the process dies here? The file is written before the row is committed; if a file is left without a row, the
next start asks (`manage media --accept`).
"""

import logging
import os
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import transaction

from generator.models import Installation, Reference, Track
from generator.models.installation import new_identity
from generator.services.library import media

log = logging.getLogger("studio")

NAME = "identity"
MISSING = (
    "%d of %d checked files are missing from %s. All machines of one database must share one media folder; a copy "
    "of it does not work. If files were lost, restore them from a backup."
)
SAMPLE_SIZE = 25  # files to check at either end of each table


class WrongMedia(Exception):
    """The folder does not belong to the database; the message says what to do."""


def check() -> None:
    """Compare the two identities; create both where that is certain to be right.

    Raises:
        WrongMedia: this media folder belongs to another database, or is missing.
    """
    identity = Installation.objects.filter(pk=1).values_list("identity", flat=True).first()
    stored = _read()
    expected = _sample()
    present = [name for name in expected if media.path(name).is_file()]
    if identity is not None and stored == identity:
        if len(present) < len(expected):  # a copied folder has the mark as well
            log.warning(MISSING, len(expected) - len(present), len(expected), settings.MEDIA_ROOT)
        return
    if identity is None:  # a new studio, or one of an earlier release
        right = bool(present) or not (expected or stored or _holds_files())
    else:  # the mark was lost but all files are here; with fewer it may be another machine's own folder
        right = not stored and bool(expected) and len(present) == len(expected)
    if not right:
        raise WrongMedia(_mismatch_message(identity, stored))
    accept()


def accept() -> None:
    """Make this folder the database's, whatever it holds; the first machine decides the identity."""
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
    with part.open("w") as output:
        output.write(f"{identity}\n")
        output.flush()
        os.fsync(output.fileno())
    part.replace(file)


def _sample() -> list[str]:
    """Return a sample of the files that rows refer to, the oldest and the newest."""
    names: list[str] = []
    for model in (Track, Reference):
        rows = model.objects.exclude(file="")
        for order in ("pk", "-pk"):
            names += rows.order_by(order).values_list("file", flat=True)[:SAMPLE_SIZE]
    return names


def _holds_files() -> bool:
    return any(islice(media.stored(), 1))


def _mismatch_message(identity: str | None, stored: str) -> str:
    if identity is not None and not stored:
        finding = "is not marked as this database's (the file media/identity is missing) and contains none of its files"
    elif identity is not None:
        finding = "belongs to another database"
    else:
        finding = "does not match this database: one of the two is from another studio"
    return (
        f"The folder {settings.MEDIA_ROOT} {finding}.\n"
        "All machines of one database must share one media folder: mount it there, or choose the correct --data DIR "
        "and DATABASE_URL.\nIf the folder is correct: python3 run.py --data DIR manage media --accept"
    )
