"""Sanitizing of external input: JSON, texts, URLs and ids of a provider, made safe to store, display and use."""

import json
import math
import re
from typing import Any
from urllib.parse import urlsplit


def loads(text: str) -> Any:
    """Parse JSON; reject NaN and Infinity (no database stores them) and excessive nesting.

    Raises:
        ValueError: not JSON.
    """
    try:
        return json.loads(text, parse_constant=refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def beginning(text: str) -> Any:
    """Return the JSON value at the start of a text, with NaN as None, whatever follows; None if there is none.

    Used to recover an id from a broken answer.
    """
    try:
        return _LENIENT.raw_decode(text.lstrip("\ufeff \t\r\n"))[0]
    except (ValueError, RecursionError):
        return None


def refuse_constant(name: str) -> float:
    """Reject NaN and Infinity as `parse_constant`: Python's parser accepts them, JSON does not."""
    raise ValueError(f"{name} is not JSON")


_LENIENT = json.JSONDecoder(strict=False, parse_constant=lambda name: None)
_SECRET_NAMES = re.compile(r"authorization|api[-_]?key|secret|password|access[-_]?token", re.IGNORECASE)
_MAX_TEXT_LENGTH, _MAX_ITEMS, _MAX_DEPTH = 4000, 200, 8


def tidy(value: Any, key: str = "", depth: int = 0) -> Any:
    """Sanitize a provider's reply for the history: remove keys and values a database rejects, and limit its size."""
    if isinstance(value, str):
        return plain(value, key)[:_MAX_TEXT_LENGTH]
    if isinstance(value, int) and abs(value) > 2**63:
        return str(value)[:_MAX_TEXT_LENGTH]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # 1e999 is valid JSON and parses to infinity
    if isinstance(value, (dict, list)) and depth >= _MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {
            plain(name, key)[:100]: "•••" if _SECRET_NAMES.search(name) else tidy(part, key, depth + 1)
            for name, part in list(value.items())[:_MAX_ITEMS]
        }
    if isinstance(value, list):
        return [tidy(part, key, depth + 1) for part in value[:_MAX_ITEMS]]
    return value


def plain(text: str, key: str = "") -> str:
    """Remove our key, null characters and lone surrogates from external text."""
    if key:
        text = text.replace(key, "•••")
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def web_address(value: object) -> str:
    """Return the value if it is a usable http(s) URL, else an empty string."""
    if not isinstance(value, str) or len(value) > 4000 or value != value.strip():
        return ""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and value.isprintable()
    except ValueError:
        return ""
    return value if usable and plain(value) == value else ""


def identifier(value: object) -> str:
    """Return a provider's id as text if it is short, printable and cannot change a path; else an empty string."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    usable = 0 < len(text) <= 200 and text.isprintable() and text not in (".", "..") and plain(text) == text
    return text if usable and not any(character.isspace() for character in text) else ""
