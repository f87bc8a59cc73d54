"""One file that holds a whole studio: database, audio, secrets. Made, checked, and brought back.

    studio-2026-11-21.tar ── database.sqlite3 | database.dump   a consistent copy, taken while the studio runs
                             env                                DIR/.env, without which sessions and keys are lost
                             media/ab/abcd….flac                every file a row of that database names
                             manifest.json                      last, so that a file cut short is noticed

Audio is named by its SHA-256, so a check needs nothing but the archive. What if the process dies here? A backup is
written beside its name and renamed at the end; a restore unpacks beside the data directory's parts and renames them.
"""

import hashlib
import io
import json
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection
from django.utils import timezone

FORMAT = 1
MANIFEST, ENV, SQLITE, DUMP = "manifest.json", "env", "database.sqlite3", "database.dump"
NAMED_FILES = " UNION ".join(
    f"SELECT {column} FROM generator_{table}"  # noqa: S608
    for table, column in (
        ("track", "file"),
        ("track", "cover"),
        ("rendition", "file"),
        ("reference", "file"),
        ("reference", "upload"),
        ("stem", "file"),
    )
)


class ArchiveError(Exception):
    """A backup could not be made, or an archive is not whole; the message says what to do."""


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


# --- make ---


def backup(target: Path) -> dict:
    """Write everything to a new file and check it; return its manifest.

    Raises:
        ArchiveError: the file is there already, a named file is missing, or the check failed.
    """
    if target.exists():
        raise ArchiveError(f"{target} exists already.")
    part = target.with_name(f"{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder, tarfile.open(part, "w") as tar:
            database = Path(folder) / (SQLITE if _is_sqlite() else DUMP)
            names = _copy_database(database)
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


def _copy_database(target: Path) -> list[str]:
    """Copy the database as of one moment; return the names of the files its rows name."""
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
    """Run one of PostgreSQL's programs on the studio's database."""
    facts = settings.DATABASES["default"]
    address = {"host": facts["HOST"], "port": facts["PORT"] or 5432, "user": facts["USER"], "dbname": facts["NAME"]}
    where = ["--dbname", " ".join(f"{name}={value}" for name, value in address.items())]
    env = {"PGPASSWORD": facts["PASSWORD"] or "", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    try:
        done = subprocess.run([*command, *where], env=env, capture_output=True, text=True, timeout=3600, check=False)
    except FileNotFoundError:
        raise ArchiveError(f"{command[0]} is needed and not installed (Debian: postgresql-client).") from None
    if done.returncode:
        raise ArchiveError(f"{command[0]} failed: {done.stderr.strip()[-500:]}")


def _add_media(tar: tarfile.TarFile, names: list[str]) -> Iterator[str]:
    """Add the files; yield the names of those that are not there."""
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
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


# --- check ---


def check(path: Path) -> dict:
    """Read the whole archive and compare every file with its name; return the manifest.

    Raises:
        ArchiveError: not an archive of ours, cut short, or damaged.
    """
    digests: dict[str, str] = {}
    manifest: dict = {}
    try:
        with tarfile.open(path) as tar:
            for entry in tar:
                if not entry.isfile() or (file := tar.extractfile(entry)) is None:
                    raise ArchiveError(f"{path} holds {entry.name}, which is not a plain file.")
                if entry.name == MANIFEST:
                    manifest = json.loads(file.read())
                elif entry.name != ENV:
                    digests[entry.name] = _digest(file)
    except (tarfile.TarError, OSError, ValueError) as error:
        raise ArchiveError(f"{path} cannot be read as a backup: {error}") from error
    if manifest.get("format") != FORMAT:
        raise ArchiveError(f"{path} is not a whole backup of a studio: its manifest is missing or of another version.")
    if digests.pop(manifest["database"], "") != manifest["database_sha256"]:
        raise ArchiveError(f"The database in {path} is damaged.")
    damaged = [name for name, digest in digests.items() if Path(name).stem != digest]
    if damaged or len(digests) != manifest["files"]:
        raise ArchiveError(f"{len(damaged)} files in {path} are damaged, {manifest['files'] - len(digests)} missing.")
    return manifest


# --- bring back ---


def restore(path: Path) -> dict:
    """Put an archive into an empty data directory (and database); return its manifest.

    Raises:
        ArchiveError: the archive is not whole, of another kind of database, or there is a studio here already.
    """
    manifest = check(path)
    if (manifest["database"] == SQLITE) != _is_sqlite():
        raise ArchiveError(f"The backup holds {manifest['database']}; DATABASE_URL names another kind of database.")
    if "generator_user" in connection.introspection.table_names():
        raise ArchiveError("There is a studio in this database already. Restore into an empty --data DIR or database.")
    connection.close()
    data = Path(settings.DATA_DIR)
    with tempfile.TemporaryDirectory(dir=data) as folder, tarfile.open(path) as tar:
        tar.extractall(folder, filter="data")
        unpacked = Path(folder)
        if (unpacked / "media").exists():
            shutil.copytree(unpacked / "media", settings.MEDIA_ROOT, dirs_exist_ok=True, copy_function=shutil.move)
        if (unpacked / ENV).exists():
            (unpacked / ENV).rename(data / ".env")
            (data / ".env").chmod(0o600)
        if _is_sqlite():
            target = Path(settings.DATABASES["default"]["NAME"])
            for leftover in target.parent.glob(f"{target.name}*"):  # an empty database and its journals
                leftover.unlink()
            (unpacked / SQLITE).rename(target)
        else:
            _run(["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(unpacked / DUMP)])
    return manifest
