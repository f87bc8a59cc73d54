"""The style data model: tempo, feel, harmony, grooves, ensemble, arrangement, mix. Each style is one entry.

Grooves have sixteen steps per bar: x strong, o medium, g ghost, . rest, r two strokes in a step, t three in two. A part plays in sections whose energy is at
least its `enter` (and at most its `leave`). Levels are dB, pans −1 (left) to 1, reverb and delay sends 0..1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Groove = Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """One player: role and pattern, instrument, level, pan, and when it plays."""

    role: str  # bass, pad, comp, arp, lead, counter
    instrument: str
    level: float
    pan: float = 0.0
    send: float = 0.2
    enter: float = 0.0
    leave: float = 1.01
    pattern: str = ""
    center: int = 60  # MIDI pitch at the center of the part's range
    family: str = ""  # word that excludes it: "piano", "guitar", "strings"…
    duck: float = 0.0  # 0..1: depth of side-chain ducking by the kick
    echo: float = 0.0  # send level into the tempo-synced delay
    drive: float = 0.0  # 0..1: distortion of the whole part, like an amplifier's


@dataclass(frozen=True)
class Style:
    """A family of music. Progressions are Roman numerals of the key, separated by spaces."""

    key: str
    title: str
    summary: str
    words: tuple[str, ...]
    images: tuple[str, ...]  # words for titles
    tempo: tuple[int, int, int]  # low, usual, high
    modes: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]
    grooves: tuple[Groove, ...]  # from light to full
    parts: tuple[Part, ...]
    minor_a: tuple[str, ...] = ()  # `a` for minor keys, in styles that use both modes
    minor_b: tuple[str, ...] = ()
    swing: float = 0.5  # position of the off-beat sixteenth (or eighth) within its pair
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
    loose: float = 0.008  # humanize timing, in seconds
    laid_back: float = 0.0  # seconds by which the snare lags
    texture: str = ""
    drive: float = 0.15
    melody_density: float = 0.5
    longest_ring: float = 4.5  # seconds of the last chord; short if nothing in the ensemble sustains
    meters: tuple[str, ...] = ("4/4",)  # drawn at random; a meter listed twice is twice as likely
    three: tuple[Groove, ...] = ()  # grooves of twelve steps, for 3/4 and 6/8
    endings: tuple[str, ...] = ("ring",)  # drawn at random: see endings.py
    rises: tuple[str, ...] = ("swell",)  # what announces a fuller section: see drums.py
    chorus_bars: int = 0  # bars of every section, where the harmony is a cycle of its own, as in the twelve-bar blues
    arc: str = ""  # how its pieces grow: see writing/arranging/arcs.py; empty: by its kit and ensemble
    harmony: str = ""  # rules by which its chords are varied: see writing/harmony/rules.py; empty: by its chords
    leans: tuple[str, ...] = ()  # keys a listener may hear instead: "relative", "dominant", "subdominant", "mediant"


def style(words: str, images: str, **facts: Any) -> Style:
    """Return a style; words and images are given as comma-separated lists."""
    return Style(words=_list(words), images=_list(images), **facts)


def _list(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))
