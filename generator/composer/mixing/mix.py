"""The mixer: notes to a stereo mix, block by block, with pan, ducking, reverb and delay sends per player.

The mix is a plain sum of stems, each with its own share of the reverb, so the stems sum to it. Nonlinear processing
happens only inside a stem (a saturated drum bus) or later, in the master.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from generator.composer.filters import BlockFilter, Sections, pass_filter
from generator.composer.mixing.automation import Automation
from generator.composer.mixing.block_buffer import Store
from generator.composer.mixing.reverb import BLOCK_FRAMES, Echo, Reverb
from generator.composer.mixing.swells import Swells
from generator.composer.performing.perform import PerformedLine, PerformedNote, perform
from generator.composer.sound import drum_kits, texture
from generator.composer.sound.instruments import play
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import Sound
from generator.composer.styles import Part, Style
from generator.composer.writing.form import Form
from generator.composer.writing.notes import Hit, Score

Tick = Callable[[float], None]
Gains = Mapping[str, float]  # gain factor per stem; 1 if absent, 0 is muted

DUCK_S = 0.14
MAX_TAIL_S = 6.0  # longest tail past the end of a loop, mixed into its beginning
DRUMS, TEXTURE = "drums", "texture"
SPEAKER_RESONANCE_HZ, SPEAKER_HZ = 85.0, 4200.0
_TICK_INTERVAL_NOTES = 6  # notes rendered between two progress reports


@dataclass(frozen=True)
class _Event:
    """A scheduled sound: start in frames, and a function that renders it at its final level, (1 or 2, frames)."""

    start: int
    make: Callable[[], Sound]
    choke: str = ""  # sounds of one choke group stop each other


@dataclass
class _Player:
    """One stem: its events in order, the sounds still ringing, and its mixer settings."""

    name: str
    events: list[_Event]
    send: float
    echo: float = 0.0
    duck: float = 0.0
    drive: float = 0.0
    swells: Swells = field(default_factory=Swells)
    ringing: list[tuple[int, Sound, str]] = field(default_factory=list)
    next: int = 0
    _speaker: BlockFilter | None = None

    def sound(self, first: int, tick: Callable[[], None]) -> Sound | None:
        """Return the stem's audio for the block from frame `first`, (2, BLOCK); None for silence."""
        end = first + BLOCK_FRAMES
        while self.next < len(self.events) and self.events[self.next].start < end:
            event = self.events[self.next]
            if event.choke:
                self._choke(event)
            self.ringing.append((event.start, event.make(), event.choke))
            self.next += 1
            if self.next % _TICK_INTERVAL_NOTES == 0:
                tick()
        if not self.ringing:
            return None
        out = np.zeros((2, BLOCK_FRAMES), np.float32)
        still_ringing = []
        for start, sound, choke in self.ringing:
            a, b = max(start, first), min(start + sound.shape[1], end)
            if a < b:
                out[:, a - first : b - first] += sound[:, a - start : b - start]
            if start + sound.shape[1] > end:
                still_ringing.append((start, sound, choke))
        self.ringing = still_ringing
        return out

    def overdrive(self, dry: Sound) -> None:
        """Distort a block in place; parts are also filtered by a loudspeaker cabinet, the drum bus is not."""
        gain = np.float32(1 + 4 * self.drive)
        np.tanh(dry * gain, out=dry)
        dry *= 1 / gain**0.8
        if self.name != DRUMS:
            if self._speaker is None:
                self._speaker = BlockFilter(_speaker(), 2)
            self._speaker.process(dry)

    def _choke(self, event: _Event) -> None:
        for number, (start, sound, group) in enumerate(self.ringing):
            remaining = event.start - start
            if group == event.choke and 0 < remaining < sound.shape[1]:
                fade = min(remaining, 300)
                sound[:, remaining - fade : remaining] *= np.linspace(1, 0, fade, dtype=np.float32)
                self.ringing[number] = (start, sound[:, :remaining], group)


@lru_cache(maxsize=1)
def _speaker() -> Sections:
    """Return a guitar cabinet filter: high-pass at its resonance, low-pass near 4 kHz; two second-order sections."""
    return np.concatenate([pass_filter("high", SPEAKER_RESONANCE_HZ), pass_filter("low", SPEAKER_HZ)])


def frames_of(form: Form) -> int:
    """Return the exact length in frames."""
    return round(form.length_s * RATE_HZ)


def stem_names(score: Score, style: Style) -> list[str]:
    """Return the names of all stems, in mix order."""
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
    """Mix a score into a store, block by block; `only` renders a single stem instead.

    In a loop, the tail past the end is mixed into the beginning.
    """
    total = frames_of(score.form)
    tail = []
    for number, block in blocks(score, style, seed, tick, only, gains):
        first = number * BLOCK_FRAMES
        if first + BLOCK_FRAMES > total:
            tail.append(block[:, max(0, total - first) :].copy())
            block[:, max(0, total - first) :] = 0
        if first < total:
            store.put(number, block)
    if score.form.loop:
        _fold_tail(store, np.concatenate(tail, axis=1), total)


def blocks(
    score: Score,
    style: Style,
    seed: int,
    tick: Tick = lambda done: None,
    only: str = "",
    gains: Gains | None = None,
) -> Iterator[tuple[int, Sound]]:
    """Yield the blocks of the mix, (2, BLOCK), by number; those of a loop go on after its end, until it is silent."""
    total = frames_of(score.form)
    count = -(-(total + int(MAX_TAIL_S * RATE_HZ) * score.form.loop) // BLOCK_FRAMES)
    mixer = _Mixer(score, style, seed, only, gains or {})
    for number in range(count):
        first = number * BLOCK_FRAMES
        block = mixer.block(first, partial(tick, number / count))
        if not score.form.loop:
            _ring_out(block, first, total, score.form)
        yield number, block
        tick((number + 1) / count)


class _Mixer:
    """The mixing console of one piece: players in, blocks out."""

    def __init__(self, score: Score, style: Style, seed: int, only: str, gains: Gains) -> None:
        selected = [player for player in _players(score, style, seed) if only in ("", player.name)]
        self._players = [player for player in selected if gains.get(player.name, 1.0)]
        self._gains = gains
        self._automation = {name: Automation(points, score.form.beat_s) for name, points in score.automation.items()}
        self._kicks = _kick_frames(score)
        self._reverb = Reverb(*style.room, style.key)
        self._echo = Echo(style.echo_beats * score.form.beat_s)
        self._texture = score.texture if only in ("", TEXTURE) and gains.get(TEXTURE, 1.0) else ""
        self._seed = seed
        self._total = frames_of(score.form)

    def block(self, first: int, tick: Callable[[], None]) -> Sound:
        out = np.zeros((2, BLOCK_FRAMES), np.float32)
        send, echo = np.zeros(BLOCK_FRAMES, np.float32), np.zeros(BLOCK_FRAMES, np.float32)
        duck = _duck_envelope(self._kicks, first)
        for player in self._players:
            dry = player.sound(first, tick)
            if dry is None:
                continue
            if player.drive:
                player.overdrive(dry)
            player.swells.apply(dry, first)
            if player.name in self._automation:
                self._automation[player.name].apply(dry, first)
            if player.duck and duck is not None:
                dry *= 1 - np.float32(player.duck) * duck
            if (gain := self._gains.get(player.name, 1.0)) != 1.0:
                dry *= np.float32(gain)
            out += dry
            if player.send or player.echo:
                mono = dry[0] + dry[1]
                send += mono * np.float32(player.send * 0.5)
                if player.echo:
                    echo += mono * np.float32(player.echo * 0.5)
        echoes = self._echo.process(echo)
        if echoes is not None:
            out += echoes
            send += (echoes[0] + echoes[1]) * np.float32(0.15)
        reverb = self._reverb.process(send)
        if reverb is not None:
            out += reverb
        remaining = min(BLOCK_FRAMES, self._total - first)
        if self._texture and remaining > 0:
            level = np.float32(self._gains.get(TEXTURE, 1.0))
            out[:, :remaining] += level * texture.block(self._texture, self._seed, first, remaining)
        return out


def _fold_tail(store: Store, tail: Sound, total: int) -> None:
    """Mix the tail past the end of a loop into its beginning."""
    overlap = np.zeros((2, min(total, tail.shape[1])), np.float32)
    for begin in range(0, tail.shape[1], total):
        part = tail[:, begin : begin + total]
        overlap[:, : part.shape[1]] += part
    for number in range(-(-overlap.shape[1] // BLOCK_FRAMES)):
        block = store.get(number)
        part = overlap[:, number * BLOCK_FRAMES : (number + 1) * BLOCK_FRAMES]
        block[:, : part.shape[1]] += part
        store.put(number, block)


def _ring_out(block: Sound, first: int, total: int, form: Form) -> None:
    """Fade the last chord to silence exactly at the end."""
    fade = int(min(max(form.ring_s * 0.7, 0.9), 4.5, form.length_s / 3) * RATE_HZ)
    begin = total - fade
    a, b = max(begin, first), min(total, first + BLOCK_FRAMES)
    if a < b:
        share = np.arange(a - begin, b - begin, dtype=np.float32) / np.float32(fade - 1)
        block[:, a - first : b - first] *= (0.5 + 0.5 * np.cos(np.float32(np.pi) * share)) ** np.float32(1.3)


# --- players ---


def _players(score: Score, style: Style, seed: int) -> Iterator[_Player]:
    for line in score.lines:
        if line.notes:
            part = line.part
            performed = perform(line, score)
            events = _line_events(line.part, performed, score)
            swells = Swells(performed.swells, score.form.beat_s)
            yield _Player(line.name, events, part.send, part.echo, part.duck, part.drive, swells)
    if score.hits:
        yield _Player(DRUMS, _drum_events(score, style, seed), 0.10 * style.drums_room, 0.0, 0.0, style.drums_drive)


def _line_events(part: Part, line: PerformedLine, score: Score) -> list[_Event]:
    beat = score.form.beat_s
    return [
        _Event(max(0, round(note.start * beat * RATE_HZ)), _note_maker(part, note, beat, score.layered))
        for note in line.notes
    ]


def _note_maker(part: Part, note: PerformedNote, beat: float, layered: bool) -> Callable[[], Sound]:
    def make() -> Sound:
        sound = play(
            part.instrument,
            note.pitch,
            max(0.03, note.sounding * beat),
            velocity=note.velocity,
            turn=note.turn,
            gesture=note.gesture,
            layered=layered,
        )
        return _apply_level_and_pan(sound, part.level, note.velocity, part.pan)

    return make


def _drum_events(score: Score, style: Style, seed: int) -> list[_Event]:
    rng = random.Random(f"{seed}/drums")
    events = []
    variants: dict[str, int] = {}
    for hit in sorted(score.hits, key=lambda hit: hit.start):
        start = max(0, round(hit.start * score.form.beat_s * RATE_HZ))
        step = 1 + rng.randrange(drum_kits.VARIANTS - 1)  # never the same stroke twice in a row
        variants[hit.drum] = (variants.get(hit.drum, 0) + step) % drum_kits.VARIANTS
        make = _hit_maker(hit, style, variants[hit.drum], score.layered)
        events.append(_Event(start, make, drum_kits.CHOKE_GROUPS.get(hit.drum, "")))
    return events


def _hit_maker(hit: Hit, style: Style, variant: int, layered: bool) -> Callable[[], Sound]:
    def make() -> Sound:
        sound = drum_kits.drum(style.kit, hit.drum, variant, velocity=hit.velocity, layered=layered)
        level = style.drums_level + drum_kits.level(style.kit, hit.drum)
        return _apply_level_and_pan(sound, level, hit.velocity, drum_kits.PANS.get(hit.drum, 0.0))

    return make


def _apply_level_and_pan(sound: Sound, level: float, velocity: float, pan: float) -> Sound:
    """Apply level (dB), velocity (40 dB over its range) and equal-power pan; mono becomes stereo."""
    gain = 10 ** (level / 20) * (0.1 + 0.9 * velocity) * velocity**0.5
    angle = (pan + 1) * math.pi / 4
    gains = np.array([[math.cos(angle)], [math.sin(angle)]], np.float32) * np.float32(gain * math.sqrt(2))
    if len(sound) == 2 and sound.flags.writeable:
        sound *= gains
        return sound
    return np.asarray(sound * gains)


# --- ducking ---


def _kick_frames(score: Score) -> NDArray[np.int64]:
    beat = score.form.beat_s
    return np.array(sorted(int(hit.start * beat * RATE_HZ) for hit in score.hits if hit.drum == "kick"), np.int64)


def _duck_envelope(kicks: NDArray[np.int64], first: int) -> Sound | None:
    """Return the side-chain ducking envelope: 1 at each kick, then decaying. None if there are no kicks."""
    length = len(_DUCK)
    kicks_near = kicks[(kicks > first - length) & (kicks < first + BLOCK_FRAMES)]
    if not len(kicks_near):
        return None
    envelope = np.zeros(BLOCK_FRAMES, np.float32)
    for kick in kicks_near:
        a, b = max(kick, first), min(kick + length, first + BLOCK_FRAMES)
        np.maximum(envelope[a - first : b - first], _DUCK[a - kick : b - kick], out=envelope[a - first : b - first])
    return envelope


def _duck_curve() -> Sound:
    curve = np.exp(-np.arange(int(DUCK_S * 5 * RATE_HZ), dtype=np.float32) / np.float32(DUCK_S * RATE_HZ))
    curve[: RATE_HZ // 200] *= np.linspace(0, 1, RATE_HZ // 200, dtype=np.float32)
    return np.asarray(curve)


_DUCK = _duck_curve()
