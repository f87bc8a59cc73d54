"""Single files of a Debian package, without Debian's tools.

A .deb is an `ar` archive with a tar archive `data.tar.…` in it (deb(5)). Nothing is extracted but the files that are
named, to streams, so that names and links in the archive cannot reach anywhere else.
"""

import io
import lzma
import shutil
import tarfile
from collections.abc import Collection
from pathlib import Path
from typing import IO

MAGIC = b"!<arch>\n"
HEADER_BYTES = 60
MAX_FILE_BYTES = 200_000_000  # of one unpacked file


class BadPackage(Exception):
    """A file is not the Debian package that it should be; the message says in what way."""


def extract(package: Path, names: Collection[str], folder: Path) -> dict[str, Path]:
    """Extract files of a package by their paths in it ("usr/share/…") into a folder, under their last names.

    Raises:
        BadPackage: it is not readable, a file is missing or too large.
    """
    wanted, extracted = set(names), {}
    try:
        with package.open("rb") as file, tarfile.open(fileobj=_data(file), mode="r|*") as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                if name in wanted and member.isfile():
                    extracted[name] = _copy(tar, member, folder / name.rpartition("/")[2])
                if len(extracted) == len(wanted):
                    break
    except (tarfile.TarError, lzma.LZMAError, EOFError, ValueError, OSError) as error:
        raise BadPackage(f"{package.name} cannot be read: {error}.") from error
    if missing := wanted - set(extracted):
        raise BadPackage(f"{package.name} lacks {', '.join(sorted(missing)[:3])}.")
    return extracted


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> Path:
    source = tar.extractfile(member)
    if source is None or member.size > MAX_FILE_BYTES:
        raise ValueError(f"{member.name} has {member.size} bytes")
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)
    return target


def _data(file: IO[bytes]) -> IO[bytes]:
    """Return the stream of the member with the package's files."""
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError("it is no Debian package")
    while len(header := file.read(HEADER_BYTES)) == HEADER_BYTES:
        name, size = header[:16].decode("ascii").rstrip(" /"), int(header[48:58])
        if name.startswith("data.tar"):
            return io.BufferedReader(_Part(file, size))
        file.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError("it has no files")


class _Part(io.RawIOBase):
    """The next bytes of a file, up to `size`."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        piece = self._file.read(min(len(buffer), self._left))
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)
