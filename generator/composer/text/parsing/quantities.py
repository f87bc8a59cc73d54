"""Tempos, keys and meters in a text, as spans of characters: "BPM: 90", "C#m", "la menor", イ短調, "6/8"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.parsing.tokens import fold, lower

MIN_BARE_BPM, MAX_BARE_BPM = 50, 220  # a number alone is a tempo only within these
MAJOR, MINOR = "major", "minor"

_NUMBER = r"(?P<bpm>\d{2,4}(?:[.,]\d)?)"
_RANGE = r"(?:(?P<low>\d{2,3})\s*(?:-|–|—|to|bis|a|à|et|and|und|~|〜|から)\s*)?"
_BPM_UNIT = (
    r"(?:-?\s*(?:b\.?p\.?m\b|beats? per min(?:ute)?|beats/min|schläge (?:pro|die) minute|ppm\b|"
    r"batt(?:ements|iti|ute|idas)?(?: par| al| por)? min(?:ute|uto)?|拍/分|拍每分钟))"
)
_BPM = re.compile(rf"(?<![\d.:]){_RANGE}{_NUMBER}\s*{_BPM_UNIT}(?![a-z])")
_LABELED_BPM = re.compile(
    r"(?:\bb\.?p\.?m\b|\btempo|\bspeed|\bgeschwindigkeit|\bvitesse|\bvelocidade?|\bvelocità|テンポ|速度|拍速|템포|빠르기)"
    rf"\s*(?:is|of|de|von|di|ist|es|=|:|は|为|是|around|about|at|~|um|à)*\s*{_RANGE}{_NUMBER}(?![\d:/]|\s*%)"
)
_LETTER = (
    r"(?P<letter>[A-Ga-gHh])(?P<sign>\s?[#♯♭]|b(?![a-z])|[ -](?:sharp|flat|dièse|bémol)"
    r"|is(?=-)|es(?=-)|s(?=-(?:dur|moll)))?"
)
_MODE = (
    r"(?P<mode>major|minor|maj|min|dorian|phrygian|lydian|mixolydian|aeolian|ionian|dur|moll|mayor|menor|maior|"
    r"mineur|majeur|minore|maggiore|メジャー|マイナー|大调|小调|大調|小調|장조|단조|長調|短調)"
)
_KEY = re.compile(rf"(?<![\w#♯♭']){_LETTER}[ -]?{_MODE}(?![a-z])", re.IGNORECASE)
_SHORT_MINOR = re.compile(r"(?<![\w#♯♭'])(?P<letter>[A-G])(?P<sign>[#♯♭b])?(?:m|min)(?![\w'])")
_ALONE = re.compile(r"(?:^|[,;|/])\s*(?P<letter>[A-G])(?P<sign>[#♯♭b])\s*(?=$|[,;.|/])")  # ", Eb,"
_IN_KEY = re.compile(
    r"(?<!\w)(?:(?i:(?:in )?(?:the )?key of|key|tonality|tonart|tonalité|tonalidad|tonalità|tonalidade|キー|调|調)"
    r"\s*(?:is|:|=|de|of|は)?\s*(?P<letter>[A-Ga-g])|(?:[Ii]n|en|em) (?P<capital>[A-G]))"
    r"(?P<sign>\s?[#♯♭]|b|[ -](?:sharp|flat))?(?![\w'’.-]*\w)"
    r"(?!\s+[A-Z][a-z]|\s+(?:[Mm]ajor|[Mm]inor|[a-z]*(?:way|mood|style|game|film|video|cafe|café|room|city)\b))"
)
# Syllables of the scale as Romance languages name the keys, and Japanese and Korean letters.
_SYLLABLES = {"do": "C", "ut": "C", "re": "D", "mi": "E", "fa": "F", "sol": "G", "la": "A", "si": "B"}
_SOLFA = re.compile(
    r"(?<!\w)(?P<syllable>do|dó|ut|ré|re|mi|fa|fá|sol|la|lá|si)"
    r"(?P<sign>[ -]?(?:#|♯|♭|dièse|bémol|sostenido|bemol|diesis|bemolle))?"
    r"\s+(?P<mode>mineur|majeur|menor|mayor|maior|minore|maggiore)(?!\w)",
    re.IGNORECASE,
)
_ASIAN_LETTERS = dict(zip("ハニホヘトイロ다라마바사가나", "CDEFGABCDEFGAB", strict=True))
_ASIAN_KEY = re.compile(
    r"(?P<sign>嬰|変|올림|내림)?(?P<letter>[ハニホヘトイロ다라마바사가나])(?P<mode>長調|短調|장조|단조)"
)
_METER = re.compile(
    r"(?<![\d/.,])(?P<beats>[2-9]|1[0-2])\s?/\s?(?P<unit>4|8)(?![\d/])(?!\s*(?:min|hour|stund|heure|hora))"
)
_MINOR_MODES = frozenset(
    ("minor", "min", "dorian", "phrygian", "aeolian", "moll", "menor", "mineur", "minore", "マイナー", "小调", "小調",
     "단조", "短調")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantity:
    """Characters `start` to `end` of a text: a tempo in BPM, a key such as "F# minor", or a meter."""

    kind: Kind
    start: int
    end: int
    value: str
    bpm: float = 0.0


def find_quantities(text: str) -> list[Quantity]:
    """Return the tempos, keys and meters of a normalized text, without overlaps, in order."""
    low = lower(text)
    found: list[Quantity] = []
    for quantity in (*_tempos(low), *_keys(text), *_meters(low)):
        if all(quantity.end <= other.start or quantity.start >= other.end for other in found):
            found.append(quantity)
    return sorted(found, key=lambda quantity: quantity.start)


def _tempos(low: str) -> Iterator[Quantity]:
    for pattern in (_BPM, _LABELED_BPM):
        for match in pattern.finditer(low):
            bpm = float(match["bpm"].replace(",", "."))
            if match["low"] and float(match["low"]) < bpm:
                bpm = (float(match["low"]) + bpm) / 2
            yield Quantity(Kind.BPM, match.start(), match.end(), f"{bpm:g}", bpm)


def _keys(text: str) -> Iterator[Quantity]:
    for match in _KEY.finditer(text):
        is_article = match["letter"] == "a" and not match["sign"]
        if not (is_article and not _is_lower_key(text, match)):
            quality = _quality(match["mode"])
            yield Quantity(
                Kind.KEY,
                match.start(),
                match.end(),
                f"{_tonic(match['letter'], match['sign'], match['mode'])} {quality}",
            )
    for match in _SOLFA.finditer(text):
        letter = _SYLLABLES[fold(match["syllable"])]
        yield Quantity(
            Kind.KEY, match.start(), match.end(), f"{letter}{_sign(match['sign'])} {_quality(match['mode'])}"
        )
    for match in _ASIAN_KEY.finditer(text):
        sign = {"嬰": "#", "올림": "#", "変": "b", "내림": "b"}.get(match["sign"] or "", "")
        letter = _ASIAN_LETTERS[match["letter"]]
        yield Quantity(Kind.KEY, match.start(), match.end(), f"{letter}{sign} {_quality(match['mode'])}")
    for match in _SHORT_MINOR.finditer(text):
        yield Quantity(Kind.KEY, match.start(), match.end(), f"{match['letter']}{_sign(match['sign'])} {MINOR}")
    for match in _ALONE.finditer(text):
        yield Quantity(
            Kind.KEY, match.start("letter"), match.end("sign"), f"{match['letter']}{_sign(match['sign'])} {MAJOR}"
        )
    for match in _IN_KEY.finditer(text):
        letter = (match["letter"] or match["capital"]).upper()
        yield Quantity(Kind.KEY, match.start(), match.end(), f"{letter}{_sign(match['sign'])} {MAJOR}")


def _is_lower_key(text: str, match: re.Match[str]) -> bool:
    """Return whether "a minor" is the key and not an article: "in a minor", but not "in a minor key"."""
    before, after = text[: match.start()].rstrip().lower(), text[match.end() :].lstrip()
    begins_clause = not before or before.endswith((",", ";", ":", "in", "key of"))
    return begins_clause and not re.match(r"[a-z]*(?:key|mode|mood|chord|tone|tonality|setback)", after)


def _tonic(letter: str, sign: str | None, mode: str) -> str:
    """Return the English name of a tonic; in German keys, H is B and B is B flat."""
    letter = letter.upper()
    if mode.lower() in ("dur", "moll"):
        if letter == "B" and not sign:
            return "Bb"
        letter = "B" if letter == "H" else letter
    return f"{'B' if letter == 'H' else letter}{_sign(sign)}"


def _sign(sign: str | None) -> str:
    name = (sign or "").strip(" -").lower()
    if name in ("#", "♯", "sharp", "is", "dièse", "sostenido", "diesis"):
        return "#"
    return "b" if name else ""


def _quality(mode: str) -> str:
    return MINOR if mode.lower() in _MINOR_MODES else MAJOR


def _meters(low: str) -> Iterator[Quantity]:
    for match in _METER.finditer(low):
        yield Quantity(Kind.METER, match.start(), match.end(), f"{match['beats']}/{match['unit']}")
