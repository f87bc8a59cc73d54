"""Expected user errors, by their code and field instead of their sentence."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.http import HttpResponseBase

from generator.services.errors import UserError

ANY = "any field"


@contextmanager
def refused(code: str, field: str | None = ANY) -> Iterator[pytest.ExceptionInfo[UserError]]:
    """Expect a user error with this code, and with this field unless it is ANY."""
    with pytest.raises(UserError) as error:
        yield error
    assert error.value.code == code
    if field != ANY:
        assert error.value.field == field


def code_of(reply: HttpResponseBase) -> str:
    """Return the code of the user error that a page, fragment or toast shows; empty if it shows none."""
    if found := re.search(r'data-code="([a-z_]+)"', reply.content.decode()):
        return found[1]
    toast = json.loads(reply.headers.get("HX-Trigger", "{}")).get("studio-toast")
    if isinstance(toast, dict):
        return toast["code"]
    return (reply.context or {}).get("code", "")


def amounts(sentence: str) -> list[str]:
    """Return the amounts of money in a sentence, in their order."""
    return re.findall(r"\$\d+\.\d+", sentence)
