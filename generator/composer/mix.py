"""From notes to a stereo mix, block by block: every player panned, ducked and sent to one made room.

The mix is a plain sum of stems (each with its own share of the room), so stems add up to it exactly; everything that
is not linear happens in the master.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from generator.composer import kits
from generator.composer.drums import Hit
from generator.composer.form import Form
from generator.composer.instruments import RATE, play
from generator.composer.score import Line, Note, Score
from generator.composer.styles import Style

Stereo = NDArray[np.float32]
Tick = Callable[[float], None]

BLOCK = 12 * RATE  # frames rendered at a time
HARD = 0.62  # velocity from which the harder sample is played
DUCK_S = 0.13
CRACKLE = {"vinyl": (-47.0, 7.0)}  # texture → hiss in dB, pops a second


@dataclass
class _Player:
    """A line's notes as sounding events, in order, and those that still ring."""

    name: str
    events: list[tuple[int, Callable[[], Stereo]]]
    send: float
    duck: float
    ringing: list[tuple[int, Stereo]] = field(default_factory=list)
    next: int = 0

    def add_to(self, out: Stereo, first: int) -> None:
        """Add everything that sounds between frame `first` and the end of `out`."""
        end = first + len(out)
        while self.next < len(self.events) and self.events[self.next][0] < end:
            start, make = self.events[self.next]
            self.ringing.append((start, make()))
            self.next += 1
        still = []
        for start, sound in self.ringing:
            a, b = max(start, first), min(start + len(sound), end)
            if a < b:
                out[a - first : b - first] += sound[a - start : b - start]
            if start + len(sound) > end:
                still.append((start, sound))
        self.ringing = still


def frames_of(form: Form) -> int:
    """The exact length in frames."""
    return round(form.length_s * RATE)


def render(score: Score, style: Style, seed: int, tick: Tick = lambda done: None, only: str = "") -> Stereo:
    """Mix a score to float32, shape (frames, 2); `only` names a single stem to render instead of all.

    In a loop, what rings past the end is folded over the beginning.
    """
    total = frames_of(score.form)
    fold = int(4 * RATE) if score.form.loop else 0
    players = [player for player in _players(score, style, seed) if not only or player.name == only]
    kicks = _kicks(score)
    room = _Room(style.room, style.key)
    out = np.zeros((total + fold, 2), np.float32)
    for first in range(0, len(out), BLOCK):
        block = out[first : first + BLOCK]
        send = np.zeros_like(block)
        envelope = _duck_envelope(kicks, first, len(block))
        for player in players:
            dry = np.zeros_like(block)
            player.add_to(dry, first)
            if player.duck:
                dry *= (1 - np.float32(player.duck) * envelope)[:, None]
            block += dry
            if player.send:
                send += dry * np.float32(player.send)
        block += room.hear(send)
        if style.texture and only in ("", "texture"):
            block += _texture(style.texture, seed, first, len(block))
        tick(min(1.0, (first + BLOCK) / len(out)))
    if fold:
        out[:fold] += out[total:]
    else:
        _ring_out(out, score.form)
    return out[:total]


def stem_names(score: Score, style: Style) -> list[str]:
    names = [line.name for line in score.lines if line.notes]
    return names + (["drums"] if score.hits else []) + (["texture"] if style.texture else [])


def _ring_out(out: Stereo, form: Form) -> None:
    """Let the last chord fade to nothing exactly at the end."""
    fade = int(min(max(form.ring_s * 0.7, 0.8), 4.0, form.length_s / 3) * RATE)
    out[-fade:] *= (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fade, dtype=np.float32)))[:, None]


# --- players ---


def _players(score: Score, style: Style, seed: int) -> Iterator[_Player]:
    for line in score.lines:
        if line.notes:
            yield _Player(line.name, _line_events(line, score, style, seed), line.part.send, line.part.duck)
    if score.hits:
        yield _Player("drums", _drum_events(score, style, seed), 0.14, 0.0)


def _line_events(line: Line, score: Score, style: Style, seed: int) -> list[tuple[int, Callable[[], Stereo]]]:
    dice = random.Random(f"{seed}/{line.name}")
    beat = score.form.beat_s
    events = []
    for note in line.notes:
        start = _swung(note.start, style) * beat + dice.gauss(0, style.loose) * (note.start > 0)
        events.append((max(0, int(start * RATE)), _note_maker(line, note, beat)))
    return sorted(events, key=lambda event: event[0])


def _note_maker(line: Line, note: Note, beat: float) -> Callable[[], Stereo]:
    def make() -> Stereo:
        sound = play(line.part.instrument, note.pitch, note.length * beat, hard=note.velocity >= HARD)
        return _placed(sound, line.part.level, note.velocity, line.part.pan)

    return make


def _drum_events(score: Score, style: Style, seed: int) -> list[tuple[int, Callable[[], Stereo]]]:
    dice = random.Random(f"{seed}/drums")
    events = []
    for hit in score.hits:
        late = style.laid_back if hit.drum in ("snare", "clap") else 0.0
        start = hit.start * score.form.beat_s + late + dice.gauss(0, style.loose * 0.35) * (hit.start > 0)
        events.append((max(0, int(start * RATE)), _hit_maker(hit, style, dice.randrange(kits.VARIANTS))))
    return sorted(events, key=lambda event: event[0])


def _hit_maker(hit: Hit, style: Style, variant: int) -> Callable[[], Stereo]:
    def make() -> Stereo:
        sound = kits.drum(style.kit, hit.drum, variant)[:, None]
        return _placed(sound, style.drums_level + kits.LEVEL[hit.drum], hit.velocity, kits.PAN.get(hit.drum, 0.0))

    return make


def _placed(sound: NDArray[np.float32], level: float, velocity: float, pan: float) -> Stereo:
    """Apply level (dB), velocity and an equal-power pan; mono becomes stereo."""
    gain = 10 ** (level / 20) * (0.25 + 0.75 * velocity) * velocity**0.6
    angle = (pan + 1) * np.pi / 4
    sides = np.array([np.cos(angle), np.sin(angle)], np.float32) * np.float32(gain * 1.414)
    return sound * sides


def _swung(beat: float, style: Style) -> float:
    """Move a note on the straight sixteenth grid to where the style swings it; triplets are left alone."""
    steps = beat * 4
    if style.swing == 0.5 or abs(steps - round(steps)) > 1e-6:
        return beat
    pair = 2 * style.swing_unit
    whole, inside = divmod(round(steps), pair)
    share = inside / pair
    swung = share * 2 * style.swing if share <= 0.5 else style.swing + (share - 0.5) * 2 * (1 - style.swing)
    return (whole + swung) * pair / 4


# --- ducking, room, texture ---


def _kicks(score: Score) -> NDArray[np.int64]:
    beat = score.form.beat_s
    return np.array(sorted(int(hit.start * beat * RATE) for hit in score.hits if hit.drum == "kick"), np.int64)


def _duck_envelope(kicks: NDArray[np.int64], first: int, count: int) -> NDArray[np.float32]:
    """1 at each kick, falling away; the shape a side-chain compressor draws."""
    envelope = np.zeros(count, np.float32)
    reach = int(DUCK_S * 5 * RATE)
    curve = np.exp(-np.arange(reach, dtype=np.float32) / (DUCK_S * RATE))
    curve[: RATE // 200] *= np.linspace(0, 1, RATE // 200, dtype=np.float32)
    for kick in kicks[(kicks > first - reach) & (kicks < first + count)]:
        a, b = max(kick, first), min(kick + reach, first + count)
        np.maximum(envelope[a - first : b - first], curve[a - kick : b - kick], out=envelope[a - first : b - first])
    return envelope


class _Room:
    """Convolution with a made impulse response: early reflections, then noise that decays and darkens."""

    def __init__(self, room: tuple[float, float], name: str) -> None:
        seconds, damping = room
        dice = np.random.default_rng([*name.encode()])
        count = int(seconds * RATE)
        t = np.arange(count, dtype=np.float32) / RATE
        noise = dice.standard_normal((count, 2)).astype(np.float32)
        dark = signal.sosfilt(signal.butter(1, 6500 * (1 - damping) + 900, fs=RATE, output="sos"), noise, axis=0)
        mix = np.exp(-t / (seconds * 0.22))[:, None]
        tail = (noise * 0.5 * mix + dark * (1.6 - mix)) * np.exp(t * np.float32(-6.91 / seconds))[:, None]
        tail *= np.minimum(1, t / 0.012)[:, None]
        for side in range(2):
            for delay in dice.uniform(0.006, 0.045, 6):
                tail[int(delay * RATE), side] += dice.uniform(2, 5)
        tail = signal.sosfilt(signal.butter(1, 220, "high", fs=RATE, output="sos"), tail, axis=0)
        self._response = (tail / np.sqrt(np.sum(tail**2) / 2)).astype(np.float32)
        self._rest = np.zeros((count - 1, 2), np.float32)

    def hear(self, send: Stereo) -> Stereo:
        """The room's answer to a block; what rings on is kept for the next one."""
        wet = signal.oaconvolve(send, self._response, axes=0).astype(np.float32)
        wet[: len(self._rest)] += self._rest[: len(wet)]
        self._rest = wet[len(send) :].copy()
        return wet[: len(send)] if np.any(send) or np.any(wet) else np.zeros_like(send)


def _texture(name: str, seed: int, first: int, count: int) -> Stereo:
    """Tape hiss and vinyl pops, the same for the same place of the same seed."""
    hiss, pops = CRACKLE[name]
    dice = np.random.default_rng([seed & 0xFFFFFFFF, first])
    noise = dice.standard_normal((count, 2), dtype=np.float32)
    noise[1:] = (noise[1:] + noise[:-1]) * 0.5
    noise *= np.float32(10 ** (hiss / 20))
    for at in dice.integers(0, max(1, count - 40), int(pops * count / RATE)):
        noise[at : at + 12] += (dice.uniform(-0.03, 0.03) * np.exp(-np.arange(12) / 3))[:, None].astype(np.float32)
    return noise
