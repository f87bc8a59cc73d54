"""What fits on one line: the rule for names, titles, tags and everything else that is shown, mailed or sent as one.

Refused are control characters and line breaks, characters that turn the direction of what stands around them, and text
of which nothing can be seen. Joiners inside a word stay: emoji and several scripts need them.
"""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.db import models

CONTROLS = "Use a single line without control characters."
INVISIBLE = "Nothing of this can be seen. Use letters, digits or signs."
_BREAKING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb\U000e0001]"
)
_BLANK = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and signs by name, without ink


def is_visible(text: str) -> bool:
    """Whether there is anything to see in a text: more than spaces, controls and characters without ink."""
    return any(letter not in _BLANK and unicodedata.category(letter)[0] in "LNPS" for letter in text)


def trouble(text: str) -> str:
    """What is wrong with a line of text; empty when nothing is, or when there is no text at all."""
    if _BREAKING.search(text):
        return CONTROLS
    return INVISIBLE if text and not is_visible(text) else ""


def cleaned(text: str) -> str:
    """A line made of text from elsewhere, such as a vendor's title: what does not fit becomes a space."""
    return " ".join(_BREAKING.sub(" ", text).split())


def validate_one_line(text: str) -> None:
    """A validator for form and model fields."""
    if said := trouble(text):
        raise ValidationError(said, code="one_line")


class OneLineField(models.CharField):
    """A CharField for what people name: validated, and whatever the way it came, stored as one line."""

    default_validators = [validate_one_line]

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance, add):
        text = super().pre_save(model_instance, add)
        if isinstance(text, str) and _BREAKING.search(text):
            text = cleaned(text)
            setattr(model_instance, self.attname, text)
        return text
