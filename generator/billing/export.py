"""Ledger lines as CSV: exact decimals, and nothing in a text that a spreadsheet would run."""

import csv
from collections.abc import Iterator

from django.db.models import QuerySet

from generator import money
from generator.billing.spend import place_of, run_of
from generator.models import Entry

COLUMNS = (
    "when", "day", "kind", "amount USD", "held USD", "spent USD", "takes",
    "project", "person", "model", "generation", "by", "reason",
)  # fmt: skip
_BYTE_ORDER_MARK = "\ufeff"  # without it, spreadsheets take the file for something else than UTF-8
_RUNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # the wide ones run in Asian locales


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_rows(entries: QuerySet[Entry]) -> Iterator[str]:
    """Lines of `spend.lines` as CSV, one at a time, so that any number of them streams."""
    writer = csv.writer(_Echo())
    yield _BYTE_ORDER_MARK + str(writer.writerow(COLUMNS))
    for entry in entries.iterator(chunk_size=500):
        yield str(writer.writerow(_row(entry)))


def _row(entry: Entry) -> list[str]:
    moves = (getattr(entry, name) for name in ("amount", "moves_held", "moves_spent"))
    row = [entry.at.isoformat(timespec="seconds"), entry.day.isoformat(), entry.kind]
    row += [*map(money.plain, moves), str(entry.takes)]
    texts = (place_of(entry), entry.user.email, entry.model_key)
    last = (run_of(entry), entry.actor.email if entry.actor else "studio")
    return row + [harmless(text) for text in (*texts, *last, entry.reason)]


def harmless(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula."""
    return f"'{text}" if text.lstrip().startswith(_RUNS) or text.startswith(("\t", "\r", "\n")) else text
