"""The file formats offered beside a preview: a short list of what people are asked to deliver."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator.audio.editing.recipe import ID3_FORMATS
from generator.services.errors import UserError

_TIMECODE = re.compile(r"([01]?\d|2[0-3]):([0-5]\d):([0-5]\d(?:[.,]\d{1,3})?)")


@dataclass(frozen=True)
class FileChoice:
    key: str
    title: str
    hint: str | Promise
    format: Mapping[str, Any]


CHOICES: tuple[FileChoice, ...] = (
    FileChoice("mp3", "MP3 320", gettext_lazy("plays everywhere"), {"format": "mp3", "bit_rate": 320_000}),
    FileChoice(
        "wav48", "WAV 48 kHz / 24 bit", gettext_lazy("video editing"), {"format": "wav", "rate": 48_000, "bits": 24}
    ),
    FileChoice(
        "wav44", "WAV 44.1 kHz / 16 bit", gettext_lazy("audio CDs"), {"format": "wav", "rate": 44_100, "bits": 16}
    ),
    FileChoice(
        "wav96", "WAV 96 kHz / 32 bit float", gettext_lazy("mastering"), {"format": "wav", "rate": 96_000, "bits": 32}
    ),
    FileChoice("flac", "FLAC", gettext_lazy("lossless, half the size"), {"format": "flac", "bits": 24}),
    FileChoice("ogg", "OGG Vorbis", gettext_lazy("game engines, loops"), {"format": "ogg"}),
    FileChoice("m4a", "M4A (AAC)", gettext_lazy("phones, podcasts"), {"format": "m4a", "bit_rate": 256_000}),
    FileChoice("opus", "Opus", gettext_lazy("the web"), {"format": "opus"}),
    FileChoice("aiff", "AIFF", gettext_lazy("Logic, Pro Tools"), {"format": "aiff", "bits": 24}),
)


def preselected(recipe: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the choices that are ticked at first: an MP3, or the formats whose loop other programs can read."""
    is_loop = any(step["step"] == "loop" for step in recipe.get("steps", ()))
    return ("ogg", "wav44") if is_loop else ("mp3",)


def chosen(values: QueryDict) -> list[Mapping[str, Any]]:
    """Return the formats that are ticked in a form, with its options where a format has them.

    Raises:
        UserError: a format is not offered, or the place in the timeline cannot be read.
    """
    keys = values.getlist("format")
    offered = {choice.key: choice.format for choice in CHOICES}
    unknown = [key for key in keys if key not in offered]
    if unknown:
        sentence = _("“{format}” is not a supported format. Choose another.").format(format=unknown[0][:10])
        raise UserError(sentence, "format", code="unsupported_format")
    starts_at_s = read_timecode(values.get("starts_at", ""))
    formats = [
        {
            **offered[key],
            **({"channels": 1} if "mono" in values else {}),
            **({"id3_version": 3} if "id3v23" in values and offered[key]["format"] in ID3_FORMATS else {}),
            **({"starts_at_s": starts_at_s} if starts_at_s is not None and offered[key]["format"] == "wav" else {}),
        }
        for key in dict.fromkeys(keys)
    ]
    return formats + [{**one, "stems": True} for one in formats if "stems" in values]


def read_timecode(text: str) -> float | None:
    """Return the seconds since midnight of "01:00:00" or "01:00:00.5"; None for an empty text. Raises UserError."""
    if not text.strip():
        return None
    found = _TIMECODE.fullmatch(text.strip())
    if found is None:
        sentence = _("Enter hours, minutes and seconds, such as 01:00:00 or 01:00:00.5.")
        raise UserError(sentence, "starts_at", code="bad_timecode")
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3].replace(",", "."))
