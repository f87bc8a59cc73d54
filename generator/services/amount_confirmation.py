"""Validation of amounts from forms and API requests; `generator.currency` parses them."""

from django.utils.translation import gettext as _

from generator import currency
from generator.currency import Micros
from generator.services.errors import UserError


def parse_amount(text: str, field: str) -> Micros:
    """Parse an amount in dollars from an API request. The response shows how it was interpreted.

    Raises:
        UserError: the text is not an amount, or is ambiguous.
    """
    try:
        return currency.dollars(text)
    except currency.NotAnAmount as error:
        raise UserError(str(error), field, code="invalid_amount") from None


def confirmed_amount(text: str, field: str) -> Micros:
    """Parse an amount in dollars from a form, and require confirmation unless it is in the studio's own notation.

    The field then shows the amount as interpreted (`as_understood`), so that submitting again confirms it.

    Raises:
        UserError: the text is not an amount, is ambiguous, or needs confirmation.
    """
    amount = parse_amount(text, field)
    if not currency.is_plain(text):
        sentence = _("{reading} Nothing was changed. Submit again to confirm.").format(
            reading=needs_confirmation(text, amount)
        )
        raise UserError(sentence, field, code="needs_confirmation")
    return amount


def needs_confirmation(text: str, amount: int) -> str:
    return _("“{text}” was read as {amount}.").format(text=text.strip()[:40], amount=currency.show(amount))


def as_understood(text: str) -> str:
    """Return the text to redisplay: the amount in the studio's own notation, or invalid input unchanged."""
    try:
        return text if currency.is_plain(text) else currency.as_typed(currency.dollars(text))
    except currency.NotAnAmount:
        return text
