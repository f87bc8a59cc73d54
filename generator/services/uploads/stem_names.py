"""Stems named as musicians name them: "01_SongTitle_DRM_v2 (48k).wav" is "Drums"."""

import re
from collections.abc import Sequence
from pathlib import PurePath

# The first that fits wins: "bass drum" is drums, and "lead vocals" are vocals.
_PLAYERS: tuple[tuple[str, str], ...] = (
    ("Other", r"no ?(voc\w*|vox)"),
    ("Backing vocals", r"(backing|background|bg|back) ?(voc\w*|vox)|bgv\w*|choirs?|harmon(y|ies)"),
    ("Vocals", r"voc\w*|vox|voices?|singer|acapella|a cappella"),
    ("Kick", r"kicks?|kik|bd|bass ?drum"),
    ("Snare", r"snares?|snr|sd"),
    ("Hi-hat", r"hi ?hats?|hh|hats?"),
    ("Percussion", r"perc\w*|shakers?|tambourine|congas?|bongos?"),
    ("Drums", r"drums?|drms?|drm|dr|drumkit|kit|beats?|overheads?|oh"),
    ("Bass", r"bass|bs|sub ?bass|sub"),
    ("Guitar", r"(e |a |el |ac )?(gtrs?|guitars?)|egtr|agtr"),
    ("Piano", r"piano|pno|grand"),
    ("Keys", r"keys?|keyboards?|organ|rhodes|clav\w*|epiano"),
    ("Strings", r"strings?|strs?|violins?|violas?|cellos?|celli"),
    ("Brass", r"brass|horns?|trumpets?|trombones?"),
    ("Woodwinds", r"woodwinds?|winds?|flutes?|clarinets?|oboes?|sax\w*"),
    ("Pads", r"pads?|atmos?\w*|ambien\w*"),
    ("Lead", r"leads?|ld|melod(y|ies)|solo"),
    ("Synth", r"synths?|syn|arp\w*|plucks?"),
    ("Effects", r"fx|sfx|effects?|risers?|impacts?"),
    ("Other", r"others?|rest|misc\w*|accomp\w*|instrumental|music"),
)
_NOISE = re.compile(
    r"\b(\d+|v\d+|\d+ ?bit|\d+(\.\d+)? ?k(hz)?|\d+ ?bpm|stems?|final|master|mix|print|stereo|mono|wet|dry|l|r)\b"
)


def stem_titles(names: Sequence[str]) -> list[str]:
    """Return a title for each file: a player's name if the file's name has one, otherwise what sets it apart."""
    words = [_words(name) for name in names]
    shared = set.intersection(*(set(one.split()) for one in words)) if len(words) > 1 else set()
    apart = [" ".join(word for word in one.split() if word not in shared) for one in words]
    found = [_title(one if re.search(r"[a-z]", one) else whole) for one, whole in zip(apart, words, strict=True)]
    titles: list[str] = []
    for title in found:
        number, candidate = 1, title
        while candidate.casefold() in {taken.casefold() for taken in titles}:
            number += 1
            candidate = f"{title} {number}"
        titles.append(candidate)
    return titles


def _words(name: str) -> str:
    stem = PurePath(name.replace("\\", "/")).stem
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)
    return " ".join(re.sub(r"[^\w]|_", " ", split).split()).lower()


def _title(words: str) -> str:
    for title, pattern in _PLAYERS:
        if re.search(rf"\b({pattern})\b", words):
            return title
    rest = " ".join(_NOISE.sub(" ", words).split())
    rest = rest or words
    return (rest[:1].upper() + rest[1:])[:70] or "Stem"
