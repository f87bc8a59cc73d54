"""Money is an integer of micro-dollars (0.045 USD = 45,000); this is the one place that parses and prints it."""

import re
from typing import NewType

Micros = NewType("Micros", int)
ZERO = Micros(0)
PER_DOLLAR = 1_000_000
MAX_WHOLE_DIGITS, MAX_DECIMALS = 12, 6
_CURRENCY = r"(?:US\$|USD|\$)"
_AMOUNT = re.compile(rf"(?P<sign>[-−+]?){_CURRENCY}? ?(?P<number>[0-9.,' ]*[0-9]) ?{_CURRENCY}?")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:(?P<mark>[.,' ])[0-9]{3})(?:(?P=mark)[0-9]{3})*")
_PLAIN = re.compile(r"-?\$?[0-9]+(?:\.[0-9]{1,6})?")
_OTHER_CURRENCY = re.compile(
    r"[€£¥₣₹₩₽]|\b(?:EUR|GBP|CHF|JPY|CNY|CAD|AUD|SEK|NOK|DKK|PLN|CZK|INR|KRW)\b", re.IGNORECASE
)
_AS_ASCII = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "−": "-"})


class NotAnAmount(ValueError):
    """A text that is no amount, or could be two; `str()` is a sentence for the person."""


def dollars(text: str) -> Micros:
    """Parse an amount exactly, where it can be read in one way only.

    "0.045", "$12.50", "12,50", "1,250.00", "1.250,00", "1 250", "-3": a mark that stands alone before exactly three
    digits ("1,250", "1.250") could separate thousands or decimals and is refused, unless nothing but a zero or more
    than three digits stand before it ("0,045", "1250.125").

    Raises:
        NotAnAmount: none, ambiguous, in another currency, finer than a micro-dollar, or too large.
    """
    found = _AMOUNT.fullmatch(text.translate(_AS_ASCII).strip())
    if not found:
        raise NotAnAmount(_why_not(text))
    whole, part = _read(found["number"], text)
    if len(part) > MAX_DECIMALS:
        raise NotAnAmount(f"“{text[:40]}” is not an amount that can be kept: it is finer than a millionth of a dollar.")
    if len(whole) > MAX_WHOLE_DIGITS:
        raise NotAnAmount(f"“{text[:40]}” is not an amount that can be kept: it is too large.")
    micros = int(whole or 0) * PER_DOLLAR + int(part.ljust(MAX_DECIMALS, "0"))
    return Micros(-micros if found["sign"] == "-" else micros)


def _read(number: str, text: str) -> tuple[str, str]:
    """Split a number into the digits before and after its decimal mark.

    Raises:
        NotAnAmount: it is ambiguous, or its marks stand where none can.
    """
    marks = [sign for sign in number if not sign.isdigit()]
    if not marks:
        return number, ""
    if marks[-1] in ".," and marks.count(marks[-1]) == 1:
        whole, _, part = number.rpartition(marks[-1])
        if len(marks) == 1:
            _must_be_clear(whole, part, text)
        elif not _GROUPED.fullmatch(whole):
            raise NotAnAmount(_why_not(text))
        return _digits(whole), part
    if not _GROUPED.fullmatch(number):
        raise NotAnAmount(_why_not(text))
    return _digits(number), ""


def _must_be_clear(whole: str, part: str, text: str) -> None:
    """Raises NotAnAmount: "1,250" may be $1.25 or $1,250."""
    if len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        small, large = int(whole + part) * (PER_DOLLAR // 1000), int(whole + part) * PER_DOLLAR
        raise NotAnAmount(
            f"“{text[:40]}” could be an amount of {show(small)} or of {show(large)}. "
            f"Write {as_typed(small)} or {as_typed(large)}."
        )


def _digits(number: str) -> str:
    return "".join(filter(str.isdigit, number))


def _why_not(text: str) -> str:
    if _OTHER_CURRENCY.search(text):
        return f"“{text[:40]}” is not in US dollars. Write the amount in US dollars, such as 12.50."
    return f"“{text[:40]}” is not an amount in dollars, such as 12.50."


def is_plain(text: str) -> bool:
    """Whether an amount is written as the studio itself writes it, so that nothing about it was interpreted."""
    return bool(_PLAIN.fullmatch(text.translate(_AS_ASCII).strip()))


def show(amount: int) -> str:
    """Print an amount with its currency and as many digits as it needs, two at least: "$0.045", "−$1.20"."""
    whole, part = divmod(abs(amount), PER_DOLLAR)
    return f"{'−' if amount < 0 else ''}${whole:,}.{_decimals(whole, part, least=2)}"


def as_typed(amount: int) -> str:
    """Print an amount as it is typed into a field: "0.045", "12", "-3.5"."""
    whole, part = divmod(abs(amount), PER_DOLLAR)
    return f"{'-' if amount < 0 else ''}{whole}.{_decimals(whole, part, least=0)}".rstrip(".")


def _decimals(whole: int, part: int, least: int) -> str:
    """As many as are needed; never exactly three after one to three digits, which could be read as thousands."""
    digits = f"{part:06d}".rstrip("0").ljust(least, "0")
    return digits.ljust(4, "0") if len(digits) == 3 and 1 <= whole <= 999 else digits


def plain(amount: int) -> str:
    """Print an amount for a spreadsheet: "0.045000", no currency, always six decimals, an ASCII minus."""
    whole, part = divmod(abs(amount), PER_DOLLAR)
    return f"{'-' if amount < 0 else ''}{whole}.{part:06d}"
