"""From free text and controls to every decision the music needs; each remembers the word it came from.

Unknown words are harmless: any text gives music. Only impossible controls are refused.
"""

import math
import random
import unicodedata
from dataclasses import dataclass

from generator.composer.chance import Chance
from generator.composer.reference import Reference
from generator.composer.styles import EXTRAS, STYLES, Style
from generator.composer.theory import NAMES, parse_key
from generator.composer.vocabulary import (
    BED_WORDS,
    INSTRUMENTS,
    LILT,
    METER_WORDS,
    METERS,
    MOODS,
    TEXTURES,
    USES,
)
from generator.composer.wording import BPM, KEY, LOOP, WITH, WITHOUT, all_found, find, written_lengths

SHORTEST, LONGEST = 5.0, 600.0
USUAL_LENGTH = 60.0
MOST_TEXT = 20_000
QUIETEST, LOUDEST = -24.0, -9.0


class BriefError(ValueError):
    """A control asks for something impossible; the message is for the person."""


@dataclass(frozen=True)
class ComposerControls:
    """Explicit wishes, which win over the text. Lengths in seconds, energy and density 0..1, loudness in LUFS.

    `energy` is a level or a drawn curve: levels at even distances from beginning to end. `leave_in` asks for
    instruments the style does not have, too. `meter` is "4/4", "3/4" or "6/8"; tempos count quarter notes in each.
    `bed` makes room for a voice. What is set here wins over the text, the text over the `reference`.
    """

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
    meter: str | None = None
    bed: bool = False
    reference: Reference | None = None


@dataclass(frozen=True)
class Heard:
    """A decision and the words it came from."""

    phrase: str
    meaning: str


@dataclass(frozen=True)
class Brief:
    """Everything settled before the first note. `bars` 0: as many as the length takes; `brightness_hz` 0: as it is."""

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
    leave_in: frozenset[str] = frozenset()
    meter: str = "4/4"
    bed: bool = False
    brightness_hz: float = 0.0
    bars: int = 0

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
    chance = Chance(f"{seed}/{low}")
    heard: list[Heard] = []
    out = _left_out(low, controls, heard)
    kept = WITHOUT.sub(" ", low)
    use = next((name for name, (words, *_) in USES.items() if find(kept, words)), "")
    style = _style(kept, controls, use, chance.of("style"), heard)
    moods = _moods(kept, heard)
    length = _length(low, controls, use, heard)
    meter = _meter(kept, controls, style, chance.of("meter"), heard)
    bpm, asked = _tempo(low, controls, style, moods, meter, chance.of("tempo"), heard)
    tonic, mode = _key(text, controls, style, moods, chance.of("key"), heard)
    loop = _loop(low, controls, heard)
    bed = _bed(kept, controls, heard)
    added = _added(kept, controls, style, out, heard)
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
        leave_in=frozenset(added),
        meter=meter,
        bed=bed,
        brightness_hz=_brightness(controls, heard),
    )


def _moods(text: str, heard: list[Heard]) -> tuple[str, ...]:
    found = {name: find(text, words) for name, (words, *_) in MOODS.items()}
    heard += [Heard(phrase, name) for name, phrase in found.items() if phrase]
    return tuple(name for name, phrase in found.items() if phrase)


def _loop(text: str, controls: ComposerControls, heard: list[Heard]) -> bool:
    found = LOOP.search(text)
    if not found and not controls.loop:
        return False
    heard.append(Heard(found[0] if found else "loop", "seamless loop"))
    return True


def _meter(text: str, controls: ComposerControls, style: Style, dice: random.Random, heard: list[Heard]) -> str:
    if controls.meter is not None:
        if controls.meter not in METERS:
            raise BriefError(f"“{controls.meter}” is not a meter: {', '.join(METERS)}.")
        heard.append(Heard("meter", controls.meter))
        return controls.meter
    for meter, words in METER_WORDS.items():
        if phrase := find(text, words):
            heard.append(Heard(phrase, meter))
            return meter
    return dice.choice(style.meters)


def _bed(text: str, controls: ComposerControls, heard: list[Heard]) -> bool:
    phrase = find(text, BED_WORDS)
    if phrase or controls.bed:
        heard.append(Heard(phrase or "bed", "room for a voice"))
    return bool(phrase) or controls.bed


def _added(text: str, controls: ComposerControls, style: Style, out: set[str], heard: list[Heard]) -> list[str]:
    """Instruments asked for that the style has not."""
    phrases = " ".join(found["what"] for found in WITH.finditer(text))
    asked = " ".join(controls.leave_in).lower()
    here = {part.family for part in style.parts}
    added = [
        name
        for name in EXTRAS
        if name not in here | out and (find(phrases, INSTRUMENTS[name]) or find(asked, INSTRUMENTS[name]))
    ]
    heard += [Heard(f"with {name}", f"with {name}") for name in added]
    return added


def _brightness(controls: ComposerControls, heard: list[Heard]) -> float:
    hz = controls.reference.brightness_hz if controls.reference else None
    if not hz:
        return 0.0
    heard.append(Heard("reference", f"about {hz:.0f} Hz bright"))
    return float(hz)


def _texture(kept: str, text: str, style: Style, heard: list[Heard]) -> str:
    for name, words in TEXTURES.items():
        phrase = find(kept, words)
        if phrase:
            heard.append(Heard(phrase, f"{name} underneath"))
            return name
    refused = style.texture and find(text, TEXTURES[style.texture])
    if refused:
        heard.append(Heard(refused, f"no {style.texture}"))
    return "" if refused else style.texture


def _left_out(text: str, controls: ComposerControls, heard: list[Heard]) -> set[str]:
    out = set()
    phrases = " ".join(found["what"] for found in WITHOUT.finditer(text))
    asked = " ".join(controls.leave_out).lower()
    for name, words in INSTRUMENTS.items():
        if find(phrases, words) or find(asked, words):
            out.add(name)
    return out - {name for name, words in INSTRUMENTS.items() if find(" ".join(controls.leave_in).lower(), words)}


def _style(text: str, controls: ComposerControls, use: str, dice: random.Random, heard: list[Heard]) -> Style:
    if controls.style is not None:
        if controls.style not in STYLES:
            raise BriefError(f"There is no style called “{controls.style}”.")
        heard.append(Heard(controls.style, STYLES[controls.style].title.lower()))
        return STYLES[controls.style]
    found = {style.key: all_found(text, style.words) for style in STYLES.values()}
    key = max(found, key=lambda key: (sum(map(len, found[key])), key == USES.get(use, ("", ""))[1]))
    best, phrase = (STYLES[key], ", ".join(found[key])) if found[key] else (None, "")
    if best is None:
        key = USES[use][1] if use else _by_mood(text, dice)
        best, phrase = STYLES[key], find(text, USES[use][0]) if use else "your words"
    heard.append(Heard(phrase, best.title.lower()))
    return best


def _by_mood(text: str, dice: random.Random) -> str:
    fitting = {
        "sad": "piano", "rainy": "lofi", "happy": "folk", "calm": "ambient", "energetic": "house", "dark": "tension",
        "dreamy": "ambient", "hopeful": "corporate", "mysterious": "tension", "warm": "folk", "upbeat": "corporate",
    }  # fmt: skip
    for mood, (words, *_) in MOODS.items():
        if find(text, words):
            return fitting[mood]
    return dice.choice(("lofi", "corporate", "folk", "cinematic"))


def _length(text: str, controls: ComposerControls, use: str, heard: list[Heard]) -> float:
    if controls.length_s is not None:
        length = _between(controls.length_s, SHORTEST, LONGEST, "Length", "seconds")
        heard.append(Heard("length", _seconds(length)))
        return length
    for phrase, seconds in written_lengths(text):
        if SHORTEST <= seconds <= LONGEST:
            heard.append(Heard(phrase, _seconds(seconds)))
            return seconds
    length = USES[use][2] if use else USUAL_LENGTH
    heard.append(Heard(use or "no length given", _seconds(length)))
    return length


def _seconds(value: float) -> str:
    return f"{value:g} s"


def _tempo(
    text: str,
    controls: ComposerControls,
    style: Style,
    moods: tuple[str, ...],
    meter: str,
    dice: random.Random,
    heard: list[Heard],
) -> tuple[float, bool]:
    if controls.bpm is not None:
        bpm = _between(controls.bpm, 40, 220, "Tempo", "BPM")
        heard.append(Heard("tempo", f"{bpm:g} BPM"))
        return bpm, True
    found = BPM.search(text)
    if found and 40 <= int(found["bpm"]) <= 220:
        heard.append(Heard(found[0], f"{found['bpm']} BPM"))
        return float(found["bpm"]), True
    low, usual, high = (tempo * LILT.get(meter, 1.0) for tempo in style.tempo)
    followed = controls.reference.bpm if controls.reference else None
    if followed and followed > 0 and math.isfinite(followed):
        near = min((followed / 2, followed, followed * 2), key=lambda bpm: abs(math.log(bpm / usual)))
        if 40 <= near <= 220:
            heard.append(Heard("reference", f"{near:g} BPM"))
            return float(near), True
    change = sum(MOODS[mood][2] for mood in moods)
    bpm = usual * (1 + change / 100) + dice.uniform(-0.15, 0.15) * (high - low)
    return float(round(min(high, max(low, bpm)))), False


def _key(
    text: str, controls: ComposerControls, style: Style, moods: tuple[str, ...], dice: random.Random, heard: list[Heard]
) -> tuple[int, str]:
    found = KEY.search(text)
    followed = controls.reference.key if controls.reference else None
    name = controls.key or (found["key"] if found else None) or followed
    if name:
        try:
            tonic, mode = in_mode(name, style)
        except BriefError:
            if controls.key:
                raise
        else:
            heard.append(Heard(name, f"{NAMES[tonic]} {_kind(mode)}"))
            return tonic, mode
    wanted = next((MOODS[mood][3] for mood in moods if MOODS[mood][3]), "")
    fitting = [mode for mode in style.modes if not wanted or _kind(mode) == wanted] or list(style.modes)
    return dice.choice((0, 2, 3, 4, 5, 7, 9, 10, 11)), dice.choice(fitting)


def in_mode(name: str, style: Style) -> tuple[int, str]:
    """A key's pitch class, and the style's own mode of its kind.

    Raises:
        BriefError: not a key.
    """
    try:
        tonic, kind = parse_key(name)
    except ValueError as error:
        raise BriefError(f"“{name}” is not a key such as A minor.") from error
    return tonic, next((mode for mode in style.modes if _kind(mode) == kind), kind)


def _kind(mode: str) -> str:
    return "major" if mode in ("major", "lydian", "mixolydian") else "minor"


def _energy(controls: ComposerControls, style: Style, moods: tuple[str, ...]) -> tuple[float, ...]:
    asked = controls.energy
    if asked is None and controls.reference and controls.reference.energy:
        asked = controls.reference.energy
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
