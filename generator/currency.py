"""Money as an integer of micro-dollars (0.045 USD = 45,000). This is the only module that parses and formats it."""

import re
from decimal import Decimal, InvalidOperation
from typing import NewType

Micros = NewType("Micros", int)
ZERO = Micros(0)
MICROS_PER_DOLLAR = 1_000_000
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
    """Text that is not an amount, or is ambiguous; `str()` is a message for the user."""


def dollars(text: str) -> Micros:
    """Parse an unambiguous amount exactly, such as "0.045", "$12.50", "12,50", "1,250.00", "1.250,00", "1 250", "-3".

    A single mark before exactly three digits ("1,250", "1.250") could separate thousands or decimals and is rejected,
    unless a leading zero or more than three digits precede it ("0,045", "1250.125").

    Raises:
        NotAnAmount: the text is not an amount, or is ambiguous, in another currency, finer than a micro-dollar, or too
            large.
    """
    match = _AMOUNT.fullmatch(text.translate(_AS_ASCII).strip())
    if not match:
        raise NotAnAmount(_explain_rejection(text))
    whole, part = _read(match["number"], text)
    if len(part) > MAX_DECIMALS:
        raise NotAnAmount(f"“{text[:40]}” has too many decimal places. The smallest amount is a millionth of a dollar.")
    if len(whole) > MAX_WHOLE_DIGITS:
        raise NotAnAmount(f"“{text[:40]}” is too large. Enter a smaller amount.")
    micros = int(whole or 0) * MICROS_PER_DOLLAR + int(part.ljust(MAX_DECIMALS, "0"))
    if match["sign"] and not micros:
        raise NotAnAmount(f"“{text[:40]}” is not a valid amount. Enter 0 for none.")
    return Micros(-micros if match["sign"] == "-" else micros)


def micros_of(value: object) -> Micros | None:
    """Convert an amount in dollars, as the numbers of an API give it, exactly to micro-dollars; None: not an amount."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(str(value).strip())
        return Micros(round(amount * MICROS_PER_DOLLAR)) if amount.is_finite() and abs(amount) < 10**9 else None
    except InvalidOperation:
        return None


def _read(number: str, text: str) -> tuple[str, str]:
    """Split a number into the digits before and after its decimal mark.

    Raises:
        NotAnAmount: the number is ambiguous, or a mark is misplaced.
    """
    marks = [sign for sign in number if not sign.isdigit()]
    if not marks:
        return number, ""
    if marks[-1] in ".," and marks.count(marks[-1]) == 1:
        whole, _, part = number.rpartition(marks[-1])
        if len(marks) == 1:
            _check_unambiguous(whole, part, text)
        elif not _GROUPED.fullmatch(whole):
            raise NotAnAmount(_explain_rejection(text))
        return _digits(whole), part
    if not _GROUPED.fullmatch(number):
        raise NotAnAmount(_explain_rejection(text))
    return _digits(number), ""


def _check_unambiguous(whole: str, part: str, text: str) -> None:
    """Raise NotAnAmount if the mark is ambiguous: "1,250" may be $1.25 or $1,250."""
    if len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        small, large = int(whole + part) * (MICROS_PER_DOLLAR // 1000), int(whole + part) * MICROS_PER_DOLLAR
        raise NotAnAmount(
            f"“{text[:40]}” could mean {show(small)} or {show(large)}. Enter {as_typed(small)} or {as_typed(large)}."
        )


def _digits(number: str) -> str:
    return "".join(filter(str.isdigit, number))


def _explain_rejection(text: str) -> str:
    if _OTHER_CURRENCY.search(text):
        return f"“{text[:40]}” is not in US dollars. Enter an amount in US dollars, such as 12.50."
    return f"“{text[:40]}” is not a valid amount. Enter an amount in US dollars, such as 12.50."


def per_take(total: int, takes: int) -> Micros:
    """Return the share of one take in micro-dollars, rounded up; for display, since only totals are charged."""
    return Micros(-(-total // max(takes, 1)))


def is_plain(text: str) -> bool:
    """Return whether an amount is in the studio's own notation, which needs no interpretation."""
    return bool(_PLAIN.fullmatch(text.translate(_AS_ASCII).strip()))


def show(amount: int) -> str:
    """Format an amount with its currency and as many decimals as needed, at least two: "$0.045", "−$1.20"."""
    whole, part = divmod(abs(amount), MICROS_PER_DOLLAR)
    return f"{'−' if amount < 0 else ''}${whole:,}.{_decimals(whole, part, least=2)}"


def as_typed(amount: int) -> str:
    """Format an amount for an input field: "0.045", "12", "-3.5"."""
    whole, part = divmod(abs(amount), MICROS_PER_DOLLAR)
    return f"{'-' if amount < 0 else ''}{whole}.{_decimals(whole, part, least=0)}".rstrip(".")


def _decimals(whole: int, part: int, least: int) -> str:
    """Format the decimals needed, but never exactly three after one to three digits, which could mean thousands."""
    digits = f"{part:06d}".rstrip("0").ljust(least, "0")
    return digits.ljust(4, "0") if len(digits) == 3 and 1 <= whole <= 999 else digits


def plain(amount: int) -> str:
    """Format an amount for a spreadsheet: no currency, always six decimals, an ASCII minus; such as "0.045000"."""
    whole, part = divmod(abs(amount), MICROS_PER_DOLLAR)
    return f"{'-' if amount < 0 else ''}{whole}.{part:06d}"
