"""The studio's settings: environment variables, and `DIR/.env` for variables that the environment does not set.

    NAME=value        one per line; "…" or '…' around a value is removed; a line that starts with # is a comment

Every problem is collected with its line or variable, and `Environment.check` raises them all at once, before anything
has started. A value that may be a secret never appears in a message.
"""

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
import redis
from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = ("true", "on", "ok", "yes", "y", "1"), ("false", "off", "no", "n", "0")
PREFIX = "STUDIO_"
OUTSIDE = ("STUDIO_DATA",)  # determine where the file is, so the file cannot set them
# Variables of the tests and benchmarks; the studio itself does not read them.
OTHERS = ("STUDIO_CHROMIUM", "STUDIO_EXAMPLES", "STUDIO_PORTABLE_WATCH", "STUDIO_TEST_POSTGRES", "STUDIO_TEST_REDIS")
# Names from before 0.1.0; they are still read where today's name is not set.
FORMER_NAMES = {"STUDIO_TRASH_DAYS": "STUDIO_BIN_DAYS", "STUDIO_HEARTBEAT_SECONDS": "STUDIO_BEAT_SECONDS"}
DATABASES = ("postgres", "postgresql", "psql", "pgsql", "sqlite")
CACHES = ("redis", "rediss")
MAIL_PORTS = {"smtp": 25, "smtps": 587, "smtp+tls": 587, "smtp+ssl": 465}
MAIL_ELSEWHERE = ("consolemail", "filemail", "memorymail", "dummymail")
ENCODE = "reserved characters (/ ? # @ : [ ] %) in the user or password must be percent-encoded, such as %23 for #"

_LINE = re.compile(r"(export\s+)?([A-Za-z_][A-Za-z_0-9]*)(\s*)=(\s*)(.*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_ADDRESS = r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+"
_SENDER = re.compile(rf"{_ADDRESS}|(\"[^\"\\]*\"|[^@<>,;:\"\\]*)\s*<{_ADDRESS}>")
_HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")


class SettingsError(ImproperlyConfigured):
    """Problems that the administrator has to fix, one per line."""


_Value = TypeVar("_Value")
# Aliases, because the getters below shadow the built-in names.
_Str: TypeAlias = str
_Int: TypeAlias = int
_Float: TypeAlias = float
_Bool: TypeAlias = bool
_Strs: TypeAlias = list[str]


@dataclass
class Environment:
    """A reader of settings: create `Environment(os.environ)`, call `read_file`, the getters, then `check()`.

    There is one getter per type. A getter returns its default if the value is missing, empty or invalid.
    """

    variables: MutableMapping[_Str, _Str]
    file: Path = Path(".env")
    problems: _Strs = field(default_factory=list)
    known: set[_Str] = field(default_factory=lambda: {*OUTSIDE, *OTHERS})
    lines: dict[_Str, _Int] = field(default_factory=dict)  # line numbers of the settings taken from the file

    def read_file(self, file: Path) -> None:
        """Read the file; variables that the environment sets take precedence."""
        self.file, outside = file, set(self.variables)
        for name, (number, value) in _read(file, self._wrong_line).items():
            if name in OUTSIDE:
                self._wrong_line(number, f"{name} cannot be set in this file; use --data or the environment")
            elif name not in outside:
                self.lines[name] = number
                self.variables[name] = value

    def check(self) -> None:
        """Raise all collected problems, including unknown setting names.

        Raises:
            SettingsError: one line per problem.
        """
        for name in sorted(set(self.variables) - self.known):
            is_ours = name.upper().startswith(PREFIX)
            if not (is_ours or name in self.lines):
                continue  # the environment is full of other programs' names
            if suggestion := _closest_setting(name, self.known):
                self._wrong(name, f"unknown setting; did you mean {suggestion}?")
            elif is_ours and name in self.lines:
                self._wrong(name, "unknown setting")
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
                parsed = float(value)
            except ValueError:
                parsed = math.nan
            if not (math.isfinite(parsed) and parsed > least):
                raise ValueError(f"{value!r} is not a number above {least:g}")
            return parsed

        return self._get(name, default, number)

    def choice(self, name: _Str, choices: Iterable[_Str], default: _Str) -> _Str:
        def chosen(value: _Str) -> _Str:
            match = {option.lower(): option for option in choices}.get(value.lower())
            if match is None:
                raise ValueError(f"{value!r} is not one of {', '.join(option for option in choices if option)}")
            return match

        return self._get(name, default, chosen)

    def list(self, name: _Str, default: Iterable[_Str] = (), each: Callable[[_Str], _Str] = _Str) -> _Strs:
        """Return the comma-separated values, each stripped and passed to `each`; empty ones are dropped."""
        return self._get(
            name, [*default], lambda value: [each(item.strip()) for item in value.split(",") if item.strip()]
        )

    def read(self, name: _Str, default: Any, parse: Callable[[_Str], Any]) -> Any:
        """Return the parsed value; `parse` raises ValueError with a message that is safe to print."""
        return self._get(name, default, parse)

    def _get(self, name: _Str, default: _Value, parse: Callable[[_Str], _Value]) -> _Value:
        former = FORMER_NAMES.get(name, name)
        self.known |= {name, former}
        if not self.variables.get(name, "").strip() and former in self.variables:
            name = former
        value = self.variables.get(name, "").strip()
        if not value:
            return default
        try:
            if _CONTROL.search(value):
                raise ValueError("it contains a control character")
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
        place = f"{self.file}, line {number}" if number else f"{self.file}"
        self.problems.append(f"{place}: {sentence}.")


# --- the file ---

Wrong = Callable[[int, str], None]


def _read(file: Path, report: Wrong) -> dict[str, tuple[int, str]]:
    """Return {name: (line number, value)} of the valid lines; a missing file has none. Report others to `wrong`."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        report(0, f"the file cannot be read ({error.strerror})")
        return {}
    values: dict[str, tuple[int, str]] = {}
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            name, value = _parse_line(raw.decode().strip())
        except UnicodeDecodeError:
            report(number, "the file is not UTF-8; save it as UTF-8")
            break
        except ValueError as error:
            report(number, f"{error}")
            continue
        if name in values:
            report(number, f"{name} is already set in line {values[name][0]}; remove one of them")
        elif name:
            values[name] = number, value
    return values


def _parse_line(line: str) -> tuple[str, str]:
    """Return the name and value of a line; two empty strings for a comment.

    Raises:
        ValueError: with a message that never contains the value.
    """
    if not line or line.startswith("#"):
        return "", ""
    if _CONTROL.search(line):
        raise ValueError("it contains a control character")
    if not (match := _LINE.fullmatch(line)):
        raise ValueError("expected NAME=value; a comment starts with #")
    _, name, before, after, value = match.groups()
    if before or (after and value):
        raise ValueError(f"write {name}=value without spaces around the =")
    if value[:1] in ("'", '"'):
        return name, _unquoted(name, value)
    if re.search(r"\s#", value) or value.startswith("#"):
        raise ValueError(
            f"the value of {name} contains # after a space: put the comment on its own line, or the value in quotes"
        )
    return name, value


def _unquoted(name: str, value: str) -> str:
    quote = value[0]
    inside = r"((?:[^\\\"]|\\.)*)" if quote == '"' else "([^']*)"
    if not (match := re.fullmatch(quote + inside + quote + r"\s*(.*)", value)):
        raise ValueError(f"the value of {name} starts with a quote that is not closed")
    text, rest = match.groups()
    if rest.startswith("#"):
        raise ValueError(f"put the comment after {name} on its own line")
    if rest:
        raise ValueError(f"there is text after the closing quote of {name}")
    return re.sub(r"\\([^rnt])", r"\1", text) if quote == '"' else text


def _closest_setting(name: str, known: Iterable[str]) -> str:
    """Return the known setting that a name probably misspells, or an empty string."""
    upper = name.upper().replace("-", "_")
    if upper.startswith(PREFIX):
        tails = {setting.removeprefix(PREFIX): setting for setting in known if setting.startswith(PREFIX)}
        matches = difflib.get_close_matches(upper.removeprefix(PREFIX), tails, 1, 0.8)
        return tails[matches[0]] if matches else ""
    return next(iter(difflib.get_close_matches(upper, [*known], 1, 0.9)), "")


# --- values ---


def _yes_or_no(value: str) -> bool:
    if value.lower() not in TRUE + FALSE:
        raise ValueError(f"{value!r} is not “on” or “off”")
    return value.lower() in TRUE


def host(value: str) -> str:
    """Return a valid entry for Django's ALLOWED_HOSTS."""
    if not _HOST.fullmatch(value):
        raise ValueError(f"{value!r} is not a host name such as studio.example.com, without https:// and port")
    return value


def origin(value: str) -> str:
    """Return an origin: `https://host` or `https://host:port` (or http), without a trailing slash."""
    parts = _with_host(value, ("https", "http"))
    if parts.path.strip("/") or parts.query or parts.username is not None:
        raise ValueError("it must look like https://studio.example.com, with nothing after the host")
    return value.rstrip("/")


def address(value: str) -> str:
    """Return an origin without wildcards, which emails can link to."""
    if "*" in value:
        raise ValueError("it must be a single address without *")
    return origin(value)


def mirror(value: str) -> str:
    """Return the address of a folder on a web server, without a slash at its end."""
    _split(value, ("https", "http"))
    return value.rstrip("/")


def module(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", value):
        raise ValueError(f"{value!r} is not the name of a Python module")
    return value


def _split(value: str, schemes: Iterable[str]) -> SplitResult:
    """Split a URL, which may contain a password, and reject an ambiguous one.

    Raises:
        ValueError: with a message that contains nothing of the value but its scheme.
    """
    scheme, colon, _ = value.partition("://")
    if not colon or scheme.lower() not in schemes:
        raise ValueError(f"it must start with {' or '.join(f'{item}://' for item in schemes)}")
    if re.search(r"\s", value):
        raise ValueError("it contains a space; write %20 for a space in a password")
    try:
        parts = urlsplit(value)
        hosts = [urlsplit(f"//{item}") for item in parts.netloc.rpartition("@")[2].split(",")]
        _ = [item.port for item in hosts]
    except ValueError:
        raise ValueError(f"its host or port cannot be read; {ENCODE}") from None
    if parts.fragment or value.endswith("#") or "@" in parts.path + parts.query:
        raise ValueError(ENCODE)
    if re.search(r"%(?![0-9A-Fa-f]{2})", parts.netloc):
        raise ValueError(f"it contains a % that does not start a code; {ENCODE}")
    return parts


def _with_host(value: str, schemes: Iterable[str]) -> SplitResult:
    parts = _split(value, schemes)
    if not parts.hostname:
        raise ValueError("it contains no host")
    return parts


def database(value: str) -> dict[str, Any]:
    parts = _split(value, DATABASES)
    if parts.scheme == "sqlite" and (parts.netloc or len(parts.path) < 2):
        raise ValueError("the file must be given as in sqlite:////srv/studio.sqlite3")
    if parts.scheme != "sqlite" and len(parts.path.strip("/")) == 0:
        raise ValueError("the name of the database is missing after the host")
    found: dict[str, Any] = environ.Env.db_url_config(value)
    return found


def cache(value: str) -> dict[str, Any]:
    parts = _split(value, CACHES)  # without a host, the path is a socket's
    if parts.netloc and not re.fullmatch(r"/?[0-9]*", parts.path):
        raise ValueError("after the host, only the number of the database is allowed, such as /0")
    config = environ.Env.cache_url_config(value)
    try:  # opens no connection
        pools = [
            redis.ConnectionPool.from_url(server, **config.get("OPTIONS", {}))
            for server in _servers(config["LOCATION"])
        ]
        _ = [pool.make_connection() for pool in pools]
    except (TypeError, ValueError):
        raise ValueError("it contains an option that Redis does not have") from None
    return {**config, "BACKEND": "bgmsite.caches.Redis"}


def _servers(location: str | list[str]) -> list[str]:
    return [location] if isinstance(location, str) else location


def mail(value: str) -> Mapping[str, Any]:
    elsewhere = value.partition(":")[0] in MAIL_ELSEWHERE
    parts = urlsplit(value) if elsewhere else _with_host(value, MAIL_PORTS)
    config: dict[str, Any] = environ.Env.email_url_config(value)
    if not elsewhere and not config["EMAIL_PORT"]:
        config["EMAIL_PORT"] = MAIL_PORTS[parts.scheme]
    return config


def sender(value: str) -> str:
    """Return an email address, with or without a display name."""
    if not _SENDER.fullmatch(value):
        raise ValueError("it must look like BGM Studio <studio@example.com>")
    return value


def zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(f"{value!r} is not a time zone such as Europe/Berlin") from None
    return value
