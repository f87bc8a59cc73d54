"""Translation of texts that were written in English below Django, or stored in English: done where they are shown."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from generator.messages import Message, fill, from_json, gettext_noop, parse

# Templates of texts with values that text columns hold, where only the finished text is stored. A column whose texts
# are not here still shows them, in English.
STAGES = (
    gettext_noop("Take {number}: {stage}"),
    gettext_noop("Checking take {number}"),
    gettext_noop("{provider} reports “{status}”"),
    gettext_noop("Waiting: {reason}"),
    gettext_noop("In the provider’s queue, place {place}"),
)
SENTENCES = (
    gettext_noop("Ready: {arrived}"),
    gettext_noop("{delivered} of {requested} takes arrived. You were not charged for the rest."),
    gettext_noop("{provider} accepted this but could not make it."),
    gettext_noop("The delivered file could not be used: {problem}"),
    gettext_noop("WaveSpeed could not be reached: {reason}. Nothing was sent, and you were not charged."),
    gettext_noop("Soundverse could not be reached: {reason}. Nothing was sent, and you were not charged."),
    gettext_noop("{title} accepted this request but cannot report its outcome."),
    gettext_noop("{provider} gives no usable answer about this job."),
    gettext_noop("The provider refused the download (HTTP {status})."),
    gettext_noop("The provider’s file server responded with HTTP {status}."),
)
MAX_SENTENCES = 12  # a longer text is a vendor's, not ours
_SENTENCE_END = re.compile(r"(?<=[.!?”]) (?=[A-Z“])")
_TEXTS = frozenset(("arrived", "problem", "reason", "stage"))  # values that are marked texts themselves


def translate(text: str) -> str:
    """Return a marked text, or an English one from a text column, in the active language.

    A column holds only the finished text. There, sentences are recognized one by one: marked ones without values, and
    those in `SENTENCES`.
    """
    if isinstance(text, Message):
        values = {
            name: translate(value) if isinstance(value, Message) else value for name, value in text.values.items()
        }
        return fill(gettext(text.template), values)
    if not text:
        return ""
    translated = gettext(text)
    return translated if translated != text else _translate_sentences(text)


def translate_stored(text: str, stored: Mapping[str, Any] | str | None) -> str:
    """Return a row's text in the active language: from its template and values, if the row has them."""
    return translate(from_json(stored) if stored else text)


def finding_sentence(finding: Mapping[str, Any]) -> str:
    """Return the sentence of a stored quality finding in the active language."""
    return translate_stored(finding["sentence"], finding.get("message"))


def translate_stage(stage: str) -> str:
    """Return a stored stage of work in the active language."""
    return _translate_parsed(stage, STAGES) or translate(stage)


def _translate_parsed(text: str, templates: Sequence[str]) -> str:
    """Return the translation of a text that one of the templates made; empty if none did."""
    message = parse(text, *templates)
    if not isinstance(message, Message) or message is text:
        return ""
    values = {name: translate(str(value)) if name in _TEXTS else value for name, value in message.values.items()}
    return fill(gettext(message.template), values)


def _translate_sentences(text: str) -> str:
    """Translate the longest marked runs of sentences in a text."""
    sentences, shown, first = _SENTENCE_END.split(text), [], 0
    if len(sentences) > MAX_SENTENCES:
        return text
    while first < len(sentences):
        for end in range(len(sentences), first, -1):
            run = " ".join(sentences[first:end])
            translated = _translate_parsed(run, SENTENCES) or gettext(run)
            if translated != run or end == first + 1:
                shown.append(translated)
                first = end
                break
    return " ".join(shown)
