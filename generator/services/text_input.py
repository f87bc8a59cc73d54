"""Validation of single-line text, by the rule of `generator.models.one_line`."""

from generator.models.one_line import trouble
from generator.services.errors import UserError


def one_line(text: str, field: str) -> str:
    """Return the text stripped, with runs of white space collapsed to single spaces.

    Raises:
        UserError: the text contains line breaks or control characters, or only invisible characters.
    """
    text = text.strip()
    if problem := trouble(text):
        raise UserError(str(problem), field, code="invalid_text")
    return " ".join(text.split())
