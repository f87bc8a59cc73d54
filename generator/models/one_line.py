"""The rule for one-line texts: names, titles, tags and everything else that is shown, mailed or sent on one line.

Rejected are control characters and line breaks, characters that change the text direction around them, and text of
which nothing is visible. Joiners inside a word stay: emoji and several scripts need them.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from generator.models.fields import StrField

CONTROLS = _("Use a single line without control characters.")
INVISIBLE = _("This text has no visible characters. Use letters, digits, or symbols.")
_BREAKING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb\U000e0001]"
)
_BLANK = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and signs, but invisible


def is_visible(text: str) -> bool:
    """Return whether a text has anything visible: more than spaces, controls and invisible characters."""
    return any(character not in _BLANK and unicodedata.category(character)[0] in "LNPS" for character in text)


def trouble(text: str) -> str:
    """Return what is wrong with a line of text; empty if nothing is, or if the text is empty."""
    if _BREAKING.search(text):
        return str(CONTROLS)
    return str(INVISIBLE) if text and not is_visible(text) else ""


def cleaned(text: str) -> str:
    """Return external text, such as a vendor's title, as one line; what is not allowed becomes a space."""
    return " ".join(_BREAKING.sub(" ", text).split())


def validate_one_line(text: str) -> None:
    """Validate a form or model field."""
    if problem := trouble(text):
        raise ValidationError(problem, code="one_line")


class OneLineField(StrField):
    """A CharField for names given by people: validated, and always stored as one line."""

    default_validators = [validate_one_line]

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        text = super().pre_save(model_instance, add)
        if isinstance(text, str) and _BREAKING.search(text):
            text = cleaned(text)
            setattr(model_instance, self.attname, text)
        return text
