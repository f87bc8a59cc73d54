"""Durations and positions in seconds. This is the only module that parses and formats them."""

import re

MAX_DURATION_S = 1e9  # longer than any length; larger numbers become this, for range checks to reject
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
    """Parse a length into seconds: "90", "28,5", "1:30", "0:28.5", "1:02:03", "90 s", "2 min 30 s", "2m30s", "1.5 min".

    Raises:
        ValueError: the text is not a length.
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return _value(text)
    match = _CLOCK.fullmatch(text)
    if match:
        if _value(match["s"]) >= 60 or (match["h"] and int(match["m"]) >= 60):
            raise ValueError(f"{text!r} is not a length: there are sixty to the next unit")
    else:
        match = _UNITS.fullmatch(text) if text.isascii() else None
        if match and match["s"] and not match["m"] and not match["unit"]:
            match = None  # "1h30" is ambiguous: thirty minutes or seconds
    if not match or not (match["h"] or match["m"] or match["s"]):
        raise ValueError(f"{text!r} is not a length")
    return round(3600 * _value(match["h"]) + 60 * _value(match["m"]) + _value(match["s"]), 6)


def _value(number: str | None) -> float:
    return min(float(number.replace(",", ".")), MAX_DURATION_S) if number else 0.0


def show_duration(seconds: float) -> str:
    """Format a length as a clock, with fractions of a second only if needed: "1:30", "0:28.5", "1:02:03"."""
    whole, part = divmod(round(seconds * 1_000_000), 1_000_000)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    digits = f".{part:06d}".rstrip("0").rstrip(".")
    return f"{hours}:{minutes:02d}:{rest:02d}{digits}" if hours else f"{minutes}:{rest:02d}{digits}"
