"""Texts for people, marked where they are written and translated where they are shown.

The packages below Django write English. `gettext_noop` marks a fixed text, `Message` one with values, and
`join_texts` joins several. `.ci/messages` collects the marked texts; `generator.translation` translates them.
"""

import re
from collections.abc import Mapping
from typing import Any, Self

Value = str | int | float

_PLACEHOLDER = re.compile(r"\{(\w+)(?::([,.\d]{0,6}[a-z%]?))?\}")  # {name} or {name:.1f}, no attributes or calls


class Message(str):
    """An English text that keeps its template and its values, so that it can be translated later.

    A value that is a message is translated too; any other text, such as a title, is shown as it is. Operations such as
    slicing return a plain `str`.
    """

    template: str
    values: Mapping[str, Value]

    def __new__(cls, template: str, /, **values: Value) -> Self:
        message = super().__new__(cls, fill(template, values))
        message.template, message.values = str(template), values
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Value]]:
        return (self.template,), dict(self.values)

    def __getstate__(self) -> None:
        return None  # all of it is in the arguments


def gettext_noop(text: str) -> Message:
    """Mark a text without values for translation; the result equals the text."""
    return Message(text)


def fill(template: str, values: Mapping[str, Value]) -> str:
    """Return a template with its placeholders replaced; one without a value stays as it is."""

    def shown(match: re.Match[str]) -> str:
        value = values.get(match[1], match[0])
        return format(value, match[2] or "") if isinstance(value, (int, float)) else str(value)

    return _PLACEHOLDER.sub(shown, template)


def join_texts(*texts: str, separator: str = " ") -> Message:
    """Return marked texts as one message, each to be translated by itself; empty ones are left out."""
    parts = {f"part{number}": text for number, text in enumerate(filter(None, texts), start=1)}
    return Message(separator.join(f"{{{name}}}" for name in parts), **parts)


def to_json(text: str) -> dict[str, Any] | str:
    """Return what a JSON column stores of a text: a plain one as it is, a message as its template and values."""
    if not isinstance(text, Message):
        return text
    values = {name: to_json(value) if isinstance(value, str) else value for name, value in text.values.items()}
    return {"text": text.template, "values": values}


def from_json(stored: Mapping[str, Any] | str) -> str:
    """Return the text that `to_json` stored."""
    if isinstance(stored, str):
        return stored
    values = {
        name: from_json(value) if isinstance(value, (str, Mapping)) else value
        for name, value in stored["values"].items()
    }
    return Message(stored["text"], **values)


def parse(text: str, *templates: str) -> str:
    """Return the message that a stored text was made from, if it matches a template; otherwise the text itself."""
    for template in templates:
        pattern, end = "", 0
        for placeholder in _PLACEHOLDER.finditer(template):
            pattern += re.escape(template[end : placeholder.start()]) + f"(?P<{placeholder[1]}>.+)"
            end = placeholder.end()
        if match := re.fullmatch(pattern + re.escape(template[end:]), text):
            return Message(template, **match.groupdict())
    return text
