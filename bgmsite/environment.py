"""The studio's settings as an administrator writes them: environment variables, and `DIR/.env` for those not set there.

    NAME=value        one a line; "…" or '…' around a value is taken off; a line that starts with # is a comment

Everything that is wrong is collected with the line (or the variable) it stands in, and `Environment.check` raises it
at once, before anything has started. A value that may be a secret is never part of a message.
"""

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
import redis
from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = ("true", "on", "ok", "yes", "y", "1"), ("false", "off", "no", "n", "0")
PREFIX = "STUDIO_"
OUTSIDE = ("STUDIO_DATA",)  # say where the file is, so the file cannot say them
# Names of the tests and benchmarks, which the studio itself does not read.
OTHERS = ("STUDIO_CHROMIUM", "STUDIO_EXAMPLES", "STUDIO_PORTABLE_WATCH", "STUDIO_TEST_POSTGRES", "STUDIO_TEST_REDIS")
DATABASES = ("postgres", "postgresql", "psql", "pgsql", "sqlite")
CACHES = ("redis", "rediss")
MAIL_PORTS = {"smtp": 25, "smtps": 587, "smtp+tls": 587, "smtp+ssl": 465}
MAIL_ELSEWHERE = ("consolemail", "filemail", "memorymail", "dummymail")
ENCODE = "a reserved character (/ ? # @ : [ ] %) in its user or password has to be percent-encoded, such as %23 for #"

_LINE = re.compile(r"(export\s+)?([A-Za-z_][A-Za-z_0-9]*)(\s*)=(\s*)(.*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_ADDRESS = r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+"
_SENDER = re.compile(rf"{_ADDRESS}|(\"[^\"\\]*\"|[^@<>,;:\"\\]*)\s*<{_ADDRESS}>")
_HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")


class SettingsError(ImproperlyConfigured):
    """What the administrator has to put right, a line for each thing."""


# The getters below have these names.
_Str: TypeAlias = str
_Int: TypeAlias = int
_Float: TypeAlias = float
_Bool: TypeAlias = bool
_Strs: TypeAlias = list[str]


@dataclass
class Environment:
    """`Environment(os.environ)`, `read_file`, one getter a type, then `check()`.

    A getter returns its default where the value is missing, empty or wrong.
    """

    variables: MutableMapping[_Str, _Str]
    file: Path = Path(".env")
    problems: _Strs = field(default_factory=list)
    known: set[_Str] = field(default_factory=lambda: {*OUTSIDE, *OTHERS})
    lines: dict[_Str, _Int] = field(default_factory=dict)  # where in the file a name in force stands

    def read_file(self, file: Path) -> None:
        """Take what the file says where the environment says nothing."""
        self.file, outside = file, set(self.variables)
        for name, (number, value) in _read(file, self._wrong_line).items():
            if name in OUTSIDE:
                self._wrong_line(number, f"{name} cannot be set in this file; use --data, or the environment")
            elif name not in outside:
                self.lines[name] = number
                self.variables[name] = value

    def check(self) -> None:
        """Raise everything that is wrong.

        Raises:
            SettingsError: a line for each problem.
        """
        for name in sorted(set(self.variables) - self.known):
            ours = name.upper().startswith(PREFIX)
            if not (ours or name in self.lines):
                continue  # the environment is full of other programs' names
            if near := _meant(name, self.known):
                self._wrong(name, f"there is no setting of that name; {near} is one")
            elif ours and name in self.lines:
                self._wrong(name, "there is no setting of that name")
        if self.problems:
            raise SettingsError("\n".join(self.problems))

    # --- getters ---

    def str(self, name: _Str, default: _Str = "") -> _Str:
        return self._get(name, default, lambda value: value)

    def bool(self, name: _Str, default: _Bool = False) -> _Bool:
        return self._get(name, default, _yes_or_no)

    def int(self, name: _Str, default: _Int, least: _Int = 0, most: _Int = 1_000_000) -> _Int:
        def whole(value: _Str) -> _Int:
            if not _WHOLE.fullmatch(value) or not least <= int(value) <= most:
                raise ValueError(f"{value!r} is not a whole number from {least} to {most}")
            return int(value)

        return self._get(name, default, whole)

    def float(self, name: _Str, default: _Float, least: _Float = 0.0) -> _Float:
        def number(value: _Str) -> _Float:
            try:
                found = float(value)
            except ValueError:
                found = math.nan
            if not (math.isfinite(found) and found > least):
                raise ValueError(f"{value!r} is not a number above {least:g}")
            return found

        return self._get(name, default, number)

    def choice(self, name: _Str, choices: Iterable[_Str], default: _Str) -> _Str:
        def chosen(value: _Str) -> _Str:
            found = {one.lower(): one for one in choices}.get(value.lower())
            if found is None:
                raise ValueError(f"{value!r} is none of {', '.join(one for one in choices if one)}")
            return found

        return self._get(name, default, chosen)

    def list(self, name: _Str, default: Iterable[_Str] = (), each: Callable[[_Str], _Str] = _Str) -> _Strs:
        """What stands between commas."""
        return self._get(name, [*default], lambda value: [each(one.strip()) for one in value.split(",") if one.strip()])

    def read(self, name: _Str, default: Any, parse: Callable[[_Str], Any]) -> Any:
        """Read with a function that raises ValueError, with a sentence that may be printed."""
        return self._get(name, default, parse)

    def _get(self, name: _Str, default: Any, parse: Callable[[_Str], Any]) -> Any:
        self.known.add(name)
        value = self.variables.get(name, "").strip()
        if not value:
            return default
        try:
            if _CONTROL.search(value):
                raise ValueError("there is a control character in it")
            return parse(value)
        except ValueError as error:
            self._wrong(name, f"{error}")
            return default

    def _wrong(self, name: _Str, sentence: _Str) -> None:
        if name in self.lines:
            self._wrong_line(self.lines[name], f"{name}: {sentence}")
        else:
            self.problems.append(f"The environment variable {name}: {sentence}.")

    def _wrong_line(self, number: _Int, sentence: _Str) -> None:
        where = f"{self.file}, line {number}" if number else f"{self.file}"
        self.problems.append(f"{where}: {sentence}.")


# --- the file ---

Wrong = Callable[[int, str], None]


def _read(file: Path, wrong: Wrong) -> dict[str, tuple[int, str]]:
    """The lines that are right, by name; a missing file has none."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        wrong(0, f"the file cannot be read ({error.strerror})")
        return {}
    found: dict[str, tuple[int, str]] = {}
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            name, value = _one(raw.decode().strip())
        except UnicodeDecodeError:
            wrong(number, "the file is not in UTF-8; save it as UTF-8")
            break
        except ValueError as error:
            wrong(number, f"{error}")
            continue
        if name in found:
            wrong(number, f"{name} is set in line {found[name][0]} already; remove one of them")
        elif name:
            found[name] = number, value
    return found


def _one(line: str) -> tuple[str, str]:
    """The name and the value of a line; two empty texts for a comment.

    Raises:
        ValueError: with a sentence; the value is never in it.
    """
    if not line or line.startswith("#"):
        return "", ""
    if _CONTROL.search(line):
        raise ValueError("there is a control character in it")
    if not (match := _LINE.fullmatch(line)):
        raise ValueError("that is not NAME=value; a comment starts with #")
    _, name, before, after, value = match.groups()
    if before or (after and value):
        raise ValueError(f"write {name}=value, without spaces around the =")
    if value[:1] in ("'", '"'):
        return name, _unquoted(name, value)
    if re.search(r"\s#", value) or value.startswith("#"):
        raise ValueError(
            f"the value of {name} has a # after a space: put the comment on a line of its own, or the value in quotes"
        )
    return name, value


def _unquoted(name: str, value: str) -> str:
    quote = value[0]
    inside = r"((?:[^\\\"]|\\.)*)" if quote == '"' else "([^']*)"
    if not (match := re.fullmatch(quote + inside + quote + r"\s*(.*)", value)):
        raise ValueError(f"the value of {name} starts with a quote that is not closed")
    text, rest = match.groups()
    if rest.startswith("#"):
        raise ValueError(f"put the comment behind {name} on a line of its own")
    if rest:
        raise ValueError(f"something follows the closing quote of {name}")
    return re.sub(r"\\([^rnt])", r"\1", text) if quote == '"' else text


def _meant(name: str, known: Iterable[str]) -> str:
    """The setting that a name is a slip of the pen for."""
    upper = name.upper().replace("-", "_")
    if upper.startswith(PREFIX):
        tails = {one.removeprefix(PREFIX): one for one in known if one.startswith(PREFIX)}
        near = difflib.get_close_matches(upper.removeprefix(PREFIX), tails, 1, 0.8)
        return tails[near[0]] if near else ""
    return next(iter(difflib.get_close_matches(upper, [*known], 1, 0.9)), "")


# --- values ---


def _yes_or_no(value: str) -> bool:
    if value.lower() not in TRUE + FALSE:
        raise ValueError(f"{value!r} is neither on nor off")
    return value.lower() in TRUE


def host(value: str) -> str:
    """A name that the studio answers to, as Django matches it."""
    if not _HOST.fullmatch(value):
        raise ValueError(f"{value!r} is not a host name such as studio.example.com, without https:// and port")
    return value


def origin(value: str) -> str:
    """`https://host` or `https://host:port`."""
    parts = _with_host(value, ("https", "http"))
    if parts.path.strip("/") or parts.query or parts.username is not None:
        raise ValueError("it has to be like https://studio.example.com, with nothing behind the host")
    return value.rstrip("/")


def address(value: str) -> str:
    """An origin that people can be sent to."""
    if "*" in value:
        raise ValueError("it is one address, without *")
    return origin(value)


def module(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", value):
        raise ValueError(f"{value!r} is not the name of a Python module")
    return value


def _split(value: str, schemes: Iterable[str]) -> SplitResult:
    """Take an address apart, and refuse one that can be read in two ways; it may hold a password.

    Raises:
        ValueError: with a sentence that has nothing of the value but its scheme.
    """
    scheme, colon, _ = value.partition("://")
    if not colon or scheme.lower() not in schemes:
        raise ValueError(f"it has to start with {' or '.join(f'{one}://' for one in schemes)}")
    if re.search(r"\s", value):
        raise ValueError("there is a space in it; as a part of a password it is written %20")
    try:
        parts = urlsplit(value)
        hosts = [urlsplit(f"//{one}") for one in parts.netloc.rpartition("@")[2].split(",")]
        _ = [one.port for one in hosts]
    except ValueError:
        raise ValueError(f"its host or port cannot be read; {ENCODE}") from None
    if parts.fragment or value.endswith("#") or "@" in parts.path + parts.query:
        raise ValueError(ENCODE)
    if re.search(r"%(?![0-9A-Fa-f]{2})", parts.netloc):
        raise ValueError(f"there is a % in it that starts no code; {ENCODE}")
    return parts


def _with_host(value: str, schemes: Iterable[str]) -> SplitResult:
    parts = _split(value, schemes)
    if not parts.hostname:
        raise ValueError("there is no host in it")
    return parts


def database(value: str) -> dict[str, Any]:
    parts = _split(value, DATABASES)
    if parts.scheme == "sqlite" and (parts.netloc or len(parts.path) < 2):
        raise ValueError("the file has to be named like sqlite:////srv/studio.sqlite3")
    if parts.scheme != "sqlite" and len(parts.path.strip("/")) == 0:
        raise ValueError("the name of the database is missing behind the host")
    return environ.Env.db_url_config(value)


def cache(value: str) -> dict[str, Any]:
    parts = _split(value, CACHES)  # without a host, the path is that of a socket
    if parts.netloc and not re.fullmatch(r"/?[0-9]*", parts.path):
        raise ValueError("behind the host stands the number of the database, such as /0")
    found = environ.Env.cache_url_config(value)
    try:  # nothing is connected by it
        pools = [redis.ConnectionPool.from_url(one, **found.get("OPTIONS", {})) for one in _servers(found["LOCATION"])]
        _ = [pool.make_connection() for pool in pools]
    except (TypeError, ValueError):
        raise ValueError("there is an option in it that Redis does not have") from None
    return {**found, "BACKEND": "bgmsite.caches.Redis"}


def _servers(location: str | list[str]) -> list[str]:
    return [location] if isinstance(location, str) else location


def mail(value: str) -> Mapping[str, Any]:
    elsewhere = value.partition(":")[0] in MAIL_ELSEWHERE
    parts = urlsplit(value) if elsewhere else _with_host(value, MAIL_PORTS)
    found = environ.Env.email_url_config(value)
    if not elsewhere and not found["EMAIL_PORT"]:
        found["EMAIL_PORT"] = MAIL_PORTS[parts.scheme]
    return found


def sender(value: str) -> str:
    """An address, with or without a name before it."""
    if not _SENDER.fullmatch(value):
        raise ValueError("it has to be like BGM Studio <studio@example.com>")
    return value


def zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(f"{value!r} is no time zone such as Europe/Berlin") from None
    return value
