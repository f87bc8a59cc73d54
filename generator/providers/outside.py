"""What comes from outside: JSON, texts, addresses and ids of a provider, made safe to keep, to show and to build on."""

import json
import math
import re
from typing import Any
from urllib.parse import urlsplit


def loads(text: str) -> Any:
    """Parse JSON, refusing NaN and Infinity (no database stores them) and bottomless nesting.

    Raises:
        ValueError: not JSON.
    """
    try:
        return json.loads(text, parse_constant=refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def beginning(text: str) -> Any:
    """The JSON value a text begins with, NaN as nothing, whatever follows it; None where it begins with none.

    For what is too dear to lose with a broken answer: an id.
    """
    try:
        return _LENIENT.raw_decode(text.lstrip("\ufeff \t\r\n"))[0]
    except (ValueError, RecursionError):
        return None


def refuse_constant(name: str) -> float:
    """For `parse_constant`: Python's parser knows NaN and Infinity, JSON does not."""
    raise ValueError(f"{name} is not JSON")


_LENIENT = json.JSONDecoder(strict=False, parse_constant=lambda name: None)
_SECRET_NAMES = re.compile(r"authorization|api[-_]?key|secret|password|access[-_]?token", re.IGNORECASE)
_MOST_TEXT, _MOST_ITEMS, _MOST_DEPTH = 4000, 200, 8


def tidy(value: Any, key: str = "", depth: int = 0) -> Any:
    """A provider's reply as the history may keep it: no key in it, nothing a database refuses, no endless parts."""
    if isinstance(value, str):
        return plain(value, key)[:_MOST_TEXT]
    if isinstance(value, int) and abs(value) > 2**63:
        return str(value)[:_MOST_TEXT]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # 1e999 is JSON, and infinite
    if isinstance(value, (dict, list)) and depth >= _MOST_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {
            plain(name, key)[:100]: "•••" if _SECRET_NAMES.search(name) else tidy(part, key, depth + 1)
            for name, part in list(value.items())[:_MOST_ITEMS]
        }
    if isinstance(value, list):
        return [tidy(part, key, depth + 1) for part in value[:_MOST_ITEMS]]
    return value


def plain(text: str, key: str = "") -> str:
    """A text from outside without our key, null characters and lone surrogates."""
    if key:
        text = text.replace(key, "•••")
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def web_address(value: object) -> str:
    """The value when it is an http(s) address that could be downloaded, else empty."""
    if not isinstance(value, str) or len(value) > 4000 or value != value.strip():
        return ""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and value.isprintable()
    except ValueError:
        return ""
    return value if usable and plain(value) == value else ""


def identifier(value: object) -> str:
    """A provider's id as text: opaque, but short, printable, and nothing that changes a path; else empty."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    usable = 0 < len(text) <= 200 and text.isprintable() and text not in (".", "..") and plain(text) == text
    return text if usable and not any(character.isspace() for character in text) else ""
