"""Drum sounds, synthesised: each kit is a table of how its drums differ; several variants each against machine-gun repeats."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from generator.composer import samples
from generator.composer.big_drums import BIG_DRUMS, BOWED_S
from generator.composer.cache import SOUNDS, Sound
from generator.composer.modal import RATE
from generator.composer.waves import Wave, filtered, noise, swept, time

VARIANTS = 4
SOFT = 0.45  # below this velocity the softer, darker stroke is played
SOFT_HZ = 4200.0  # what a soft stroke loses above


@dataclass(frozen=True)
class Kit:
    """How a kit's drums are tuned. Frequencies in Hz, times in seconds; `dark` is a low pass over the whole kit."""

    kick: tuple[float, float, float, float] = (150, 52, 0.30, 0.35)  # from, to, length, click
    snare: tuple[float, float, float] = (185, 0.16, 0.75)  # tone, length, share of noise
    hat: tuple[float, float] = (7000, 0.045)  # high pass, length
    tom: tuple[float, float] = (120, 0.35)
    dark: float = 0.0
    gate: bool = False
    chip: bool = False
    big: bool = False  # ensembles and metal of film scores, from big_drums.py
    levels: tuple[tuple[str, float], ...] = ()  # dB more for some drums than LEVEL says
    packs: tuple[str, ...] = ()  # recorded drums, looked for in this order; what is in none is synthesised


KITS: dict[str, Kit] = {
    "dusty": Kit(kick=(120, 52, 0.26, 0.2), snare=(178, 0.15, 0.66), hat=(5500, 0.04), dark=6000, packs=("studio",)),
    "clean": Kit(kick=(140, 56, 0.24, 0.3), snare=(200, 0.14, 0.7), packs=("studio",)),
    "house": Kit(kick=(190, 50, 0.30, 0.5), hat=(7500, 0.035), snare=(200, 0.16, 0.8)),
    "gated": Kit(kick=(160, 52, 0.26, 0.4), snare=(175, 0.3, 0.8), tom=(130, 0.4), gate=True),
    "tight": Kit(kick=(170, 57, 0.18, 0.5), snare=(210, 0.13, 0.7), hat=(8000, 0.03), packs=("studio",)),
    "rock": Kit(kick=(130, 58, 0.2, 0.55), snare=(195, 0.2, 0.72), hat=(6200, 0.05), tom=(110, 0.4), packs=("studio",)),
    "brushes": Kit(
        kick=(95, 57, 0.2, 0.1), snare=(190, 0.09, 0.9), hat=(6500, 0.05), dark=9000, packs=("brush", "studio")
    ),
    "bossa": Kit(kick=(95, 58, 0.2, 0.1), snare=(200, 0.1, 0.8), hat=(7000, 0.04), packs=("studio",)),
    "hand": Kit(kick=(95, 60, 0.22, 0.15), snare=(220, 0.1, 0.6), hat=(6500, 0.05), packs=("studio",)),
    "world": Kit(kick=(92, 62, 0.34, 0.12), snare=(230, 0.09, 0.6), hat=(6500, 0.04), tom=(88, 0.5), packs=("studio",)),
    "cinematic": Kit(
        kick=(105, 48, 0.5, 0.25),
        snare=(160, 0.28, 0.7),
        hat=(6000, 0.05),
        big=True,
        packs=("hall",),
        levels=(("crash", 7.0), ("riser", 4.0), ("swell", 6.0)),
    ),
    "chip": Kit(kick=(220, 55, 0.12, 0.0), snare=(180, 0.1, 1.0), hat=(6000, 0.03), chip=True),
}
# General MIDI percussion keys; also the list of drums there are.
MIDI_KEYS = {
    "kick": 36, "snare": 38, "clap": 39, "rim": 37, "hat": 42, "pedal": 44, "open": 46, "tom": 45, "floor": 41,
    "ride": 51, "crash": 49, "shaker": 70, "tamb": 54, "brush": 69, "conga": 63, "tumba": 64, "sleigh": 83,
    "shime": 48, "triangle": 81, "tick": 76, "bow": 55, "riser": 25, "swell": 25, "boom": 35,  # a snare roll leads on, too (GM 2)
}  # fmt: skip
RISE_S = {"riser": 2.4, "swell": 1.5, "bow": BOWED_S}  # seconds from the beginning of a stroke to where it leads
PAN = {
    "hat": 0.25, "open": 0.25, "pedal": 0.25, "ride": -0.3, "crash": -0.2, "shaker": -0.4, "tamb": 0.4, "rim": 0.15,
    "tom": -0.15, "floor": 0.2, "conga": -0.3, "tumba": 0.25, "sleigh": 0.3,
    "shime": 0.35, "triangle": 0.4, "tick": -0.45,
}  # fmt: skip
LEVEL = {  # dB, so that a groove of equally strong strokes is balanced
    "kick": 0, "snare": -2, "clap": -5, "rim": -6, "hat": -12, "pedal": -14, "open": -13, "tom": -2, "floor": -1,
    "ride": -14, "crash": -13, "shaker": -15, "tamb": -15, "brush": -12, "conga": -4, "tumba": -3, "sleigh": -16,
    "riser": -10, "swell": -11, "boom": 0, "shime": -6, "triangle": -14, "tick": -10, "bow": -12,
}  # fmt: skip
CHOKES = {"hat": "hat", "pedal": "hat", "open": "hat"}  # drums of one group stop each other
WIDE = ("crash", "clap", "ride", "brush", "riser", "swell", "bow")  # drums that are a little different on either side
LATE_S = 0.009
WIDTH = 0.3  # how much they differ; the difference cancels in mono


def drum(kit: str, name: str, variant: int, *, soft: bool = False) -> Sound:
    """One stroke at full strength: shared and read-only float32, (1 or 2, frames), peaking at 0.8."""
    return SOUNDS.get(("drum", kit, name, variant, soft), lambda: _made(kit, name, variant, soft))


def level(kit: str, name: str) -> float:
    """dB of a kit's drum, so that its grooves are balanced."""
    return LEVEL[name] + dict(KITS[kit].levels).get(name, 0.0)


def _made(kit: str, name: str, variant: int, soft: bool) -> Sound:
    tuning = KITS[kit]
    dice = np.random.default_rng([variant, *kit.encode(), *name.encode()])
    sound: Wave
    middle = _stroke(tuning, name, dice)
    sound = middle[None, :]
    if name in WIDE:
        late = int(LATE_S * RATE)  # a late copy on either side with opposite signs (Lauridsen): gone in mono
        side = np.pad(middle[:-late], (late, 0)) * WIDTH if tuning.packs else _stroke(tuning, name, dice) * WIDTH
        sound = np.stack([middle + side, middle - side])
    dark = min(tuning.dark or 20_000.0, SOFT_HZ if soft else 20_000.0)
    if dark < 20_000:
        sound = filtered(sound, "low", dark)
    if tuning.chip:
        sound = np.asarray(np.round(sound * 7) / 7, np.float32)
    fade = min(200, sound.shape[1])
    sound[:, -fade:] *= np.linspace(1, 0, fade)
    return np.asarray(sound / max(1e-6, float(np.abs(sound).max())) * 0.8, dtype=np.float32)


def _stroke(tuning: Kit, name: str, random: np.random.Generator) -> Wave:
    pack = next((pack for pack in tuning.packs if samples.has(f"{pack}/{name}")), "")
    if tuning.big and name in BIG_DRUMS:
        sound = BIG_DRUMS[name](random)
    else:
        sound = _recorded(f"{pack}/{name}", random) if pack else _MAKERS[name](tuning, random)
    return sound / max(1e-9, float(np.abs(sound).max()))


def _recorded(name: str, random: np.random.Generator) -> Wave:
    """A recorded stroke, no two of them quite alike: a little higher or lower, struck a little nearer to the edge."""
    sound = samples.stroke(name)
    at = np.arange(int(len(sound) * 0.98)) * random.uniform(0.988, 1.012)
    moved = np.interp(at, np.arange(len(sound)), sound)
    return np.asarray(moved + random.uniform(-0.12, 0.12) * np.diff(moved, prepend=0.0), np.float32)


def _kick(kit: Kit, random: np.random.Generator) -> Wave:
    start, end, length, click = kit.kick
    t = time(length * 2)
    body = swept(start * random.uniform(0.98, 1.02), end, t, 0.028) * np.exp(-t / (length / 2.2))
    body *= np.minimum(1, t / 0.001)
    snap = noise(random, len(t), 1500, 9000) * np.exp(-t / 0.004) * click * 0.45
    return np.asarray(np.tanh(1.6 * (body + snap)))


def _snare(kit: Kit, random: np.random.Generator) -> Wave:
    tone, length, noisy = kit.snare
    t = time(length * 3)
    tone *= random.uniform(0.98, 1.02)
    body = (np.sin(2 * np.pi * tone * t) + 0.5 * np.sin(2 * np.pi * tone * 1.83 * t)) * np.exp(-t / (length * 0.45))
    rattle = noise(random, len(t), 900, 9500) * np.exp(-t / length)
    if kit.gate:
        rattle *= np.clip((length * 0.9 - t) / 0.01, 0, 1)
    return np.asarray(body * (1 - noisy) * 1.6 + rattle * noisy * 0.6)


def _clap(kit: Kit, random: np.random.Generator) -> Wave:
    t = time(0.3)
    later = (0.0, random.uniform(0.009, 0.013), random.uniform(0.021, 0.026))
    bursts = np.sum([np.where(t >= at, np.exp(-(t - at) / 0.008), 0) for at in later], axis=0)
    body = np.where(t >= 0.03, np.exp(-(t - 0.03) / 0.07), 0) * 0.7
    return np.asarray(noise(random, len(t), 800, 6000) * (bursts + body))


def _metal(length: float, ring: float) -> Callable[[Kit, np.random.Generator], Wave]:
    def make(kit: Kit, random: np.random.Generator) -> Wave:
        lasting = length or kit.hat[1]
        t = time(min(1.8, lasting * 5))
        tuned = np.array((2050, 3113, 4390, 5222, 6711, 8133), np.float32) * np.float32(random.uniform(0.99, 1.01))
        above = (tuned[:, None] * t) % 1 < 0.5
        squares = np.asarray(np.sum(above, axis=0, dtype=np.float32) - len(tuned) / 2, np.float32)
        body = filtered(squares * np.float32(0.3 * ring), "high", kit.hat[0])
        return np.asarray((body + noise(random, len(t), kit.hat[0], 13_000)) * np.exp(-t / lasting))

    return make


def _rim(kit: Kit, random: np.random.Generator) -> Wave:
    t = time(0.09)
    wood = random.uniform(0.98, 1.02)
    click = np.sin(2 * np.pi * 1680 * wood * t) + 0.6 * np.sin(2 * np.pi * 870 * wood * t)
    return np.asarray(click * np.exp(-t / 0.012) + noise(random, len(t), 2500) * np.exp(-t / 0.003) * 0.4)


def _skin(share: float, hiss: float) -> Callable[[Kit, np.random.Generator], Wave]:
    def make(kit: Kit, random: np.random.Generator) -> Wave:
        pitch, length = kit.tom[0] * share, kit.tom[1]
        t = time(length * 2.5)
        skin = swept(pitch * 1.6, pitch * random.uniform(0.98, 1.02), t, 0.05) * np.exp(-t / (length * 0.6))
        return np.asarray(skin + noise(random, len(t), 300, 3000) * np.exp(-t / 0.02) * hiss)

    return make


def _hand(pitch: float, length: float) -> Callable[[Kit, np.random.Generator], Wave]:
    def make(kit: Kit, random: np.random.Generator) -> Wave:
        t = time(length * 3)
        tone = pitch * random.uniform(0.985, 1.015)
        skin = swept(tone * 1.12, tone, t, 0.02) * np.exp(-t / length)
        skin += 0.35 * np.sin(2 * np.pi * tone * 1.59 * t) * np.exp(-t / (length * 0.5))
        return np.asarray(skin + noise(random, len(t), 700, 5000) * np.exp(-t / 0.006) * 0.3)

    return make


def _shaker(kit: Kit, random: np.random.Generator) -> Wave:
    t = time(0.11)
    return np.asarray(noise(random, len(t), 4500, 11_000) * np.minimum(1, t / 0.018) * np.exp(-t / 0.03))


def _jingle(length: float) -> Callable[[Kit, np.random.Generator], Wave]:
    def make(kit: Kit, random: np.random.Generator) -> Wave:
        t = time(length * 4)
        tuned = np.array((6200, 7700, 9300)) * random.uniform(0.97, 1.03)
        jingles = np.sin(2 * np.pi * tuned[:, None] * t).sum(axis=0) * 0.2
        return np.asarray(
            (noise(random, len(t), 6000, 13_000) + jingles) * np.exp(-t / length) * np.minimum(1, t / 0.004)
        )

    return make


def _brush(kit: Kit, random: np.random.Generator) -> Wave:
    t = time(0.35)
    return np.asarray(noise(random, len(t), 1200, 7000) * np.sin(np.pi * np.minimum(1, t / 0.33)) ** 2)


def _riser(kit: Kit, random: np.random.Generator) -> Wave:
    """Noise through a band that climbs two and a half octaves and stops dead."""
    t = time(RISE_S["riser"])
    share = t / t[-1]
    bands = [noise(random, len(t), low, low * 2.2) for low in (500, 1100, 2400, 5000)]
    centre = share * (len(bands) - 1)
    sound = sum(band * np.maximum(0, 1 - np.abs(centre - number)) for number, band in enumerate(bands))
    return np.asarray(sound * share**1.6 * np.minimum(1, (t[-1] - t) / 0.02))


def _swell(kit: Kit, random: np.random.Generator) -> Wave:
    t = time(RISE_S["swell"])
    share = t / t[-1]
    metal = _metal(0.75, 0.6)(kit, random)[: len(t)]
    rolled = metal * np.exp(t / 0.75) * 0.5 + noise(random, len(t), 3500, 12_000)
    return np.asarray(rolled * share**3 * np.minimum(1, (t[-1] - t) / 0.03))


def _boom(kit: Kit, random: np.random.Generator) -> Wave:
    t = time(2.2)
    body = swept(78, 38, t, 0.12) * np.exp(-t / 0.55) * np.minimum(1, t / 0.004)
    return np.asarray(np.tanh(1.5 * body) + noise(random, len(t), 60, 500) * np.exp(-t / 0.06) * 0.5)


_MAKERS: dict[str, Callable[[Kit, np.random.Generator], Wave]] = {
    "kick": _kick,
    "snare": _snare,
    "clap": _clap,
    "rim": _rim,
    "hat": _metal(0.0, 0.6),
    "pedal": _metal(0.025, 0.3),
    "open": _metal(0.22, 0.8),
    "ride": _metal(0.4, 1.6),
    "crash": _metal(0.75, 0.6),
    "tom": _skin(1.0, 0.25),
    "floor": _skin(0.72, 0.2),
    "shaker": _shaker,
    "tamb": _jingle(0.06),
    "sleigh": _jingle(0.1),
    "brush": _brush,
    "conga": _hand(285, 0.09),
    "tumba": _hand(205, 0.16),
    "riser": _riser,
    "swell": _swell,
    "boom": _boom,
}
