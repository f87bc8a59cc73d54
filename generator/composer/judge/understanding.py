"""How well prompts are understood: which labelled facts a brief has, which claims are wrong, which guesses look heard.

recall     share of a prompt's facts that the brief has
precision  share of what the page shows as heard that the text says; what a label leaves open counts on neither side
guesses    of the prompts whose style is not settled by the text: the share for which it is shown as heard all the same
existing   share of named genres that exist as a style and are chosen
nearest    share of genres without a style of their own for which a near family is chosen
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from generator.composer import STYLES, Brief, BriefError, ComposerControls, read_brief
from generator.composer.judge.prompts import Fact, Prompt, phrases, words
from generator.composer.styles.extras import EXTRAS
from generator.composer.text.understanding import Chip, Understanding, understand

# Which facts a chip is about. Other chips are not judged; moments and what is left out are taken from the brief.
CHIP_FACTS = {
    "style": ("genre", "name"), "mood": ("mood",), "not": ("not_mood",), "length": ("length",), "bpm": ("tempo",),
    "key": ("key",), "meter": ("meter",), "bring_in": ("with",), "loop": ("loop",), "bed": ("bed",),
}  # fmt: skip
LENGTH_TOLERANCE_S, TEMPO_TOLERANCE, MOMENT_TOLERANCE_S = 0.5, 0.01, 0.6


@dataclass(frozen=True)
class Reading:
    """A prompt as the composer understood it. `brief` is None if the text was rejected."""

    prompt: Prompt
    brief: Brief | None
    shown: Understanding = field(default_factory=Understanding)


@dataclass
class Hearing:
    """Counts over prompts. Each pair is (right, all)."""

    recall: list[int] = field(default_factory=lambda: [0, 0])
    precision: list[int] = field(default_factory=lambda: [0, 0])
    existing: list[int] = field(default_factory=lambda: [0, 0])
    nearest: list[int] = field(default_factory=lambda: [0, 0])
    guesses: list[int] = field(default_factory=lambda: [0, 0])
    by_kind: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    by_language: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    by_trait: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    wrong_claims: Counter[str] = field(default_factory=Counter)
    missed: list[tuple[str, str, str]] = field(default_factory=list)  # kind, value, text
    imagined: list[tuple[str, str, str]] = field(default_factory=list)  # kind, claim, text

    def share(self, name: str) -> float:
        right, count = getattr(self, name)
        return right / count if count else float("nan")


def read(prompt: Prompt, seed: int) -> Reading:
    """Return what the composer makes of a prompt."""
    controls = ComposerControls()
    try:
        brief = read_brief(prompt.text, controls, seed=seed)
    except BriefError:
        return Reading(prompt, None)
    return Reading(prompt, brief, understand(prompt.text, controls, brief))


def judge_prompts(prompts: Iterable[Prompt], seed: int) -> Hearing:
    """Read every prompt and count."""
    hearing = Hearing()
    for number, prompt in enumerate(prompts):
        reading = read(prompt, seed + number)
        _count_facts(hearing, reading)
        _count_claims(hearing, reading)
        if _is_guess(reading):
            shown = [chip for chip in reading.shown.chips if chip.name == "style"]
            _count(hearing.guesses, int(any(not _is_nearest(chip.phrase, reading) for chip in shown)))
    return hearing


def _count_facts(hearing: Hearing, reading: Reading) -> None:
    prompt = reading.prompt
    for fact in prompt.facts:
        heard = int(reading.brief is not None and _CHECKS[fact.kind](fact.value, reading.brief, fact.words))
        for counter in (hearing.recall, hearing.by_kind[fact.kind], hearing.by_language[prompt.language]):
            _count(counter, heard)
        for trait in prompt.traits:
            _count(hearing.by_trait[trait], heard)
        if fact.kind == "genre":
            _count(hearing.existing if _own_styles(fact.value) else hearing.nearest, heard)
        if not heard:
            hearing.missed.append((fact.kind, str(fact.value), prompt.text))


def _count_claims(hearing: Hearing, reading: Reading) -> None:
    for kind, claim, is_right in _claims(reading):
        _count(hearing.precision, int(is_right))
        if not is_right:
            hearing.wrong_claims[kind] += 1
            hearing.imagined.append((kind, claim, reading.prompt.text))


def _count(counter: list[int], is_right: int) -> None:
    counter[0] += is_right
    counter[1] += 1


# What a brief has


def _own_styles(genres: Sequence[str]) -> set[str]:
    return {key for genre in genres for key in words()["genres"][genre]["own"] if key in STYLES}


def accepted_styles(genres: Sequence[str]) -> set[str]:
    """Return the styles that are one of the genres; where none exists, the nearest families."""
    near = {near for genre in genres for near in words()["genres"][genre]["near"]}
    return _own_styles(genres) or near


def _has_genre(genres: Sequence[str], brief: Brief, _words: str) -> bool:
    return brief.style in accepted_styles(genres)


def _clusters(name: str) -> set[str]:
    """Return the moods of the tables that a mood's name stands for; empty if the name is unknown."""
    table = words()["moods"]
    if name in words()["mood_names"]:
        return set(words()["mood_names"][name])
    return {mood for mood, entry in table.items() if name == mood or name in entry["en"]}


def _mood_fits(mood: str, name: str) -> bool:
    return bool(_clusters(name) & {mood, *words()["moods"][mood]["near"]})


def _has_mood(mood: str, brief: Brief, spelling: str) -> bool:
    if any(_mood_fits(mood, name) for name in brief.moods):
        return True
    phrases_heard = [decision.phrase.lower() for decision in brief.decisions if decision.about == "mood"]
    unknown = any(not _clusters(name) for name in brief.moods)
    return unknown and bool(spelling) and any(_overlaps(spelling, phrase) for phrase in phrases_heard)


def _has_length(seconds: Any, brief: Brief, _words: str) -> bool:
    return _within(brief.length_s, seconds, LENGTH_TOLERANCE_S)


def _has_tempo(bpm: Any, brief: Brief, _words: str) -> bool:
    tolerance = 0 if isinstance(bpm, tuple) else bpm * TEMPO_TOLERANCE
    return (brief.bpm_is_requested and _within(brief.bpm, bpm, tolerance)) or _is_range(bpm, brief)


def _is_range(bpm: Any, brief: Brief) -> bool:
    return isinstance(bpm, tuple) and _within(brief.bpm, bpm, 0.5) and _shows(brief, "bpm")


def _shows(brief: Brief, about: str) -> bool:
    return any(decision.about == about for decision in brief.decisions)


def _within(value: float, wanted: Any, tolerance: float) -> bool:
    low, high = wanted if isinstance(wanted, tuple) else (wanted, wanted)
    return bool(low - tolerance <= value <= high + tolerance)


def _has_key(key: str, brief: Brief, _words: str) -> bool:
    tonic, _, mode = key.partition(" ")
    if brief.tonic != _pitch_class(tonic) or not _shows(brief, "key"):
        return False
    return not mode or brief.key.endswith(mode)


def _pitch_class(name: str) -> int:
    names = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    return (names[name[0]] + name.count("#") - name[1:].count("b")) % 12


def _has_meter(meter: str, brief: Brief, _words: str) -> bool:
    return brief.meter == meter


def _has_without(instrument: str, brief: Brief, _words: str) -> bool:
    """Whether the piece will not have it: because it was left out, or because the composer has nothing like it."""
    names = set(_accepted(instrument))
    return bool(names & brief.leave_out) or not names & (_players() | brief.leave_in)


@lru_cache(maxsize=1)
def _players() -> set[str]:
    """Return the instruments and families that any style has, or that can be added."""
    parts = [part for style in STYLES.values() for part in style.parts] + list(EXTRAS.values())
    return {part.family for part in parts} | {part.instrument for part in parts} | {"drums", "melody"}


def _has_with(instrument: str, brief: Brief, _words: str) -> bool:
    """Whether the piece will have it: because it was added, or because the style has it anyway."""
    style = STYLES[brief.style]
    players = {part.family for part in style.parts} | {part.instrument for part in style.parts}
    players |= {"drums"} if any(style.grooves) else set()
    names = _accepted(instrument)
    return bool(set(names) & ((players - brief.leave_out) | brief.leave_in))


def _has_use(use: str, brief: Brief, spelling: str) -> bool:
    said = [brief.use, *(decision.phrase for decision in brief.decisions if decision.about == "use")]
    accepted = words()["uses"][use]["accept"]
    return any(word in name.lower() for name in said if name for word in accepted) or any(
        name and _overlaps(spelling, name) for name in said
    )


def _has_moment(moment: tuple[Any, ...], brief: Brief, _words: str) -> bool:
    kind, start, end, players = moment
    for found in getattr(brief, "timeline", ()):
        is_there = found.kind == kind and abs(found.start_s - start) <= MOMENT_TOLERANCE_S
        ends = end is None or abs(found.end_s - end) <= MOMENT_TOLERANCE_S
        if is_there and ends and (not players or set(players) & set(found.players)):
            return True
    return False


_CHECKS: dict[str, Callable[[Any, Brief, str], bool]] = {
    "genre": _has_genre,
    "name": _has_genre,
    "mood": _has_mood,
    "length": _has_length,
    "tempo": _has_tempo,
    "key": _has_key,
    "meter": _has_meter,
    "without": _has_without,
    "with": _has_with,
    "loop": lambda _value, brief, _words: brief.loop,
    "bed": lambda _value, brief, _words: brief.bed,
    "use": _has_use,
    "moment": _has_moment,
}


# What the page claims


def _claims(reading: Reading) -> list[tuple[str, str, bool]]:
    """Return every claim as (kind, claim, whether the text says it); claims that the label leaves open are left out."""
    brief = reading.brief
    if brief is None:
        return []
    labels = (*reading.prompt.facts, *reading.prompt.maybe)
    claims = []
    for chip in reading.shown.chips:
        verdict = None if _is_nearest(chip.phrase, reading) else _verdict(chip, brief, labels)
        if verdict is not None:
            claims.append((chip.name, f"{chip.phrase} → {chip.meaning}", verdict))
    nearest = {str(unknown.value) for unknown in reading.shown.not_understood}
    excluded = {name: _names(labels, "without", name) for name in sorted(brief.leave_out)}
    claims += [
        ("leave_out", f"no {name}", is_said) for name, is_said in excluded.items() if is_said or name not in nearest
    ]
    for moment in getattr(brief, "timeline", ()):
        fits = any(fact.kind == "moment" and _is_moment(fact.value, moment) for fact in labels)
        claims.append(("moment", f"{moment.kind} {moment.start_s:g}", fits))
    return claims


def _is_nearest(phrase: str, reading: Reading) -> bool:
    """Whether the page says of a chip's words that the composer does not have what they name, only something near."""
    unknown = [unknown.phrase.lower() for unknown in reading.shown.not_understood]
    return any(name and (name in phrase.lower() or phrase.lower() in name) for name in unknown)


def _verdict(chip: Chip, brief: Brief, labels: Sequence[Fact]) -> bool | None:
    """Return whether the label says what a chip claims; None if it leaves it open."""
    kinds = CHIP_FACTS.get(chip.name)
    if kinds is None:
        return None
    said = [fact for fact in labels if fact.kind in kinds]
    if chip.name == "not":
        return any(_denies(fact, chip.phrase) for fact in said) if said else None
    if any(_says(fact, chip, brief) for fact in said):
        return True
    elsewhere = any(fact.kind not in kinds and fact.words and _overlaps(fact.words, chip.phrase) for fact in labels)
    if elsewhere and chip.name in ("mood", "bring_in", "bed", "meter"):
        return None  # said by the words of another fact: "uplifting trance"
    is_open = (chip.name == "bpm" and not said and not re.search(r"\d", chip.phrase)) or (
        chip.name == "mood" and not _clusters(str(chip.meaning))
    )
    return None if is_open else False


def _denies(fact: Fact, phrase: str) -> bool:
    """Return whether a rejected mood is the one of a phrase; labels of written prompts have no words."""
    return _overlaps(fact.words, phrase) if fact.words else _mood_fits(fact.value, phrase.lower())


def _says(fact: Fact, chip: Chip, brief: Brief) -> bool:
    if fact.kind == "mood":
        return _mood_fits(fact.value, str(chip.meaning))
    if fact.kind == "with":
        return any(name in str(chip.meaning) for name in _accepted(fact.value))
    return _CHECKS[fact.kind](fact.value, brief, fact.words)


def _names(labels: Sequence[Fact], kind: str, family: str) -> bool:
    return any(fact.kind == kind and family in _accepted(fact.value) for fact in labels)


def _accepted(instrument: str) -> list[str]:
    """Return the names that stand for an instrument of a label; parts of the kit and rarer ones are their own."""
    return [instrument] if instrument in words()["parts"] else list(words()["instruments"][instrument]["accept"])


def _is_moment(value: tuple[Any, ...], moment: Any) -> bool:
    return bool(value[0] == moment.kind and abs(value[1] - moment.start_s) <= MOMENT_TOLERANCE_S)


def _is_guess(reading: Reading) -> bool:
    """Whether the style is not one that the text names."""
    brief = reading.brief
    labels = [fact for fact in (*reading.prompt.facts, *reading.prompt.maybe) if fact.kind in ("genre", "name")]
    return brief is not None and not any(_has_genre(fact.value, brief, fact.words) for fact in labels)


def _overlaps(one: str, other: str) -> bool:
    """Whether two phrases share a word of three letters or more; a shared character where words are not spaced."""
    one, other = one.lower(), other.lower()
    if not one or not other:
        return False
    if not one.isascii() and not re.search(r"[a-z]", one):
        return bool(set(one) & set(other) - set(" のな的"))
    stems = {word[:5] for word in re.findall(r"\w{2,}", one)}
    return bool(stems & {word[:5] for word in re.findall(r"\w{2,}", other)})


def languages() -> tuple[str, ...]:
    """Return the languages in which prompts are drawn."""
    return tuple(name for name, form in phrases().items() if isinstance(form, dict) and "notes" in form)
