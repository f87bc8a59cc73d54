"""What a style is: tempo, feel, harmony, groove, ensemble, arrangement, mix taste. Each is one entry of data.

Grooves are sixteen steps a bar: x strong, o medium, g ghost, . rest. A part plays in sections whose energy is at least
its `enter` (and at most its `leave`). Levels are dB, pans −1 (left) to 1, sends 0..1 into the style's room and echo.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Groove = Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """One player: what they do (role and pattern), on what, how loud, where, and when."""

    role: str  # bass, pad, comp, arp, lead, counter
    instrument: str
    level: float
    pan: float = 0.0
    send: float = 0.2
    enter: float = 0.0
    leave: float = 1.01
    pattern: str = ""
    centre: int = 60  # MIDI pitch the part moves around
    family: str = ""  # the word that leaves it out: "piano", "guitar", "strings"…
    duck: float = 0.0  # 0..1: how far the kick pushes it down
    echo: float = 0.0  # send into the echo, in time with the music
    drive: float = 0.0  # 0..1: distortion of the whole part, as an amplifier's


@dataclass(frozen=True)
class Style:
    """A family of music. Progressions are one chord a word, as Roman numerals of the key."""

    key: str
    title: str
    summary: str
    words: tuple[str, ...]
    images: tuple[str, ...]  # what titles are made of
    tempo: tuple[int, int, int]  # low, usual, high
    modes: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]
    grooves: tuple[Groove, ...]  # from light to full
    parts: tuple[Part, ...]
    minor_a: tuple[str, ...] = ()  # the same when the key is minor, where both are at home
    minor_b: tuple[str, ...] = ()
    swing: float = 0.5  # where the off-beat sixteenth (or eighth) falls in its pair
    swing_unit: int = 2  # in sixteenths: 1 swings sixteenths, 2 swings eighths
    bars_a_chord: float = 1.0
    kit: str = "clean"
    drums_level: float = -6.0
    drums_enter: float = 0.0
    drums_room: float = 1.0
    drums_drive: float = 0.0
    room: tuple[float, float] = (1.4, 0.5)  # seconds to −60 dB, damping 0..1
    echo_beats: float = 0.75
    energy: float = 0.55
    loose: float = 0.008  # seconds of human timing
    laid_back: float = 0.0  # seconds the snare lags
    texture: str = ""
    drive: float = 0.15
    melody_density: float = 0.5
    longest_ring: float = 4.5  # seconds of the last chord; short where nothing in the ensemble sustains
    meters: tuple[str, ...] = ("4/4",)  # what one is drawn from; a meter named twice is drawn twice as often
    three: tuple[Groove, ...] = ()  # grooves of twelve steps, for 3/4 and 6/8
    endings: tuple[str, ...] = ("ring",)  # gestures one is drawn from: see endings.py
    rises: tuple[str, ...] = ("swell",)  # what announces a fuller section: see drums.py
    leans: tuple[str, ...] = ()  # keys an ear may hear instead: "relative", "dominant", "subdominant", "mediant"


def style(words: str, images: str, **facts: Any) -> Style:
    """A style whose words and images are given as lists with commas."""
    return Style(words=_list(words), images=_list(images), **facts)


def _list(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))
