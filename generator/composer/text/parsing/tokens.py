"""Tokens of a text in any language: words and numbers without accents and case, and the punctuation between them.

Ideographs, kana and Hangul syllables are one token each, because these languages put no spaces between words or attach
particles to them.
"""

import re
import unicodedata
from dataclasses import dataclass

_FRACTIONS = {"½": "\ue000", "¼": "\ue001", "¾": "\ue002", "⅓": "\ue003", "⅔": "\ue004"}
_PROTECTED = str.maketrans(_FRACTIONS)
_RESTORED = str.maketrans({private: fraction for fraction, private in _FRACTIONS.items()})
CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(
    rf"(?P<clock>(?<![\d:])\d{{1,2}}:[0-5]\d(?![\d:]))|(?P<number>\d+(?:[.,]\d+(?![\d/]))?[½¼¾⅓⅔]?|[½¼¾⅓⅔])"
    rf"|(?P<cjk>[{CJK}])|(?P<word>[^\W\d_{CJK}\ue000-\ue004]+(?:['’][^\W\d_]+)*)"
)
# Elided articles and prepositions: "l'accordéon", "d'ambiance", "dell'arpa".
_ELIDED = frozenset(
    ["l", "d", "j", "qu", "n", "c", "m", "t", "un", "dell", "all", "nell", "sull", "quell", "jusqu", "lorsqu", "puisqu"]
)
# German compounds whose first part is the word that counts: "Klaviermusik".
_COMPOUND = re.compile(r"^(\w{3,}?)(musik|klange|stimmung|begleitung|stuck|szene|film|video|podcast|sendung)$")
_WITHOUT_SUFFIX = re.compile(
    r"^(drum|beat|bass|vocal|voice|percussion|guitar|piano|lyric|melody|schlagzeug|trommel|beat|klavier|bass|gesang)s?(less|los|lose|frei)$"
)
_FOLDS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word or number: its folded text, its place in the normalized text, and the punctuation before it."""

    text: str
    start: int
    end: int
    gap: str  # what stands between it and the previous token, without spaces; "\n" for a line break
    is_joined: bool = False  # nothing at all, or a hyphen, stands before it
    kind: str = "word"


def normalize(text: str) -> str:
    """Return a text with compatible characters unified and white space collapsed; line breaks become full stops."""
    unified = unicodedata.normalize("NFKC", text.translate(_PROTECTED)).translate(_RESTORED)
    lines = (" ".join(line.split()) for line in unified.splitlines())
    return re.sub(r"(?<=\w)\n+", ". ", "\n".join(line for line in lines if line)).replace("\n", " ")


def fold(text: str) -> str:
    """Return a text in lower case and, for Latin letters, without accents."""
    if text.isascii():
        return text.lower()
    folded = []
    for character in text.lower():
        if character < "\u0300" or "\u1e00" <= character < "\u1f00":
            folded.append(_FOLDS.get(character) or unicodedata.normalize("NFD", character)[0])
        elif not "\u0300" <= character < "\u0370":  # combining accents
            folded.append(character)
    return "".join(folded)


def lower(text: str) -> str:
    """Return a text in lower case with every character at its place."""
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a normalized text."""
    tokens: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        between = text[end : match.start()]
        gap, joined = "".join(between.split()), bool(tokens) and (between == "" or between == "-")
        kind = str(match.lastgroup)
        pieces = _pieces(match[0], match.start()) if kind == "word" else [(fold(match[0]), match.start(), match.end())]
        for number, (piece, start, stop) in enumerate(pieces):
            is_first = number == 0
            tokens.append(Token(piece, start, stop, gap if is_first else "", joined if is_first else True, kind))
        end = match.end()
    return tokens


def _pieces(word: str, start: int) -> list[tuple[str, int, int]]:
    """Split elisions and compounds: (folded text, start, end) of each piece."""
    folded = fold(word).replace("’", "'")
    head, apostrophe, tail = folded.partition("'")
    if apostrophe and head in _ELIDED and tail:
        middle = start + len(head) + 1
        return [(head, start, middle), *_pieces(word[len(head) + 1 :], middle)]
    match = _COMPOUND.match(folded) or _WITHOUT_SUFFIX.match(folded)
    if match and len(folded) == len(word):
        middle = start + len(match[1])
        return [(match[1], start, middle), (match[2], middle, start + len(word))]
    return [(folded.replace("'", ""), start, start + len(word))]
