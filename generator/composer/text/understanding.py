"""What the composer understood of a text, decision by decision, and which words it did not.

    chips           decisions that words of the text or a setting made; each can be removed or replaced by a setting
    used            values that the composer will use for settings that are empty, and why
    not_understood  words that name something the composer does not have, with the nearest thing that it has

`Chip.phrase` in `ComposerControls.ignore` removes a chip that came from the text. What nobody asked for is no chip.
"""

import re
from dataclasses import dataclass, replace

from generator.composer.styles import STYLES
from generator.composer.text import style_choice
from generator.composer.text.instrumentation import named_exclusions, named_players
from generator.composer.text.prompt_parsing import (
    Brief,
    ComposerControls,
    Decision,
    facts_of,
)
from generator.composer.text.unknown_words import Unknown, unknown_words
from generator.messages import Message

SHOWN = (
    "style", "mood", "use", "length", "bpm", "pace", "key", "meter", "leave_out", "bring_in", "not", "loop", "bed",
    "texture", "moment",
)  # fmt: skip
# Sources of a value in `Used`.
TEXT, USE, STYLE, DEFAULT, SEED = "text", "use", "style", "default", "seed"
_SOURCES = {style_choice.USE: USE, style_choice.DEFAULT: SEED}


@dataclass(frozen=True)
class Chip:
    """One decision: the setting it belongs to, the words that made it, and its meaning."""

    name: str
    phrase: str
    meaning: str
    value: str = ""  # what to enter in the setting for the same result
    is_set: bool = False  # made by the setting, whose words `phrase` then holds


@dataclass(frozen=True)
class Used:
    """The value of an empty setting, as text with its unit, and where it comes from."""

    text: str
    source: str


@dataclass(frozen=True)
class Understanding:
    chips: tuple[Chip, ...] = ()
    not_understood: tuple[Unknown, ...] = ()
    used: tuple[tuple[str, Used], ...] = ()


def understand(text: str, controls: ComposerControls, brief: Brief) -> Understanding:
    """Return what was understood of a text; `brief` is what `read_brief` made of the same text and controls."""
    decisions = sorted(
        (decision for decision in brief.decisions if decision.about in SHOWN),
        key=lambda decision: SHOWN.index(decision.about),
    )
    facts = facts_of(text, controls)
    return Understanding(
        chips=tuple(_chip(decision, controls, brief) for decision in decisions if decision.phrase or decision.is_set),
        not_understood=tuple(_as_typed(unknown, text) for unknown in unknown_words(facts, brief, _settled(controls))),
        used=tuple(_used(brief).items()),
    )


def _as_typed(unknown: Unknown, text: str) -> Unknown:
    match = re.search(re.escape(unknown.phrase), text, re.IGNORECASE)
    return replace(unknown, phrase=match[0]) if match else unknown


def _settled(controls: ComposerControls) -> set[str]:
    values = {"style": controls.style, "length": controls.length_s, "bpm": controls.bpm, "key": controls.key}
    names = {name for name, value in (values | {"meter": controls.meter}).items() if value is not None}
    return names | {word.lower() for word in controls.leave_in}


def _chip(decision: Decision, controls: ComposerControls, brief: Brief) -> Chip:
    phrase = decision.phrase
    if decision.is_set and decision.about in ("leave_out", "bring_in"):
        listed = controls.leave_out if decision.about == "leave_out" else controls.leave_in
        phrase = ", ".join(word.lower() for word in listed if _names(word, decision))
    return Chip(decision.about, phrase, decision.meaning, _value(decision.about, brief), decision.is_set)


def _names(word: str, decision: Decision) -> bool:
    """Return whether a word of a list setting made a decision."""
    players = named_exclusions((word,)) if decision.about == "leave_out" else named_players((word,))
    return decision.instrument in players


def _value(name: str, brief: Brief) -> str:
    values = {"style": brief.style, "length": f"{brief.length_s:g}", "bpm": f"{brief.bpm:g}", "key": brief.key}
    return (values | {"meter": brief.meter}).get(name, "")


def _used(brief: Brief) -> dict[str, Used]:
    """Return the values of empty settings. A value that depends on the seed has no text."""
    heard = {decision.about for decision in brief.decisions if decision.phrase}
    style = STYLES[brief.style]
    source = _SOURCES.get(brief.style_source, TEXT)
    reason = SEED if source == SEED else STYLE
    tempo = (
        Message("{bpm:g} BPM", bpm=brief.bpm)
        if brief.bpm_is_requested
        else Message("{low:g} to {high:g} BPM", low=style.tempo[0], high=style.tempo[2])
    )
    used = {
        "length": Used(
            Message("{seconds:g} s", seconds=brief.length_s),
            TEXT if "length" in heard else USE if brief.use else DEFAULT,
        ),
        "style": Used(style.title, source),
        "bpm": Used(tempo, TEXT if brief.bpm_is_requested else reason),
        "key": Used(brief.key, TEXT) if "key" in heard else Used("", SEED),
        "energy": Used(f"{sum(brief.energy) / len(brief.energy) * 100:.0f} %", reason),
        "density": Used(f"{brief.density * 100:.0f} %", reason),
        "meter": Used(brief.meter, TEXT if "meter" in heard else reason if len(style.meters) == 1 else SEED),
        "loudness": Used(f"{brief.loudness_lufs:g} LUFS".replace("-", "−"), DEFAULT),
        "take": Used("1", DEFAULT),
        "seed": Used("", SEED),
    }
    return {name: Used("", SEED) if value.source == SEED else value for name, value in used.items()}
