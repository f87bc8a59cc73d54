"""JSON from a program: read, with nothing in it that a database cannot hold. Each door says so in its own shape."""

import json
from typing import Any

DEEPEST = 40  # lists and objects within one another


class Unreadable(Exception):
    """What came cannot be taken; the argument is a sentence that says why."""


def parse(raw: bytes) -> Any:
    """Raises Unreadable: no JSON, or not `storable`."""
    try:
        read = json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unreadable("The body is not valid JSON.") from None
    storable(read)
    return read


def storable(value: Any, depth: int = 0) -> None:
    """Raises Unreadable: NUL, half a character, or a tower of brackets somewhere in it."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= one <= "\udfff" for one in value):
            raise Unreadable("There is a character in the body that cannot be stored.")
    elif isinstance(value, list | dict):
        if depth > DEEPEST:
            raise Unreadable("The body is nested too deeply.")
        for one in (*value, *value.values()) if isinstance(value, dict) else value:
            storable(one, depth + 1)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
