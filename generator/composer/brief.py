"""From free text and controls to every decision the music needs; each remembers the word it came from.

Unknown words are harmless: any text gives music. Only impossible controls are refused.
"""

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator.composer.styles import STYLES, Style
from generator.composer.theory import NAMES, parse_key

SHORTEST, LONGEST = 5.0, 600.0
USUAL_LENGTH = 60.0
MOST_TEXT = 20_000
QUIETEST, LOUDEST = -24.0, -9.0

# mood → (words, change of energy, change of tempo in %, mode)
MOODS: dict[str, tuple[tuple[str, ...], float, float, str]] = {
    "warm": (("warm", "cozy", "cosy", "gentle", "soft", "tender", "sweet"), -0.05, -2, ""),
    "rainy": (("rainy", "rain", "melancholic", "melancholy", "nostalgic", "wistful", "lonely"), -0.1, -5, "minor"),
    "sad": (("sad", "sorrow", "grief", "mournful", "heartbreak"), -0.15, -8, "minor"),
    "happy": (("happy", "cheerful", "joyful", "fun", "bright", "sunny", "positive", "light-hearted"), 0.08, 4, "major"),
    "calm": (("calm", "peaceful", "relaxed", "relaxing", "quiet", "serene", "chill", "mellow", "slow"), -0.18, -6, ""),
    "energetic": (("energetic", "driving", "powerful", "intense", "fast", "exciting", "hype"), 0.22, 6, ""),
    "upbeat": (("upbeat", "uplifting", "lively", "bouncy"), 0.15, 4, "major"),
    "dark": (("dark", "ominous", "brooding", "moody", "noir", "gloomy"), 0.0, -3, "minor"),
    "dreamy": (("dreamy", "dream", "hazy", "floating", "ethereal"), -0.12, -4, ""),
    "hopeful": (("hopeful", "inspiring", "optimistic", "triumphant"), 0.08, 2, "major"),
    "mysterious": (("mysterious", "mystery", "suspense", "tense"), 0.0, -2, "minor"),
}
# use → (words, style when the text names none, length when the text names none)
USES: dict[str, tuple[tuple[str, ...], str, float]] = {
    "cooking video": (("cooking", "recipe", "kitchen", "food"), "bossa", 60),
    "podcast": (("podcast", "interview", "talk", "narration", "voice-over", "voiceover"), "lofi", 60),
    "game": (("game", "gameplay", "level"), "chiptune", 60),
    "intro": (("intro", "opener", "opening", "sting", "jingle", "ident"), "corporate", 15),
    "vlog": (("vlog", "travel", "vacation"), "folk", 60),
    "study": (("study", "studying", "focus", "homework", "work music"), "lofi", 120),
    "wedding": (("wedding", "love", "anniversary"), "piano", 90),
    "product": (("product", "demo", "tutorial", "app", "unboxing"), "corporate", 60),
    "documentary": (("documentary", "nature", "history", "wildlife"), "cinematic", 90),
    "fashion": (("fashion", "runway", "beauty"), "house", 60),
    "kids": (("kids", "children", "toys", "cartoon"), "children", 60),
}
# what can be left out or asked for → (words, families of parts it stands for)
INSTRUMENTS: dict[str, tuple[str, ...]] = {
    "drums": ("drums", "drum", "percussion", "beat", "beats"),
    "bass": ("bass",),
    "piano": ("piano", "keys", "rhodes", "electric piano"),
    "guitar": ("guitar", "guitars", "ukulele"),
    "strings": ("strings", "string", "violin", "violins", "cello"),
    "pad": ("pad", "pads"),
    "synth": ("synth", "synths", "synthesizer"),
    "brass": ("brass", "horn", "horns", "trumpet"),
    "flute": ("flute", "whistle", "clarinet", "woodwinds", "woodwind"),
    "bells": ("bells", "bell", "glockenspiel", "chimes"),
    "vibraphone": ("vibraphone", "vibes", "marimba"),
    "melody": ("melody", "lead", "tune"),
}
# what lies under the music → words that ask for it
TEXTURES: dict[str, tuple[str, ...]] = {
    "rain": ("rain sound", "rain sounds", "sound of rain", "sounds of rain", "with rain", "rainfall"),
    "vinyl": ("vinyl", "crackle", "vinyl crackle", "tape hiss"),
}
_NO = r"(?:no|without(?: any)?|leave out|minus|skip(?: the)?|zero)"
_WITHOUT = re.compile(rf"\b{_NO}\s+(?P<what>(?:the\s+)?[\w-]+(?:(?:,| or| and)\s+(?:no\s+)?[\w-]+)*)")
# "80s synth" and "the 90s" are decades; "60s of jazz" and "jazz, 60s" are lengths.
_DECADE = re.compile(r"(?:\b(?:the|an?|early|late|mid)[ -])[5-9]0s\b|\b[5-9]0s(?= (?!of\b|long\b|loop)\w)")
_LENGTH = re.compile(
    r"(?<![\d.])(?:(?P<minutes>\d{1,2}):(?P<rest>[0-5]\d)(?!\d)"
    r"|(?P<number>\d{1,4}(?:[.,]\d{1,2})?)[\s-]*(?P<unit>seconds?|secs?|s|minutes?|mins?|min|m)\b)"
)
SPOKEN = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45, "fifty": 50,
    "sixty": 60, "ninety": 90, "half a": 0.5, "one and a half": 1.5, "two and a half": 2.5,
}  # fmt: skip
_SPOKEN_LENGTH = re.compile(
    rf"\b(?P<number>{'|'.join(sorted(SPOKEN, key=len, reverse=True))})[\s-](?P<unit>seconds?|minutes?)\b"
    r"(?P<half>\sand\sa\shalf\b)?"
)
_BPM = re.compile(r"(?<!\d)(?P<bpm>\d{2,3})\s*-?\s*bpm\b")
_KEY = re.compile(r"\b(?P<key>(?-i:[A-G])(?:#|b|♯|♭|[ -](?:sharp|flat))?[ -](?:major|minor|maj|min))\b", re.IGNORECASE)
_LOOP = re.compile(r"\b(?:seamless(?:ly)? loop\w*|loop(?:able|ing|s)?|endless)\b")


class BriefError(ValueError):
    """A control asks for something impossible; the message is for the person."""


@dataclass(frozen=True)
class ComposerControls:
    """Explicit wishes, which win over the text. Lengths in seconds, energy and density 0..1, loudness in LUFS."""

    length_s: float | None = None
    style: str | None = None
    bpm: float | None = None
    key: str | None = None
    energy: float | tuple[float, ...] | None = None
    density: float | None = None
    leave_in: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    loop: bool = False
    loudness_lufs: float = -14.0


@dataclass(frozen=True)
class Heard:
    """A decision and the words it came from."""

    phrase: str
    meaning: str


@dataclass(frozen=True)
class Brief:
    """Everything settled before the first note."""

    style: str
    length_s: float
    bpm: float
    bpm_is_asked: bool
    tonic: int
    mode: str
    moods: tuple[str, ...]
    use: str
    energy: tuple[float, ...]
    density: float
    leave_out: frozenset[str]
    loop: bool
    loudness_lufs: float
    texture: str
    seed: int
    heard: tuple[Heard, ...]

    @property
    def key(self) -> str:
        return f"{NAMES[self.tonic]} {'major' if self.mode in ('major', 'lydian', 'mixolydian') else 'minor'}"

    def summary(self) -> str:
        """What was understood, in a line: "lo-fi hip-hop, rainy, 45 s, no drums"."""
        return ", ".join(dict.fromkeys(heard.meaning for heard in self.heard))


def read_brief(text: str, controls: ComposerControls | None = None, *, seed: int) -> Brief:
    """Settle every musical decision from a text and controls.

    Raises:
        BriefError: a control is out of range or names an unknown style or key.
    """
    controls = controls or ComposerControls()
    text = unicodedata.normalize("NFKC", text[:MOST_TEXT])
    low = " ".join(text.lower().split())
    dice = random.Random(f"{seed}/{low}")
    heard: list[Heard] = []
    out = _left_out(low, controls, heard)
    kept = _WITHOUT.sub(" ", low)
    use = next((name for name, (words, *_) in USES.items() if _find(kept, words)), "")
    style = _style(kept, controls, use, dice, heard)
    moods = _moods(kept, heard)
    length = _length(low, controls, use, heard)
    bpm, asked = _tempo(low, controls, style, moods, dice, heard)
    tonic, mode = _key(text, controls, style, moods, dice, heard)
    loop = _loop(low, controls, heard)
    heard += [Heard(f"no {name}", f"no {name}") for name in sorted(out)]
    return Brief(
        style=style.key,
        length_s=length,
        bpm=bpm,
        bpm_is_asked=asked,
        tonic=tonic,
        mode=mode,
        moods=moods,
        use=use,
        energy=_energy(controls, style, moods),
        density=_share(controls.density, "Density") if controls.density is not None else style.melody_density,
        leave_out=frozenset(out),
        loop=loop,
        loudness_lufs=_between(controls.loudness_lufs, QUIETEST, LOUDEST, "Loudness", "LUFS"),
        texture=_texture(kept, " ".join((low, *controls.leave_out)).lower(), style, heard),
        seed=seed,
        heard=tuple(heard),
    )


def _moods(text: str, heard: list[Heard]) -> tuple[str, ...]:
    found = {name: _find(text, words) for name, (words, *_) in MOODS.items()}
    heard += [Heard(phrase, name) for name, phrase in found.items() if phrase]
    return tuple(name for name, phrase in found.items() if phrase)


def _loop(text: str, controls: ComposerControls, heard: list[Heard]) -> bool:
    found = _LOOP.search(text)
    if not found and not controls.loop:
        return False
    heard.append(Heard(found[0] if found else "loop", "seamless loop"))
    return True


def _find(text: str, words: Sequence[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text):
            return word
    return ""


def _texture(kept: str, text: str, style: Style, heard: list[Heard]) -> str:
    for name, words in TEXTURES.items():
        phrase = _find(kept, words)
        if phrase:
            heard.append(Heard(phrase, f"{name} underneath"))
            return name
    refused = style.texture and _find(text, TEXTURES[style.texture])
    if refused:
        heard.append(Heard(refused, f"no {style.texture}"))
    return "" if refused else style.texture


def _found(text: str, words: Sequence[str]) -> list[str]:
    """Every phrase that a text has, the longest first; none inside another."""
    found = []
    while word := _find(text, words):
        found.append(word)
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", " ", text)
    return found


def _left_out(text: str, controls: ComposerControls, heard: list[Heard]) -> set[str]:
    out = set()
    phrases = " ".join(found["what"] for found in _WITHOUT.finditer(text))
    asked = " ".join(controls.leave_out).lower()
    for name, words in INSTRUMENTS.items():
        if _find(phrases, words) or _find(asked, words):
            out.add(name)
    return out - {word.lower() for word in controls.leave_in}


def _style(text: str, controls: ComposerControls, use: str, dice: random.Random, heard: list[Heard]) -> Style:
    if controls.style is not None:
        if controls.style not in STYLES:
            raise BriefError(f"There is no style called “{controls.style}”.")
        heard.append(Heard(controls.style, STYLES[controls.style].title.lower()))
        return STYLES[controls.style]
    found = {style.key: _found(text, style.words) for style in STYLES.values()}
    key = max(found, key=lambda key: (sum(map(len, found[key])), key == USES.get(use, ("", ""))[1]))
    best, phrase = (STYLES[key], ", ".join(found[key])) if found[key] else (None, "")
    if best is None:
        key = USES[use][1] if use else _by_mood(text, dice)
        best, phrase = STYLES[key], _find(text, USES[use][0]) if use else "your words"
    heard.append(Heard(phrase, best.title.lower()))
    return best


def _by_mood(text: str, dice: random.Random) -> str:
    fitting = {
        "sad": "piano", "rainy": "lofi", "happy": "folk", "calm": "ambient", "energetic": "house", "dark": "tension",
        "dreamy": "ambient", "hopeful": "corporate", "mysterious": "tension", "warm": "folk", "upbeat": "corporate",
    }  # fmt: skip
    for mood, (words, *_) in MOODS.items():
        if _find(text, words):
            return fitting[mood]
    return dice.choice(("lofi", "corporate", "folk", "cinematic"))


def _length(text: str, controls: ComposerControls, use: str, heard: list[Heard]) -> float:
    if controls.length_s is not None:
        length = _between(controls.length_s, SHORTEST, LONGEST, "Length", "seconds")
        heard.append(Heard("length", _seconds(length)))
        return length
    for phrase, seconds in _written_lengths(text):
        if SHORTEST <= seconds <= LONGEST:
            heard.append(Heard(phrase, _seconds(seconds)))
            return seconds
    length = USES[use][2] if use else USUAL_LENGTH
    heard.append(Heard(use or "no length given", _seconds(length)))
    return length


def _written_lengths(text: str) -> Iterator[tuple[str, float]]:
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


def _seconds(value: float) -> str:
    return f"{value:g} s"


def _tempo(
    text: str, controls: ComposerControls, style: Style, moods: tuple[str, ...], dice: random.Random, heard: list[Heard]
) -> tuple[float, bool]:
    if controls.bpm is not None:
        bpm = _between(controls.bpm, 40, 220, "Tempo", "BPM")
        heard.append(Heard("tempo", f"{bpm:g} BPM"))
        return bpm, True
    found = _BPM.search(text)
    if found and 40 <= int(found["bpm"]) <= 220:
        heard.append(Heard(found[0], f"{found['bpm']} BPM"))
        return float(found["bpm"]), True
    low, usual, high = style.tempo
    change = sum(MOODS[mood][2] for mood in moods)
    bpm = usual * (1 + change / 100) + dice.uniform(-0.15, 0.15) * (high - low)
    return float(round(min(high, max(low, bpm)))), False


def _key(
    text: str, controls: ComposerControls, style: Style, moods: tuple[str, ...], dice: random.Random, heard: list[Heard]
) -> tuple[int, str]:
    found = _KEY.search(text)
    name = controls.key or (found["key"] if found else None)
    if name:
        try:
            tonic, kind = parse_key(name)
        except ValueError as error:
            if controls.key:
                raise BriefError(f"“{controls.key}” is not a key such as A minor.") from error
        else:
            heard.append(Heard(name, f"{NAMES[tonic]} {kind}"))
            return tonic, next((mode for mode in style.modes if _kind(mode) == kind), kind)
    wanted = next((MOODS[mood][3] for mood in moods if MOODS[mood][3]), "")
    fitting = [mode for mode in style.modes if not wanted or _kind(mode) == wanted] or list(style.modes)
    return dice.choice((0, 2, 3, 4, 5, 7, 9, 10, 11)), dice.choice(fitting)


def _kind(mode: str) -> str:
    return "major" if mode in ("major", "lydian", "mixolydian") else "minor"


def _energy(controls: ComposerControls, style: Style, moods: tuple[str, ...]) -> tuple[float, ...]:
    asked = controls.energy
    if asked is None:
        return (min(1.0, max(0.1, style.energy + sum(MOODS[mood][1] for mood in moods))),)
    curve = asked if isinstance(asked, tuple) else (asked,)
    if not curve:
        raise BriefError("An energy curve needs at least one point.")
    return tuple(_share(point, "Energy") for point in curve)


def _share(value: float, name: str) -> float:
    return _between(value, 0, 1, name, "")


def _between(value: float, low: float, high: float, name: str, unit: str) -> float:
    if not low <= value <= high:
        raise BriefError(f"{name} must be between {low:g} and {high:g} {unit}".strip() + ".")
    return float(value)
