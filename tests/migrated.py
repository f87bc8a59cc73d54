"""A fast test database: the migrations run once, and every later test process starts with a copy.

The copy is in pytest's cache under a name that depends on the migrations and the dependencies. SQLite in memory only;
with other databases the migrations run as usual.
"""

import fcntl
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import override_settings


@contextmanager
def begin_migrated(folder: Path) -> Iterator[None]:
    """Wrap the creation of the test database: fill it from the stored copy, or store one."""
    kept = folder / f"{_hash()}.sqlite3"
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the second process finds it made
        connection_created.connect(fill := _filler(kept), weak=False)
        try:
            yield
        finally:
            connection_created.disconnect(fill)
        if not kept.exists() and connection.vendor == "sqlite" and connection.is_in_memory_db():
            _keep(kept)


def migrated_copy(folder: Path) -> Path | None:
    """Return the stored copy that a test process of this run has begun with, if its database is one in memory."""
    kept = folder / f"{_hash()}.sqlite3"
    return kept if kept.exists() else None


def _filler(kept: Path):
    def fill(connection, **_):
        if kept.exists() and connection.vendor == "sqlite" and connection.is_in_memory_db():
            connection_created.disconnect(fill)  # the first connection makes the database; the others share it
            with closing(sqlite3.connect(kept)) as copy:
                copy.backup(connection.connection)

    return fill


def _keep(kept: Path) -> None:
    # The tests' cache is in memory, and so the migrations have not made the table of a studio's.
    with override_settings(CACHES={"default": settings.DATABASE_CACHE}):
        call_command("createcachetable", verbosity=0)
    for old in kept.parent.glob("*.sqlite3"):
        old.unlink()
    making = kept.with_suffix(".making")
    with closing(sqlite3.connect(making)) as copy:
        connection.ensure_connection()
        connection.connection.backup(copy)
    making.rename(kept)


def _hash() -> str:
    files = sorted((settings.BASE_DIR / "generator" / "migrations").glob("*.py"))
    files += [settings.BASE_DIR / "requirements-dev.lock", Path(__file__)]
    return hashlib.sha256(b"\n".join(file.name.encode() + file.read_bytes() for file in files)).hexdigest()[:16]
