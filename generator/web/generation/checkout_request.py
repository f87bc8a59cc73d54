"""The checkout request of a button that may cost money: idempotency key, request hash and expected price."""

from generator.services.generation.checkout import CheckoutRequest, request_hash
from generator.web.site.htmx import Request

# Submitted, but not part of the request hash: a change of these alone does not make a different request.
_IGNORED_FIELDS = (
    "csrfmiddlewaretoken",
    "idempotency_key",
    "expected_price",
    "register-key-",
    "register-price-",
    "file-",
    "model_sort",  # the order of the picker
)
_NO_PRICE = -1  # for invalid text; never equal to a real price


def checkout(
    request: Request, about: object = None, *, key: str = "idempotency_key", price: str = "expected_price"
) -> CheckoutRequest:
    """Return the checkout request of a POST. `about` is what to hash instead of all submitted values."""
    content = about or [
        [name, *values] for name, values in request.POST.lists() if not name.startswith(_IGNORED_FIELDS)
    ]
    expected_price = request.POST.get(price)
    return CheckoutRequest(
        request.POST.get(key, ""),
        request_hash([request.path, content]),
        None if expected_price is None else _micros(expected_price),
    )


def _micros(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else _NO_PRICE
