"""How words are found in a text: phrases, lengths, tempos, keys, what is wanted and what is not."""

import re
from collections.abc import Iterator, Sequence

from generator.composer.vocabulary import SPOKEN

_NO = r"(?:no|without(?: any)?|leave out|minus|skip(?: the)?|zero)"
WITHOUT = re.compile(rf"\b{_NO}\s+(?P<what>(?:the\s+)?[\w-]+(?:(?:,| or| and)\s+(?:no\s+)?[\w-]+)*)")
_ONE = r"(?:(?:a|an|some|soft|solo|the)\s+)?[\w-]+"
WITH = re.compile(rf"\b(?:with|add|plus|featuring|including)\s+(?P<what>{_ONE}(?:(?:,| and)\s+{_ONE})*)")
# "80s synth" and "the 90s" are decades; "60s of jazz" and "jazz, 60s" are lengths.
_DECADE = re.compile(r"(?:\b(?:the|an?|early|late|mid)[ -])[5-9]0s\b|\b[5-9]0s(?= (?!of\b|long\b|loop)\w)")
_LENGTH = re.compile(
    r"(?<![\d.])(?:(?P<minutes>\d{1,2}):(?P<rest>[0-5]\d)(?!\d)"
    r"|(?P<number>\d{1,4}(?:[.,]\d{1,2})?)[\s-]*(?P<unit>seconds?|secs?|s|minutes?|mins?|min|m)\b)"
)
_SPOKEN_LENGTH = re.compile(
    rf"\b(?P<number>{'|'.join(sorted(SPOKEN, key=len, reverse=True))})[\s-](?P<unit>seconds?|minutes?)\b"
    r"(?P<half>\sand\sa\shalf\b)?"
)
BPM = re.compile(r"(?<!\d)(?P<bpm>\d{2,3})\s*-?\s*bpm\b")
KEY = re.compile(r"\b(?P<key>(?-i:[A-G])(?:#|b|♯|♭|[ -](?:sharp|flat))?[ -](?:major|minor|maj|min))\b", re.IGNORECASE)
LOOP = re.compile(r"\b(?:seamless(?:ly)? loop\w*|loop(?:able|ing|s)?|endless)\b")


def find(text: str, words: Sequence[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text):
            return word
    return ""


def all_found(text: str, words: Sequence[str]) -> list[str]:
    """Every phrase that a text has, the longest first; none inside another."""
    found = []
    while word := find(text, words):
        found.append(word)
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", " ", text)
    return found


def written_lengths(text: str) -> Iterator[tuple[str, float]]:
    """Lengths in a text as (words, seconds): in figures, then spelled out."""
    text = _DECADE.sub(" ", text)
    for found in _LENGTH.finditer(text):
        if found["minutes"]:
            yield found[0], float(int(found["minutes"]) * 60 + int(found["rest"]))
        else:
            yield found[0], float(found["number"].replace(",", ".")) * (60 if found["unit"].startswith("m") else 1)
    for found in _SPOKEN_LENGTH.finditer(text):
        unit = 60 if found["unit"].startswith("m") else 1
        yield found[0], (SPOKEN[found["number"]] + (0.5 if found["half"] else 0)) * unit
