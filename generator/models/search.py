"""Full-text search behind one function: FTS5 on SQLite, tsvector on PostgreSQL, both over `Track.search_text`.

The index and the queries use the same normalizer, so that both databases find the same:

    compatibility forms, case, diacritics    ＡＢＣ, Straße, İ and ı, é composed or not  →  abc, strasse, i, e
    letters that no rule decomposes          ø ł đ æ œ þ ð  →  o l d ae oe th d
    scripts without spaces between words     音楽祭  →  音楽 楽祭 祭: pairs, and the last one alone
    pictures                                 🎹 ♪  →  u01f3b9 u00266a: separate words
    anything but letters, digits and marks   separates words

Every word of a query matches the beginning of an indexed word; a run of an unspaced script is searched by pairs.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Literal

from django.db import connection
from django.db.models.expressions import RawSQL

from generator.models.track import TrackQuerySet

MAX_TERMS = 24  # per query
MAX_TERM_CHARS = 60
MAX_COMPARED = 400  # newest tracks with any of the words
# Thai to Lao, Burmese, Khmer; Japanese, Chinese, Yi, Korean.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUNS = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
# Accents of Latin, Greek and Cyrillic; Hebrew points, Arabic vowels; variation selectors of kanji and emoji.
# Marks of other scripts are part of the word.
_DROPPED_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_VOICING = "\u3099\u309a"  # begins a word where a half-width letter was cut from its mark: ﾋ|ﾟ
_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})


def folded(text: str) -> str:
    """Return a text in lower case, in one normal form for all its spellings."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _DROPPED_MARKS.sub("", apart).translate(_LETTERS))


def index_terms(text: str) -> str:
    """Return a text's terms, separated by spaces, as stored in `Track.search_text`."""
    return " ".join(_terms(text, indexed=True))


def matching(tracks: TrackQuerySet, text: str) -> TrackQuerySet:
    """Narrow to tracks that have, for every word of the text, a word that begins with it; no words match everything."""
    terms = list(dict.fromkeys(_terms(text, indexed=False)))[:MAX_TERMS]
    if not terms:
        return tracks
    return _indexed(tracks, terms, "all")


def closest(tracks: TrackQuerySet, text: str, limit: int) -> list[tuple[int, int]]:
    """Return the tracks that share most words with a text, as (primary key, number of its words they have).

    Newest first among equals. Words that most texts have say nothing; leave them out of `text`.
    """
    terms = list(dict.fromkeys(_terms(text, indexed=False)))[:MAX_TERMS]
    if not terms:
        return []
    rows = _indexed(tracks, terms, "any").order_by("-id")
    counted = [
        (pk, sum(f" {term}" in f" {words}" for term in terms))
        for pk, words in rows.values_list("pk", "search_text")[:MAX_COMPARED]
    ]
    return sorted(counted, key=lambda one: -one[1])[:limit]


def _indexed(tracks: TrackQuerySet, terms: list[str], needed: Literal["all", "any"]) -> TrackQuerySet:
    """Narrow to tracks with words that begin with all, or any, of these terms."""
    if connection.vendor == "sqlite":
        query = {"all": " ", "any": " OR "}[needed].join(f'"{term}"*' for term in terms)
        query_sql = "SELECT rowid FROM generator_track_fts WHERE generator_track_fts MATCH %s"
    else:
        query = {"all": " & ", "any": " | "}[needed].join(f"'{term}':*" for term in terms)
        query_sql = "SELECT id FROM generator_track WHERE search_vector @@ %s::tsquery"
    # The terms contain only letters, digits and marks, and are passed as a parameter.
    return tracks.filter(pk__in=RawSQL(query_sql, [query]))  # noqa: S611


def _terms(text: str, *, indexed: bool) -> Iterator[str]:
    for word in _words(folded(text)):
        for run in _RUNS.findall(word):
            if not _UNSPACED_RUN.match(run):
                yield run[:MAX_TERM_CHARS]
                continue
            yield from (run[start : start + 2] for start in range(len(run) - 1))
            if indexed or len(run) == 1:
                yield run[-1]


def _words(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text)
    words = "".join(map(_as_of_words, text)).split()
    return [stripped for word in words if (stripped := word.lstrip(_VOICING))]


def _as_of_words(character: str) -> str:
    category = unicodedata.category(character)
    if character.isalnum() or category[0] == "M":
        return character
    if category in ("So", "Cn", "Co"):  # or a letter newer than this Python
        return f" u{ord(character):06x} "
    return "" if category == "Cf" else " "  # invisible characters do not separate words: zero-width, soft hyphens


# --- search without an index ---

# Latin, Greek and Cyrillic letters, and the full-width forms.
_SPELLED = (range(0xC0, 0x250), range(0x370, 0x530), range(0x1E00, 0x2000), range(0xFF21, 0xFF5B))
_ANY_MARKS = "[\u0300-\u036f]*"


def spelling_pattern(word: str) -> str:
    """Return a regular expression (for `iregex`) that finds a word in each of its spellings, anywhere in a text."""
    remaining, pattern = folded(word), ""
    while remaining:
        pair = _spellings().get(remaining[:2]) if len(remaining) > 1 else None
        letters = "".join(_character_pattern(character) for character in remaining[:2])
        pattern += f"(?:{letters}|[{pair}])" if pair else _character_pattern(remaining[0])
        remaining = remaining[2 if pair else 1 :]
    return pattern


def _character_pattern(character: str) -> str:
    others = _spellings().get(character)
    return f"[{character}{others}]{_ANY_MARKS}" if others else re.escape(character)


@cache
def _spellings() -> dict[str, str]:
    """Return the spellings of one or two plain letters."""
    spellings: defaultdict[str, str] = defaultdict(str)
    for character in (chr(code) for codes in _SPELLED for code in codes):
        if character.isalpha() and (plain := folded(character)) != character and len(plain) < 3:
            spellings[plain] += character
    return dict(spellings)
