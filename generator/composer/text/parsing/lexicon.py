"""The vocabulary of all languages as one index, and the longest phrases of it that a text contains.

A phrase ends in `*` if up to three more letters may follow: "traurig*" is traurige, trauriger, trauriges. A plural s is
always allowed. Unknown words of five letters and more may have a typo, unless they are real words (`real_words.txt`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from generator.composer.styles import STYLES
from generator.composer.text.parsing.kinds import FACTS, Kind
from generator.composer.text.parsing.tokens import Token, fold, tokenize
from generator.composer.text.vocabulary.languages import INTERNATIONAL, LANGUAGES, Language
from generator.composer.text.vocabulary.real_words import real_words
from generator.composer.text.vocabulary.topics import OCCASIONS, TOPICS

Senses = Mapping[Kind, str]
MAX_ENDING_CHARS = 3  # letters that may follow a stem
MIN_TYPO_CHARS, MAX_TYPO_CHARS = 5, 20  # letters of a word that may have a typo
MIN_TWO_TYPOS_CHARS = 9  # letters of a word that may have two
ENGLISH, NAMED = "en", "names"
_INNER_GAPS = frozenset(("", "-", "&", "'", "’", "/", "+", "‑", "–", "·", "."))
_DOUBLED = re.compile(r"(.)\1")
_LO_FI = frozenset({"lo", "hi", "no", "man"})  # also English, or the beginning of an English word
_KANA, _HANGUL = re.compile("[\u3040-\u30ff]"), re.compile("[\uac00-\ud7af]")


@dataclass
class _Index:
    """Phrases by their first token: the remaining tokens, and what the phrase means in each language."""

    phrases: dict[str, dict[tuple[str, ...], dict[str, dict[Kind, str]]]] = field(default_factory=dict)
    stems: dict[str, dict[str, dict[Kind, str]]] = field(default_factory=dict)

    def add(self, phrase: str, kind: Kind, value: str, language: str) -> None:
        stem = phrase.endswith("*")
        words = tuple(token.text for token in tokenize(phrase.rstrip("*")))
        if not words:
            return
        if stem:
            languages = self.stems.setdefault(words[0], {})
        else:
            languages = self.phrases.setdefault(words[0], {}).setdefault(words[1:], {})
        languages.setdefault(language, {}).setdefault(kind, value)

    def has(self, phrase: str) -> bool:
        words = tuple(token.text for token in tokenize(phrase))
        return bool(words) and words[1:] in self.phrases.get(words[0], {})


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens `first` to before `last` of a text, and what they mean, by language."""

    first: int
    last: int
    senses: Mapping[str, Senses]
    is_typo: bool = False


@cache
def index() -> _Index:
    """Return the index of all languages and of the words of all styles; made once."""
    made = _Index()
    for language in LANGUAGES:
        for kind, value, phrase in _entries(language):
            made.add(phrase, kind, value, language.code)
    for style in STYLES.values():
        for word in style.words:
            if not made.has(word):
                made.add(word, Kind.TOPIC, style.key, ENGLISH)
    return made


def _entries(language: Language) -> Iterator[tuple[Kind, str, str]]:
    for kind, table in language.facts.items():
        for value, phrases in table.items():
            for phrase in phrases.split(","):
                yield kind, value, phrase.strip()
    for kind, topics in ((Kind.TOPIC, TOPICS), (Kind.USE, OCCASIONS)):
        for value, phrases in topics.get(language.code, {}).items():
            for phrase in phrases.split(","):
                yield kind, value, phrase.strip()
    for kind, phrases in language.words.items():
        for phrase in phrases.split(","):
            yield kind, "", phrase.strip()


def find_phrases(tokens: Sequence[Token], languages: frozenset[str], *, is_longest: bool = True) -> list[Phrase]:
    """Return the phrases of a text from left to right, each the longest that begins where the one before ended.

    `languages` are those that the text is in; a word that English has as well counts only in those. Without
    `is_longest`, only single words are looked up.
    """
    found: list[Phrase] = []
    position = 0
    while position < len(tokens):
        if is_longest:
            phrase = _longest(tokens, position, languages) or _corrected(tokens, position, languages)
        else:
            phrase = _longest(tokens[: position + 1], position, languages)
        if phrase:
            found.append(phrase)
        position = phrase.last if phrase else position + 1
    return found


def _longest(tokens: Sequence[Token], position: int, languages: frozenset[str]) -> Phrase | None:
    made, best, size = index(), None, 0
    for first in (*_spellings(tokens[position].text), *_positives(tokens[position].text)):
        for rest, senses in made.phrases.get(first, {}).items():
            if (rest and first != tokens[position].text) or len(rest) < size:
                continue  # only the last word of a phrase can be a plural: "drums and bass" is not the genre
            if _matches(tokens, position + 1, rest) and (usable := _usable(senses, languages)):
                best, size = usable, len(rest) + 1
    if size <= 1 and (stem := _stem(tokens[position].text)) and not _names_fact(best):
        stem_senses = _usable(made.stems[stem], languages) or {}
        best, size = {code: {**(best or {}).get(code, {}), **sense} for code, sense in stem_senses.items()} or best, 1
    is_foreign = best is not None and size == 1 and {*languages, ENGLISH, NAMED}.isdisjoint(best)
    if is_foreign and is_real_word(tokens[position].text):
        return None  # an English word that means something else in a language that the text is not in
    return Phrase(position, position + size, best) if best else None


def _names_fact(senses: Mapping[str, Senses] | None) -> bool:
    return senses is not None and any(not FACTS.isdisjoint(sense) for sense in senses.values())


def _matches(tokens: Sequence[Token], position: int, rest: tuple[str, ...]) -> bool:
    if position + len(rest) > len(tokens):
        return False
    for offset, word in enumerate(rest):
        token = tokens[position + offset]
        is_last = offset == len(rest) - 1
        if word not in (_spellings(token.text) if is_last else (token.text,)) or token.gap not in _INNER_GAPS:
            return False
    return True


def _spellings(word: str) -> tuple[str, ...]:
    if len(word) > 4 and word.endswith("es"):
        return word, word[:-1], word[:-2]
    return (word, word[:-1]) if len(word) > 3 and word.endswith("s") else (word,)


def _positives(word: str) -> tuple[str, ...]:
    """Return the adjectives of which a word can be the comparative: "darker", "sadder", "happier"."""
    if len(word) < MIN_TYPO_CHARS or not word.endswith("er"):
        return ()
    if word.endswith("ier"):
        return (f"{word[:-3]}y",)
    return (word[:-3],) if word[-3] == word[-4] else (word[:-2], word[:-1])


def _stem(word: str) -> str:
    stems = index().stems
    lengths = range(len(word), max(2, len(word) - MAX_ENDING_CHARS - 1), -1)
    return next((word[:length] for length in lengths if word[:length] in stems), "")


def _usable(senses: Mapping[str, Senses], languages: frozenset[str]) -> Mapping[str, Senses] | None:
    """Return the senses in the languages of a text; failing these, the facts that the word names in any language."""
    spoken = {code: sense for code, sense in senses.items() if code in languages}
    is_foreign_text = ENGLISH not in languages
    if any(sense.keys() & FACTS or (is_foreign_text and sense) for sense in spoken.values()):
        return spoken  # a connecting word of the text's own language is no foreign fact: Spanish "sobre"
    facts = {code: {kind: value for kind, value in sense.items() if kind in FACTS} for code, sense in senses.items()}
    others = {code: sense for code, sense in facts.items() if sense and code not in spoken}
    return spoken | others or None


# --- typos ---


def _corrected(tokens: Sequence[Token], position: int, languages: frozenset[str]) -> Phrase | None:
    """Return the phrase that an unknown word was probably meant to begin."""
    word = tokens[position].text
    if (
        not MIN_TYPO_CHARS - 1 <= len(word) <= MAX_TYPO_CHARS
        or not word.isascii()
        or not word.isalpha()
        or is_real_word(word)
    ):
        return None
    for candidate in _candidates(word):
        meant = [*tokens[:position], replace_text(tokens[position], candidate), *tokens[position + 1 :]]
        phrase = _longest(meant, position, languages)
        if phrase and any(sense.keys() - {Kind.STOPWORD} for sense in phrase.senses.values()):
            return Phrase(phrase.first, phrase.last, phrase.senses, is_typo=True)
    return None


def replace_text(token: Token, text: str) -> Token:
    return Token(text, token.start, token.end, token.gap, token.is_joined, token.kind)


@cache
def _misspelled() -> dict[str, set[str]]:
    """Return known words by their forms without one or two letters; made when a text has an unknown word."""
    words = {word for first, rests in index().phrases.items() for rest in rests for word in (first, *rest)}
    made: dict[str, set[str]] = {}
    for word in words:
        if len(word) >= MIN_TYPO_CHARS and word.isascii() and word.isalpha():
            for shorter in _deletions(word):
                made.setdefault(shorter, set()).add(word)
    return made


@lru_cache(maxsize=1024)
def _candidates(word: str) -> tuple[str, ...]:
    """Return known words that are one typo away (two for long words), the nearest first."""
    found = {
        candidate
        for shorter in _deletions(word)
        for candidate in _misspelled().get(shorter, ())
        if candidate[0] == word[0]
        or (_distance(word[:2], candidate[:2]) == 1 and sorted(word[:2]) == sorted(candidate[:2]))
    }
    limit = 2 if len(word) >= MIN_TWO_TYPOS_CHARS else 1
    if len(word) < MIN_TYPO_CHARS:  # only a missing double letter: "celo"
        found = {candidate for candidate in found if _DOUBLED.sub(r"\1", candidate) == word}
    near = {candidate: _distance(word, candidate) for candidate in found}
    undoubled = _DOUBLED.sub(r"\1", word)

    def rank(candidate: str) -> tuple[int, bool, bool, str]:
        is_doubling = _DOUBLED.sub(r"\1", candidate) == undoubled  # "regae" is rather reggae than regal
        return near[candidate], not is_doubling, candidate[-1] != word[-1], candidate

    return tuple(candidate for candidate in sorted(near, key=rank) if near[candidate] <= limit)


def _deletions(word: str) -> set[str]:
    """Return a word and its forms without one letter, or two for long words (after the SymSpell method)."""
    once = {word[:place] + word[place + 1 :] for place in range(len(word))}
    if len(word) < MIN_TWO_TYPOS_CHARS:
        return {word, *once}
    return {word, *once, *(short[:place] + short[place + 1 :] for short in once for place in range(len(short)))}


def _distance(word: str, other: str) -> int:
    """Return the edit distance with swapped neighbors as one edit (optimal string alignment)."""
    rows: list[list[int]] = [list(range(len(other) + 1))]
    for row, letter in enumerate(word, 1):
        costs = [row]
        for column, other_letter in enumerate(other, 1):
            cost = min(rows[-1][column] + 1, costs[-1] + 1, rows[-1][column - 1] + (letter != other_letter))
            if row > 1 and column > 1 and letter == other[column - 2] and word[row - 2] == other_letter:
                cost = min(cost, rows[-2][column - 2] + 1)
            costs.append(cost)
        rows.append(costs)
    return rows[-1][-1]


def is_real_word(word: str) -> bool:
    return any(spelling in real_words() for spelling in _spellings(word))


# --- languages ---


@cache
def _function_words() -> dict[str, frozenset[str]]:
    kinds = (Kind.STOPWORD, Kind.AND, Kind.OR, Kind.WITH, Kind.WITHOUT, Kind.NO, Kind.AT)
    words = {
        language.code: {
            fold(word.strip())
            for kind in kinds
            for word in re.split(r"[,\s]+", language.words.get(kind, ""))
            if word.strip()
        }
        for language in LANGUAGES
    }
    foreign = set().union(*(own for code, own in words.items() if code != ENGLISH))
    return {
        code: frozenset(own - (foreign if code == ENGLISH else words[ENGLISH]) - INTERNATIONAL)
        for code, own in words.items()
    }


def languages_of(tokens: Sequence[Token]) -> frozenset[str]:
    """Return the languages that a text is probably in: by its script, else its function words, else English."""
    characters = "".join(token.text for token in tokens if token.kind == "cjk")
    if characters:
        by_script = "ko" if _HANGUL.search(characters) else "ja" if _KANA.search(characters) else "zh"
        return frozenset({by_script, ENGLISH})
    texts = {token.text for token in tokens if not token.is_joined} - _LO_FI
    spoken = {code: texts & words for code, words in _function_words().items()}
    counts = {
        code: len(found) if len(found) > 1 or code == ENGLISH or any(len(word) > 2 for word in found) else 0
        for code, found in spoken.items()
    }
    best = max(counts.values(), default=0)
    if best == 0:
        return frozenset({ENGLISH})
    return frozenset(code for code, count in counts.items() if count == best)
