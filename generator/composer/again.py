"""The same piece again, but …: another tempo, another key, longer, calmer, without or with players, under a voice.

The seed and the take stay, so what can stay does (chance.py): a motif, a progression, every section's notes.

    tempo       the same notes, sooner or later; the length follows unless one is asked for
    key         the same notes, moved; minor for major is another piece in the same hand
    longer_s    the same sections first; more of them after, or fewer
    without     the same notes of everybody else; `with_` adds players beside them
    energy      fewer or more players and lighter or fuller drums; who plays, plays the same notes
    bed         room for a voice: every other phrase of the tune, softer, and less between 1 and 4 kHz
"""

import re
from dataclasses import replace
from typing import Any

from generator.composer.brief import LONGEST, SHORTEST, Brief, BriefError, Heard, in_mode
from generator.composer.form import plan
from generator.composer.styles import EXTRAS, STYLES
from generator.composer.vocabulary import INSTRUMENTS

SLOWEST, FASTEST = 40.0, 220.0
CALMER = 0.2  # of the energy that "calmer" takes and "livelier" gives
_NUMBER = r"(?P<number>\d+(?:\.\d+)?)"
# What can be said, and what it changes.
_SAID: tuple[tuple[str, str], ...] = (
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


def again(
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
    """The brief of a variation; compose it with the take that the first one had.

    Args:
        tempo: a factor: 0.9 is ten per cent slower; `bpm` says it exactly. Without a length the same bars take longer.
        key: such as "A minor"; `up` semitones instead, or as well.
        longer_s, length_s: seconds more (or fewer, negative), or seconds in all.
        without, with_: words for instruments ("drums", "strings").
        energy: added to the level or to every point of the curve, −1 to 1; `curve` replaces it.

    Raises:
        BriefError: the length, tempo or key that comes out is none the composer can make.
    """
    tempo = tempo if bpm is None else bpm / plan(brief).bpm
    changed = _retimed(brief, tempo, longer_s, length_s)
    changed = _moved(changed, key, up)
    changed = _levelled(changed, energy, curve)
    changed = _staffed(changed, _named(without), _named(with_))
    asked: dict[str, Any] = {"loop": loop, "bed": bed, "loudness_lufs": loudness_lufs}
    return replace(changed, **{name: value for name, value in asked.items() if value is not None})


def changes(text: str) -> dict[str, Any]:
    """Read "10 % slower, in A minor, 15 s longer, without drums, calmer" into the arguments of `again`.

    Raises:
        BriefError: a part between commas is nothing that can be changed.
    """
    found: dict[str, Any] = {}
    for part in (part.strip() for part in re.split(r"[,;]", text) if part.strip()):
        for pattern, kind in _SAID:
            if said := re.fullmatch(pattern, part, re.IGNORECASE):
                _add(found, kind, said.groupdict())
                break
        else:
            raise BriefError(
                f"“{part}” is not understood. Say for instance: 10 % slower, 2 semitones up, in A minor, 15 s longer, "
                "without drums, with strings, calmer, livelier, loop, bed."
            )
    return found


def _add(found: dict[str, Any], kind: str, said: dict[str, str]) -> None:
    number = float(said.get("number") or 0)
    match kind:
        case "slower" | "faster" | "slow" | "fast":
            share = (number or 10) / 100
            found["tempo"] = found.get("tempo", 1.0) * (1 - share if kind.startswith("slow") else 1 + share)
        case "longer" | "shorter":
            found["longer_s"] = found.get("longer_s", 0.0) + (number if kind == "longer" else -number)
        case "length":
            found["length_s"] = number
        case "bpm":
            found["bpm"] = number
        case "up" | "down":
            found["up"] = found.get("up", 0) + round(number if kind == "up" else -number)
        case "key":
            found["key"] = said["key"]
        case "without" | "with_":
            found[kind] = (*found.get(kind, ()), said["word"].strip())
        case "calmer" | "livelier":
            found["energy"] = found.get("energy", 0.0) + (-CALMER if kind == "calmer" else CALMER)
        case _:
            found[kind] = True


def _told(brief: Brief, *words: str, **changed: Any) -> Brief:
    """A brief with something changed, and with what is said about it."""
    return replace(brief, heard=(*brief.heard, *(Heard("again", one) for one in words)), **changed)


def _retimed(brief: Brief, tempo: float, longer_s: float, length_s: float | None) -> Brief:
    if (tempo, longer_s, length_s) == (1, 0, None):
        return brief
    form = plan(brief)
    bpm = round(form.bpm * tempo, 6)
    if not SLOWEST <= bpm <= FASTEST:
        raise BriefError(f"Tempo must be between {SLOWEST:g} and {FASTEST:g} BPM.")
    free = length_s is None and longer_s == 0
    seconds = brief.length_s / tempo if free else (length_s or brief.length_s) + longer_s
    if not SHORTEST <= seconds <= LONGEST:
        raise BriefError(f"Length must be between {SHORTEST:g} and {LONGEST:g} seconds.")
    paced: dict[str, Any] = {"bpm": bpm, "bpm_is_asked": True} if tempo != 1 else {}
    words = [f"{bpm:g} BPM"] * (tempo != 1) + [f"{seconds:g} s"]
    return _told(brief, *words, **paced, length_s=seconds, bars=form.bars if free else 0)


def _moved(brief: Brief, key: str | None, up: int) -> Brief:
    if not key and not up:
        return brief
    tonic, mode = in_mode(key, STYLES[brief.style]) if key else (brief.tonic, brief.mode)
    moved = replace(brief, tonic=(tonic + up) % 12, mode=brief.mode if _alike(mode, brief.mode) else mode)
    return _told(moved, moved.key)


def _levelled(brief: Brief, energy: float, curve: tuple[float, ...]) -> Brief:
    levels = curve or tuple(min(1.0, max(0.05, level + energy)) for level in brief.energy)
    if any(not 0 <= level <= 1 for level in levels):
        raise BriefError("Energy must be between 0 and 1.")
    if levels == brief.energy:
        return brief
    return _told(brief, "another energy curve" if curve else "calmer" if energy < 0 else "more energy", energy=levels)


def _staffed(brief: Brief, out: frozenset[str], added: frozenset[str]) -> Brief:
    here = {part.family for part in STYLES[brief.style].parts}
    joining = {name for name in added if name in EXTRAS and name not in here}
    return _told(
        brief,
        *(f"no {name}" for name in sorted(out)),
        *(f"with {name}" for name in sorted(added)),
        leave_out=(brief.leave_out | out) - added,
        leave_in=(brief.leave_in | joining) - out,
    )


def _alike(mode: str, other: str) -> bool:
    bright = ("major", "lydian", "mixolydian")
    return (mode in bright) == (other in bright)


def _named(words: tuple[str, ...]) -> frozenset[str]:
    asked = {word.strip().lower() for word in words}
    return frozenset(name for name, known in INSTRUMENTS.items() if name in asked or asked & set(known))
