"""Sampled instruments, the fourth engine: a compact pack of recorded notes, moved to a pitch and held as long as asked.

The pack (pack/, made by pack_maker.py from FluidR3 GM, licence beside it) keeps samples as differences in eight bits:
a block of BLOCK frames has a first value and a step, and every frame is so many steps from the one before. The noise
of that lies 50 to 70 dB under the tone, and moves with it. It is read as it is needed (memory-mapped), a zone at a
time. A note is moved to its pitch by cutting or extending its spectrum, which is exact, and looped afterwards.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer.cache import SOUNDS, Sound
from generator.composer.modal import RATE

PACK = Path(__file__).parent / "pack"
BLOCK = 256
BLEND_S = 0.12  # how long a loop that was cut by us blends into its beginning
SEAM_S = 0.003  # and one that was found by the SoundFont's maker
LEAST_LOOP_S = 0.25  # shorter loops are repeated before they are moved, so that a frame's rounding is no detuning
EDGE = 600  # frames of continuation behind the end, so that the spectrum's edges are not heard
DULL = 0.5  # of `bright`, in the soft layer of what has no `soft`; two tones a pitch are enough
EDGE_OF = 0.12  # how much sharper or softer than the last the edge of the same note is, in turns
SHAPED_S = 4  # a swell, a decay or a turn of the tremolo is over by then
AIR = (0.5, 1.0, 1.6)  # of `air`, in the soft, medium and hard layers
_BITE = (3 * np.exp(np.arange(6000) / -1500)).astype(np.float32)  # how much louder it is where a note begins
PARTS_S = (0.3, 0.7)  # short notes need only so much of a zone


def _smooth(most: int) -> NDArray[np.int64]:
    """Numbers whose prime factors are 2, 3, 5, 7 and 11: what a Fourier transform is quick at."""
    found = np.array([1])
    for prime in (2, 3, 5, 7, 11):
        powers = prime ** np.arange(int(np.log(most) / np.log(prime)) + 1)
        found = np.unique(np.outer(found, powers))
        found = found[found <= most]
    return found[found >= 256]


SMOOTH = _smooth(400_000)


@dataclass(frozen=True)
class Zone:
    """A stored note: MIDI pitch, rate in Hz, first block, frames, loop in frames, dB/s it falls while it is looped."""

    root: float
    rate: int
    block: int
    frames: int
    loop_from: int
    loop_to: int
    decay: float
    blended: bool = False


@dataclass(frozen=True)
class Sampled:
    """How a set of zones is played. Times in seconds; `bright` is a low pass in Hz at middle C, for hard notes."""

    zones: str
    bright: float = 20_000.0
    soft: float = 0.0  # and for soft notes, where that is another sound than a darker one
    begin: float = 0.0  # what is skipped of each note's beginning
    attack: float = 0.002
    decay: float = 0.0  # seconds to fall to `sustain`; 0: none
    sustain: float = 1.0
    swell: float = 0.0  # 0..1: how much softer a held note begins than it is after half a second
    tremolo: float = 0.0  # 0..1: how far it wanders between the sides
    release: float = 0.15
    air: float = 0.0  # bow or breath: noise above 4 kHz, most of it where a note begins
    ensemble: bool = False  # left and right from two different recordings
    width: float = 0.0  # 0..1: how far a single recording is spread over the sides by frequency
    program: int = 0
    gain: float = 1.0


@lru_cache(maxsize=1)
def _index() -> dict[str, tuple[Zone, ...]]:
    table = json.loads((PACK / "index.json").read_text())
    return {name: tuple(Zone(**zone) for zone in zones) for name, zones in table.items()}


@lru_cache(maxsize=1)
def _stored() -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    return np.load(PACK / "codes.npy", mmap_mode="r"), np.load(PACK / "heads.npy", mmap_mode="r")


def has(name: str) -> bool:
    return name in _index()


def decoded(zone: Zone) -> Sound:
    """A zone's samples, peaking at 1: (frames,)."""
    codes, heads = _stored()
    count = -(-zone.frames // BLOCK)
    steps = np.cumsum(codes[zone.block : zone.block + count], axis=1, dtype=np.int32)
    head = heads[zone.block : zone.block + count]
    return np.asarray((head[:, :1] + head[:, 1:] * steps).reshape(-1)[: zone.frames], np.float32)


@lru_cache(maxsize=24)
def stroke(name: str) -> Sound:
    """A drum, once, at the mixer's rate: shared and read-only, (frames,)."""
    (zone,) = _index()[name]
    sound = decoded(zone)
    struck = np.asarray(_resized(sound, RATE / zone.rate, None)[: int(len(sound) * RATE / zone.rate)], np.float32)
    struck.flags.writeable = False
    return struck


def sampled_note(voice: Sampled, pitch: float, seconds: float, layer: int, turn: int) -> Sound:
    """A note held for `seconds`, unreleased: fresh, (1 or 2, frames)."""
    count = int((seconds + voice.release) * RATE)
    near = sorted(_index()[voice.zones], key=lambda zone: abs(zone.root - pitch))[: 1 + voice.ensemble]
    sound = np.empty((2 if voice.ensemble or voice.width or voice.tremolo else 1, count), np.float32)
    rows = len(sound) // len(near)
    for number, zone in enumerate(near):
        _hold(sound[number * rows : (number + 1) * rows], voice, zone, pitch, layer)
    if turn % 2:
        sound[:, 1:] += np.float32(EDGE_OF) * (sound[:, 1:] - sound[:, :-1])
    if voice.air:
        _breathe(sound, voice.air * AIR[layer], turn)
    attack = min(count, max(16, int(voice.attack * (1.3, 1.0, 0.7)[layer] * RATE)))
    sound[:, :attack] *= np.linspace(0, 1, attack, dtype=np.float32)
    if voice.tremolo or voice.swell or voice.decay:
        shape = _shape(voice.tremolo, voice.swell, voice.decay, voice.sustain)
        size = min(count, shape.shape[1])
        sound[:, :size] *= shape[: len(sound), :size]
        sound[:, size:] *= shape[: len(sound), -1:]
    return sound


def _breathe(sound: Sound, level: float, turn: int) -> None:
    """Add noise to rows in place, another stretch of it each turn and side; the longest notes hear it come again."""
    hiss = _hiss()
    for side, row in enumerate(sound):
        start = (turn * 31_337 + side * 17_011) % (len(hiss) // 2)
        for begin in range(0, len(row), len(hiss) // 2):
            part = row[begin : begin + len(hiss) // 2]
            part += hiss[start : start + len(part)] * np.float32(level)
        bite = min(len(row), len(_BITE))
        row[:bite] += hiss[start + bite : start + 2 * bite] * _BITE[:bite] * np.float32(level)


@lru_cache(maxsize=1)
def _hiss() -> Sound:
    """Six seconds of noise as loud as a held tone, from 4 kHz up, falling slowly."""
    size = 1 << 18
    spectrum = scipy.fft.rfft(np.random.default_rng(11).standard_normal(size, dtype=np.float32))
    hz = np.arange(size // 2 + 1, dtype=np.float32) * np.float32(RATE / size)
    spectrum *= (hz / 5000) ** 2 / (1 + (hz / 5000) ** 3.2) * (hz < 15_500)
    shaped = np.asarray(scipy.fft.irfft(spectrum, size), np.float32)
    return np.asarray(shaped * np.float32(0.2 / np.sqrt(np.mean(shaped**2))))


@lru_cache(maxsize=40)
def _shape(tremolo: float, swell: float, decay: float, sustain: float) -> Sound:
    """How loud a note is in time on either side: (2, frames)."""
    t = np.arange(SHAPED_S * RATE, dtype=np.float32) / np.float32(RATE)
    level = 1 - np.float32(swell) * np.exp(t / np.float32(-0.25))
    if decay:
        level *= np.float32(sustain) + np.float32(1 - sustain) * np.exp(-t / np.float32(decay))
    wobble = np.float32(tremolo) * np.sin(t * np.float32(2 * np.pi * 4.6))
    return np.stack([level * (1 - wobble), level * (1 + wobble)])


def _hold(out: Sound, voice: Sampled, zone: Zone, pitch: float, layer: int) -> None:
    """Fill rows with a zone at a pitch, looped as long as they are."""
    ratio = RATE / zone.rate * 2 ** ((zone.root - pitch) / 12)
    count = out.shape[1]
    needed = next((part for part in PARTS_S if count < part * RATE), 0.0)
    corner = voice.bright if layer else voice.soft or voice.bright * DULL
    key = (voice, zone.block, pitch, corner, needed)
    tone = SOUNDS.get(key, lambda: _moved(voice, zone, pitch, corner, ratio, needed))
    size = tone.shape[1]
    out[:, :size] = tone[:, :count]
    if count <= size:
        return
    whole, begin, end = _loop(zone)
    before, after = _sizes(len(whole) + EDGE, ratio)
    loop = min(size - 1, max(1, round((end - begin) * after / before)))
    falls = np.float32(10 ** (-zone.decay * loop / RATE / 20))
    at, gain = size, falls
    while at < count:
        part = min(loop, count - at)
        np.multiply(tone[:, size - loop : size - loop + part], gain, out=out[:, at : at + part])
        at, gain = at + part, gain * falls


@lru_cache(maxsize=400)
def _loop(zone: Zone) -> tuple[Sound, int, int]:
    """A zone's samples to the end of its loop, which meets its beginning, and where the loop lies."""
    sound, begin, end = decoded(zone), zone.loop_from, zone.loop_to
    sound = sound[:end].copy()
    times = max(1, -(-int(LEAST_LOOP_S * zone.rate) // max(1, end - begin)))
    if times > 1:
        once = 10 ** (-zone.decay * np.arange(1, times) * (end - begin) / zone.rate / 20)
        sound = np.concatenate([sound, *(sound[begin:end] * np.float32(gain) for gain in once)])
        end = len(sound)
    fade = min(begin, (end - begin) // 2, int((BLEND_S if zone.blended else SEAM_S) * zone.rate))
    if fade > 1:  # what lies before the loop, as soft as it would be after it, comes in as the end goes out
        share = np.linspace(0, 1, fade, dtype=np.float32)
        falls = np.float32(10 ** (-zone.decay * (end - begin) / zone.rate / 20))
        before = sound[begin - fade : begin] * falls
        likeness = float(np.dot(before, sound[end - fade : end]) / max(1e-9, np.dot(before, before)))
        power = 0.5 if abs(likeness) < 0.5 else 1.0  # equal power for what is unlike, equal gain for what is alike
        sound[end - fade : end] = sound[end - fade : end] * (1 - share) ** power + before * share**power
    return sound, begin, end


def _moved(voice: Sampled, zone: Zone, pitch: float, corner: float, ratio: float, needed: float) -> Sound:
    """A zone to the end of its loop, or the `needed` seconds of it, at its pitch and level: (1 or 2, frames)."""
    sound, begin, end = _loop(zone)
    level = voice.gain * _level(sound, zone)
    enough = int((needed + voice.begin) * RATE / ratio) + EDGE
    if needed and enough < len(sound):
        on, sound = sound[enough : enough + EDGE], sound[:enough]
    else:
        on = np.resize(sound[begin:end], EDGE)
    padded = np.concatenate([sound, on * np.linspace(1, 0, len(on), dtype=np.float32) ** 2])
    before, after = _sizes(len(padded), ratio)  # not quite the ratio, and a loop has to meet its beginning
    size = round(len(sound) * after / before)
    sides = _resized(padded, ratio, (corner * 2 ** ((pitch - 60) / 24), voice.width))
    moved = np.atleast_2d(sides)[:, int(voice.begin * RATE) : size]
    return np.asarray(moved * np.float32(level))


def _level(sound: Sound, zone: Zone) -> float:
    """What brings a struck note to a known loudness at its beginning, a held one later on."""
    if zone.decay == 0:
        return 0.2 / max(1e-6, float(np.sqrt(np.mean(sound[len(sound) // 3 :] ** 2))))
    head = sound[: zone.rate // 4]
    return 0.5 / max(1e-6, 0.5 * float(np.abs(head).max()) + 1.6 * float(np.sqrt(np.mean(head**2))))


def _resized(sound: Sound, ratio: float, shape: tuple[float, float] | None) -> Sound:
    """A sound with `ratio` times as many frames, by its spectrum; `shape`: a low pass in Hz, and width."""
    size, longer = _sizes(len(sound), ratio)
    spectrum = scipy.fft.rfft(sound, size)
    bins = longer // 2 + 1
    kept = np.zeros(bins, np.complex64)
    kept[: min(bins, len(spectrum))] = spectrum[:bins]
    if shape is None:
        return np.asarray(scipy.fft.irfft(kept, longer) * (longer / size), np.float32)
    corner, width = shape
    hz = np.arange(bins, dtype=np.float32) * np.float32(RATE / longer)
    if corner < 15_000:
        kept /= np.sqrt(1 + (hz / np.float32(corner)) ** 4)
    if not width:
        return np.asarray(scipy.fft.irfft(kept, longer) * (longer / size), np.float32)
    lean = np.float32(width) * np.sin(np.log2(np.maximum(hz, 60) / 60).astype(np.float32) * np.float32(5.3))
    lean[hz < 150] = 0
    both = np.empty((2, bins), np.complex64)
    for side, leaned in zip(both, (1 + lean, 1 - lean), strict=True):
        np.multiply(kept, leaned, out=side)
    sides = np.asarray(scipy.fft.irfft(both, longer, axis=1), np.float32)
    sides *= np.float32(longer / size)
    return sides


@lru_cache(maxsize=4000)
def _sizes(frames: int, ratio: float) -> tuple[int, int]:
    """Sizes before and after that are quick to transform and two cents from the ratio at most; else exact ones."""
    first = int(np.searchsorted(SMOOTH, frames))
    for size in SMOOTH[first : first + 24]:
        wanted = size * ratio
        place = int(np.searchsorted(SMOOTH, wanted))
        for longer in SMOOTH[max(0, place - 1) : place + 1]:
            if abs(longer / wanted - 1) < 0.0012:
                return int(size), int(longer)
    size = int(SMOOTH[min(first, len(SMOOTH) - 1)])
    return max(size, frames), round(max(size, frames) * ratio)
