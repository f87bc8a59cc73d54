"""Keyset pagination, equally fast at any depth. A cursor holds the sort value and id of the last row."""

import base64
import datetime as dt
import json
import math
from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.utils.dateparse import parse_datetime


def after_cursor(field: str, down: bool, value: Any, pk: int) -> Q:
    """Return the condition for rows after a key. The outer bound lets the index be used; the inner part breaks ties."""
    less = "lt" if down else "gt"
    return Q(**{f"{field}__{less}e": value}) & (Q(**{f"{field}__{less}": value}) | Q(**{f"id__{less}": pk}))


def write(value: Any, pk: int) -> str:
    """Return a row's key encoded for a URL."""
    plain = value.isoformat() if hasattr(value, "isoformat") else value
    return base64.urlsafe_b64encode(json.dumps([plain, pk]).encode()).decode().rstrip("=")


def read(text: str, field: str) -> tuple[Any, int] | None:
    """Decode a cursor for a sort field; return None (the first page) if it is malformed or out of range."""
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return _READ[field](value), _parse_int(pk)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _moment(value: Any) -> dt.datetime:
    moment = parse_datetime(value)
    if moment is None or moment.tzinfo is None:
        raise ValueError("not a moment")
    return moment.astimezone(dt.UTC)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("not a text")
    return value.encode().decode()  # raises UnicodeEncodeError on a lone surrogate


def _number(value: Any) -> float:
    if not math.isfinite(value):
        raise ValueError("not a number")
    return float(value)


def _parse_int(value: Any) -> int:
    if not isinstance(value, int) or abs(value) >= 2**63:
        raise ValueError("not a whole number that a column could hold")
    return value


_READ: dict[str, Callable[[Any], Any]] = {
    "created_at": _moment,
    "trashed_at": _moment,
    "title": _text,
    "length_ms": _parse_int,
    "tempo": _number,
}
