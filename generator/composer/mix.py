"""From notes to a stereo mix, block by block: every player panned, ducked, and sent to the style's room and echo.

The mix is a plain sum of stems, each with its own share of the room, so stems add up to it; what is not linear happens
inside a stem (a driven drum bus) or later, in the master.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer import kits, texture
from generator.composer.cache import Sound
from generator.composer.form import Form
from generator.composer.instruments import play
from generator.composer.modal import RATE
from generator.composer.notes import Line, Note, Score
from generator.composer.reel import Store
from generator.composer.room import BLOCK, Echo, Room
from generator.composer.styles import Style

Tick = Callable[[float], None]
Gains = Mapping[str, float]  # what stems are multiplied by; 1 where there is none, and 0 is not heard

DUCK_S = 0.14
TAIL_S = 6.0  # what may ring past the end of a loop, folded over its beginning
DRUMS, TEXTURE = "drums", "texture"
SPEAKER_HZ = 4200.0
_BETWEEN_TICKS = 6  # notes made between two reports


@dataclass(frozen=True)
class _Event:
    """A sound to come: where it starts (frames) and how to make it, (1 or 2, frames), already at its level."""

    start: int
    make: Callable[[], Sound]
    choke: str = ""  # sounds of one choke group stop each other


@dataclass
class _Player:
    """One stem: its sounds in order, those that still ring, and how it sits in the mix."""

    name: str
    events: list[_Event]
    send: float
    echo: float = 0.0
    duck: float = 0.0
    drive: float = 0.0
    ringing: list[tuple[int, Sound, str]] = field(default_factory=list)
    next: int = 0
    _speaker: Sound = field(default_factory=lambda: np.zeros((2, 2, 2), np.float32))

    def sound(self, first: int, tick: Callable[[], None]) -> Sound | None:
        """Everything that sounds in the block from frame `first`, (2, BLOCK); None for silence."""
        end = first + BLOCK
        while self.next < len(self.events) and self.events[self.next].start < end:
            event = self.events[self.next]
            if event.choke:
                self._choke(event)
            self.ringing.append((event.start, event.make(), event.choke))
            self.next += 1
            if self.next % _BETWEEN_TICKS == 0:
                tick()
        if not self.ringing:
            return None
        out = np.zeros((2, BLOCK), np.float32)
        still = []
        for start, sound, choke in self.ringing:
            a, b = max(start, first), min(start + sound.shape[1], end)
            if a < b:
                out[:, a - first : b - first] += sound[:, a - start : b - start]
            if start + sound.shape[1] > end:
                still.append((start, sound, choke))
        self.ringing = still
        return out

    def overdrive(self, dry: Sound) -> None:
        """Distort a block in place; a part's amplifier has a loudspeaker, too, which a drum bus has not."""
        push = np.float32(1 + 4 * self.drive)
        np.tanh(dry * push, out=dry)
        dry *= 1 / push**0.8
        if self.name != DRUMS:
            dry[:], self._speaker = scipy.signal.sosfilt(_speaker(), dry, axis=1, zi=self._speaker)

    def _choke(self, event: _Event) -> None:
        for number, (start, sound, group) in enumerate(self.ringing):
            left = event.start - start
            if group == event.choke and 0 < left < sound.shape[1]:
                fade = min(left, 300)
                sound[:, left - fade : left] *= np.linspace(1, 0, fade, dtype=np.float32)
                self.ringing[number] = (start, sound[:, :left], group)


@lru_cache(maxsize=1)
def _speaker() -> NDArray[np.float32]:
    """A guitar loudspeaker: nothing below its resonance, little above 4 kHz. Two second-order sections."""
    cuts = [scipy.signal.butter(2, hz, kind, fs=RATE, output="sos") for hz, kind in ((85, "high"), (SPEAKER_HZ, "low"))]
    return np.concatenate(cuts).astype(np.float32)


def frames_of(form: Form) -> int:
    """The exact length in frames."""
    return round(form.length_s * RATE)


def stem_names(score: Score, style: Style) -> list[str]:
    """Every stem there is, in the order of the mix."""
    names = [line.name for line in score.lines if line.notes]
    return names + ([DRUMS] if score.hits else []) + ([TEXTURE] if score.texture else [])


def render(
    score: Score,
    style: Style,
    seed: int,
    store: Store,
    tick: Tick = lambda done: None,
    only: str = "",
    gains: Gains | None = None,
) -> None:
    """Mix a score into a store, block by block; `only` names a single stem instead.

    In a loop, what rings past the end is folded over the beginning.
    """
    total = frames_of(score.form)
    rendered = -(-(total + int(TAIL_S * RATE) * score.form.loop) // BLOCK)
    desk = _Desk(score, style, seed, only, gains or {})
    tail = []
    for number in range(rendered):
        first = number * BLOCK
        block = desk.block(first, partial(tick, number / rendered))
        if score.form.loop and first + BLOCK > total:
            tail.append(block[:, max(0, total - first) :].copy())
        elif not score.form.loop:
            _ring_out(block, first, total, score.form)
        block[:, max(0, total - first) :] = 0
        if first < total:
            store.put(number, block)
        tick((number + 1) / rendered)
    if tail:
        _fold(store, np.concatenate(tail, axis=1), total)


class _Desk:
    """The mixing desk of one piece: players in, blocks out."""

    def __init__(self, score: Score, style: Style, seed: int, only: str, gains: Gains) -> None:
        heard = [player for player in _players(score, style, seed) if only in ("", player.name)]
        self._players = [player for player in heard if gains.get(player.name, 1.0)]
        self._gains = gains
        self._kicks = _kicks(score)
        self._room = Room(*style.room, style.key)
        self._echo = Echo(style.echo_beats * score.form.beat_s)
        self._texture = score.texture if only in ("", TEXTURE) and gains.get(TEXTURE, 1.0) else ""
        self._seed = seed
        self._total = frames_of(score.form)

    def block(self, first: int, tick: Callable[[], None]) -> Sound:
        out = np.zeros((2, BLOCK), np.float32)
        send, echo = np.zeros(BLOCK, np.float32), np.zeros(BLOCK, np.float32)
        duck = _duck_envelope(self._kicks, first)
        for player in self._players:
            dry = player.sound(first, tick)
            if dry is None:
                continue
            if player.drive:
                player.overdrive(dry)
            if player.duck and duck is not None:
                dry *= 1 - np.float32(player.duck) * duck
            if (gain := self._gains.get(player.name, 1.0)) != 1.0:
                dry *= np.float32(gain)
            out += dry
            if player.send or player.echo:
                middle = dry[0] + dry[1]
                send += middle * np.float32(player.send * 0.5)
                if player.echo:
                    echo += middle * np.float32(player.echo * 0.5)
        repeats = self._echo.hear(echo)
        if repeats is not None:
            out += repeats
            send += (repeats[0] + repeats[1]) * np.float32(0.15)
        answer = self._room.hear(send)
        if answer is not None:
            out += answer
        under = min(BLOCK, self._total - first)
        if self._texture and under > 0:
            level = np.float32(self._gains.get(TEXTURE, 1.0))
            out[:, :under] += level * texture.block(self._texture, self._seed, first, under)
        return out


def _fold(store: Store, tail: Sound, total: int) -> None:
    """Add what rings past the end to the beginning, where the loop comes round again."""
    over = np.zeros((2, min(total, tail.shape[1])), np.float32)
    for begin in range(0, tail.shape[1], total):
        part = tail[:, begin : begin + total]
        over[:, : part.shape[1]] += part
    for number in range(-(-over.shape[1] // BLOCK)):
        block = store.get(number)
        part = over[:, number * BLOCK : (number + 1) * BLOCK]
        block[:, : part.shape[1]] += part
        store.put(number, block)


def _ring_out(block: Sound, first: int, total: int, form: Form) -> None:
    """Let the last chord fade to nothing exactly at the end."""
    fade = int(min(max(form.ring_s * 0.7, 0.9), 4.5, form.length_s / 3) * RATE)
    begin = total - fade
    a, b = max(begin, first), min(total, first + BLOCK)
    if a < b:
        share = np.arange(a - begin, b - begin, dtype=np.float32) / np.float32(fade - 1)
        block[:, a - first : b - first] *= (0.5 + 0.5 * np.cos(np.float32(np.pi) * share)) ** np.float32(1.3)


# --- players ---


def _players(score: Score, style: Style, seed: int) -> Iterator[_Player]:
    for line in score.lines:
        if line.notes:
            part = line.part
            yield _Player(line.name, _line_events(line, score.form), part.send, part.echo, part.duck, part.drive)
    if score.hits:
        yield _Player(DRUMS, _drum_events(score, style, seed), 0.10 * style.drums_room, 0.0, 0.0, style.drums_drive)


def _line_events(line: Line, form: Form) -> list[_Event]:
    return [
        _Event(max(0, round(note.start * form.beat_s * RATE)), _note_maker(line, note, number, form.beat_s))
        for number, note in enumerate(sorted(line.notes, key=lambda note: note.start))
    ]


def _note_maker(line: Line, note: Note, number: int, beat: float) -> Callable[[], Sound]:
    def make() -> Sound:
        sound = play(
            line.part.instrument, note.pitch, max(0.03, note.length * beat), velocity=note.velocity, turn=number
        )
        return _placed(sound, line.part.level, note.velocity, line.part.pan)

    return make


def _drum_events(score: Score, style: Style, seed: int) -> list[_Event]:
    dice = random.Random(f"{seed}/drums")
    events = []
    for hit in sorted(score.hits, key=lambda hit: hit.start):
        start = max(0, round(hit.start * score.form.beat_s * RATE))
        make = _hit_maker(hit.drum, hit.velocity, style, dice.randrange(kits.VARIANTS))
        events.append(_Event(start, make, kits.CHOKES.get(hit.drum, "")))
    return events


def _hit_maker(drum: str, velocity: float, style: Style, variant: int) -> Callable[[], Sound]:
    def make() -> Sound:
        sound = kits.drum(style.kit, drum, variant, soft=velocity < kits.SOFT)
        return _placed(sound, style.drums_level + kits.level(style.kit, drum), velocity, kits.PAN.get(drum, 0.0))

    return make


def _placed(sound: Sound, level: float, velocity: float, pan: float) -> Sound:
    """Apply level (dB), velocity (40 dB over its range) and an equal-power pan; mono becomes stereo."""
    gain = 10 ** (level / 20) * (0.1 + 0.9 * velocity) * velocity**0.5
    angle = (pan + 1) * math.pi / 4
    sides = np.array([[math.cos(angle)], [math.sin(angle)]], np.float32) * np.float32(gain * math.sqrt(2))
    return np.asarray(sound * sides)


# --- ducking ---


def _kicks(score: Score) -> NDArray[np.int64]:
    beat = score.form.beat_s
    return np.array(sorted(int(hit.start * beat * RATE) for hit in score.hits if hit.drum == "kick"), np.int64)


def _duck_envelope(kicks: NDArray[np.int64], first: int) -> Sound | None:
    """1 at each kick, falling away: the shape a side-chain compressor draws. None where there is no kick."""
    reach = len(_DUCK)
    near = kicks[(kicks > first - reach) & (kicks < first + BLOCK)]
    if not len(near):
        return None
    envelope = np.zeros(BLOCK, np.float32)
    for kick in near:
        a, b = max(kick, first), min(kick + reach, first + BLOCK)
        np.maximum(envelope[a - first : b - first], _DUCK[a - kick : b - kick], out=envelope[a - first : b - first])
    return envelope


def _duck_curve() -> Sound:
    curve = np.exp(-np.arange(int(DUCK_S * 5 * RATE), dtype=np.float32) / np.float32(DUCK_S * RATE))
    curve[: RATE // 200] *= np.linspace(0, 1, RATE // 200, dtype=np.float32)
    return np.asarray(curve)


_DUCK = _duck_curve()
