"""Paths into a provider's JSON: `$.data[0].url`, `$.images[*].url`, `$.{{id}}.status`; no filters, no recursion.

`[*]` takes every item of an array, or every value of an object in its order. `{{id}}` is the job's id as a name.
"""

import re
from dataclasses import dataclass
from typing import Any

MAX_PATH_CHARS, MAX_FOUND = 200, 1000
OWN_ID = "{{id}}"
_STEP = re.compile(r"\.(?P<name>\{\{id\}\}|[A-Za-z0-9_@-]+)|\[(?P<index>-?\d{1,4}|\*)\]")
_EVERY = object()


@dataclass(frozen=True)
class Path:
    """A path that was read."""

    steps: tuple[object, ...]

    def all(self, value: Any, job: str = "") -> list[Any]:
        """Return everything the path leads to, in order; empty if it leads nowhere."""
        found = [value]
        for step in self.steps:
            found = [part for item in found for part in _parts(item, job if step == OWN_ID else step)][:MAX_FOUND]
        return found

    def first(self, value: Any, job: str = "") -> Any:
        """Return the first thing the path leads to that is not null, or None."""
        return next((part for part in self.all(value, job) if part is not None), None)


def read_path(text: str) -> Path:
    """Return the path that a text is.

    Raises:
        ValueError: it is none; the message says what one looks like.
    """
    steps, at = [], 1
    if text.startswith("$") and len(text) <= MAX_PATH_CHARS:
        while match := _STEP.match(text, at):
            name, index = match["name"], match["index"]
            steps.append(name if name is not None else _EVERY if index == "*" else int(index))
            at = match.end()
        if at == len(text):
            return Path(tuple(steps))
    raise ValueError("must be a path such as $.data[0].url or $.files[*]")


def _parts(value: Any, step: object) -> list[Any]:
    if step is _EVERY:
        return list(value) if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    if isinstance(step, int) and isinstance(value, list):
        return [value[step]] if -len(value) <= step < len(value) else []
    if isinstance(step, str) and isinstance(value, dict) and step in value:
        return [value[step]]
    return []
