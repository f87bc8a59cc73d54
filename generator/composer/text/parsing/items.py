"""The items of a text in order: phrases of the vocabulary, quantities, times, and words that are neither."""

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum

from generator.composer.text.parsing import lexicon
from generator.composer.text.parsing.kinds import FACTS, Kind
from generator.composer.text.parsing.quantities import Quantity, find_quantities
from generator.composer.text.parsing.times import Time, find_times
from generator.composer.text.parsing.tokens import Token, tokenize
from generator.composer.text.vocabulary.names import COMMON_WORDS
from generator.composer.text.vocabulary.numbers import FIRST_WORDS, LAST_WORDS

SENTENCE_ENDS = frozenset(".;!?()[]{}。！？；:：…\n|•")
COMMAS = frozenset(",、，")
TARGETS = (FACTS - {Kind.BED}) | {Kind.KEY}


class Wish(Enum):
    WANTED = "wanted"
    DENIED = "denied"
    IGNORED = "ignored"  # neither: "less drums", or used by a moment


@dataclass(slots=True, eq=False)
class Item:
    """A phrase with its place in the text (characters), and all that it can mean."""

    text: str
    start: int
    end: int
    gap: str
    senses: dict[Kind, str] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    seconds: float = 0.0
    end_s: float = 0.0
    wish: Wish = Wish.WANTED
    group: int = 0  # of items that one negation denies
    is_typo: bool = False

    def has(self, *kinds: Kind) -> bool:
        return any(kind in self.senses for kind in kinds)

    @property
    def is_target(self) -> bool:
        return not TARGETS.isdisjoint(self.senses)

    @property
    def ends_sentence(self) -> bool:
        """Return whether a sentence ended before this item."""
        return not SENTENCE_ENDS.isdisjoint(self.gap) or "—" in self.gap or "–" in self.gap

    @property
    def follows_comma(self) -> bool:
        return not COMMAS.isdisjoint(self.gap)


def items_of(text: str) -> list[Item]:
    """Return the items of a normalized text."""
    tokens = tokenize(text)
    quantities = find_quantities(text)
    covered = {place for quantity in quantities for place in range(quantity.start, quantity.end)}
    free = [token for token in tokens if token.start not in covered and token.end - 1 not in covered]
    times = find_times(free)
    timed = {index for time in times for index in range(time.first, time.last)}
    items = [_quantity_item(text, quantity, tokens) for quantity in quantities]
    items += [_time_item(text, time, free) for time in times]
    languages = lexicon.languages_of(tokens)
    run: list[Token] = []
    for index, token in enumerate(free):
        if index in timed or (run and any(place in covered for place in range(run[-1].end, token.start))):
            items += _word_items(text, run, languages)
            run = []
        if index not in timed:
            run.append(token)
    items += _word_items(text, run, languages)
    return sorted(items, key=lambda item: item.start)


def _quantity_item(text: str, quantity: Quantity, tokens: list[Token]) -> Item:
    index = bisect_right(tokens, quantity.start, key=lambda token: token.end)
    gap = tokens[index].gap if index < len(tokens) else ""
    item = Item(text[quantity.start : quantity.end], quantity.start, quantity.end, gap)
    item.senses = {quantity.kind: quantity.value}
    item.seconds = quantity.bpm
    return item


def _time_item(text: str, time: Time, tokens: list[Token]) -> Item:
    start, end = tokens[time.first].start, tokens[time.last - 1].end
    item = Item(text[start:end], start, end, tokens[time.first].gap, {Kind.TIME: ""})
    item.seconds, item.end_s = time.seconds, time.end_s
    for kind, words in ((Kind.FIRST, FIRST_WORDS), (Kind.LAST, LAST_WORDS)):  # "les 8 dernières secondes"
        if any(token.text in words for token in tokens[time.first : time.last]):
            item.senses[kind] = ""
    return item


def _word_items(text: str, tokens: list[Token], languages: frozenset[str]) -> list[Item]:
    items: list[Item] = []
    position = 0
    for phrase in (*lexicon.find_phrases(tokens, languages), None):
        first = phrase.first if phrase else len(tokens)
        items += [
            Item(text[token.start : token.end], token.start, token.end, token.gap) for token in tokens[position:first]
        ]
        if phrase:
            items.append(_phrase_item(text, phrase, tokens, languages))
            position = phrase.last
    return items


def _phrase_item(text: str, phrase: lexicon.Phrase, tokens: list[Token], languages: frozenset[str]) -> Item:
    start, end = tokens[phrase.first].start, tokens[phrase.last - 1].end
    item = Item(text[start:end], start, end, tokens[phrase.first].gap, is_typo=phrase.is_typo)
    for code in sorted(phrase.senses, key=lambda code: (code not in languages, code)):
        for kind, value in phrase.senses[code].items():
            item.senses.setdefault(kind, value)
    item.languages = frozenset(phrase.senses)
    word = item.text.lower()
    if Kind.NAME in item.senses and (word in COMMON_WORDS or lexicon.is_real_word(word)):
        is_inside = item.start > 0 and not text[:start].rstrip().endswith((".", "!", "?", ":"))
        if not (word in COMMON_WORDS and item.text[:1].isupper() and is_inside):
            item.senses[Kind.REAL_WORD] = item.senses.pop(Kind.NAME)
    return item


def restore_names(items: list[Item]) -> None:
    """Make common words names again that follow "like" or come before "style"."""
    for index, item in enumerate(items):
        if Kind.REAL_WORD in item.senses:
            near = [*items[max(0, index - 2) : index], *items[index + 1 : index + 2]]
            if any(other.has(Kind.LIKE) for other in near):
                item.senses[Kind.NAME] = item.senses[Kind.REAL_WORD]
            del item.senses[Kind.REAL_WORD]
