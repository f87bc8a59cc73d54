"""One line of text as somebody typed or sent it, by the one rule of `generator.models.one_line`."""

from generator.models.one_line import trouble
from generator.workflow.refused import Refused


def one_line(text: str, field: str) -> str:
    """The text with single spaces.

    Raises:
        Refused: it is not one line, or there is nothing to see in it.
    """
    text = text.strip()
    if said := trouble(text):
        raise Refused(said, field)
    return " ".join(text.split())
