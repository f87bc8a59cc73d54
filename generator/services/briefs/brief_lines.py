"""Several briefs as text: one prompt per line, or CSV with a header; each line becomes a generation or says why not."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from django.utils.translation import gettext as _

from generator.models import Project, User
from generator.providers.base import Kind, ModelSpec, Value
from generator.services.briefs.batches import MAX_BRIEFS, Item, single_takes
from generator.services.briefs.understanding import understand
from generator.services.errors import UserError
from generator.services.generation.checkout import Quote
from generator.services.generation.submit import (
    Wanted,
    build_order,
    choice_of,
    clean_settings,
    interpret,
    quote_many,
)

MAX_TEXT_CHARS = 100_000
PROMPT, TAKES, FORMAT = "prompt", "takes", "format"
ALIASES = {"text": PROMPT, "brief": PROMPT, "duration": "length", "tempo": "bpm", "exclude": "leave_out"}
DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Usual:
    """What a line has that does not say otherwise."""

    model_key: str
    takes: int
    format: str


@dataclass(frozen=True)
class BriefLine:
    """One line as understood; `error` if it cannot be made."""

    number: int  # as in the text, from 1
    text: str
    item: Item | None
    reading: str = ""
    unknown: str = ""  # words that were not understood
    error: str = ""
    code: str = ""


@dataclass(frozen=True)
class BriefList:
    lines: Sequence[BriefLine] = ()
    quote: Quote | None = None

    @property
    def items(self) -> list[Item]:
        return [line.item for line in self.lines if line.item]

    @property
    def errors(self) -> int:
        return sum(bool(line.error) for line in self.lines)

    @property
    def takes(self) -> int:
        return sum(item.takes for item in self.items)


def read_lines(user: User, project: Project, text: str, usual: Usual) -> BriefList:
    """Return the lines of a text as generations of one model, with the price of all that can be made.

    Raises:
        UserError: the text is too long, has too many lines, or names unknown columns.
    """
    if len(text) > MAX_TEXT_CHARS:
        raise UserError(_("The list is too long. Split it into several."), "lines", code="too_long")
    rows = _rows(text, choice_of(usual.model_key).spec)
    if len(rows) > MAX_BRIEFS:
        sentence = _("Enter at most {most} briefs; there are {count}.").format(most=MAX_BRIEFS, count=len(rows))
        raise UserError(sentence, "lines", code="out_of_range")
    lines = [_line(user, project, number, row, usual) for number, row in rows]
    items = [line.item for line in lines if line.item]
    wanted = [Wanted(item.model_key, item.takes, item.settings, item.text) for item in items]
    return BriefList(lines, quote_many(user, project, wanted) if wanted else None)


def _rows(text: str, spec: ModelSpec) -> list[tuple[int, dict[str, str]]]:
    """Return the rows by number; without a header that names the prompt, each line is a prompt."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    before = text[: len(text) - len(text.lstrip("\n "))].count("\n")
    first = text.strip().partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    columns = [_column(name) for name in next(csv.reader([first], delimiter=delimiter), [])]
    if PROMPT not in columns:
        return [(number, {PROMPT: line.strip()}) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    known_columns = {PROMPT, TAKES, FORMAT, *(field.name for field in spec.fields)}
    if unknown := [name for name in columns if name not in known_columns]:
        sentence = _("Unknown column “{name}”. Use: {known}.")
        sentence = sentence.format(name=unknown[0], known=", ".join(sorted(known_columns)))
        raise UserError(sentence, "lines", code="invalid")
    reader = csv.reader(StringIO(text.strip()), delimiter=delimiter)
    rows = ((before + reader.line_num, [cell.strip() for cell in cells]) for cells in reader)
    next(rows)  # the header
    return [(number, dict(zip(columns, cells, strict=False))) for number, cells in rows if any(cells)]


def _column(name: str) -> str:
    plain = name.strip().lower().replace(" ", "_")
    return ALIASES.get(plain, plain)


def _line(user: User, project: Project, number: int, row: Mapping[str, str], usual: Usual) -> BriefLine:
    choice = choice_of(usual.model_key)
    text = row.get(PROMPT, "")
    try:
        takes = _takes(row.get(TAKES, ""), usual.takes)
        settings: dict[str, Value] = clean_settings(choice.spec, _values(choice.spec, row))
        format = row.get(FORMAT, "").lower() or usual.format
        item = Item(usual.model_key, text, takes, format, settings)
        first = single_takes(item)[0]
        build_order(choice, text, first.takes, format, settings, user=user, project=project, idempotency_key="check")
        reading, understood = interpret(choice.spec, text, settings), understand(choice.spec, text, settings)
    except UserError as error:
        return BriefLine(number, text, None, error=error.sentence, code=error.code)
    unknown_phrases = ", ".join(unknown.phrase for unknown in understood.not_understood) if understood else ""
    return BriefLine(number, text, item, reading, unknown_phrases)


def _takes(text: str, usual: int) -> int:
    if not text:
        return usual
    if not (text.isdecimal() and len(text) < 4):
        sentence = _("{field}: “{value}” is not a number.").format(field=_("Takes"), value=text[:40])
        raise UserError(sentence, TAKES, code="invalid_number")
    return int(text)


def _values(spec: ModelSpec, row: Mapping[str, str]) -> dict[str, object]:
    """Return a row's values of the model's fields; choices may be given by their titles."""
    values: dict[str, object] = dict(row)
    for field in spec.fields:
        if field.kind == Kind.CHOICE and (typed := row.get(field.name, "")):
            titles = {title.lower(): key for key, title in field.choices}
            values[field.name] = titles.get(typed.lower(), typed)
        elif field.kind == Kind.SWITCH:
            values[field.name] = row.get(field.name, "").lower() in ("1", "yes", "true", "on", "x")
    return values
