"""Ledger entries as CSV, with exact decimals and text that no spreadsheet runs as a formula."""

import csv
from collections.abc import Iterator

from django.db.models import QuerySet

from generator import currency
from generator.models import LedgerEntry
from generator.services.billing.reports.spend import place_of, run_of

COLUMNS = (
    "when", "day", "kind", "amount USD", "held USD", "spent USD", "takes",
    "project", "person", "model", "generation", "by", "reason",
)  # fmt: skip
_BYTE_ORDER_MARK = "\ufeff"  # without it, spreadsheets do not recognize UTF-8
_FORMULA_PREFIXES = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # the full-width forms are formulas in Asian locales


class _Echo:
    """A file-like object whose `write` returns its argument."""

    def write(self, text: str) -> str:
        return text


def csv_rows(entries: QuerySet[LedgerEntry]) -> Iterator[str]:
    """Yield the entries of `spend.lines` as CSV, one line at a time, so that any number can be streamed."""
    writer = csv.writer(_Echo())
    yield _BYTE_ORDER_MARK + str(writer.writerow(COLUMNS))
    for entry in entries.iterator(chunk_size=500):
        yield str(writer.writerow(_row(entry)))


def _row(entry: LedgerEntry) -> list[str]:
    moves = (getattr(entry, name) for name in ("amount", "moves_held", "moves_spent"))
    row = [entry.at.isoformat(timespec="seconds"), entry.day.isoformat(), entry.kind]
    row += [*map(currency.plain, moves), str(entry.takes)]
    texts = (place_of(entry), entry.user.email, entry.model_key)
    references = (run_of(entry), entry.actor.email if entry.actor else "studio")
    return row + [harmless(text) for text in (*texts, *references, entry.reason)]


def harmless(text: str) -> str:
    """Prefix an apostrophe to text that a spreadsheet would treat as a formula."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA_PREFIXES) or text.startswith(("\t", "\r", "\n")) else text
