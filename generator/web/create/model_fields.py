"""The fields of the chosen models together: which there are, who uses them, and what does not carry over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from generator.providers.base import Field, Kind, ModelSpec
from generator.services.generation.submit import SECONDS
from generator.translation import translate
from generator.web.generation.model_selection import ModelSelection

# Names of the form's own fields; a model's field with such a name is neither shown nor read.
OWN = frozenset(
    (
        "idempotency_key",
        "expected_price",
        "text",
        "takes",
        "format",
        "model",
        "model_sort",
        "again",
        "compare",
        "comparing",
        "add",
        "on",
        "sketch",
        "drop",
        "set",
        "preset",
        "preset_name",
        "preset_scope",
        "preset_text",
        "kit_price",
        "keep",
    )
)
MAX_CARRIED_CHARS = 200  # characters of a value kept for other models
ALWAYS_SHOWN = ("style", "lyrics")  # beside the length; all other fields are behind “More”


def is_on_panel(field: Field) -> bool:
    return field.unit == SECONDS or field.name in ALWAYS_SHOWN


def is_set(field: Field, value: object) -> bool:
    """Return whether a value differs from the field's default."""
    default = field.default if field.default is not None else ""
    return value not in (None, "", "False", False) and str(value) != str(default)


def lines(text: str) -> str:
    """Normalize line ends to LF, so that the length matches the counter next to the text."""
    return text.replace("\r\n", "\n")


def whole(text: str) -> int:
    """Return a whole number of up to three digits; anything else is 0."""
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def settings(data: QueryDict) -> dict[str, str]:
    """Return the submitted values of the models' own fields."""
    return {name: str(value) for name, value in data.items() if name not in OWN}


def carried_values(
    models: ModelSelection, fields: Mapping[str, Field], data: QueryDict, *, is_refused: bool
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the values set for other models, to be kept as hidden fields, and notes that they are not used here."""
    carried, notes = [], []
    everywhere: dict[str, list[Field]] = {}
    for field in (field for choice in models.choices for field in own_fields(choice.spec)):
        everywhere.setdefault(field.name, []).append(field)
    for name, named_fields in everywhere.items():
        value = data.get(name, "").strip()[:MAX_CARRIED_CHARS]
        if not value or value in {str(field.default) for field in named_fields}:
            continue
        current_field = fields.get(name)
        if current_field is None:
            carried.append((name, value))
            notes.append(
                _unsupported(named_fields[0]).format(setting=_described(named_fields[0], value), model=models.title)
            )
        elif current_field.kind == Kind.CHOICE and value not in dict(current_field.choices) and not is_refused:
            note = _("{setting} is not an option for {model}. The model will follow the prompt instead.")
            notes.append(note.format(setting=_described(named_fields[0], value), model=models.title))
    return carried, notes


def _unsupported(field: Field) -> str:
    if field.advanced and field.kind != Kind.CHOICE:
        return _("{setting} is not supported by {model} and will not be used.")
    return _("{setting} is not supported by {model}. Describe it in the prompt instead.")


def _described(field: Field, value: str) -> str:
    """Return a field and its value as text for people."""
    if field.kind == Kind.SWITCH:
        return translate(field.label)
    plain = translate(dict(field.choices).get(value, value))
    return f"{translate(field.label)} ({f'{plain} {translate(field.unit)}'.strip()})"


def own_fields(spec: ModelSpec) -> list[Field]:
    """Return a model's fields except references, which have pickers of their own."""
    return [field for field in spec.fields if field.name not in OWN and not field.purpose]


def fields_together(specs: Iterable[ModelSpec]) -> dict[str, Field]:
    """Return the fields of all models by name; a shared field accepts what any of its models accepts."""
    fields: dict[str, Field] = {}
    for field in (field for spec in specs for field in own_fields(spec)):
        first = fields.get(field.name)
        fields[field.name] = field if first is None else _widened(first, field)
    return fields


def _widened(first: Field, second: Field) -> Field:
    if first.kind != second.kind:
        return first
    choices = tuple({**dict(second.choices), **dict(first.choices)}.items())
    lows, highs = (first.minimum, second.minimum), (first.maximum, second.maximum)
    return replace(
        first,
        choices=choices,
        minimum=None if None in lows else min(low for low in lows if low is not None),
        maximum=None if None in highs else max(high for high in highs if high is not None),
    )


def users_of(users: Sequence[ModelSpec], specs: Sequence[ModelSpec]) -> str:
    """Return the titles of the models that use something; empty if all do."""
    return "" if len(users) == len(specs) else ", ".join(spec.title for spec in users)
