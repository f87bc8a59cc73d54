"""All facts of a text, with the words that they came from."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from generator.composer.text.parsing.items import Item, Wish, items_of, restore_names
from generator.composer.text.parsing.kinds import FACTS, Kind
from generator.composer.text.parsing.lexicon import find_phrases
from generator.composer.text.parsing.moments import find_places
from generator.composer.text.parsing.positions import Place
from generator.composer.text.parsing.quantities import MAX_BARE_BPM, MIN_BARE_BPM
from generator.composer.text.parsing.scoping import mark_denied
from generator.composer.text.parsing.tokens import normalize, tokenize
from generator.composer.text.vocabulary.names import COMMON_WORDS

# Genres whose names contain the word for a mood without being in it.
_FIXED_NAMES = frozenset(
    [
        "heavy metal",
        "soft rock",
        "happy hardcore",
        "romantic era",
        "feel good inc",
        "love story",
        "blue note",
        "power metal",
    ]
)
_INNER_INSTRUMENTS = frozenset({"choir", "piano", "guitar", "harpsichord", "organ"})  # "gospel choir", "jazz piano"
_AFTER_TEMPO = (Kind.GENRE, Kind.TOPIC, Kind.MOOD, Kind.KEY, Kind.WITH, Kind.AND)  # may follow a bare tempo
MAX_NOUN_PHRASE_ITEMS = 6
MAX_BRIDGE_ITEMS = 2  # connecting words inside a phrase of unknown words
_HEAD_FIRST = frozenset({"fr", "es", "it", "pt"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a text names: its kind and value, its words, whether it is wanted, and its noun phrase."""

    kind: Kind
    value: str
    phrase: str
    start: int
    is_wanted: bool = True
    number: float = 0.0  # seconds or BPM
    is_head: bool = False  # the main word of its noun phrase


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text says. `lengths` are times that can be the length, likeliest first; `leftover` is unknown words."""

    text: str
    facts: tuple[Fact, ...] = ()
    lengths: tuple[Fact, ...] = ()
    places: tuple[Place, ...] = ()
    unclear: tuple[str, ...] = ()  # times that are places of nothing
    leftover: tuple[str, ...] = ()

    def find(self, kind: Kind, *, wanted: bool = True) -> list[Fact]:
        return [fact for fact in self.facts if fact.kind is kind and fact.is_wanted is wanted]


def phrases_of(facts: Iterable[Fact]) -> str:
    """Return the words of facts in lower case, separated by commas."""
    return ", ".join(dict.fromkeys(fact.phrase.lower() for fact in facts))


@lru_cache(maxsize=64)
def read(text: str) -> Facts:
    """Return everything that a text says."""
    text = normalize(text)
    items = items_of(text)
    restore_names(items)
    _find_bare_tempo(items, text)
    mark_denied(items)
    places, lengths, unclear = find_places(items, text)
    return Facts(
        text,
        tuple(_facts(items)),
        tuple(Fact(Kind.TIME, "", item.text, item.start, number=(item.seconds + item.end_s) / 2) for item in lengths),
        tuple(places),
        tuple(item.text for item in unclear),
        tuple(_leftover(items, text)),
    )


def _find_bare_tempo(items: list[Item], text: str) -> None:
    """Make a number that stands alone a tempo: "dnb 174"."""
    if any(item.has(Kind.BPM) for item in items):
        return
    for index, item in enumerate(items):
        if item.senses or not item.text.isdigit() or not MIN_BARE_BPM <= int(item.text) <= MAX_BARE_BPM:
            continue
        following = items[index + 1] if index + 1 < len(items) else None
        previous = items[index - 1] if index else None
        is_free = following is None or following.gap or following.has(*_AFTER_TEMPO)
        is_label = previous is not None and not previous.senses and not item.gap
        has_unit = text[item.end : item.end + 2].strip()[:1] in tuple("%°$€£#")  # "100% hype"
        if is_free and not is_label and not has_unit and not set(item.gap) & set("#$€£/-+"):
            item.senses, item.seconds = {Kind.BPM: item.text}, float(item.text)
            return


def _facts(items: list[Item]) -> Iterable[Fact]:
    for index, item in enumerate(items):
        if item.wish is Wish.IGNORED:
            continue
        for kind in (*FACTS, Kind.BPM, Kind.KEY):
            if kind in item.senses and not _is_connecting(item, kind, items, index):
                yield Fact(
                    kind, item.senses[kind], item.text, item.start, item.wish is Wish.WANTED, item.seconds,
                    kind in (Kind.GENRE, Kind.NAME) and _is_head(items, index),
                )  # fmt: skip
        if item.has(Kind.GENRE, Kind.TOPIC, Kind.SCENE, Kind.USE) and item.text.lower() not in _FIXED_NAMES:
            yield from _inner_facts(item)


def _inner_facts(item: Item) -> Iterable[Fact]:
    """Yield the moods, the pace and players that are words of a longer phrase: "epic trailer", "slow blues"."""
    tokens = tokenize(item.text)
    for phrase in find_phrases(tokens, frozenset({"en"}), is_longest=False) if len(tokens) > 1 else ():
        for kind in (Kind.MOOD, Kind.PACE, Kind.INSTRUMENT):
            for senses in phrase.senses.values():
                is_named = kind is not Kind.INSTRUMENT or senses.get(kind) in _INNER_INSTRUMENTS
                if kind in senses and is_named and not item.has(kind):
                    yield Fact(kind, senses[kind], item.text, item.start, item.wish is Wish.WANTED)


def _is_connecting(item: Item, kind: Kind, items: list[Item], index: int) -> bool:
    """Return whether a word with two meanings is used as a connecting one here."""
    if kind in (Kind.TOPIC, Kind.SCENE) and item.has(Kind.GENRE):
        return True
    following = items[index + 1] if index + 1 < len(items) else None
    if kind is Kind.PACE and following is not None and following.has(Kind.BUILD) and not following.gap:
        return True  # "a slow build"
    return kind is Kind.LOOP and index > 0 and items[index - 1].has(Kind.INSTRUMENT) and not item.gap  # "a piano loop"


def _is_head(items: list[Item], index: int) -> bool:
    """Return whether no other genre belongs to the same noun phrase after (in Romance languages before) this one."""
    item = items[index]
    step = -1 if not item.languages.isdisjoint(_HEAD_FIRST) and "en" not in item.languages else 1
    place = index + step
    while 0 <= place < len(items) and abs(place - index) <= MAX_NOUN_PHRASE_ITEMS:
        between = items[place] if step == 1 else items[place + 1]
        other = items[place]
        if between.gap.strip("-/&+") or other.wish is not Wish.WANTED or not other.is_target:
            return True
        if other.has(Kind.GENRE, Kind.NAME):
            return False
        place += step
    return True


def _leftover(items: list[Item], text: str) -> list[str]:
    """Return the words that are in no vocabulary; neighbors form one phrase, also over words such as "at the"."""
    spans: list[tuple[int, int]] = []
    bridge = MAX_BRIDGE_ITEMS + 1  # connecting items since the last unknown word
    for item in items:
        bridge = MAX_BRIDGE_ITEMS + 1 if item.gap else bridge
        if _is_unknown(item):
            is_joined = bool(spans) and bridge <= MAX_BRIDGE_ITEMS
            spans[-1:] = [(spans[-1][0], item.end)] if is_joined else [*spans[-1:], (item.start, item.end)]
            bridge = 0
        else:
            bridge += MAX_BRIDGE_ITEMS + 1 if item.is_target or item.has(Kind.TIME, Kind.BPM) else 1
    return [text[start:end] for start, end in spans if end - start > 1]


def _is_unknown(item: Item) -> bool:
    is_letter = len(item.text) < 2 and item.text.isascii()
    return not (item.senses or item.text.isdigit() or is_letter or item.text.lower() in COMMON_WORDS)
