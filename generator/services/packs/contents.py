"""What a pack can hold, as data: the pieces of each track, the loudness, the file formats; and the usual choices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator.audio.editing.destinations import DESTINATIONS
from generator.audio.editing.recipe import Format
from generator.models import Pack, Project
from generator.services.errors import UserError

DEFAULT_CUTS_S = (60.0, 30.0, 15.0, 6.0)
MIN_CUT_S, MAX_CUT_S, MAX_CUTS = 3.0, 600.0, 8
PIECES: Mapping[str, Promise] = {
    "full": gettext_lazy("Full length"),
    "loop": gettext_lazy("Loop"),
    "bed": gettext_lazy("Bed for speech"),
    "alternative": gettext_lazy("Without the lead"),
    "stems": gettext_lazy("Stems"),
    "game": gettext_lazy("Layers and sections for game engines"),
}
FORMATS: Mapping[str, Format] = {
    "wav": Format(format="wav", rate=48_000, bits=24),
    "mp3": Format(format="mp3", bit_rate=320_000),
    "ogg": Format(format="ogg"),
}
BYTES_PER_S = {"wav": 288_000, "mp3": 40_000, "ogg": 24_000}  # of stereo


@dataclass(frozen=True)
class Contents:
    """What each track of a pack gets. The cuts are lengths in seconds, the longest first."""

    destination: str
    cuts: tuple[float, ...]
    pieces: tuple[str, ...]
    formats: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        lists = {"cuts": list(self.cuts), "pieces": list(self.pieces), "formats": list(self.formats)}
        return {"destination": self.destination, **lists}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Contents":
        lists = {name: tuple(values[name]) for name in ("cuts", "pieces", "formats")}
        return cls(destination=values["destination"], **lists)


@dataclass(frozen=True)
class PackPreset:
    key: str
    title: str | Promise
    hint: str | Promise
    contents: Contents


_FOR_VIDEO = ("full", "loop", "bed", "alternative", "stems")
PRESETS: Mapping[str, PackPreset] = {
    preset.key: preset
    for preset in (
        PackPreset(
            "editor",
            gettext_lazy("Video editor"),
            gettext_lazy("everything on the timeline: cuts, loop, bed, stems"),
            Contents("streaming", DEFAULT_CUTS_S, _FOR_VIDEO, ("wav", "mp3")),
        ),
        PackPreset(
            "podcast",
            gettext_lazy("Podcast"),
            gettext_lazy("opening, bed under speech, ending"),
            Contents("podcast", (30.0, 15.0, 6.0), ("full", "loop", "bed"), ("wav", "mp3")),
        ),
        PackPreset(
            "game",
            gettext_lazy("Game"),
            gettext_lazy("layers, sections and loops, with files for Godot, Wwise, Unity and FMOD"),
            Contents("game", (), ("full", "loop", "stems", "game"), ("wav", "ogg")),
        ),
        PackPreset(
            "broadcast",
            gettext_lazy("Broadcast"),
            gettext_lazy("EBU R 128, with cue sheet and stems"),
            Contents("broadcast_ebu", DEFAULT_CUTS_S, ("full", "bed", "alternative", "stems"), ("wav",)),
        ),
        PackPreset(
            "social",
            gettext_lazy("Social media"),
            gettext_lazy("short cuts and a loop"),
            Contents("streaming", DEFAULT_CUTS_S, ("loop",), ("wav", "mp3")),
        ),
    )
}
DEFAULT_PRESET = "editor"


def last_used(project: Project) -> tuple[str, Contents]:
    """Return the preset and the contents of the project's last pack; those of a new project are the video editor's."""
    values = Pack.objects.filter(project=project).order_by("-id").values_list("preset", "contents").first()
    if values is None or values[0] not in PRESETS:
        return DEFAULT_PRESET, PRESETS[DEFAULT_PRESET].contents
    return values[0], Contents.from_json(values[1])


def choose(preset: str, changes: Mapping[str, Any]) -> Contents:
    """Return the contents of a preset with changes: `destination`, `cuts`, `pieces`, `formats`.

    Raises:
        UserError: a choice is not offered, or nothing is left.
    """
    if preset not in PRESETS:
        raise _not_offered("preset", PRESETS)
    values = PRESETS[preset].contents.to_json() | {name: value for name, value in changes.items() if value is not None}
    if values["destination"] not in DESTINATIONS:
        raise _not_offered("destination", DESTINATIONS)
    contents = Contents(
        values["destination"],
        _cuts(values["cuts"]),
        _offered(values["pieces"], PIECES, "pieces"),
        _offered(values["formats"], FORMATS, "formats"),
    )
    if not contents.formats:
        raise UserError(_("Choose at least one file format."), "formats", code="nothing_selected")
    if not contents.cuts and not contents.pieces:
        raise UserError(_("Choose at least one piece."), "pieces", code="nothing_selected")
    return contents


def _cuts(lengths: Sequence[Any]) -> tuple[float, ...]:
    for length in lengths:
        if isinstance(length, bool) or not isinstance(length, int | float) or not MIN_CUT_S <= length <= MAX_CUT_S:
            sentence = _("A cut must be from {low} to {high} seconds long.")
            raise UserError(sentence.format(low=f"{MIN_CUT_S:g}", high=f"{MAX_CUT_S:g}"), "cuts", code="out_of_range")
    different = sorted({round(float(length), 3) for length in lengths}, reverse=True)
    if len(different) > MAX_CUTS:
        raise UserError(_("Choose up to {count} cuts.").format(count=MAX_CUTS), "cuts", code="limit_reached")
    return tuple(different)


def _offered(chosen: Sequence[Any], offered: Mapping[str, Any], field: str) -> tuple[str, ...]:
    if any(one not in offered for one in chosen):
        raise _not_offered(field, offered)
    return tuple(key for key in offered if key in chosen)


def _not_offered(field: str, offered: Mapping[str, Any]) -> UserError:
    sentence = _("{field}: choose one of {choices}.").format(field=field, choices=", ".join(offered))
    return UserError(sentence, field, code="invalid_choice")
