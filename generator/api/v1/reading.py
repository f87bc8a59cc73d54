"""Reading a request: a JSON body that can be stored, and the key that once means once."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.types import DictStrAny

from generator.api import door, sent
from generator.api.v1.problems import Problem
from generator.models import Comparison, Generation, User

MOST_KEY = 255  # characters of an Idempotency-Key
HALF = 32  # hexadecimal characters: 128 bits


class Json(Parser):
    """JSON alone, declared as such, with nothing in it that a database cannot hold."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """Raises Problem: another content type, no JSON, or a text that cannot be stored."""
        if request.content_type != "application/json":
            raise Problem(
                415, "Send the body as JSON, with “Content-Type: application/json”.", Accept="application/json"
            )
        return _taken(lambda: sent.parse(request.body))

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> DictStrAny:
        """Raises Problem: a text that cannot be stored."""
        read = super().parse_querydict(data, list_fields, request)
        _taken(lambda: sent.storable(read))
        return read


def _taken(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except sent.Unreadable as wrong:
        raise Problem(400, str(wrong)) from None


def number(ref: str) -> int:
    """The whole number that an id is; 0, which nothing has, for any other text."""
    return int(ref) if ref.isascii() and ref.isdecimal() and len(ref) < 19 else 0


def once(user: User, header: str | None, about: object) -> str:
    """The submit's own key for what a program asks: half says which Idempotency-Key, half what was asked with it.

    So no other key, and nobody else, ever meets it; and the same key with another request can be told (`used`).

    Raises:
        Problem: a header that is no key.
    """
    if header is None:
        return door.once(user, "")
    if not 0 < len(header) <= MOST_KEY:
        raise Problem(400, f"An Idempotency-Key has 1 to {MOST_KEY} characters.", "Idempotency-Key")
    return door.once(user, header)[:HALF] + sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:HALF]


def used(user: User, key: str) -> None:
    """See that this Idempotency-Key was not used for another request; call it under the lock of the key's row.

    Raises:
        Problem: it was.
    """
    first, after = key[:HALF], key[:HALF] + "g"
    mine = {"author": user, "idempotency_key__gte": first, "idempotency_key__lt": after}
    if any(kind.objects.filter(**mine).exclude(idempotency_key=key).exists() for kind in (Generation, Comparison)):
        raise Problem(409, "This Idempotency-Key was used for another request. Choose a new one.", "Idempotency-Key")
