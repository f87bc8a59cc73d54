"""JSON bodies: parsed, without anything that a database cannot store."""

import json
import math
from typing import Any

from generator.api.errors import ApiError

MAX_DEPTH = 40  # lists and objects within each other


class Unreadable(ApiError):
    """The body cannot be accepted."""

    def __init__(self, sentence: str) -> None:
        super().__init__(400, sentence)


def parse(raw: bytes) -> Any:
    """Parse a body; raise Unreadable if it is not JSON in UTF-8, repeats a field, or cannot be stored."""
    try:
        text = raw.decode("utf-8-sig")
        value = json.loads(
            text, parse_constant=_reject_number, parse_float=_parse_finite, object_pairs_hook=_build_object
        )
    except (ValueError, RecursionError):
        raise Unreadable("The body is not valid JSON.") from None
    check_storable(value)
    return value


def check_storable(value: Any, depth: int = 0) -> None:
    """Raise Unreadable if a value contains NUL, an unpaired surrogate, or too many nested brackets."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= part <= "\udfff" for part in value):
            raise Unreadable("The body contains a character that cannot be stored.")
    elif isinstance(value, list | dict):
        if depth > MAX_DEPTH:
            raise Unreadable("The body is nested too deeply.")
        for part in (*value, *value.values()) if isinstance(value, dict) else value:
            check_storable(part, depth + 1)


def _reject_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _parse_finite(digits: str) -> float:
    """Convert a number; raise ValueError if it is too large for a finite float."""
    number = float(digits)
    return number if math.isfinite(number) else _reject_number(digits[:20])


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; raise Unreadable if a name is repeated, because its value would be ambiguous."""
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"“{repeated[:60]}” appears twice in the body.")
    return value
