"""Variations: the same piece in another tempo, key, length, energy or instrumentation, or under a voice.

Seed and take are kept, so every random decision that can stay does (rng.py): motif, progression, each section's notes.

    tempo       the same notes, faster or slower; the length follows unless one is given
    key         the same notes, transposed; changing between major and minor gives a different but related piece
    longer_s    the same sections first, with more or fewer after them
    without     the other players keep their notes; `with_` adds players
    energy      fewer or more players and lighter or fuller drums; players that remain keep their notes
    bed         leaves space for a voice: every other melody phrase, softer, and less energy between 1 and 4 kHz
"""

import re
from dataclasses import replace
from typing import Any

from generator.composer.exclusions import is_left_out
from generator.composer.styles import EXTRAS, STYLES
from generator.composer.text.instrumentation import plays
from generator.composer.text.prompt_parsing import (
    MAX_LENGTH_S,
    MIN_LENGTH_S,
    Brief,
    BriefError,
    Decision,
    in_mode,
    named_exclusions,
    named_players,
)
from generator.composer.text.vocabulary import METERS
from generator.composer.text.whole_bars import fit_loop
from generator.composer.writing.form import plan
from generator.composer.writing.theory import MAJOR_MODES
from generator.messages import Message
from generator.messages import gettext_noop as _

MIN_BPM, MAX_BPM = 40.0, 220.0
ENERGY_STEP = 0.2  # energy subtracted by "calmer" and added by "livelier"
_NUMBER = r"(?P<number>\d+(?:\.\d+)?)"
# Patterns for the recognized phrases, and the change each one makes.
_PHRASES: tuple[tuple[str, str], ...] = (
    (rf"{_NUMBER}\s*(?:%|percent|per cent)\s+slower", "slower"),
    (rf"{_NUMBER}\s*(?:%|percent|per cent)\s+faster", "faster"),
    (rf"{_NUMBER}\s*bpm", "bpm"),
    (rf"{_NUMBER}\s*(?:s|sec|seconds?)\s+longer", "longer"),
    (rf"{_NUMBER}\s*(?:s|sec|seconds?)\s+shorter", "shorter"),
    (rf"{_NUMBER}\s*(?:s|sec|seconds?)(?:\s+long)?", "length"),
    (rf"{_NUMBER}\s*(?:semitones?|steps?)\s+up", "up"),
    (rf"{_NUMBER}\s*(?:semitones?|steps?)\s+down", "down"),
    (r"(?:in\s+)?(?P<key>[A-Ga-g](?:#|b)?\s+(?:major|minor))", "key"),
    (r"(?:without|no)\s+(?P<word>[\w -]+)", "without"),
    (r"with\s+(?P<word>[\w -]+)", "with_"),
    (r"calmer|quieter|gentler", "calmer"),
    (r"livelier|fuller|more energy|busier", "livelier"),
    (r"slower", "slow"),
    (r"faster", "fast"),
    (r"(?:as\s+)?a?\s*loop", "loop"),
    (r"(?:as\s+)?(?:a\s+)?bed|under\s+a?\s*voice", "bed"),
)


def vary(
    brief: Brief,
    *,
    tempo: float = 1.0,
    bpm: float | None = None,
    key: str | None = None,
    up: int = 0,
    longer_s: float = 0.0,
    length_s: float | None = None,
    without: tuple[str, ...] = (),
    with_: tuple[str, ...] = (),
    energy: float = 0.0,
    curve: tuple[float, ...] = (),
    loop: bool | None = None,
    bed: bool | None = None,
    loudness_lufs: float | None = None,
) -> Brief:
    """Return the brief of a variation; compose it with the take number of the original.

    Args:
        tempo: a factor: 0.9 is ten percent slower; `bpm` sets an exact value. Without a length, the bar count is kept.
        key: such as "A minor"; `up` transposes by semitones, instead or in addition.
        longer_s, length_s: seconds to add (negative: remove), or the total in seconds.
        without, with_: words for instruments ("drums", "strings").
        energy: added to the level or to every point of the curve, −1 to 1; `curve` replaces it.

    Raises:
        BriefError: the composer cannot make the resulting length, tempo or key.
    """
    tempo = tempo if bpm is None else bpm / plan(brief).bpm
    changed = _change_tempo(brief, tempo, longer_s, length_s)
    changed = _transpose(changed, key, up)
    changed = _change_energy(changed, energy, curve)
    changed = _change_players(changed, without, with_)
    switches: dict[str, Any] = {"loop": loop, "bed": bed, "loudness_lufs": loudness_lufs}
    return _fit_loop(replace(changed, **{name: value for name, value in switches.items() if value is not None}))


def _fit_loop(brief: Brief) -> Brief:
    bar_s = METERS[brief.meter] * 60 / brief.bpm
    if not brief.loop or not brief.bpm_is_requested or abs(brief.bars * bar_s - brief.length_s) < 1e-6:
        return brief
    said, length_s, bpm = fit_loop(brief.decisions, brief.length_s, brief.bpm, brief.meter)
    return replace(brief, decisions=tuple(said), length_s=length_s, bpm=bpm, bars=0)


def changes(text: str) -> dict[str, Any]:
    """Parse "10% slower, in A minor, 15 s longer, without drums, calmer" into keyword arguments for a variation.

    Raises:
        BriefError: a comma-separated part is not a known change.
    """
    arguments: dict[str, Any] = {}
    for part in (part.strip() for part in re.split(r"[,;]", text) if part.strip()):
        for pattern, kind in _PHRASES:
            if match := re.fullmatch(pattern, part, re.IGNORECASE):
                _add(arguments, kind, match.groupdict())
                break
        else:
            raise BriefError(
                Message(
                    "“{part}” was not understood. Examples: 10% slower, 2 semitones up, in A minor, 15 s longer, "
                    "without drums, with strings, calmer, livelier, loop, bed.",
                    part=part,
                )
            )
    return arguments


def _add(arguments: dict[str, Any], kind: str, groups: dict[str, str]) -> None:
    number = float(groups.get("number") or 0)
    match kind:
        case "slower" | "faster" | "slow" | "fast":
            share = (number or 10) / 100
            arguments["tempo"] = arguments.get("tempo", 1.0) * (1 - share if kind.startswith("slow") else 1 + share)
        case "longer" | "shorter":
            arguments["longer_s"] = arguments.get("longer_s", 0.0) + (number if kind == "longer" else -number)
        case "length":
            arguments["length_s"] = number
        case "bpm":
            arguments["bpm"] = number
        case "up" | "down":
            arguments["up"] = arguments.get("up", 0) + round(number if kind == "up" else -number)
        case "key":
            arguments["key"] = groups["key"]
        case "without" | "with_":
            arguments[kind] = (*arguments.get(kind, ()), groups["word"].strip())
        case "calmer" | "livelier":
            arguments["energy"] = arguments.get("energy", 0.0) + (-ENERGY_STEP if kind == "calmer" else ENERGY_STEP)
        case _:
            arguments[kind] = True


def _with_phrases(brief: Brief, *phrases: str, **changed: Any) -> Brief:
    """Return the brief with changed fields and the phrases that describe the change."""
    return replace(brief, decisions=(*brief.decisions, *(Decision("again", phrase) for phrase in phrases)), **changed)


def _change_tempo(brief: Brief, tempo: float, longer_s: float, length_s: float | None) -> Brief:
    if (tempo, longer_s, length_s) == (1, 0, None):
        return brief
    form = plan(brief)
    bpm = round(form.bpm * tempo, 6)
    if tempo != 1 and not MIN_BPM <= bpm <= MAX_BPM:
        raise BriefError(Message("Tempo must be between {low:g} and {high:g} BPM.", low=MIN_BPM, high=MAX_BPM))
    keeps_bars = length_s is None and longer_s == 0
    seconds = brief.length_s / tempo if keeps_bars else (length_s or brief.length_s) + longer_s
    if not MIN_LENGTH_S <= seconds <= MAX_LENGTH_S:
        raise BriefError(
            Message("Length must be between {low:g} and {high:g} seconds.", low=MIN_LENGTH_S, high=MAX_LENGTH_S)
        )
    tempo_fields: dict[str, Any] = {"bpm": bpm, "bpm_is_requested": True} if tempo != 1 else {}
    phrases = [Message("{bpm:g} BPM", bpm=bpm)] * (tempo != 1) + [Message("{seconds:g} s", seconds=seconds)]
    return _with_phrases(brief, *phrases, **tempo_fields, length_s=seconds, bars=form.bars if keeps_bars else 0)


def _transpose(brief: Brief, key: str | None, up: int) -> Brief:
    if not key and not up:
        return brief
    tonic, mode = in_mode(key, STYLES[brief.style]) if key else (brief.tonic, brief.mode)
    transposed = replace(
        brief, tonic=(tonic + up) % 12, mode=brief.mode if _is_same_quality(mode, brief.mode) else mode
    )
    return _with_phrases(transposed, transposed.key)


def _change_energy(brief: Brief, energy: float, curve: tuple[float, ...]) -> Brief:
    levels = curve or tuple(min(1.0, max(0.05, level + energy)) for level in brief.energy)
    if any(not 0 <= level <= 1 for level in levels):
        raise BriefError(_("Energy must be between 0 and 1."))
    if levels == brief.energy:
        return brief
    return _with_phrases(
        brief, _("new energy curve") if curve else _("calmer") if energy < 0 else _("more energy"), energy=levels
    )


def _change_players(brief: Brief, without: tuple[str, ...], with_: tuple[str, ...]) -> Brief:
    excluded, included = named_exclusions(without), named_players(with_)
    stays = {name for name in brief.leave_in if not is_left_out(excluded, EXTRAS[name].family, EXTRAS[name].instrument)}
    leave_out = (brief.leave_out | excluded) - included - named_exclusions(with_)
    joins = {name for name in included if name in EXTRAS and not plays(STYLES[brief.style], name, leave_out)}
    return _with_phrases(
        brief,
        *(Message(_("no {instrument}"), instrument=name) for name in sorted(excluded)),
        *(Message(_("with {instrument}"), instrument=name) for name in sorted(included)),
        leave_out=leave_out,
        leave_in=frozenset(stays | joins),
    )


def _is_same_quality(mode: str, other_mode: str) -> bool:
    return (mode in MAJOR_MODES) == (other_mode in MAJOR_MODES)
