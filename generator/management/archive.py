"""Backups: one file that holds a whole studio (database, audio, secrets); create, check and restore it.

    studio-2026-11-21.tar ── database.sqlite3 | database.dump   a consistent copy, taken while the studio runs
                             env                                DIR/.env, without which sessions and keys are lost
                             media/ab/abcd….flac                every file that a row of that database names
                             manifest.json                      last, so that a truncated file is noticed

Audio files are named by their SHA-256, so a check needs only the archive. What if the process dies here? A backup is
written beside its final name and renamed at the end; a restore unpacks beside the data directory's parts, then renames.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection
from django.utils import timezone

from generator.management import media_identity, restored_settings
from generator.management.database_errors import describe_database_error, place
from generator.services.library import media

FORMAT = 1
MANIFEST, ENV, SQLITE, DUMP = "manifest.json", "env", "database.sqlite3", "database.dump"
# Mixes with somebody's voice-over are deleted after a day, so they are not to live on in backups.
_WITHOUT_SPEECH = """ WHERE CAST(recipe AS TEXT) NOT LIKE '%"output": "mix"%'"""
NAMED_FILES = " UNION ".join(
    f"SELECT {column} FROM generator_{table}{condition}"  # noqa: S608
    for table, column, condition in (
        ("track", "file", ""),
        ("track", "cover", ""),
        ("replacedcover", "original", ""),
        ("rendition", "file", _WITHOUT_SPEECH),
        ("reference", "file", ""),
        ("reference", "upload", ""),
        ("stem", "file", ""),
        ("trackupload", "file", ""),
    )
)


class ArchiveError(Exception):
    """A backup could not be made, or an archive is incomplete; the message says what to do."""


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


# --- make ---


def backup(target: Path) -> dict[str, Any]:
    """Write everything to a new file, check it, and return its manifest.

    Raises:
        ArchiveError: the file already exists, a named file is missing, or the check failed.
    """
    if target.exists():
        raise ArchiveError(f"{target} already exists. Choose another file.")
    part = target.with_name(f"{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder, tarfile.open(part, "w") as tar:
            database = Path(folder) / (SQLITE if _is_sqlite() else DUMP)
            names = _named_in_copy(database)
            tar.add(database, database.name)
            if (secrets := Path(settings.DATA_DIR) / ".env").exists():
                tar.add(secrets, ENV)
            missing = list(_add_media(tar, names))
            manifest = {
                "format": FORMAT,
                "made_at": timezone.now().isoformat(timespec="seconds"),
                "database": database.name,
                "database_sha256": _digest(database.open("rb")),
                "files": len(names) - len(missing),
                "missing": missing,
            }
            _add_bytes(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
        check(part)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _named_in_copy(target: Path) -> list[str]:
    try:
        return _copy_database(target)
    except (sqlite3.Error, DatabaseError) as error:
        raise ArchiveError(describe_database_error(error)) from error


def _copy_database(target: Path) -> list[str]:
    """Copy the database as of one moment; return the names of the files that its rows refer to."""
    if _is_sqlite():
        source = settings.DATABASES["default"]["NAME"]
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            rows = copy.execute(NAMED_FILES).fetchall()
    else:
        _run(["pg_dump", "--format=custom", "--no-owner", "--file", str(target)])
        with connection.cursor() as cursor:
            cursor.execute(NAMED_FILES)
            rows = cursor.fetchall()
    return sorted(name for (name,) in rows if name)


def _run(command: list[str]) -> None:
    """Run a PostgreSQL program on the studio's database."""
    database = settings.DATABASES["default"]
    address = {
        "HOST": database["HOST"],
        "PORT": database["PORT"],
        "USER": database["USER"],
        "PASSWORD": database["PASSWORD"],
    }
    address |= {name.upper(): value for name, value in database.get("OPTIONS", {}).items() if name.startswith("ssl")}
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PGDATABASE": database["NAME"]}
    env |= {f"PG{name}": str(value) for name, value in address.items() if value}
    target = ["--dbname", database["NAME"]]
    try:
        done = subprocess.run([*command, *target], env=env, capture_output=True, text=True, timeout=3600, check=False)
    except FileNotFoundError:
        raise ArchiveError(f"{command[0]} is required but not installed (Debian: postgresql-client).") from None
    if done.returncode:
        raise ArchiveError(f"{command[0]} failed: {done.stderr.strip()[-500:]}")


def _add_media(tar: tarfile.TarFile, names: list[str]) -> Iterator[str]:
    """Add the files; yield the names of missing ones."""
    for name in names:
        try:
            tar.add(Path(settings.MEDIA_ROOT) / name, f"media/{name}")
        except FileNotFoundError:
            yield name


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))


def _digest(file: IO[bytes]) -> str:
    with file:
        return hashlib.file_digest(cast(io.BufferedReader, file), "sha256").hexdigest()  # as tarfile returns it


# --- check ---


def check(path: Path) -> dict[str, Any]:
    """Read the whole archive, compare every file with its name, and return the manifest.

    Raises:
        ArchiveError: the file is not a studio backup, is truncated, or is damaged.
    """
    digests: dict[str, str] = {}
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(path) as tar:
            for entry in tar:
                if not entry.isfile() or (file := tar.extractfile(entry)) is None:
                    raise ArchiveError(f"{path} contains {entry.name}, which is not a regular file.")
                if entry.name == MANIFEST:
                    manifest = json.loads(file.read())
                elif entry.name != ENV:
                    digests[entry.name] = _digest(file)
    except (tarfile.TarError, OSError, ValueError) as error:
        raise ArchiveError(f"{path} cannot be read as a backup: {error}") from error
    if manifest.get("format") != FORMAT:
        raise ArchiveError(
            f"{path} is not a complete backup of a studio: its manifest is missing or has another version."
        )
    if digests.pop(manifest["database"], "") != manifest["database_sha256"]:
        raise ArchiveError(f"The database in {path} is damaged.")
    damaged = [name for name, digest in digests.items() if Path(name).stem != digest]
    if damaged or len(digests) != manifest["files"]:
        raise ArchiveError(f"{len(damaged)} files in {path} are damaged, {manifest['files'] - len(digests)} missing.")
    return manifest


# --- restore ---


def restore(path: Path, *, connect: bool = False) -> dict[str, Any]:
    """Restore an archive into an empty data directory (and database); return its manifest with what was switched off.

    Raises:
        ArchiveError: the archive is incomplete, the database is of another kind, a studio is already here, or a
            connection would be needed that was not requested.
    """
    manifest = check(path)
    if (manifest["database"] == SQLITE) != _is_sqlite():
        raise ArchiveError(f"The backup is of a {manifest['database']} database; DATABASE_URL names another kind.")
    if not _is_sqlite() and not connect:
        raise ArchiveError(f"This would restore the backup into {place()}. To confirm, add --connect.")
    _check_empty()
    data = Path(settings.DATA_DIR)
    with tempfile.TemporaryDirectory(dir=data) as folder, tarfile.open(path) as tar:
        tar.extractall(folder, filter="data")
        unpacked = Path(folder)
        _check_media(unpacked / "media")
        if (unpacked / "media").exists():
            shutil.copytree(unpacked / "media", settings.MEDIA_ROOT, dirs_exist_ok=True, copy_function=shutil.move)
        manifest["switched_off"] = _restore_settings(unpacked / ENV, data / ".env", manifest["made_at"])
        if _is_sqlite():
            _forget_identity(sqlite3.connect(unpacked / SQLITE))
            target = Path(settings.DATABASES["default"]["NAME"])
            for end in ("", "-wal", "-shm", "-journal"):  # the empty database and its journals
                target.with_name(target.name + end).unlink(missing_ok=True)
            (unpacked / SQLITE).rename(target)
        else:
            _run(["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(unpacked / DUMP)])
            _forget_identity(connection)
    return manifest


def _check_empty() -> None:
    """Raise ArchiveError if the database is not empty or cannot be read."""
    try:
        tables = connection.introspection.table_names()
    except DatabaseError as error:
        raise ArchiveError(f"{describe_database_error(error)} Nothing was changed.") from error
    finally:
        connection.close()
    if "generator_user" in tables:
        raise ArchiveError("This database already contains a studio. Restore into an empty --data DIR or database.")
    if tables and _is_sqlite():
        raise ArchiveError("This database is not empty. Restore into an empty --data DIR.")


def _check_media(unpacked: Path) -> None:
    """Raise ArchiveError if the media folder holds files that are not in this archive."""
    unknown = [name for name, _ in media.stored() if not (unpacked / name).is_file()]
    if unknown:
        message = (
            f"{settings.MEDIA_ROOT} contains {len(unknown)} other files than the backup. Choose an empty --data DIR."
        )
        raise ArchiveError(message)


def _restore_settings(backup: Path, target: Path, made_at: str) -> list[str]:
    """Write DIR/.env from the backup's, keep the previous one beside it, and return what was switched off."""
    present = target.read_text(errors="replace") if target.exists() else ""
    was = backup.read_text(errors="replace") if backup.exists() else None
    text, switched_off = restored_settings.quieted(was, present, made_at)
    if target.exists():
        target.chmod(0o600)
        target.replace(target.with_name(".env.before-restore"))
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return switched_off


def _forget_identity(database: Any) -> None:
    """Remove the identity from the copy, so that it becomes a separate studio."""
    (Path(settings.MEDIA_ROOT) / media_identity.NAME).unlink(missing_ok=True)
    # A backup from before identities existed has no such table.
    with closing(database), closing(database.cursor()) as cursor, suppress(sqlite3.OperationalError, ProgrammingError):
        cursor.execute("DELETE FROM generator_installation")
        database.commit()
