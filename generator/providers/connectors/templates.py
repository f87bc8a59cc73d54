"""Templates of requests: JSON in which `{{name}}` stands for a value.

A text that is nothing but `{{name}}` becomes the value itself, so a number stays a number; a name or item whose value
is missing is left out. Within a longer text the value is written out, and a missing one is empty. The name `"..."` of
an object takes over what its value has: `{"...": "{{inputs}}", "model": "x"}`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

SPREAD = "..."
_NAME = re.compile(r"\{\{(\w{1,60}(?:\.\w{1,60})?)\}\}")
_BRACES = re.compile(r"\{\{|\}\}")
_MISSING = object()


def names_in(template: Any) -> Iterator[str]:
    """Yield the names of the values that a template uses."""
    if isinstance(template, str):
        yield from _NAME.findall(template)
    elif isinstance(template, Mapping):
        for name, part in template.items():
            yield from _NAME.findall(name)
            yield from names_in(part)
    elif isinstance(template, list):
        for part in template:
            yield from names_in(part)


def has_stray_braces(template: Any) -> bool:
    """Return whether a text has double braces that are no placeholder."""
    if isinstance(template, str):
        return bool(_BRACES.search(_NAME.sub("", template)))
    if isinstance(template, Mapping):
        return any(_BRACES.search(name) or has_stray_braces(part) for name, part in template.items())
    return isinstance(template, list) and any(has_stray_braces(part) for part in template)


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Return a template with its values; the same object is never changed."""
    filled = _fill(template, values)
    return None if filled is _MISSING else filled


def _fill(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, str):
        if whole := _NAME.fullmatch(template):
            value = values.get(whole[1])
            return _MISSING if value is None else value
        return _NAME.sub(lambda match: written(values.get(match[1])), template)
    if isinstance(template, list):
        return [part for item in template if (part := _fill(item, values)) is not _MISSING]
    if not isinstance(template, Mapping):
        return template
    filled: dict[str, Any] = {}
    for name, item in template.items():
        part = _fill(item, values)
        if name == SPREAD:
            filled |= part if isinstance(part, dict) else {}
        elif part is not _MISSING:
            filled[name] = part
    return filled


def fill_url(template: str, values: Mapping[str, Any]) -> str:
    """Return an address with its values; those after the beginning are quoted, so that none changes the path."""

    def put(match: re.Match[str]) -> str:
        value = written(values.get(match[1]))
        if match.start() == 0:
            return value
        return quote(value, safe="/" if match[1] == "path" else "")

    return _NAME.sub(put, template)


def written(value: Any) -> str:
    """Return a value as it stands in a text or an address; empty if it is missing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
