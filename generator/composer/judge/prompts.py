"""Labelled prompts: drawn afresh in nine languages, and a written set, independent of the composer's vocabulary."""

import json
import random
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
LANGUAGES = ("de", "fr", "es", "it", "pt", "ja", "zh", "ko")
ENGLISH_SHARE, TYPO_SHARE, LABELED_SHARE = 0.6, 0.15, 0.1
MAX_PHRASES = 4  # details beside the genre: people rarely write more
METERS = ("3/4", "6/8", "5/4", "7/8", "4/4")
NUMBER_WORDS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


@dataclass(frozen=True)
class Fact:
    """One thing that a text settles. `words` are those that say it.

    Values: genre and name a tuple of genres, mood one of the table's, not_mood one that is rejected, length and tempo
    numbers or (low, high), key "A minor" or "G", meter "3/4", without and with an instrument of the table, use one of
    the table's, moment a tuple (kind, start_s, end_s or None, players), loop and bed True.
    """

    kind: str
    value: Any
    words: str = ""


@dataclass(frozen=True)
class Prompt:
    """A text and what it settles. `maybe` may be heard, too: it counts neither as missed nor as imagined."""

    text: str
    facts: tuple[Fact, ...]
    maybe: tuple[Fact, ...] = ()
    language: str = "en"
    traits: frozenset[str] = field(default_factory=frozenset)  # "typo", "labeled", "written"


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Return the tables of genres, names, moods, instruments and uses, with words of nine languages."""
    return dict(json.loads((DATA / "words.json").read_text()))


@lru_cache(maxsize=1)
def phrases() -> dict[str, Any]:
    """Return how each language puts facts into words."""
    return dict(json.loads((DATA / "phrases.json").read_text()))


def written_prompts() -> list[Prompt]:
    """Return the written set."""
    return [_written(row) for row in json.loads((DATA / "prompts.json").read_text())]


def draw_prompts(seed: int, count: int) -> list[Prompt]:
    """Draw prompts; the same seed gives the same ones."""
    return [_Writer(random.Random(f"{seed}/{number}")).write() for number in range(count)]


def _written(row: dict[str, Any]) -> Prompt:
    facts = tuple(Fact(kind, value) for kind, value in _pairs(row["facts"]))
    maybe = tuple(Fact(kind, value) for kind, value in _pairs(row.get("maybe", {})))
    return Prompt(row["text"], facts, maybe, row.get("language", "en"), frozenset({"written"}))


def _pairs(labels: dict[str, Any]) -> list[tuple[str, Any]]:
    """Unfold labels: a list of genres or limits is one value, other lists are several."""
    pairs: list[tuple[str, Any]] = []
    for kind, value in labels.items():
        if kind in ("genre", "name"):
            pairs.append((kind, tuple(value) if isinstance(value, list) else (value,)))
        elif kind == "moments":
            pairs += [("moment", tuple(moment)) for moment in value]
        elif kind in ("length", "tempo"):
            pairs.append((kind, tuple(value) if isinstance(value, list) else value))
        else:
            pairs += [(kind, each) for each in (value if isinstance(value, list) else [value])]
    return pairs


class _Writer:
    """Draws one prompt: first its facts, each with the words for it, then the order and the punctuation."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.language = "en" if rng.random() < ENGLISH_SHARE else rng.choice(LANGUAGES)
        self.form = phrases()[self.language]
        self.facts: list[Fact] = []
        self.maybe: list[Fact] = []
        self.traits: set[str] = set()

    def write(self) -> Prompt:
        head = self._head()
        details = [self._use, self._length, self._tempo, self._key, self._without, self._with, self._loop]
        rare = [self._meter, self._bed, self._moment, self._not_mood]
        chosen = self.rng.sample(details, self.rng.randint(0, MAX_PHRASES))
        if self.rng.random() < 0.35:
            chosen.append(self.rng.choice(rare))
        self.rng.shuffle(chosen)
        parts = [part for part in (make() for make in chosen) if part]
        text = self._assemble(head, parts)
        if self.language == "en" and self.rng.random() < 0.15:
            text += ". " + self.rng.choice(phrases()["scenes"])
        return Prompt(text, tuple(self.facts), tuple(self.maybe), self.language, frozenset(self.traits))

    def _assemble(self, head: str, parts: list[str]) -> str:
        comma: str = self.form["comma"]
        if self.language != "en":
            return str(self.rng.choice(self.form["open"])) + comma.join([head, *parts])
        kind = self.rng.random()
        if kind < LABELED_SHARE:
            self.traits.add("labeled")
            return self.rng.choice(["; ", "\n", " | ", " / "]).join([head, *parts])
        if kind < 0.55:
            if self.rng.random() < 0.5:
                parts.insert(self.rng.randint(0, len(parts)), head)
            else:
                parts.insert(0, head)
            return comma.join(parts)
        text = str(self.rng.choice(self.form["open"])) + " ".join([head, *parts[:1]])
        for part in parts[1:]:
            text += self.rng.choice([", ", ". ", " - ", "; "]) + part
        return text + self.rng.choice(["", ".", "!", " please"])

    def _head(self) -> str:
        mood = self._mood() if self.rng.random() < 0.6 else ""
        kind = self.rng.random()
        if kind < 0.12:
            name = self.rng.choice(list(words()["names"]))
            self.facts.append(Fact("name", tuple(words()["names"][name]), name))
            phrase = self._fill("name", name=name)
            return f"{mood}{self.form['comma']}{phrase}" if mood else phrase
        if kind < 0.85:
            return self._fill("noun", mood=mood, genre=self._genre())
        return self._fill("no_genre", mood=mood or self._mood())

    def _fill(self, kind: str, **values: object) -> str:
        options = self.form[kind]
        if values.get("mood") == "":
            options = [option for option in options if "feels" not in option and "(" not in option] or options
        text = self.rng.choice(options).format(**values)
        return re.sub(r"\s+", " ", text.replace("()", "")).strip()

    def _say(self, table: str, concept: str) -> str:
        entry = words()[table][concept]
        english = entry["en"] if self.language in ("en", "de", "fr", "es", "it", "pt") else []
        spellings = entry.get(self.language) or english
        return self._typo(self.rng.choice(spellings)) if spellings else ""

    def _drawn(self, table: str) -> tuple[str, str]:
        """Return a concept that has words in this language, and the words."""
        concepts = [
            concept for concept, entry in words()[table].items()
            if self.language in entry or (self.language in ("de", "fr", "es", "it", "pt") and table == "genres")
        ]  # fmt: skip
        concept = self.rng.choice(concepts)
        return concept, self._say(table, concept)

    def _typo(self, text: str) -> str:
        if self.language != "en" or len(text) < 6 or self.rng.random() > TYPO_SHARE / 2:
            return text
        places = [i for i in range(1, len(text) - 2) if text[i].isalpha() and text[i + 1].isalpha()]
        if not places:
            return text
        self.traits.add("typo")
        place = self.rng.choice(places)
        return self.rng.choice([
            text[:place] + text[place + 1] + text[place] + text[place + 2 :],
            text[:place] + text[place + 1 :],
            text[:place] + text[place] + text[place:],
        ])  # fmt: skip

    def _genre(self) -> str:
        genre, spelling = self._drawn("genres")
        self.facts.append(Fact("genre", (genre,), spelling))
        return spelling

    def _mood(self) -> str:
        mood, spelling = self._drawn("moods")
        self.facts.append(Fact("mood", mood, spelling))
        return spelling

    def _not_mood(self) -> str:
        taken = {fact.value for fact in self.facts if fact.kind == "mood"}
        mood, spelling = self._drawn("moods")
        if mood in taken:
            return ""
        self.maybe.append(Fact("not_mood", mood, spelling))
        return self._fill("not_mood", mood=spelling)

    def _use(self) -> str:
        use, spelling = self._drawn("uses")
        self.facts.append(Fact("use", use, spelling))
        if use in ("podcast", "explainer", "documentary"):
            self.maybe.append(Fact("bed", True))
        return self._fill("for", use=spelling)

    def _length(self) -> str:
        shortest = max((fact.value[1] for fact in self.facts if fact.kind == "moment"), default=0) + 10
        lengths = [10, 15, 20, 30, 40, 45, 60, 75, 90, 100, 105, 120, 150, 180, 240, 300]
        seconds = self.rng.choice([length for length in lengths if length >= shortest])
        minutes, rest = divmod(seconds, 60)
        short = self.rng.choice([f"{seconds}s", f"{seconds} sec", f"{seconds}-second"])
        spoken = f"{seconds} seconds"
        if minutes:
            short = self.rng.choice([f"{minutes}m{rest:02d}s" if rest else f"{minutes}min", f"{minutes} min {rest} s"])
            plural = "s" if minutes > 1 else ""
            spoken = f"{NUMBER_WORDS[minutes]} minute{plural}" + (f" and {rest} seconds" if rest else "")
            if rest == 30:
                spoken = self.rng.choice([f"{minutes}.5 minutes", f"{NUMBER_WORDS[minutes]} and a half minutes"])
        elif seconds == 30:
            spoken = self.rng.choice(["half a minute", "thirty seconds", "30 seconds"])
        self.facts.append(Fact("length", seconds, str(seconds)))
        return self._fill("length", n=seconds, clock=f"{minutes}:{rest:02d}", words=spoken, short=short)

    def _tempo(self) -> str:
        if self.language == "en" and self.rng.random() < 0.25:
            term, (low, high) = self.rng.choice(list(phrases()["tempo_terms"].items()))
            self.facts.append(Fact("tempo", (low, high), term))
            return str(term)
        bpm = self.rng.randint(60, 180)
        self.facts.append(Fact("tempo", bpm, str(bpm)))
        return self._fill("tempo", bpm=bpm)

    def _key(self) -> str:
        tonic, mode = self.rng.randrange(12), self.rng.choice(["major", "minor"])
        key, english = self.form["notes"][tonic] + self.form[mode], phrases()["en"]["notes"][tonic]
        label = f"{english} {mode}"
        if self.language == "en":
            if mode == "minor" and self.rng.random() < 0.4:
                key = f"{english}m"
            elif self.rng.random() < 0.15:
                key = english.replace("#", " sharp").replace("b", " flat") + f" {mode}"
            elif mode == "major" and self.rng.random() < 0.3:
                key = english
        self.facts.append(Fact("key", label, key))
        bare = self.language == "en" and " " not in key and not key.endswith("m")
        return f"key of {key}" if bare else self._fill("key", key=key)

    def _meter(self) -> str:
        meter = self.rng.choice(METERS)
        self.facts.append(Fact("meter", meter, meter))
        return self._fill("meter", meter=meter)

    def _loop(self) -> str:
        self.facts.append(Fact("loop", True))
        return self._fill("loop")

    def _bed(self) -> str:
        self.facts.append(Fact("bed", True))
        return self._fill("bed")

    def _players(self, kind: str) -> list[str]:
        """Draw one to three instruments that no fact names yet; return their words."""
        taken: set[str] = set()
        for fact in self.facts:
            if fact.kind in ("with", "without"):
                taken |= set(words()["instruments"][fact.value]["accept"])
        spoken = []
        for _ in range(self.rng.choice([1, 1, 1, 2, 2, 3])):
            instrument, spelling = self._drawn("instruments")
            accepted = set(words()["instruments"][instrument]["accept"])
            if accepted & taken or (kind == "with" and instrument == "melody"):
                continue
            taken |= accepted
            spoken.append(spelling)
            self.facts.append(Fact(kind, instrument, spelling))
        return spoken

    def _without(self) -> str:
        spoken = self._players("without")
        if not spoken:
            return ""
        if self.language != "en":
            none = self.form.get("none", "")
            each = self.form["comma"].join(none.format(one=one) for one in spoken) if none else ""
            return self._fill(
                "without", **{"and": self._joined(spoken, "and"), "or": self._joined(spoken, "or")}, each=each
            )
        free = ", ".join(f"{one}-free" for one in spoken)
        return self._fill(
            "without",
            each=", no ".join(spoken),
            free=free,
            **{"and": self._joined(spoken, "and"), "or": self._joined(spoken, "or")},
        )

    def _with(self) -> str:
        spoken = self._players("with")
        return self._fill("with", **{"and": self._joined(spoken, "and")}) if spoken else ""

    def _joined(self, spoken: list[str], conjunction: str) -> str:
        if len(spoken) == 1:
            return spoken[0]
        comma: str = self.form["comma"]
        return comma.join(spoken[:-1]) + str(self.form[conjunction]) + spoken[-1]

    def _moment(self) -> str:
        if self.language != "en":
            return ""
        pattern, kind, start, end = self.rng.choice(phrases()["moments"])
        end_s = min((fact.value for fact in self.facts if fact.kind == "length"), default=60)
        seconds = self.rng.choice([moment for moment in (4, 5, 6, 8, 10, 12, 15, 20) if moment < end_s - 4])
        player = self.rng.choice(["drums", "strings"])
        players = (player,) if "{player}" in pattern else ()
        if players and any(fact.kind in ("with", "without") and fact.value == player for fact in self.facts):
            return ""
        value = (kind, seconds if start == "s" else start, seconds if end == "s" else end, players)
        self.facts.append(Fact("moment", value, pattern))
        self.maybe += [Fact("with", each) for each in players]
        return str(pattern.format(player=player, s=seconds, clock=f"0:{seconds:02d}"))
