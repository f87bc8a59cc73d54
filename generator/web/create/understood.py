"""The chips under the prompt: what was understood, how to take it back, and what was not understood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from django.http import QueryDict
from django.utils.translation import gettext as _

from generator.composer import STYLES
from generator.composer.text import understanding as reading
from generator.composer.text import unknown_words
from generator.composer.text.understanding import Chip, Understanding, Used
from generator.composer.text.unknown_words import Unknown
from generator.providers.base import ModelSpec
from generator.services.team.project_defaults import words_of
from generator.translation import translate

IGNORE = "ignore"  # the field of models that can ignore words of the prompt
LISTS = (IGNORE, "leave_out", "bring_in")  # fields whose value is a list of words
SEPARATOR = "="


@dataclass(frozen=True)
class ShownChip:
    """One decision on the form; `drop` is what its remove button sends."""

    chip: Chip
    can_edit: bool

    @property
    def meaning(self) -> str:
        """Return the meaning in the active language."""
        if self.chip.name == "style":  # in the middle of a sentence, so in lower case
            return translate(STYLES[self.chip.value].title).lower()
        return translate(self.chip.meaning)

    @property
    def drop(self) -> str:
        name = self.chip.name if self.chip.is_set else IGNORE
        return f"{name}{SEPARATOR}{self.chip.phrase}"

    @property
    def public_id(self) -> str:
        """Return an id that another decision, or the same one from other words, never has."""
        return f"{crc32(f'{self.drop}/{self.chip.meaning}'.encode()):08x}"


@dataclass(frozen=True)
class ShownUnknown:
    """Words that were not understood, in a sentence, and the button that sets the nearest thing."""

    sentence: str
    phrase: str
    set: str
    title: str

    @property
    def public_id(self) -> str:
        return f"{crc32(f'{self.phrase}/{self.set}'.encode()):08x}"


def shown_chips(understood: Understanding | None, spec: ModelSpec) -> list[ShownChip]:
    return [ShownChip(chip, bool(chip.value and spec.field(chip.name))) for chip in _chips(understood)]


def _chips(understood: Understanding | None) -> Sequence[Chip]:
    return understood.chips if understood else ()


def shown_unknown(understood: Understanding | None) -> list[ShownUnknown]:
    unknowns = understood.not_understood if understood else ()
    return [
        ShownUnknown(
            _sentence(unknown),
            unknown.phrase,
            f"{unknown.name}{SEPARATOR}{unknown.value}" if unknown.name else "",
            translate(unknown.title),
        )
        for unknown in unknowns
    ]


def _sentence(unknown: Unknown) -> str:
    sentences = {
        unknown_words.GENRE: _("“{words}” is not available yet. Nearest style:"),
        unknown_words.INSTRUMENT: _("“{words}” is not available yet. Nearest instrument:")
        if unknown.name
        else _("“{words}” is not available yet. Nearest: {nearest}."),
        unknown_words.INSIDE: _("“{words}” has no part of its own now, but is in a section. To leave out all of it:"),
        unknown_words.LENGTH: _("“{words}” was not recognized as a length. Use:")
        if unknown.name
        else _("“{words}” is outside the supported range of lengths and has no effect."),
        unknown_words.TEMPO: _("“{words}” is outside the supported range of tempos and has no effect."),
        unknown_words.VOICE: _("“{words}” has no effect: this model makes instrumental music."),
        unknown_words.NAME: _("“{words}” is taken to mean a style:"),
        unknown_words.MEANT: _("“{words}” was not understood. Its meaning is nearest to:"),
        unknown_words.WORDS: _("“{words}” was not understood. Choose a style, or describe it in other words."),
        unknown_words.METER: _("“{words}” is not a supported meter and has no effect."),
        unknown_words.PLACE: _("“{words}” has no effect: no place in this piece, or nothing that can happen there."),
    }
    return sentences[unknown.kind].format(words=unknown.phrase, nearest=translate(unknown.title))


def shown_value(used: Used | None, *, knows: bool) -> tuple[str, str]:
    """Return what stands in an empty field, the value that will be used, and where it comes from."""
    if used is None:
        return ("", "") if knows else (_("decided by the model"), "")
    if used.source == reading.SEED:
        return _("chosen for you"), ""
    sources = {
        reading.TEXT: _("from your prompt"),
        reading.USE: _("typical for this use"),
        reading.STYLE: _("from the style"),
        reading.DEFAULT: _("by default"),
    }
    return translate(used.text), sources[used.source]


# --- what the buttons of the chips send ---


def apply_edits(data: QueryDict) -> QueryDict:
    """Return form data with a removed chip (`drop`) or a chosen suggestion (`set`) applied to the fields."""
    if "drop" not in data and "set" not in data:
        return data
    edited = data.copy()
    name, _separator, phrases = edited.get("drop", "").partition(SEPARATOR)
    if name == IGNORE:
        edited[IGNORE] = _join_phrases(edited, IGNORE, phrases)
    elif name in LISTS:
        dropped = {word.lower() for word in words_of(phrases)}
        edited[name] = ", ".join(word for word in words_of(edited.get(name, "")) if word.lower() not in dropped)
    elif name:
        edited[name] = ""
    name, _separator, value = edited.get("set", "").partition(SEPARATOR)
    if name:
        edited[name] = _join_phrases(edited, name, value) if name in LISTS else value
    for edit_name in ("drop", "set"):
        edited.pop(edit_name, None)
    return edited


def _join_phrases(data: Mapping[str, str], name: str, phrases: str) -> str:
    return ", ".join(dict.fromkeys((*words_of(data.get(name, "")), *words_of(phrases))))
