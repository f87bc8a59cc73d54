"""What a text names and the composer does not have, with the nearest thing that it has.

GENRE, NAME        played by the nearest style, which is said
INSTRUMENT         played by the nearest player, or by none
LENGTH, TEMPO      outside the range; METER: not supported
PLACE              a time at which the text says nothing that can happen
INSIDE             left out, but still inside a recorded section, which can only be left out as a whole
VOICE              the composer does not sing
WORDS              words of no vocabulary, if no word of the text chose the style
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from generator.composer.exclusions import ENSEMBLES_OF, exclusion_of, is_left_out
from generator.composer.styles import EXTRAS, STYLES
from generator.composer.text.brief import MAX_BPM, MAX_LENGTH_S, MIN_BPM, MIN_LENGTH_S, Brief
from generator.composer.text.instrumentation import plays
from generator.composer.text.parsing.facts import Facts
from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.parsing.positions import is_inside
from generator.composer.text.style_choice import DEFAULT, MEANING
from generator.composer.text.vocabulary import METERS
from generator.composer.text.vocabulary.families import player_of, style_of

MAX_REPORTED = 5
GENRE, INSTRUMENT, LENGTH, TEMPO, VOICE = "genre", "instrument", "length", "tempo", "voice"
NAME, METER, PLACE, WORDS, MEANT, INSIDE = "name", "meter", "place", "words", "meant", "inside"
_SETTINGS = {
    LENGTH: "length",
    GENRE: "style",
    NAME: "style",
    TEMPO: "bpm",
    METER: "meter",
    WORDS: "style",
    MEANT: "style",
}


@dataclass(frozen=True)
class Unknown:
    """Words that were not understood, what they look like, and the setting and value nearest to them, if any."""

    phrase: str
    kind: str
    name: str = ""  # the setting
    value: str = ""
    title: str = ""  # of the value, for people


def unknown_words(facts: Facts, brief: Brief, settled: Iterable[str] = ()) -> tuple[Unknown, ...]:
    """Return what a text names and the composer does not have; the first few, without repetitions.

    `settled` are settings that a person has chosen, and instruments that were added: nothing is said about those.
    """
    unknowns = (
        *_lengths(facts),
        *_genres(facts),
        *_players(facts, brief),
        *(Unknown(fact.phrase, VOICE) for fact in facts.find(Kind.VOICE)),
        *(Unknown(fact.phrase, TEMPO) for fact in facts.find(Kind.BPM) if not MIN_BPM <= fact.number <= MAX_BPM),
        *(Unknown(fact.phrase, METER) for fact in facts.find(Kind.METER) if fact.value not in METERS),
        *(Unknown(phrase, PLACE) for phrase in facts.unclear),
        *(Unknown(place.phrase, PLACE) for place in facts.places if not is_inside(place, brief.length_s)),
        *_words(facts, brief),
    )
    done = set(settled)
    open_ones = (unknown for unknown in unknowns if _SETTINGS.get(unknown.kind, unknown.title) not in done)
    return tuple(dict.fromkeys(open_ones))[:MAX_REPORTED]


def _genres(facts: Facts) -> Iterator[Unknown]:
    for fact in sorted((*facts.find(Kind.GENRE), *facts.find(Kind.NAME)), key=lambda fact: fact.start):
        key, is_own = style_of(fact.value)
        if not key:
            continue
        style = STYLES[key]
        if fact.kind is Kind.NAME:
            yield Unknown(fact.phrase, NAME, "style", key, style.title)
        elif not is_own and fact.phrase.lower() not in style.words:
            yield Unknown(fact.phrase, GENRE, "style", key, style.title)


def _players(facts: Facts, brief: Brief) -> Iterator[Unknown]:
    style = STYLES[brief.style]
    for fact in facts.find(Kind.INSTRUMENT):
        player, is_own = player_of(fact.value)
        is_offered = player in EXTRAS
        if not is_own or not (is_offered or plays(style, player)):
            yield Unknown(
                fact.phrase, INSTRUMENT, "bring_in" if is_offered else "", player if is_offered else "", player
            )
    remaining = [part for part in style.parts if not is_left_out(brief.leave_out, part.family, part.instrument)]
    for fact in facts.find(Kind.INSTRUMENT, wanted=False):
        ensembles = ENSEMBLES_OF.get(exclusion_of(fact.value), ())
        for family in sorted({part.family for part in remaining if part.instrument in ensembles}):
            yield Unknown(fact.phrase, INSIDE, "leave_out", family, family)


def _lengths(facts: Facts) -> Iterator[Unknown]:
    if any(MIN_LENGTH_S <= fact.number <= MAX_LENGTH_S for fact in facts.lengths):
        return
    for fact in facts.lengths:
        yield Unknown(fact.phrase, LENGTH)


def _words(facts: Facts, brief: Brief) -> Iterator[Unknown]:
    style = STYLES[brief.style]
    for phrase in facts.leftover if brief.style_source in (DEFAULT, MEANING) else ():
        if phrase == brief.style_words:
            yield Unknown(phrase, MEANT, "style", style.key, style.title)
        else:
            yield Unknown(phrase, WORDS)
