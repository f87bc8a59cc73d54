"""The large waveform of a track: bars, time ruler and, where the model reports them, sections.

The page is drawn with a fixed number of bars; `static/js/waveform.js` redraws them for the width and zoom.
Positions are percentages for SVG attributes, because the Content Security Policy forbids style attributes.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from generator.audio import waveform_path
from generator.audio.structure import Structure
from generator.models import Track
from generator.services.generation.ingest import LIST_WAVE
from generator.translation import translate

SIZE = (1071, 112)  # of the drawing without script, in pixels: 357 bars
MAX_LABELS, MAX_TICKS = 9, 54
STEPS_MS = tuple(1000 * seconds for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800))
# The composer's names of sections: what they are called, and how they are colored.
SECTIONS: Mapping[str, tuple[Promise, str]] = {
    "intro": (pgettext_lazy("section of a track", "Intro"), "edge"),
    "A": (pgettext_lazy("section of a track", "Verse"), "verse"),
    "A2": (pgettext_lazy("section of a track", "Verse"), "verse"),
    "B": (pgettext_lazy("section of a track", "Chorus"), "chorus"),
    "B2": (pgettext_lazy("section of a track", "Chorus"), "chorus"),
    "solo": (pgettext_lazy("section of a track", "Solo"), "verse"),
    "break": (pgettext_lazy("section of a track", "Break"), "break"),
    "build": (pgettext_lazy("section of a track", "Build"), "build"),
    "outro": (pgettext_lazy("section of a track", "Outro"), "edge"),
}

# Of tracks whose maker says nothing: what was measured; equal letters sound alike.
MEASURED: Mapping[str, tuple[Promise | str, str]] = {
    "intro": (pgettext_lazy("section of a track", "Intro"), "edge"),
    "ending": (pgettext_lazy("section of a track", "Ending"), "edge"),
    "A": ("A", "verse"),
    "B": ("B", "chorus"),
}


@dataclass(frozen=True)
class Section:
    title: str | Promise
    kind: str
    start_ms: int
    end_ms: int
    x: str  # percent of the waveform
    width: str


@dataclass(frozen=True)
class PlannedSection:
    """A row of the section plan; the energy is in percent."""

    title: str | Promise
    start_ms: int
    end_ms: int
    energy: int
    players: str


@dataclass(frozen=True)
class Tick:
    ms: int
    x: str
    is_labelled: bool
    is_even: bool  # narrow screens label only every other one


def context(track: Track, *, is_small: bool = False, structure: Structure | None = None) -> dict[str, Any]:
    """Return the context of a track's large waveform; a small one is drawn like the list's.

    The measured `structure` gives sections to a track whose maker names none.
    """
    peaks = bytes(track.peaks)
    path, size = (track.waveform, LIST_WAVE) if is_small else (waveform_path(peaks, *SIZE, SIZE[0] // 3), SIZE)
    return {
        "waveform": {
            "path": path,
            "view": f"0 0 {size[0]} {size[1]}",
            "peaks": b64encode(peaks).decode(),
            "sections": list(_sections(track)) or (list(_measured_sections(track, structure)) if structure else []),
            "ticks": list(_ticks(track.length_ms)),
        },
        "section_plan": [] if is_small else section_plan(track),
    }


def _sections(track: Track) -> Iterator[Section]:
    """Yield the sections of a track; consecutive ones of the same name are one."""
    known_sections = [section for section in track.made_of.get("sections", ()) if section.get("name") in SECTIONS]
    spans: list[tuple[str, int, int]] = []
    for section in known_sections:
        start, end = round(1000 * section["start_s"]), min(round(1000 * section["end_s"]), track.length_ms)
        if spans and SECTIONS[spans[-1][0]] == SECTIONS[section["name"]]:
            start = spans.pop()[1]
        spans.append((section["name"], start, end))
    for name, start, end in spans:
        title, kind = SECTIONS[name]
        yield Section(title, kind, start, end, _percent(start, track), _percent(end - start, track))


def section_plan(track: Track) -> list[PlannedSection]:
    """Return the sections as the composer planned them; empty for tracks that do not say who plays."""
    return [
        PlannedSection(
            title=section.get("title") or SECTIONS.get(section["name"], (section["name"], ""))[0],
            start_ms=round(1000 * section["start_s"]),
            end_ms=min(round(1000 * section["end_s"]), track.length_ms),
            energy=round(100 * section["energy"]),
            players=", ".join(translate(name) for name in section["players"]),
        )
        for section in track.made_of.get("sections", ())
        if "players" in section
    ]


def _measured_sections(track: Track, structure: Structure) -> Iterator[Section]:
    for section in structure.sections:
        title, kind = MEASURED.get(section.label, (section.label, "break"))
        start, end = round(1000 * section.start_s), min(round(1000 * section.end_s), track.length_ms)
        yield Section(title, kind, start, end, _percent(start, track), _percent(end - start, track))


def _percent(ms: int, track: Track) -> str:
    return f"{100 * ms / max(1, track.length_ms):.2f}"


def _ticks(length_ms: int) -> Iterator[Tick]:
    labelled = _step(length_ms, MAX_LABELS)
    fine = min(_step(length_ms, MAX_TICKS), labelled)
    fine = fine if labelled % fine == 0 else labelled
    for ms in range(0, length_ms, fine):
        x = 100 * ms / max(1, length_ms)
        is_labelled = ms % labelled == 0 and x < 96
        yield Tick(ms, f"{x:.2f}", is_labelled, ms % (2 * labelled) == 0)


def _step(length_ms: int, most: int) -> int:
    return next((step for step in STEPS_MS if length_ms <= step * most), STEPS_MS[-1])
