"""Finished files of packs that are being made: links to the library's files, so that a stopped worker loses nothing.

They are in a folder of their own beside the library, which backups and the search for orphans do not read.
"""

import os
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from generator.models import Pack, PackItem
from generator.services.library import media

FOLDER = "packs"
MIN_AGE_S = 86_400


def folder(pack: Pack) -> Path:
    return media.path(FOLDER) / pack.public_id


def begin(item: PackItem) -> Path:
    """Return the empty folder for the files of a track."""
    target = folder(item.pack) / str(item.number)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    return target


def link(source: Path, target: Path) -> None:
    """Put a file of the library into a folder: a second name for it, or a copy where the disk has no such names."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def clear(pack: Pack) -> None:
    shutil.rmtree(folder(pack), ignore_errors=True)


def delete_stale(active: Collection[str]) -> None:
    """Delete what is older than a day and belongs to no pack that is being made (`active`: their public IDs)."""
    root = media.path(FOLDER)
    before = time.time() - MIN_AGE_S
    for stale in root.iterdir() if root.is_dir() else ():
        if stale.name not in active and stale.stat().st_mtime < before:
            shutil.rmtree(stale, ignore_errors=True)
