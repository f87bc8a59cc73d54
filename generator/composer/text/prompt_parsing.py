"""The brief of a text and controls: what the facts of the text, the controls, and defaults decide.

Unknown words are ignored: any text gives music. Only impossible controls are rejected.
"""

import math
import random
import unicodedata
from typing import Any

from generator.composer.styles import STYLES, Style
from generator.composer.text.brief import (
    DEFAULT_LENGTH_S,
    MAX_BPM,
    MAX_LENGTH_S,
    MAX_LUFS,
    MAX_TEXT_CHARS,
    MIN_BPM,
    MIN_LENGTH_S,
    MIN_LUFS,
    Brief,
    BriefError,
    ComposerControls,
    Decision,
    without,
)
from generator.composer.text.instrumentation import (
    background_texture,
    exclusions,
    included_players,
    named_exclusions,
    named_players,
)
from generator.composer.text.moment_words import describe
from generator.composer.text.parsing.facts import Facts, phrases_of, read
from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.parsing.positions import timeline_of
from generator.composer.text.style_choice import GENRE, SET, StyleChoice, choose_style
from generator.composer.text.vocabulary import METERS, MOODS, TEMPO_FACTORS, TERMS, USES, title_of
from generator.composer.text.whole_bars import fit_loop
from generator.composer.writing.rng import RngFactory
from generator.composer.writing.theory import MAJOR_MODES, NAMES, parse_key
from generator.messages import Message
from generator.messages import gettext_noop as _

__all__ = [
    "MAX_LENGTH_S",
    "MIN_LENGTH_S",
    "Brief",
    "BriefError",
    "ComposerControls",
    "Decision",
    "facts_of",
    "in_mode",
    "key_title",
    "named_exclusions",
    "named_players",
    "read_brief",
    "without",
]

PACES = {"slow": _("slow"), "fast": _("fast"), "medium": _("medium tempo")}
_BROAD_USE = "film"  # "film de mariage" is for a wedding
_PACE_PLACES = {"slow": 0.12, "medium": 0.5, "fast": 0.88}  # within the style's range of tempos


def facts_of(text: str, controls: ComposerControls) -> Facts:
    """Return the facts of a text without the phrases that are ignored."""
    text = text[:MAX_TEXT_CHARS]
    if controls.ignore:
        text = without(unicodedata.normalize("NFKC", text), controls.ignore)
    return read(text)


def read_brief(text: str, controls: ComposerControls | None = None, *, seed: int) -> Brief:
    """Make every musical decision from a text and controls.

    Raises:
        BriefError: a control is out of range or names an unknown style or key.
    """
    controls = controls or ComposerControls()
    lowercase = " ".join(unicodedata.normalize("NFKC", text[:MAX_TEXT_CHARS]).lower().split())
    rngs = RngFactory(f"{seed}/{lowercase}")
    facts = facts_of(text, controls)
    decisions: list[Decision] = []
    use = _use(facts, decisions)
    choice = _style(facts, controls, use, rngs.derive("style"), decisions)
    style = STYLES[choice.style]
    moods = _moods(facts, decisions)
    length = _length(facts, controls, use, decisions)
    meter = _meter(facts, controls, style, rngs.derive("meter"), decisions)
    bpm, is_requested = _tempo(facts, controls, style, moods, meter, rngs.derive("tempo"), decisions)
    tonic, mode = _key(facts, controls, style, moods, rngs.derive("key"), decisions)
    loop = _switch(facts, Kind.LOOP, controls.loop, Decision("", _("seamless loop"), "loop"), decisions)
    if loop and is_requested:
        decisions, length, bpm = fit_loop(decisions, length, bpm, meter)
    arrangement = _arrangement(facts, controls, choice, length, decisions)
    return Brief(
        style=style.key,
        length_s=length,
        bpm=bpm,
        bpm_is_requested=is_requested,
        tonic=tonic,
        mode=mode,
        moods=moods,
        use=use,
        energy=_energy(facts, controls, style, moods),
        density=_share(controls.density, _("Density")) if controls.density is not None else style.melody_density,
        loudness_lufs=_check_range(controls.loudness_lufs, MIN_LUFS, MAX_LUFS, _("Loudness"), "LUFS"),
        seed=seed,
        loop=loop,
        meter=meter,
        brightness_hz=_brightness(controls, decisions),
        decisions=tuple(decisions),
        style_source=choice.source,
        style_words=choice.words,
        **arrangement,
    )


def _arrangement(
    facts: Facts, controls: ComposerControls, choice: StyleChoice, length_s: float, decisions: list[Decision]
) -> dict[str, Any]:
    """Return who plays, what happens when, and whether there is room for a voice, as fields of the brief."""
    bed = _switch(facts, Kind.BED, controls.bed, Decision("", _("room for a voice"), "bed"), decisions)
    left_out: list[Decision] = []
    excluded = exclusions(facts, controls, left_out)
    included = included_players(facts, controls, choice, excluded, decisions)
    decisions += left_out
    moments = timeline_of(facts.places, length_s)
    decisions += [Decision(moment.phrase, describe(moment), "moment") for moment in moments]
    return {
        "bed": bed,
        "leave_out": frozenset(excluded),
        "leave_in": frozenset(included),
        "timeline": moments,
        "texture": background_texture(facts, controls, STYLES[choice.style], decisions),
    }


def _use(facts: Facts, decisions: list[Decision]) -> str:
    """Return what the music is for: the first use that the text names, other than a film of no kind."""
    uses = (fact for fact in facts.find(Kind.USE) if fact.value in USES)
    named = sorted(uses, key=lambda fact: (fact.value == _BROAD_USE, fact.start))
    decisions += [
        Decision(phrases_of(fact for fact in named if fact.value == use), title_of(use), "use")
        for use in dict.fromkeys(fact.value for fact in named)
    ]
    return named[0].value if named else ""


def _style(
    facts: Facts, controls: ComposerControls, use: str, rng: random.Random, decisions: list[Decision]
) -> StyleChoice:
    if controls.style is not None:
        if controls.style not in STYLES:
            raise BriefError(Message("“{style}” is not a known style.", style=controls.style))
        decisions.append(Decision("", STYLES[controls.style].title.lower(), "style", is_set=True))
        return StyleChoice(controls.style, SET)
    choice = choose_style(facts, use, rng)
    is_named = choice.source == GENRE
    decisions.append(Decision(choice.words.lower() if is_named else "", STYLES[choice.style].title.lower(), "style"))
    decisions += [
        Decision(fact.phrase.lower(), Message(_("not {genre}"), genre=fact.phrase), "not")
        for fact in (*facts.find(Kind.GENRE, wanted=False), *facts.find(Kind.TOPIC, wanted=False))
    ]
    return choice


def _moods(facts: Facts, decisions: list[Decision]) -> tuple[str, ...]:
    denied = {fact.value for fact in facts.find(Kind.MOOD, wanted=False)}
    wanted = facts.find(Kind.MOOD)
    moods = tuple(mood for mood in MOODS if mood not in denied and any(fact.value == mood for fact in wanted))
    decisions += [Decision(phrases_of(fact for fact in wanted if fact.value == mood), mood, "mood") for mood in moods]
    decisions += [
        Decision(fact.phrase.lower(), Message(_("not {mood}"), mood=title_of(fact.value)), "not")
        for fact in facts.find(Kind.MOOD, wanted=False)
    ]
    return moods


def _switch(facts: Facts, kind: Kind, is_set: bool, decision: Decision, decisions: list[Decision]) -> bool:
    """Return whether a setting or the text turns something on."""
    named = facts.find(kind)
    if named and not (is_set and decision.about == "bed"):
        decisions.append(Decision(phrases_of(named[:1]), decision.meaning, decision.about))
    elif is_set:
        decisions.append(Decision("", decision.meaning, decision.about, is_set=True))
    return bool(named) or is_set


def _meter(
    facts: Facts, controls: ComposerControls, style: Style, rng: random.Random, decisions: list[Decision]
) -> str:
    if controls.meter is not None:
        if controls.meter not in METERS:
            sentence = _("“{meter}” is not a supported meter. Choose one of {meters}.")
            raise BriefError(Message(sentence, meter=controls.meter, meters=", ".join(METERS)))
        decisions.append(Decision("", controls.meter, "meter", is_set=True))
        return controls.meter
    for fact in sorted(facts.find(Kind.METER), key=lambda fact: "/" not in fact.phrase):  # before "lullaby"
        if fact.value in METERS:
            decisions.append(Decision(fact.phrase.lower(), fact.value, "meter"))
            return fact.value
    return rng.choice(style.meters)


def _length(facts: Facts, controls: ComposerControls, use: str, decisions: list[Decision]) -> float:
    if controls.length_s is not None:
        length = _check_range(controls.length_s, MIN_LENGTH_S, MAX_LENGTH_S, _("Length"), _("seconds"))
        decisions.append(Decision("", _seconds(length), "length", is_set=True))
        return length
    for fact in facts.lengths:
        if MIN_LENGTH_S <= fact.number <= MAX_LENGTH_S:
            decisions.append(Decision(fact.phrase.lower(), _seconds(fact.number), "length"))
            return fact.number
    length = USES[use][1] if use else DEFAULT_LENGTH_S
    decisions.append(Decision("", _seconds(length), "length"))
    return length


def _seconds(value: float) -> str:
    return Message("{seconds:g} s", seconds=value)


# --- tempo and key ---


def _tempo(
    facts: Facts,
    controls: ComposerControls,
    style: Style,
    moods: tuple[str, ...],
    meter: str,
    rng: random.Random,
    decisions: list[Decision],
) -> tuple[float, bool]:
    if controls.bpm is not None:
        bpm = _check_range(controls.bpm, MIN_BPM, MAX_BPM, _("Tempo"), "BPM")
        decisions.append(Decision("", Message("{bpm:g} BPM", bpm=bpm), "bpm", is_set=True))
        return bpm, True
    place = _pace(facts, decisions)
    for fact in facts.find(Kind.BPM):
        if MIN_BPM <= fact.number <= MAX_BPM:
            decisions.append(Decision(fact.phrase.lower(), Message("{bpm:g} BPM", bpm=fact.number), "bpm"))
            return fact.number, True
    low, usual, high = (tempo * TEMPO_FACTORS.get(meter, 1.0) for tempo in style.tempo)
    if terms := facts.find(Kind.TERM):
        lowest, middle, highest = TERMS[terms[0].value]
        bpm = float(round(min(highest, max(lowest, usual)) if lowest <= usual <= highest else middle))
        decisions.append(Decision(terms[0].phrase.lower(), Message("{bpm:g} BPM", bpm=bpm), "bpm"))
        return bpm, True
    reference_bpm = controls.reference.bpm if controls.reference else None
    if reference_bpm and reference_bpm > 0 and math.isfinite(reference_bpm):
        bpm_near_style = min(
            (reference_bpm / 2, reference_bpm, reference_bpm * 2), key=lambda bpm: abs(math.log(bpm / usual))
        )
        if MIN_BPM <= bpm_near_style <= MAX_BPM:
            decisions.append(Decision("", Message("{bpm:g} BPM", bpm=bpm_near_style), "follow", is_set=True))
            return float(bpm_near_style), True
    change = sum(MOODS[mood][1] for mood in moods)
    bpm = usual * (1 + change / 100) + rng.uniform(-0.15, 0.15) * (high - low)
    if place is not None:
        bpm = low + place * (high - low) + rng.uniform(-0.08, 0.08) * (high - low)
    return float(round(min(high, max(low, bpm)))), False


def _pace(facts: Facts, decisions: list[Decision]) -> float | None:
    """Return the place of the tempo within the style's range that the text asks for, 0..1."""
    for fact in facts.find(Kind.PACE):
        decisions.append(Decision(fact.phrase.lower(), PACES[fact.value], "pace"))
        return _PACE_PLACES[fact.value]
    for fact in facts.find(Kind.PACE, wanted=False):
        decisions.append(Decision(fact.phrase.lower(), Message(_("not too {pace}"), pace=PACES[fact.value]), "not"))
        return 1 - (_PACE_PLACES[fact.value] + 0.5) / 2
    return None


def _key(
    facts: Facts,
    controls: ComposerControls,
    style: Style,
    moods: tuple[str, ...],
    rng: random.Random,
    decisions: list[Decision],
) -> tuple[int, str]:
    named = facts.find(Kind.KEY)[:1]
    reference_key = controls.reference.key if controls.reference else None
    name = controls.key or (named[0].value if named else None) or reference_key
    if name:
        try:
            tonic, mode = in_mode(name, style)
        except BriefError:
            if controls.key:
                raise
        else:
            is_named = bool(named) and not controls.key
            phrase = named[0].phrase if is_named else ""
            decisions.append(Decision(phrase, key_title(NAMES[tonic], _quality(mode)), "key", is_set=not is_named))
            return tonic, mode
    quality = ""
    if qualities := facts.find(Kind.QUALITY):
        quality = qualities[0].value
        meaning = _("a major key") if quality == "major" else _("a minor key")
        decisions.append(Decision(qualities[0].phrase.lower(), meaning, "key"))
    modes = (
        [mode for mode in style.modes if _quality(mode) == quality] or [quality]
        if quality
        else _modes(facts, style, moods)
    )
    return rng.choice((0, 2, 3, 4, 5, 7, 9, 10, 11)), rng.choice(modes)


def _modes(facts: Facts, style: Style, moods: tuple[str, ...]) -> list[str]:
    """Return the modes of a style that suit the moods, or are the opposite of denied ones."""
    quality = next((MOODS[mood][2] for mood in moods if MOODS[mood][2]), "")
    if not quality:
        denied = [MOODS[fact.value][2] for fact in facts.find(Kind.MOOD, wanted=False)]
        quality = next(("major" if mode == "minor" else "minor" for mode in denied if mode), "")
    return [mode for mode in style.modes if not quality or _quality(mode) == quality] or list(style.modes)


def in_mode(name: str, style: Style) -> tuple[int, str]:
    """Return a key's pitch class and the style's own mode of the same quality (major or minor).

    Raises:
        BriefError: not a key.
    """
    try:
        tonic, quality = parse_key(name)
    except ValueError as error:
        raise BriefError(Message("“{name}” is not a valid key. Use a key such as A minor.", name=name)) from error
    return tonic, next((mode for mode in style.modes if _quality(mode) == quality), quality)


def key_title(tonic: str, quality: str) -> str:
    """Return the name of a key: "A minor"."""
    return Message(_("{tonic} major") if quality == "major" else _("{tonic} minor"), tonic=tonic)


def _quality(mode: str) -> str:
    return "major" if mode in MAJOR_MODES else "minor"


def _brightness(controls: ComposerControls, decisions: list[Decision]) -> float:
    hz = controls.reference.brightness_hz if controls.reference else None
    if not hz:
        return 0.0
    meaning = Message("brightness around {frequency:.0f} Hz", frequency=hz)
    decisions.append(Decision("", meaning, "follow", is_set=True))
    return float(hz)


# --- energy ---


def _energy(facts: Facts, controls: ComposerControls, style: Style, moods: tuple[str, ...]) -> tuple[float, ...]:
    requested = controls.energy
    if requested is None and controls.reference and controls.reference.energy:
        requested = controls.reference.energy
    if requested is None:
        denied = sum(MOODS[fact.value][0] for fact in facts.find(Kind.MOOD, wanted=False))
        return (min(1.0, max(0.1, style.energy + sum(MOODS[mood][0] for mood in moods) - denied / 2)),)
    curve = requested if isinstance(requested, tuple) else (requested,)
    if not curve:
        raise BriefError(_("Enter at least one level for the energy curve."))
    return tuple(_share(point, _("Energy")) for point in curve)


def _share(value: float, name: str) -> float:
    return _check_range(value, 0, 1, name, "")


def _check_range(value: float, low: float, high: float, name: str, unit: str) -> float:
    if not low <= value <= high:
        sentence = Message("{name} must be between {low:g} and {high:g}.", name=name, low=low, high=high)
        if unit:
            sentence = Message("{name} must be between {low:g} and {high:g} {unit}.", **sentence.values, unit=unit)
        raise BriefError(sentence)
    return float(value)
