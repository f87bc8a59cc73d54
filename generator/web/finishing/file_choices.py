"""The file formats offered beside a preview: a short list of what people are asked to deliver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator.services.errors import UserError


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


def chosen(keys: Sequence[str], *, stems: bool = False) -> list[Mapping[str, Any]]:
    """Return the formats of the ticked choices, with `stems` also as a zip of the stems.

    Raises:
        UserError: one is not offered.
    """
    offered = {choice.key: choice.format for choice in CHOICES}
    unknown = [key for key in keys if key not in offered]
    if unknown:
        sentence = _("“{format}” is not a supported format. Choose another.").format(format=unknown[0][:10])
        raise UserError(sentence, "format", code="unsupported_format")
    formats = [offered[key] for key in dict.fromkeys(keys)]
    return formats + [{**one, "stems": True} for one in formats if stems]
