"""Amounts as people and programs send them; `generator.money` reads them, here they are refused or confirmed."""

from generator import money
from generator.money import Micros
from generator.workflow.refused import Refused


def parse_amount(text: str, field: str) -> Micros:
    """Read an amount in dollars that a program sends; its answer shows what was understood.

    Raises:
        Refused: it is none, or could be two.
    """
    try:
        return money.dollars(text)
    except money.NotAnAmount as error:
        raise Refused(str(error), field) from None


def confirmed_amount(text: str, field: str) -> Micros:
    """Read an amount in dollars from a form. Anything but the studio's own way of writing is shown back first.

    The field then holds the amount as it was understood (`as_understood`), so that pressing again confirms it.

    Raises:
        Refused: it is none, could be two, or has to be confirmed.
    """
    amount = parse_amount(text, field)
    if not money.is_plain(text):
        raise Refused(f"{to_confirm(text, amount)} Nothing is changed yet: press again if that is right.", field)
    return amount


def to_confirm(text: str, amount: int) -> str:
    return f"“{text.strip()[:40]}” is understood as {money.show(amount)}."


def as_understood(text: str) -> str:
    """What a field shows again: the amount in the studio's own way of writing, or what is no amount as it was typed."""
    try:
        return text if money.is_plain(text) else money.as_typed(money.dollars(text))
    except money.NotAnAmount:
        return text
