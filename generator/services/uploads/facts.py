"""What a person states about an uploaded track: its title, where it comes from, its license, its credit, its cost."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from django.utils import timezone
from django.utils.translation import gettext as _

from generator.currency import Micros
from generator.models import TrackUpload, UploadSource
from generator.services.amount_confirmation import parse_amount
from generator.services.errors import UserError
from generator.services.text_input import one_line

MAX_LICENSE_CHARS = 10_000
MAX_COST = Micros(1_000_000 * 1_000_000)  # a million dollars: more is a slip of the hand
ReadAmount = Callable[[str, str], Micros]
FIELDS = ("title", "source", "source_text", "license_text", "credit", "cost", "bought_on")


@dataclass(frozen=True)
class Facts:
    """Facts as stated; an empty title is taken from the file's name, a cost of None was not stated."""

    title: str = ""
    source: str = UploadSource.OTHER
    source_text: str = ""
    license_text: str = ""
    credit: str = ""
    cost: Micros | None = None
    bought_on: dt.date | None = None

    def titled(self, name: str) -> "Facts":
        """Return the facts with a title, that of the file's name if none was given."""
        return replace(self, title=self.title or title_from_name(name))


def read_facts(values: Mapping[str, str], read_amount: ReadAmount = parse_amount) -> Facts:
    """Return the facts of submitted texts; `read_amount` reads the cost.

    Raises:
        UserError: one is not valid; `field` names it.
    """
    source = values.get("source", "") or UploadSource.OTHER
    if source not in UploadSource.values:
        raise UserError(_("Choose where the track comes from."), "source", code="invalid_choice")
    return Facts(
        title=_line(values, "title"),
        source=source,
        source_text=_line(values, "source_text"),
        license_text=_license(values.get("license_text", "")),
        credit=_line(values, "credit"),
        cost=read_cost(values.get("cost", ""), read_amount),
        bought_on=_day(values.get("bought_on", "")),
    )


def read_cost(text: str, read_amount: ReadAmount = parse_amount) -> Micros | None:
    """Return a cost in micro-dollars; None for an empty text, which states none. Raises UserError."""
    if not text.strip():
        return None
    cost = read_amount(text, "cost")
    if not 0 <= cost <= MAX_COST:
        sentence = _("Enter the cost in US dollars, from 0 to 1,000,000. Leave it empty if you do not know it.")
        raise UserError(sentence, "cost", code="out_of_range")
    return cost


def title_from_name(name: str) -> str:
    """Return a title from a file's name: without its folders, its ending and its underscores."""
    stem = PurePath(name.replace("\\", "/")).stem.replace("_", " ")
    printable = "".join(character if character.isprintable() else " " for character in stem)
    return " ".join(printable.split())[:120] or _("Uploaded track")


def _line(values: Mapping[str, str], field: str) -> str:
    text = one_line(values.get(field, ""), field)
    limit = getattr(TrackUpload._meta.get_field(field), "max_length", 0)
    if len(text) > limit:
        sentence = _("Use at most {limit} characters; this text has {count}.")
        raise UserError(sentence.format(limit=limit, count=len(text)), field, code="too_long")
    return text


def _license(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(text) > MAX_LICENSE_CHARS:
        sentence = _("Use at most {limit} characters; this text has {count}.")
        sentence = sentence.format(limit=f"{MAX_LICENSE_CHARS:,}", count=f"{len(text):,}")
        raise UserError(sentence, "license_text", code="too_long")
    return text


def _day(text: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        raise UserError(_("Enter the date as YYYY-MM-DD."), "bought_on", code="invalid_date") from None
    if not dt.date(1900, 1, 1) <= day <= timezone.localdate() + dt.timedelta(days=1):
        sentence = _("Enter a date between 1900 and today.")
        raise UserError(sentence, "bought_on", code="out_of_range")
    return day
