"""The glossary lists every record, in one line each, and no word twice."""

import re

from django.db import models as django

from generator import models
from tests.management.tree import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "glossary.md").read_text().splitlines()
    if line.startswith("| **")
]


def test_every_row_has_a_word_a_meaning_and_a_place():
    for row in ROWS:
        word, meaning, _, where = row
        assert re.fullmatch(r"\*\*.+\*\*", word), row
        assert meaning, row
        assert re.match(r"`(templates|generator)/", where), row


def test_no_word_has_two_meanings():
    words = [row[0] for row in ROWS]
    assert sorted({word for word in words if words.count(word) > 1}) == []


def test_every_record_is_in_it():
    carried = {name for row in ROWS for cell in row[2:3] for name in re.findall(r"`(\w+)`", cell)}
    records = {name for name in models.__all__ if _is_record(getattr(models, name))}
    assert sorted(records - carried) == []


def _is_record(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, django.Model)
