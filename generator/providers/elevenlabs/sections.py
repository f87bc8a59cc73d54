"""Sections of a piece as one text, and as the vendor's composition plans.

    intro 12 s: soft pads, no drums; main 36 s: felt piano, brushes

A section is a name, its length, and after a colon its styles, separated by commas; "no", "without" or a minus marks
what it should not have. Sections are separated by semicolons or line breaks. The vendor has two shapes of a plan (the
types `MusicPrompt` and `CompositionPlan` of its Python client 2.78.0). In both of them nothing is sung: a section has
no lines, and vocals are among the styles to avoid.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.durations import parse_duration
from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _
from generator.providers.errors import Rejected

FREE = _("You were not charged.")
MAX_TEXT_CHARS = 4000
MAX_SECTIONS = 30
MAX_NAME_CHARS = 100
MIN_SECTION_MS, MAX_SECTION_MS = 3_000, 120_000
MIN_TOTAL_MS, MAX_TOTAL_MS = 3_000, 600_000
MAX_STYLES = 50  # of one section, wanted or not
MAX_STYLE_CHARS = 200
VOCALS = "vocals"
_EXAMPLE = _("Write it such as “intro 12 s: soft pads”.")
_MARKS = set("[]{}")  # in the text of a chunk, what follows a name in brackets is sung
_COLON = re.compile(r"(?<!\d):|:(?!\d)")  # not the one of 0:12
_NEGATION = re.compile(r"(?:no|not|without)\s+|[-−–]\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Section:
    """A part of a piece: its name, its length in milliseconds, and the styles it should and should not have."""

    name: str
    length_ms: int
    styles: tuple[str, ...] = ()
    avoided: tuple[str, ...] = ()


def total_ms(sections: Sequence[Section]) -> int:
    return sum(section.length_ms for section in sections)


# --- from text ---


def read_sections(text: str) -> list[Section]:
    """Read sections from a text; an empty one has none.

    Raises:
        Rejected: the text is not a list of sections, or they are outside the vendor's limits.
    """
    parts = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
    sections = [_section(number, part) for number, part in enumerate(parts, start=1)]
    if len(sections) > MAX_SECTIONS:
        raise _rejected(
            Message("Use at most {most} sections; there are {count}.", most=MAX_SECTIONS, count=len(sections))
        )
    if sections and total_ms(sections) > MAX_TOTAL_MS:
        seconds = {"most": MAX_TOTAL_MS / 1000, "total": total_ms(sections) / 1000}
        raise _rejected(Message("The sections last {total:g} s together; at most {most:g} s are possible.", **seconds))
    return sections


def _section(number: int, text: str) -> Section:
    colon = _COLON.search(text)
    head, tail = (text[: colon.start()], text[colon.end() :]) if colon else (text, "")
    name, seconds = _name_and_length(head.strip())
    where: dict[str, str | int] = {"number": number, "text": text[:60]}
    if seconds is None:
        raise _rejected(Message("Section {number}, “{text}”, has no length.", **where), _EXAMPLE)
    if not 1 <= len(name) <= MAX_NAME_CHARS or set(name) & _MARKS:
        sentence = Message(
            "Section {number}, “{text}”, needs a name of 1 to {most} characters, without brackets.",
            **where,
            most=MAX_NAME_CHARS,
        )
        raise _rejected(sentence, _EXAMPLE)
    if not MIN_SECTION_MS <= seconds * 1000 <= MAX_SECTION_MS:
        limits = {"least": MIN_SECTION_MS // 1000, "most": MAX_SECTION_MS // 1000}
        raise _rejected(Message("Section {number}, “{text}”, must last {least} to {most} seconds.", **where, **limits))
    wanted, avoided = styles_of(tail)
    if len(wanted) > MAX_STYLES or len(avoided) > MAX_STYLES:
        raise _rejected(Message("Section {number}, “{text}”, has more than {most} styles.", **where, most=MAX_STYLES))
    return Section(name, round(seconds * 1000), tuple(wanted), tuple(avoided))


def _name_and_length(head: str) -> tuple[str, float | None]:
    """Return a section's name and length: "verse 2 24 s" is “verse 2”, 24 seconds."""
    for space in re.finditer(r"[\s,(]+(?=\d)", head):
        try:
            return " ".join(head[: space.start()].split()), parse_duration(head[space.end() :].rstrip(")"))
        except ValueError:
            continue
    return head, None


def styles_of(text: str) -> tuple[list[str], list[str]]:
    """Return the styles that a text names, and those that it excludes.

    Raises:
        Rejected: one of them is too long.
    """
    wanted: list[str] = []
    avoided: list[str] = []
    for phrase in (" ".join(part.split()).strip(" .") for part in text.split(",")):
        negation = _NEGATION.match(phrase)
        style = phrase[negation.end() :] if negation else phrase
        if len(style) > MAX_STYLE_CHARS:
            sentence = Message("“{text}…” is too long for a style. Separate styles with commas.", text=style[:60])
            raise _rejected(sentence)
        if style:
            (avoided if negation else wanted).append(style)
    return wanted, avoided


def _rejected(*sentences: str) -> Rejected:
    return Rejected(join_texts(*sentences, FREE))


# --- to the vendor's plans ---


def plan_v1(prompt: str, sections: Sequence[Section]) -> dict[str, Any]:
    """Return the plan of `music_v1`; what the prompt names holds for all sections. Raises Rejected, see `styles_of`."""
    wanted, avoided = styles_of(_as_phrases(prompt))
    return {
        "positive_global_styles": wanted,
        "negative_global_styles": _without_vocals(avoided),
        "sections": [
            {
                "section_name": section.name,
                "positive_local_styles": list(section.styles),
                "negative_local_styles": list(section.avoided),
                "duration_ms": section.length_ms,
                "lines": [],
            }
            for section in sections
        ],
    }


def plan_v2(prompt: str, sections: Sequence[Section], adherence: str = "") -> dict[str, Any]:
    """Return the plan of `music_v2`, which has no styles for the whole piece: each chunk has them.

    The text of a chunk is its name in brackets and nothing else, as further text would be sung.

    Raises:
        Rejected: a chunk has too many styles, or as `styles_of`.
    """
    wanted, avoided = styles_of(_as_phrases(prompt))
    chunks = []
    for number, section in enumerate(sections, start=1):
        positive = list(dict.fromkeys([*wanted, *section.styles]))
        negative = _without_vocals([*avoided, *section.avoided])
        if max(len(positive), len(negative)) > MAX_STYLES:
            sentence = Message(
                "Section {number} has more than {most} styles together with the prompt.", number=number, most=MAX_STYLES
            )
            raise _rejected(sentence)
        chunk = {"text": f"[{section.name}]", "duration_ms": section.length_ms}
        chunk |= {"positive_styles": positive, "negative_styles": negative}
        chunks.append(chunk | ({"context_adherence": adherence} if adherence else {}))
    return {"chunks": chunks}


def _without_vocals(avoided: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*avoided, VOCALS]))


def _as_phrases(prompt: str) -> str:
    return re.sub(r"[;\n]+|\.(?=\s|$)", ",", prompt)


# --- from a plan that the vendor suggests ---


def form_values(plan: Mapping[str, Any]) -> dict[str, str]:
    """Return a suggested plan as values of the form, `text` and `sections`; empty if it cannot be shown there."""
    chunks, sections = plan.get("chunks"), plan.get("sections")
    if isinstance(chunks, list):
        rows = [_row(chunk, _bracketed(chunk), "positive_styles", "negative_styles") for chunk in chunks]
        common = [style for style in (rows[0][2] if rows else []) if all(style in row[2] for row in rows)]
        rows = [
            (name, ms, [style for style in wanted if style not in common], avoided)
            for name, ms, wanted, avoided in rows
        ]
        text = common or (rows[0][2] if rows else [])
    elif isinstance(sections, list):
        local = ("positive_local_styles", "negative_local_styles")
        rows = [
            _row(section, section.get("section_name") if isinstance(section, dict) else "", *local)
            for section in sections
        ]
        avoided_everywhere = [f"no {style}" for style in _styles(plan.get("negative_global_styles")) if style != VOCALS]
        text = _styles(plan.get("positive_global_styles")) + avoided_everywhere
    else:
        return {}
    lines = "\n".join(_line(*row) for row in rows)
    try:
        is_readable = len(read_sections(lines)) == len(rows) > 0
    except Rejected:
        is_readable = False
    return {"text": ", ".join(text), "sections": lines} if is_readable and text and len(lines) <= MAX_TEXT_CHARS else {}


_Row = tuple[str, float, list[str], list[str]]  # name, milliseconds, wanted styles, avoided styles


def _row(part: Any, name: object, positive: str, negative: str) -> _Row:
    content = part if isinstance(part, dict) else {}
    length = content.get("duration_ms")
    avoided = [style for style in _styles(content.get(negative)) if style != VOCALS]
    return _tidy(name), length if isinstance(length, int | float) else 0, _styles(content.get(positive)), avoided


def _bracketed(chunk: Any) -> str:
    text = chunk.get("text") if isinstance(chunk, dict) else ""
    match = re.match(r"\s*\[([^\]]*)\]", text) if isinstance(text, str) else None
    return match[1] if match else "section"


def _styles(value: object) -> list[str]:
    return [style for item in value if (style := _tidy(item))] if isinstance(value, list) else []


def _tidy(value: object) -> str:
    """Return a name or style without what separates them here."""
    return " ".join(re.sub(r"[;,:\s]+", " ", value).split()) if isinstance(value, str) else ""


def _line(name: str, length_ms: float, wanted: Sequence[str], avoided: Sequence[str]) -> str:
    styles = ", ".join([*wanted, *(f"no {style}" for style in avoided)])
    return f"{name} {length_ms / 1000:g} s" + (f": {styles}" if styles else "")
