"""The dialect of JSON Schema in which WaveSpeed's catalog describes the fields of a model.

Most limits of texts are in the description ("up to 1024 characters"), integers may have an enum, media are strings
with an uploader, and some fields are hidden or only for programs (docs/providers.md, "WaveSpeed’s catalog").
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.providers.base import Value

MAX_PROPERTIES = 60
MAX_CHOICES = 200
MAX_TEXT_LIMIT = 20_000  # characters; nobody types more
_SCALARS = ("string", "integer", "number", "boolean")
_MEDIA_NAME = re.compile(r"(^|_)(audio|video|image)s?(_urls?)?$")
_RANGE = re.compile(r"(\d[\d,]{0,6})\s*(?:-|–|to)\s*(\d[\d,]{0,6})\s*(?:characters|chars)", re.IGNORECASE)
_MAXIMUM = re.compile(
    r"(?:up to|max(?:imum)?|at most|valid input|limit(?:ed)?)[^.\d]{0,30}(\d[\d,]{0,6})\s*(?:characters|chars)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Property:
    """A field of a request as the vendor describes it."""

    name: str
    kind: str  # string, integer, number, boolean; media; other
    title: str = ""
    description: str = ""
    default: Value = None
    choices: tuple[Value, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    min_chars: int = 0
    max_chars: int | None = None
    is_required: bool = False
    is_hidden: bool = False  # has a default that nobody is meant to change
    is_for_programs: bool = False  # never sent

    @property
    def is_number(self) -> bool:
        return self.kind in ("integer", "number") and not self.choices

    @property
    def is_text(self) -> bool:
        return self.kind == "string" and not self.choices


def read_properties(schema: Any) -> list[Property] | None:
    """Return the fields in the vendor's order; None: this is not a schema of an object."""
    if not isinstance(schema, Mapping) or not isinstance(schema.get("properties"), Mapping):
        return None
    properties: Mapping[Any, Any] = schema["properties"]
    if len(properties) > MAX_PROPERTIES:
        return None
    required = _names(schema.get("required"))
    order = [name for name in _names(schema.get("x-order-properties")) if name in properties]
    names = dict.fromkeys([*order, *sorted((str(name) for name in properties), key=lambda name: name not in required)])
    return [_property(name, properties.get(name), name in required) for name in names]


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, Sequence) else []


def _property(name: str, raw: Any, is_required: bool) -> Property:
    if not isinstance(raw, Mapping):
        return Property(name, "other", is_required=is_required)
    kind = _kind(name, raw)
    description = _text(raw.get("description"))
    choices = _choices(raw.get("enum"), kind)
    if raw.get("enum") is not None and not choices:
        kind = "other"
    low, high = _characters(raw, description)
    return Property(
        name,
        kind,
        _text(raw.get("title"))[:60],
        description,
        _fitting(raw.get("default"), kind, choices),
        choices,
        _number(raw.get("minimum")),
        _number(raw.get("maximum")),
        low,
        high,
        is_required,
        is_hidden=raw.get("x-hidden") is True,
        is_for_programs=raw.get("disabled") is True or name in ("enable_sync_mode", "enable_base64_output"),
    )


def _kind(name: str, raw: Mapping[str, Any]) -> str:
    component = raw.get("x-ui-component")
    if component in ("uploader", "uploaders") or (raw.get("type") == "string" and _MEDIA_NAME.search(name)):
        return "media"
    kind = raw.get("type")
    return kind if isinstance(kind, str) and kind in _SCALARS else "other"


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e12:
        return None
    return value


def _is_of(value: Any, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "integer":
            return _number(value) is not None and value == int(value)
        case "number":
            return _number(value) is not None
    return kind == "boolean" and isinstance(value, bool)


def _choices(value: Any, kind: str) -> tuple[Value, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_CHOICES or kind == "boolean":
        return ()
    values = [item for item in value if item not in ("", None)]
    if not values or not all(_is_of(item, kind) and len(str(item)) <= 200 for item in values):
        return ()
    return tuple(dict.fromkeys(int(item) if kind == "integer" else item for item in values))


def _fitting(value: Any, kind: str, choices: tuple[Value, ...]) -> Value:
    """Return a default if the field could hold it."""
    if value is None or not _is_of(value, kind) or (choices and value not in choices):
        return None
    return int(value) if kind == "integer" else value


def _characters(raw: Mapping[str, Any], description: str) -> tuple[int, int | None]:
    """Return the fewest and most characters of a text: as the schema says, else as its description says."""
    low, high = (_number(raw.get(name)) for name in ("minLength", "maxLength"))
    bounds = _RANGE.search(description)
    most = bounds or _MAXIMUM.search(description)
    if low is None and bounds:
        low = _whole(bounds[1])
    if high is None and most:
        high = _whole(most[most.lastindex or 1])
    low = max(int(low or 0), 0)
    if high is None or not max(low, 1) <= high:
        return low, None
    return low, min(int(high), MAX_TEXT_LIMIT)


def _whole(text: str) -> int:
    return int(text.replace(",", ""))
