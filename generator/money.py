"""Money is an integer of micro-dollars (0.045 USD = 45,000); this is the one place that parses and prints it."""

import re
from typing import NewType

Micros = NewType("Micros", int)
ZERO = Micros(0)
PER_DOLLAR = 1_000_000
_AMOUNT = re.compile(r"(?P<sign>-?)\$?(?P<whole>\d{1,12})(?:\.(?P<part>\d{1,6}))?", re.ASCII)


def dollars(text: str) -> Micros:
    """Parse "0.045", "$1.20" or "-3" exactly.

    Raises:
        ValueError: not an amount, or finer than a micro-dollar.
    """
    found = _AMOUNT.fullmatch(text.strip().replace(",", ""))
    if not found:
        raise ValueError(f"{text!r} is not an amount in dollars, such as 0.045")
    micros = int(found["whole"]) * PER_DOLLAR + int((found["part"] or "").ljust(6, "0") or 0)
    return Micros(-micros if found["sign"] else micros)


def show(amount: int) -> str:
    """Print an amount with its currency and as many digits as it needs, two at least: "$0.045", "−$1.20"."""
    whole, part = divmod(abs(amount), PER_DOLLAR)
    digits = f"{part:06d}".rstrip("0").ljust(2, "0")
    return f"{'−' if amount < 0 else ''}${whole:,}.{digits}"


def plain(amount: int) -> str:
    """Print an amount for a spreadsheet: "0.045000", no currency, always six decimals, an ASCII minus."""
    whole, part = divmod(abs(amount), PER_DOLLAR)
    return f"{'-' if amount < 0 else ''}{whole}.{part:06d}"
