"""The composer's optional layered sample pack: fetch it, and say whether it is there.

    DATA/composer-samples/downloads/x.deb.part    what has arrived of a package; the next attempt continues it
                          building-…/             a pack being made
                          1/                      the pack, complete since it has this name; workers map it into memory

The packages come from the mirror that STUDIO_DEBIAN_MIRROR names, or else from apt, or else from Debian's own mirror;
nothing is used whose SHA-256 is not the one in the composer's table. What if the process dies here? Downloads are
continued, and a pack that was being made is made anew. The pack can be fetched again at any time, so backups leave it
out.
"""

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from generator.composer.sound.layers import installed
from generator.composer.sound.layers.builder import build
from generator.composer.sound.layers.contents import MUSESCORE, SONIC_PI, Package
from generator.composer.sound.layers.deb import BadPackage
from generator.services.errors import UserError

PACKAGES = (MUSESCORE, SONIC_PI)
DEFAULT_MIRROR = "https://deb.debian.org/debian"
FETCH_TIMEOUT_S = 1800.0  # for one package
SILENCE_TIMEOUT_S = 30.0
DOWNLOADS, BUILDING = "downloads", "building-"
Tell = Callable[[str], None]


def root() -> Path:
    return Path(settings.DATA_DIR) / "composer-samples"


def number() -> int:
    """Return the number of the pack that is installed; 0 if there is none."""
    return installed.number_in(root())


def fetch(tell: Tell = lambda line: None) -> bool:
    """Fetch and install the pack; return False if it is there already. `tell` is called with what is being done.

    Raises:
        UserError: it could not be fetched or made; nothing has changed, and another attempt continues.
    """
    root().mkdir(parents=True, exist_ok=True)
    with _lock():
        if number():
            return False
        for leftover in root().glob(f"{BUILDING}*"):
            shutil.rmtree(leftover)
        try:
            musescore, sonic_pi = (_package_file(package, tell) for package in PACKAGES)
            tell(_("Making the sample pack, which takes a minute or two"))
            _install(musescore, sonic_pi)
        except OSError as error:
            raise _error(_("The sample pack could not be stored: {problem}."), error) from error
        shutil.rmtree(root() / DOWNLOADS, ignore_errors=True)
    return True


def remove() -> bool:
    """Remove the pack and all downloads; return False if there was nothing."""
    existed = root().exists()
    shutil.rmtree(root(), ignore_errors=True)
    return existed


@contextmanager
def _lock() -> Iterator[None]:
    with (root() / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(_("The sample pack is being fetched already."), code="already_requested") from error
        yield


def _install(musescore: Path, sonic_pi: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=BUILDING, dir=root()) as folder:
        pack = Path(folder) / "pack"
        pack.mkdir()
        try:
            build(musescore, sonic_pi, pack)
        except BadPackage as error:
            raise _error(_("The sample pack could not be made: {problem}"), error) from error
        pack.replace(installed.folder_of(root()))


# --- packages ---


def _package_file(package: Package, tell: Tell) -> Path:
    """Return a package's verified file, fetched unless an earlier attempt did."""
    folder = root() / DOWNLOADS
    folder.mkdir(exist_ok=True)
    file = folder / package.file_name
    if not file.is_file():
        tell(_("Fetching {name} ({size:.0f} MB)").format(name=package.name, size=package.size / 1e6))
        part = file.with_name(f"{file.name}.part")
        if settings.STUDIO_DEBIAN_MIRROR or not _fetch_by_apt(package, part):
            _download(package, part)
        _verify(package, part)
        part.replace(file)
    return file


def _fetch_by_apt(package: Package, part: Path) -> bool:
    """Fetch a package with apt, which needs no permissions for that; return whether it did."""
    if part.exists() or not shutil.which("apt-get"):
        return False
    with tempfile.TemporaryDirectory(dir=part.parent) as folder:
        command = ["apt-get", "download", "--quiet", f"{package.name}={package.version}"]
        try:
            subprocess.run(command, cwd=folder, capture_output=True, timeout=FETCH_TIMEOUT_S, check=True)
        except (subprocess.SubprocessError, OSError):
            return False
        fetched = next(Path(folder).glob("*.deb"), None)
        if fetched is None:
            return False
        fetched.replace(part)
    return True


def _verify(package: Package, part: Path) -> None:
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != package.sha256:
        part.unlink()
        sentence = _("{name} is not the file that it should be, so it was deleted. Try again, or use another mirror.")
        raise UserError(sentence.format(name=package.file_name), code="source_gone")


def _download(package: Package, part: Path) -> None:
    """Download a package from the mirror, after what an earlier attempt left."""
    url = f"{settings.STUDIO_DEBIAN_MIRROR or DEFAULT_MIRROR}/{package.path}"
    ends = time.monotonic() + FETCH_TIMEOUT_S
    if part.exists() and part.stat().st_size >= package.size:
        part.unlink()
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    try:
        with httpx.stream("GET", url, headers=headers, timeout=SILENCE_TIMEOUT_S, follow_redirects=True) as reply:
            if reply.status_code not in (200, 206):
                raise _error(_("The mirror refused the download: {problem}."), f"{url}, HTTP {reply.status_code}")
            if reply.status_code == 200:
                have = 0
            _receive(reply, part, have, package, ends)
    except httpx.HTTPError as error:
        sentence = _("The download was interrupted ({problem}). Run the command again to continue.")
        raise _error(sentence, f"{url}: {error or type(error).__name__}") from error


def _receive(reply: httpx.Response, part: Path, have: int, package: Package, ends: float) -> None:
    with part.open("ab" if have else "wb") as file:
        for chunk in reply.iter_raw():
            have += len(chunk)
            if have > package.size:
                file.truncate(0)
                raise _error(_("The mirror sent another file: {problem}."), f"{package.file_name} is too large")
            file.write(chunk)
            if time.monotonic() > ends:
                raise _error(_("The mirror is too slow ({problem}). Run the command again to continue."), reply.url)
    if have < package.size:
        raise _error(_("The download ended too early ({problem}). Run the command again to continue."), reply.url)


def _error(sentence: str, problem: object) -> UserError:
    return UserError(sentence.format(problem=problem), code="source_gone")
