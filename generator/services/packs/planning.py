"""What a pack makes of one track: its parts with their recipes, and what is left out with the reason."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator.audio.editing.recipe import VERSION
from generator.audio.export import FILE_FORMATS
from generator.durations import show_duration
from generator.models import Stem, Track
from generator.services.finishing.recipe_errors import FAILURES
from generator.services.packs.contents import BYTES_PER_S, PIECES, Contents

MAX_STRETCH_OF_TRACK = 1.25  # a longer cut would repeat more than a quarter of the track
BED_DB = 6.0
MIN_LOOP_S, MAX_LOOP_S = 4.0, 120.0
MIN_STEMS = 2
GAME, GAME_FILES, GAME_BYTES_PER_S = "game", 16, 312_000  # about; WAV and OGG, whatever the formats of the pack
STEM_FORMAT_FIRST = ("wav", "ogg", "mp3")  # stems have one format: the first of these that the pack has
_LEAD = re.compile(r"\b(lead|melody|vocals?|voice|singer)\b", re.IGNORECASE)
LEAD_ROLE = "lead"
_NO_LEAD = re.compile(r"\b(counter|backing)\b", re.IGNORECASE)
REASONS: Mapping[str, Promise] = {
    **FAILURES,
    "longer_than_track": gettext_lazy("The track is {length} long; this cut would repeat more than a quarter of it."),
    "no_loop": gettext_lazy("No place was found where the track can be repeated without a gap."),
    "no_stems": gettext_lazy("This track has no stems. Make them on its page first."),
    "no_lead": gettext_lazy("None of its stems is named as the lead."),
    "stem_differs": gettext_lazy("Its length differs from the track’s, so it does not fit."),
    "no_loop_in_mp3": gettext_lazy("MP3 adds silence at both ends, so it cannot loop."),
    "blind_comparison": gettext_lazy("It is a candidate in a blind comparison, and its files would reveal the model."),
    "deleted": gettext_lazy("The track was deleted."),
    "failed": gettext_lazy("It could not be made; the reason is in the administrator’s log."),
}


@dataclass(frozen=True)
class Part:
    """One version of a track. `formats` are keys of `contents.FORMATS`; `stem_format` is empty without stems."""

    kind: str  # "full", "cut", "loop", "bed", "alternative", "game"
    formats: tuple[str, ...]
    length_s: float | None = None  # of a cut
    stem_format: str = ""

    @property
    def key(self) -> str:
        return f"cut-{self.length_s:g}" if self.length_s is not None else self.kind

    def recipe(self, destination: str) -> dict[str, Any]:
        """Return what is done to the track, or, for the alternative, to the sum of its other stems."""
        steps: list[dict[str, Any]] = []
        match self.kind:
            case "cut":
                steps = [{"step": "fit", "length_s": self.length_s}]
            case "loop":
                steps = [{"step": "loop", "min_s": MIN_LOOP_S, "max_s": MAX_LOOP_S}]
            case "bed":
                steps = [{"step": "bed", "depth_db": BED_DB}]
        return {"version": VERSION, "steps": [*steps, {"step": "level", "destination": destination}]}


def left_out(piece: str, code: str, **values: str) -> dict[str, Any]:
    """Return an entry of `PackItem.left_out`: `code` is one of REASONS, `values` explain it."""
    return {"piece": piece, "code": code, **values}


def reason(entry: Mapping[str, Any]) -> str:
    """Return why something was left out, in words."""
    return str(REASONS.get(entry["code"], REASONS["failed"])).format(**{"length": "", **entry})


def piece_title(piece: str) -> str:
    """Return how a piece is called: "0:30" for "cut-30", "Stems: Bass" for "stems/Bass"."""
    kind, _dash, length = piece.partition("-")
    if kind == "cut":
        return show_duration(float(length))
    name, slash, rest = piece.partition("/")
    title = str(PIECES.get(name, "")) or _("This track")
    return f"{title}: {rest}" if slash else title


def plan(track: Track, stems: Sequence[Stem], contents: Contents) -> tuple[list[Part], list[dict[str, Any]]]:
    """Return the parts of a track, and what is left out already before anything is made."""
    parts: list[Part] = []
    missing: list[dict[str, Any]] = []
    has_stems = len(stems) >= MIN_STEMS
    stem_format = _stem_format(contents) if "stems" in contents.pieces and has_stems else ""
    length = show_duration(round(track.length_ms / 1000, 1))
    if "stems" in contents.pieces and not has_stems:
        missing.append(left_out("stems", "no_stems"))
    if "full" in contents.pieces:
        parts.append(Part("full", contents.formats, stem_format=stem_format))
    for cut in contents.cuts:
        if cut > track.length_ms / 1000 * MAX_STRETCH_OF_TRACK:
            missing.append(left_out(f"cut-{cut:g}", "longer_than_track", length=length))
        else:
            parts.append(Part("cut", contents.formats, length_s=cut, stem_format=stem_format))
    if "loop" in contents.pieces:
        formats, refused = _loop_formats(contents.formats)
        parts.append(Part("loop", formats, stem_format=stem_format if not _has_stems_elsewhere(contents) else ""))
        missing += [left_out(f"loop/{key.upper()}", f"no_loop_in_{key}") for key in refused]
    if "bed" in contents.pieces:
        parts.append(Part("bed", contents.formats))
    if "alternative" in contents.pieces:
        code = "no_stems" if not has_stems else "" if 0 < len(leads_of(stems)) < len(stems) else "no_lead"
        if code:
            missing.append(left_out("alternative", code))
        else:
            parts.append(Part("alternative", contents.formats))
    if GAME in contents.pieces:
        parts.append(Part(GAME, ()))
        missing += [] if has_stems else [left_out("game/Layers", "no_stems")]
    return parts, missing


def _has_stems_elsewhere(contents: Contents) -> bool:
    """Return whether stems accompany cuts; only a pack without cuts, for games, has stems that loop."""
    return bool(contents.cuts)


def _stem_format(contents: Contents) -> str:
    return next(key for key in STEM_FORMAT_FIRST if key in contents.formats)


def _loop_formats(formats: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the formats in which a loop is exact, WAV if there is none, and the others."""
    exact = tuple(key for key in formats if FILE_FORMATS[key].has_loop)
    return exact or ("wav",), [key for key in formats if not FILE_FORMATS[key].has_loop]


def leads_of(stems: Sequence[Stem]) -> list[Stem]:
    """Return the stems that carry the melody: those that the composer wrote as such, or else those named so."""
    written = [stem for stem in stems if stem.role == LEAD_ROLE]
    return written or [stem for stem in stems if _LEAD.search(stem.title) and not _NO_LEAD.search(stem.title)]


def count_files(parts: Sequence[Part], stems: Sequence[Stem]) -> int:
    counts = (len(part.formats) + (len(stems) if part.stem_format else 0) for part in parts)
    return sum(counts) + GAME_FILES * any(part.kind == GAME for part in parts)


def estimate_bytes(track: Track, parts: Sequence[Part], stems: Sequence[Stem]) -> int:
    """Return about how large the files of a track will be."""
    return round(sum(_seconds(track, part) * _rates(part, stems) for part in parts))


def _seconds(track: Track, part: Part) -> float:
    return part.length_s if part.length_s is not None else track.length_ms / 1000


def _rates(part: Part, stems: Sequence[Stem]) -> int:
    if part.kind == GAME:
        return 2 * GAME_BYTES_PER_S
    of_stems = BYTES_PER_S[part.stem_format] * len(stems) if part.stem_format else 0
    return sum(BYTES_PER_S[key] for key in part.formats) + of_stems
