"""Lengths and positions as people write them, in seconds: this is the one place that reads and prints them."""

import re

MAX_SECONDS = 1e9  # longer than any length; larger numbers are read as this, for a range to refuse
_NUMBER = r"[0-9]{1,6}(?:[.,][0-9]{1,6})?"
_PLAIN = re.compile(r"[0-9]{1,500}(?:[.,][0-9]{1,500})?")
_CLOCK = re.compile(r"(?:(?P<h>[0-9]{1,3}):(?=[0-9]{1,2}:))?(?P<m>[0-9]{1,4}):(?P<s>[0-9]{1,2}(?:[.,][0-9]{1,6})?)")
_UNITS = re.compile(
    rf"(?:(?P<h>{_NUMBER})\s*(?:hours?|hrs?|h)\.?)?\s*"
    rf"(?:(?P<m>{_NUMBER})\s*(?:minutes?|mins?|m|')\.?)?\s*"
    rf"(?:(?P<s>{_NUMBER})\s*(?P<unit>seconds?|secs?|s|\")?\.?)?",
    re.IGNORECASE,
)


def parse_duration(text: str) -> float:
    """Read a length as seconds: "90", "28,5", "1:30", "0:28.5", "1:02:03", "90 s", "2 min 30 s", "2m30s", "1.5 min".

    Raises:
        ValueError: it is none.
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return _value(text)
    found = _CLOCK.fullmatch(text)
    if found:
        if _value(found["s"]) >= 60 or (found["h"] and int(found["m"]) >= 60):
            raise ValueError(f"{text!r} is not a length: there are sixty to the next unit")
    else:
        found = _UNITS.fullmatch(text) if text.isascii() else None
        if found and found["s"] and not found["m"] and not found["unit"]:
            found = None  # "1h30": thirty minutes or seconds
    if not found or not (found["h"] or found["m"] or found["s"]):
        raise ValueError(f"{text!r} is not a length")
    return round(3600 * _value(found["h"]) + 60 * _value(found["m"]) + _value(found["s"]), 6)


def _value(number: str | None) -> float:
    return min(float(number.replace(",", ".")), MAX_SECONDS) if number else 0.0


def show_duration(seconds: float) -> str:
    """Print a length as a clock with as much of a second as it has: "1:30", "0:28.5", "1:02:03"."""
    whole, part = divmod(round(seconds * 1_000_000), 1_000_000)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    digits = f".{part:06d}".rstrip("0").rstrip(".")
    return f"{hours}:{minutes:02d}:{rest:02d}{digits}" if hours else f"{minutes}:{rest:02d}{digits}"
