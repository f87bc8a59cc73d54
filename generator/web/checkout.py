"""What a press of a button that can cost carries: its key, what was sent with it, and the price it showed."""

from generator.web.htmx import Request
from generator.workflow import CheckoutRequest, request_hash

# Sent with a press, but no part of what is asked for: the same again with another of these is the same again.
_ASIDE = ("csrfmiddlewaretoken", "idempotency_key", "expected_price", "register-key-", "register-price-", "file-")
_NO_PRICE = -1  # a text that is none: it is certainly not the price


def checkout(
    request: Request, about: object = None, *, key: str = "idempotency_key", price: str = "expected_price"
) -> CheckoutRequest:
    """Read what a press carries. `about`: what it asks for, where that is not simply everything that was sent."""
    sent = about or [[name, *values] for name, values in request.POST.lists() if not name.startswith(_ASIDE)]
    shown = request.POST.get(price)
    return CheckoutRequest(
        request.POST.get(key, ""), request_hash([request.path, sent]), None if shown is None else _micros(shown)
    )


def _micros(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else _NO_PRICE
