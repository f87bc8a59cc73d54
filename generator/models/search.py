"""Full-text search behind one function: FTS5 on SQLite, tsvector on PostgreSQL, both over `Track.search_text`.

What is indexed and what is looked for go through one normalizer, so that both databases find the same:

    compatibility forms, case, diacritics    ＡＢＣ, Straße, İ and ı, é composed or not  →  abc, strasse, i, e
    letters that no rule takes apart         ø ł đ æ œ þ ð  →  o l d ae oe th d
    scripts without spaces between words     音楽祭  →  音楽 楽祭 祭: pairs, and the last one alone
    pictures                                 🎹 ♪  →  u01f3b9 u00266a: words of their own
    anything but letters, digits and marks   parts words

Every word that is looked for is the beginning of an indexed one; a run of an unspaced script is looked for by pairs.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from django.db import connection
from django.db.models.expressions import RawSQL

from generator.models.track import TrackQuerySet

MAX_TERMS = 24  # of a query
MAX_TERM_LENGTH = 60  # characters
# Thai to Lao, Burmese, Khmer; Japanese, Chinese, Yi, Korean.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUNS = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
# Accents of Latin, Greek and Cyrillic; Hebrew points, Arabic vowels; selectors of a form of a kanji or an emoji.
# Marks of other scripts are part of the word.
_DROPPED_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_VOICING = "\u3099\u309a"  # begins a word where a half-width letter was cut from its mark: ﾋ|ﾟ
_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})


def folded(text: str) -> str:
    """A text in the one spelling that all its spellings share, in lower case."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _DROPPED_MARKS.sub("", apart).translate(_LETTERS))


def index_terms(text: str) -> str:
    """What is kept in `Track.search_text` of a text: its terms, with a space between each two."""
    return " ".join(_terms(text, indexed=True))


def matching(tracks: TrackQuerySet, text: str) -> TrackQuerySet:
    """Narrow to tracks that have every word of the text, or a word that begins with it; no words match everything."""
    terms = list(dict.fromkeys(_terms(text, indexed=False)))[:MAX_TERMS]
    if not terms:
        return tracks
    if connection.vendor == "sqlite":
        query = " ".join(f'"{term}"*' for term in terms)
        found = "SELECT rowid FROM generator_track_fts WHERE generator_track_fts MATCH %s"
    else:
        query = " & ".join(f"'{term}':*" for term in terms)
        found = "SELECT id FROM generator_track WHERE search_vector @@ %s::tsquery"
    # The terms are letters, digits and marks only, and travel as a parameter.
    return tracks.filter(pk__in=RawSQL(found, [query]))  # noqa: S611


def _terms(text: str, *, indexed: bool) -> Iterator[str]:
    for word in _words(folded(text)):
        for run in _RUNS.findall(word):
            if not _UNSPACED_RUN.match(run):
                yield run[:MAX_TERM_LENGTH]
                continue
            yield from (run[at : at + 2] for at in range(len(run) - 1))
            if indexed or len(run) == 1:
                yield run[-1]


def _words(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text)
    words = "".join(map(_as_of_words, text)).split()
    return [left for word in words if (left := word.lstrip(_VOICING))]


def _as_of_words(character: str) -> str:
    category = unicodedata.category(character)
    if character.isalnum() or category[0] == "M":
        return character
    if category in ("So", "Cn", "Co"):  # or a letter younger than this Python
        return f" u{ord(character):06x} "
    return "" if category == "Cf" else " "  # what cannot be seen parts no word: zero-width characters, soft hyphens


# --- where there is no index ---

# Latin, Greek and Cyrillic letters, and the full-width forms.
_SPELLED = (range(0xC0, 0x250), range(0x370, 0x530), range(0x1E00, 0x2000), range(0xFF21, 0xFF5B))
_ANY_MARKS = "[\u0300-\u036f]*"


def spelling_pattern(word: str) -> str:
    """A regular expression (for `iregex`) that finds a word in each of its spellings, wherever it stands in a text."""
    left, pattern = folded(word), ""
    while left:
        pair = _spellings().get(left[:2]) if len(left) > 1 else None
        letters = "".join(_one(letter) for letter in left[:2])
        pattern += f"(?:{letters}|[{pair}])" if pair else _one(left[0])
        left = left[2 if pair else 1 :]
    return pattern


def _one(letter: str) -> str:
    others = _spellings().get(letter)
    return f"[{letter}{others}]{_ANY_MARKS}" if others else re.escape(letter)


@cache
def _spellings() -> dict[str, str]:
    """What one or two plain letters may be written as."""
    found: defaultdict[str, str] = defaultdict(str)
    for letter in (chr(code) for codes in _SPELLED for code in codes):
        if letter.isalpha() and (plain := folded(letter)) != letter and len(plain) < 3:
            found[plain] += letter
    return dict(found)
