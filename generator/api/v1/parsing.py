"""Request parsing: JSON bodies that can be stored, and ids that are numbers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.types import DictStrAny

from generator.api import json_body
from generator.api.v1.problems import Problem
from generator.services.errors import UserError

FORM = "multipart/form-data"


class Json(Parser):
    """JSON only, declared as such, without anything that a database cannot store."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """Parse a body; raise Problem for another content type, invalid JSON, or text that cannot be stored."""
        if request.content_type != "application/json":
            raise Problem(
                415, "Send the body as JSON, with “Content-Type: application/json”.", Accept="application/json"
            )
        body: DictStrAny = json_body.parse(request.body)
        return body

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> DictStrAny:
        """Parse a form; raise Problem for another content type, or text that cannot be stored."""
        if data is not request.GET and request.content_type != FORM:
            raise Problem(415, f"Send a form with the audio file, as “Content-Type: {FORM}”.", Accept=FORM)
        values = super().parse_querydict(data, list_fields, request)
        json_body.check_storable(values)
        return values


@contextmanager
def field_names(names: Mapping[str, str]) -> Iterator[None]:
    """Make a UserError name its field as this API does: name in the services → name here."""
    try:
        yield
    except UserError as error:
        error.field = names.get(error.field or "", error.field)
        raise


def number(public_id: str) -> int:
    """Return an id as a whole number; 0, which no row has, for any other text."""
    return int(public_id) if public_id.isascii() and public_id.isdecimal() and len(public_id) < 19 else 0
