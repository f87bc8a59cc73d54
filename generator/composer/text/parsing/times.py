"""Times in a text, in numerals and in words of all languages: "2 min 30 s", "a minute and a half", 2分30秒."""

from collections.abc import Sequence
from dataclasses import dataclass

from generator.composer.text.parsing.tokens import Token
from generator.composer.text.vocabulary.numbers import (
    AND_WORDS,
    BETWEEN_WORDS,
    FIRST_WORDS,
    FRACTIONS,
    HALF_WORDS,
    IDEOGRAPHIC_DIGITS,
    LAST_WORDS,
    NUMBER_WORDS,
    RANGE_WORDS,
    UNITS,
)

DECADES = frozenset({20, 30, 40, 50, 60, 70, 80, 90})
_BEFORE_UNIT = FIRST_WORDS | LAST_WORDS | {"of", "de"}
_BEFORE_DECADE = frozenset(
    [
        "the",
        "an",
        "early",
        "late",
        "mid",
        "der",
        "die",
        "aux",
        "des",
        "los",
        "las",
        "gli",
        "anos",
        "annees",
        "anni",
        "anos",
    ]
)
_AFTER_LENGTH = frozenset(
    [
        "of",
        "long",
        "loop",
        "loops",
        "track",
        "version",
        "clip",
        "video",
        "ad",
        "ads",
        "spot",
        "intro",
        "bed",
        "cut",
        "piece",
        "trailer",
        "advert",
        "commercial",
        "podcast",
        "seamless",
        "teaser",
        "jingle",
        "bumper",
        "sting",
        "outro",
        "background",
        "and",
        "with",
        "for",
        "in",
        "at",
    ]
)


@dataclass(frozen=True, slots=True)
class Time:
    """Tokens `first` to before `last` are a time in seconds; a range ("10 to 20 s") has another end."""

    first: int
    last: int
    seconds: float
    end_s: float


def find_times(tokens: Sequence[Token]) -> list[Time]:
    times: list[Time] = []
    position = 0
    while position < len(tokens):
        time = _range(tokens, position) or _time(tokens, position)
        if time and not _is_decade(tokens, time):
            times.append(time)
            position = time.last
        else:
            position += 1
    return times


def _range(tokens: Sequence[Token], position: int) -> Time | None:
    """Return "10-20 s", "10 to 20 seconds", "0:20-0:40" at a position."""
    first = _time(tokens, position)
    if first is None:
        number = _number(tokens, position)
        middle = number[1] if number else position
    else:
        middle = first.last
    if middle == position or middle >= len(tokens):
        return None
    is_dash = tokens[middle].gap in ("-", "–", "—", "~", "〜", "～")
    joins = RANGE_WORDS | AND_WORDS if position and tokens[position - 1].text in BETWEEN_WORDS else RANGE_WORDS
    start = middle if is_dash else middle + 1 if tokens[middle].text in joins else 0
    second = _time(tokens, start) if start else None
    if second is None:
        return None
    if first is None:
        value, _ = _number(tokens, position) or (0.0, 0)
        unit = second.seconds / ((_number(tokens, start) or (1.0, 0))[0] or 1.0)
        return Time(position, second.last, value * unit, second.seconds)
    return Time(position, second.last, first.seconds, second.seconds)


def _time(tokens: Sequence[Token], position: int) -> Time | None:
    if position >= len(tokens):
        return None
    if tokens[position].kind == "clock":
        minutes, seconds = tokens[position].text.split(":")
        last = position + 1
        if last < len(tokens) and UNITS.get(tokens[last].text) and len(tokens[last].text) > 1:
            last += 1  # "1:30 min"
        value = float(int(minutes) * 60 + int(seconds))
        return Time(position, last, value, value)
    number = _number(tokens, position)
    if number is None:
        return None
    value, after = number
    unit, last = _unit(tokens, after, position)
    if not unit:
        return None
    if unit == 1 and value == 1 and tokens[position].kind == "word":  # "a second piano"
        return None
    total, last = _rest(tokens, last, value * unit, unit)
    return Time(position, last, total, total)


def _rest(tokens: Sequence[Token], last: int, total: float, unit: float) -> tuple[float, int]:
    """Add what follows a first unit: "and a half", "30 s", "45"."""
    start = last + 1 if last < len(tokens) and tokens[last].text in AND_WORDS else last
    if start < len(tokens) and not tokens[start].gap.strip("-"):
        if start > last or tokens[last].text == "半":
            half = start + 1 if NUMBER_WORDS.get(tokens[start].text) == 1 else start
            if half < len(tokens) and tokens[half].text in HALF_WORDS:
                return total + unit / 2, half + 1
        number = _number(tokens, start) if unit > 1 else None
        if number:
            smaller, end = _unit(tokens, number[1], start)
            if smaller and smaller < unit:
                return total + number[0] * smaller, end
            is_last = number[1] >= len(tokens) or bool(tokens[number[1]].gap.strip("-"))
            is_bare = start == last and (tokens[start].is_joined or is_last) and not smaller and number[0] < 60
            if is_bare and unit == 60:  # "1m45", "1 minute 30"
                return total + number[0], number[1]
    return total, last


def _unit(tokens: Sequence[Token], position: int, first: int) -> tuple[float, int]:
    """Return the seconds of the unit at a position (0 if there is none) and the position after it."""
    if position < len(tokens) and position > first and tokens[position].text in _BEFORE_UNIT:
        position += 1
    if position + 1 < len(tokens) and (pair := tokens[position].text + tokens[position + 1].text) in UNITS:
        return UNITS[pair], position + 2
    if position >= len(tokens) or tokens[position].gap.strip("-"):
        return 0.0, position
    unit = UNITS.get(tokens[position].text, 0.0)
    is_letter = len(tokens[position].text) == 1 and tokens[position].text.isascii()
    if is_letter and tokens[position - 1].kind != "number":
        return 0.0, position
    return unit, position + 1


def _number(tokens: Sequence[Token], position: int) -> tuple[float, int] | None:
    """Return the number at a position and the position after it."""
    token = tokens[position]
    if token.kind == "number":
        return _numeral(tokens, position)
    if token.text in IDEOGRAPHIC_DIGITS:
        return _ideographic(tokens, position)
    if token.text not in NUMBER_WORDS:
        return None
    value, position = NUMBER_WORDS[token.text], position + 1
    while position < len(tokens) and not tokens[position].gap.strip("-"):
        text = tokens[position].text
        if text in HALF_WORDS and value == 1:
            value = 0.5  # "half a" has its own word; this is "a half", "une demi"
        elif text in NUMBER_WORDS and value >= 20 > NUMBER_WORDS[text] >= 1:
            value += NUMBER_WORDS[text]
        elif text in NUMBER_WORDS and value == 0.5 and NUMBER_WORDS[text] == 1:
            pass  # "half a", "half an"
        elif text in AND_WORDS and position + 1 < len(tokens):
            after = position + 2 if NUMBER_WORDS.get(tokens[position + 1].text) == 1 else position + 1
            if after >= len(tokens) or tokens[after].text not in HALF_WORDS:
                break
            value, position = value + 0.5, after
        else:
            break
        position += 1
    return value, position


def _numeral(tokens: Sequence[Token], position: int) -> tuple[float, int]:
    text = tokens[position].text
    fraction = FRACTIONS.get(text[-1], 0.0)
    digits = text[:-1] if fraction else text
    value = float(digits.replace(",", ".")) if digits else 0.0
    position += 1
    if not fraction and (part := _written_fraction(tokens, position)):  # "1/2 minute"
        return value / part, position + 1
    is_whole = position < len(tokens) and tokens[position].text.isdigit()
    if is_whole and (part := _written_fraction(tokens, position + 1)):  # "2 1/2 minutes"
        return value + float(tokens[position].text) / part, position + 2
    if position + 1 < len(tokens) and tokens[position].text in AND_WORDS:  # "2 and a half minutes"
        half = position + 2 if NUMBER_WORDS.get(tokens[position + 1].text) == 1 else position + 1
        if half < len(tokens) and tokens[half].text in HALF_WORDS:
            return value + 0.5, half + 1
    return value + fraction, position


def _written_fraction(tokens: Sequence[Token], position: int) -> float:
    """Return the denominator after a numerator, 0 if there is none."""
    if position < len(tokens) and tokens[position].gap in ("/", "⁄") and tokens[position].text in ("2", "3", "4"):
        return float(tokens[position].text)
    return 0.0


def _ideographic(tokens: Sequence[Token], position: int) -> tuple[float, int]:
    """Return 三十 as 30, 两 as 2, 一百二十 as 120."""
    total, digit = 0.0, 0.0
    while position < len(tokens) and (value := IDEOGRAPHIC_DIGITS.get(tokens[position].text)) is not None:
        if value >= 10:
            total += (digit or 1.0) * value
            digit = 0.0
        else:
            digit = value
        position += 1
    return total + digit, position


def _is_decade(tokens: Sequence[Token], time: Time) -> bool:
    """Return whether "80s" means the eighties: "the 80s", "80s synth"; not "60s of jazz" or "jazz, 60s"."""
    token = tokens[time.first]
    if time.last != time.first + 2 or token.text not in {str(decade) for decade in DECADES}:
        return False
    if tokens[time.first + 1].text != "s" or not tokens[time.first + 1].is_joined:
        return False
    if time.first and tokens[time.first - 1].text in _BEFORE_DECADE:
        return True
    following = tokens[time.last] if time.last < len(tokens) else None
    is_era = int(token.text) >= 50 and following is not None and following.gap == ""
    return is_era and following is not None and following.text not in _AFTER_LENGTH and following.kind == "word"
