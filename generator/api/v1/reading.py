"""Reading a request: a JSON body that can be stored, and idempotency keys."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.types import DictStrAny

from generator.api import idempotency, sent
from generator.api.v1.problems import Problem
from generator.models import User


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
    """The token of what a program asks for (`generator.api.idempotency`).

    Raises:
        Problem: a header that is no key.
    """
    if header is not None and not 0 < len(header) <= idempotency.MAX_KEY_LENGTH:
        most = idempotency.MAX_KEY_LENGTH
        raise Problem(400, f"An Idempotency-Key has 1 to {most} characters.", "Idempotency-Key")
    return idempotency.token_of(user, header, about)


@contextmanager
def turn(user: User, header: str | None, token: str) -> Iterator[None]:
    """Requests with one key, one after the other.

    Raises:
        Problem: the key was used for another request.
    """
    try:
        with idempotency.turn(user, header, token):
            yield
    except idempotency.KeyReused:
        words = "This Idempotency-Key was used for another request. Choose a new one."
        raise Problem(409, words, "Idempotency-Key") from None
