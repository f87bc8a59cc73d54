"""Settings of a studio whose translatable texts are 40 % longer, as those of other languages may be."""

import math
import re

from django.utils.translation import trans_real

from bgmsite.settings import *  # noqa: F403

GROWTH = 0.4
_PLACEHOLDER = re.compile(r"[{}%<>&]")


def longer(text: str) -> str:
    """Return a text with 40 % more characters: one word gets longer, several become more."""
    words = [word for word in text.split() if not _PLACEHOLDER.search(word)]
    if not words:
        return text
    wanted = math.ceil(len(text) * GROWTH)
    if len(words) == 1:
        return text + words[0][:wanted]
    more = ""
    while len(more) < wanted:
        more += " " + words[len(more.split()) % len(words)]
    return text + more


_gettext, _ngettext, _pgettext = trans_real.gettext, trans_real.ngettext, trans_real.pgettext
trans_real.gettext = lambda message: longer(_gettext(message)) if message else message
trans_real.ngettext = lambda singular, plural, number: longer(_ngettext(singular, plural, number))
trans_real.pgettext = lambda context, message: longer(_pgettext(context, message))
