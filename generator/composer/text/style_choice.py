"""Which style plays a text: a genre before a name, a topic, an instrument, a scene, a mood, and a use."""

import random
from dataclasses import dataclass

from generator.composer.styles import STYLES
from generator.composer.text.meaning.nearest_genre import nearest_genre
from generator.composer.text.parsing.facts import Fact, Facts
from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.vocabulary import USES
from generator.composer.text.vocabulary.families import IMPLIED, STYLE_OF_MOOD, style_of

# What chose a style.
SET, GENRE, TOPIC, INSTRUMENT, SCENE, MOOD, USE, MEANING, DEFAULT = (
    "set",
    "genre",
    "topic",
    "instrument",
    "scene",
    "mood",
    "use",
    "meaning",
    "default",
)
_BROAD_GENRES = frozenset(
    {"electronic", "world", "experimental", "corporate", "hip hop"}
)  # a narrower one counts first
_ADJECTIVES = frozenset(
    {"acoustic", "atmospheric", "cinematic", "percussive", "tribal", "atmosphere"}
)  # of other genres
_DEFAULTS = ("lofi", "corporate", "folk", "cinematic")


@dataclass(frozen=True)
class StyleChoice:
    """A style, what chose it, and the facts that did; `is_exact` is false if what was named is only near to it."""

    style: str
    source: str
    facts: tuple[Fact, ...] = ()
    is_exact: bool = True
    phrase: str = ""

    @property
    def words(self) -> str:
        return self.phrase or ", ".join(dict.fromkeys(fact.phrase for fact in self.facts))


def choose_style(facts: Facts, use: str, rng: random.Random) -> StyleChoice:
    """Return the style of a text; `use` is what the music is for."""
    wanted = {fact.value for fact in facts.find(Kind.GENRE)}
    unwanted = (*facts.find(Kind.GENRE, wanted=False), *facts.find(Kind.TOPIC, wanted=False))
    denied = {style_of(fact.value)[0] for fact in unwanted if fact.value not in wanted}
    return (
        _by_genre(facts, denied)
        or _by_values(facts.find(Kind.TOPIC), TOPIC, {}, denied)
        or _by_values(facts.find(Kind.INSTRUMENT), INSTRUMENT, IMPLIED, denied)
        or _by_values(_scenes(facts), SCENE, {}, denied)
        or _by_values(facts.find(Kind.MOOD), MOOD, STYLE_OF_MOOD, denied)
        or _by_use(use, facts, denied)
        or _by_meaning(facts, denied)
        or StyleChoice(rng.choice([key for key in _DEFAULTS if key not in denied] or list(_DEFAULTS)), DEFAULT)
    )


def _scenes(facts: Facts) -> list[Fact]:
    """Return the scenes that are not only what the music is for."""
    uses = {fact.start for fact in facts.find(Kind.USE)}
    return [fact for fact in facts.find(Kind.SCENE) if fact.start not in uses]


def _by_genre(facts: Facts, denied: set[str]) -> StyleChoice | None:
    named = [(fact, *style_of(fact.value, denied)) for kind in (Kind.GENRE, Kind.NAME) for fact in facts.find(kind)]
    named = [(fact, style, is_own) for fact, style, is_own in named if style]
    if not named:
        return None

    def rank(entry: tuple[Fact, str, bool]) -> tuple[bool, bool, bool, int]:
        fact, style, _ = entry
        is_alone = sum(other == style for _, other, _ in named) == 1
        is_broad = fact.value in _BROAD_GENRES or fact.phrase.lower() in _ADJECTIVES
        return fact.kind is Kind.NAME, is_broad, not fact.is_head and is_alone, fact.start

    best, style, _ = min(named, key=rank)
    chosen = tuple(sorted((fact for fact, other, _ in named if other == style), key=lambda fact: fact.start))
    is_exact = any(
        is_own or fact.phrase.lower() in STYLES[style].words for fact, other, is_own in named if other == style
    )
    return StyleChoice(style, GENRE, chosen, is_exact and best.kind is Kind.GENRE)


def _by_values(facts: list[Fact], source: str, styles: dict[str, str], denied: set[str]) -> StyleChoice | None:
    for fact in sorted(facts, key=lambda fact: fact.start):
        genre = styles.get(fact.value, "" if styles else fact.value)
        style = style_of(genre, denied)[0] if genre else ""
        if style:
            return StyleChoice(style, source, (fact,))
    return None


def _by_use(use: str, facts: Facts, denied: set[str]) -> StyleChoice | None:
    if not use or USES[use][0] in denied:
        return None
    return StyleChoice(USES[use][0], USE, tuple(fact for fact in facts.find(Kind.USE) if fact.value == use))


def _by_meaning(facts: Facts, denied: set[str]) -> StyleChoice | None:
    """Return the style that words of no vocabulary mean, as far as the optional encoder of meanings can tell."""
    phrase, genre = nearest_genre(facts.leftover)
    style = style_of(genre, denied)[0] if genre else ""
    return StyleChoice(style, MEANING, (), False, phrase) if style else None
