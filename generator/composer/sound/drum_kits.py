"""Synthesized drum kits: each kit is a table of tunings; several variants per drum avoid machine-gun repeats."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from generator.composer import filters
from generator.composer.sound import samples
from generator.composer.sound.layers.playing import stroke_name
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.percussion.big_drums import BIG_DRUMS, BOW_RISE_S
from generator.composer.sound.percussion.hand_drums import HAND_DRUMS
from generator.composer.sound.sound_cache import SOUNDS, Sound
from generator.composer.sound.waveforms import Wave, apply_filter, noise, sine_sweep, time

VARIANTS = 4
MAX_SOFT_VELOCITY = 0.45  # velocities below this use the softer, darker stroke
STRENGTHS = (0.4, 0.58, 0.78)  # thresholds of the strengths of the layered pack above the softest
SOFT_CUTOFF_HZ = 4200.0  # low-pass cutoff of a soft stroke


@dataclass(frozen=True)
class Kit:
    """Tuning of a kit's drums: frequencies in Hz, times in seconds; `dark` is a low-pass over the whole kit."""

    kick: tuple[float, float, float, float] = (150, 52, 0.30, 0.35)  # start Hz, end Hz, length, click
    snare: tuple[float, float, float] = (185, 0.16, 0.75)  # tone, length, noise share
    hat: tuple[float, float] = (7000, 0.045)  # high-pass, length
    tom: tuple[float, float] = (120, 0.35)
    dark: float = 0.0
    gate: bool = False
    chip: bool = False
    big: bool = False  # cinematic ensembles and metal, from big_drums.py
    levels: tuple[tuple[str, float], ...] = ()  # dB added to LEVELS_DB for some drums
    packs: tuple[str, ...] = ()  # packs of recorded drums, searched in this order; drums in none are synthesized


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
    "trap": Kit(kick=(150, 47, 0.30, 0.45), snare=(205, 0.15, 0.85), hat=(8500, 0.026), packs=("808",)),
    "phonk": Kit(kick=(190, 44, 0.26, 0.7), snare=(180, 0.18, 0.85), hat=(7800, 0.03), levels=(("cowbell", -2.0),)),
    "dembow": Kit(kick=(165, 52, 0.22, 0.45), snare=(240, 0.11, 0.65), hat=(7600, 0.03), levels=(("timbale", -3.0),)),
    "afro": Kit(kick=(140, 54, 0.2, 0.3), snare=(230, 0.1, 0.7), hat=(7600, 0.028), packs=("latin", "studio")),
    "latin": Kit(kick=(110, 58, 0.18, 0.15), tom=(150, 0.3), packs=("latin", "studio")),
    "techno": Kit(kick=(215, 47, 0.32, 0.3), snare=(190, 0.14, 0.9), hat=(8200, 0.03)),
    "trance": Kit(kick=(240, 51, 0.26, 0.75), snare=(205, 0.2, 0.85), hat=(7200, 0.04), levels=(("open", 2.0),)),
    "bass": Kit(kick=(190, 49, 0.3, 0.65), snare=(188, 0.24, 0.62), hat=(7800, 0.03), levels=(("snare", 2.0),)),
    "pop": Kit(kick=(160, 53, 0.22, 0.5), snare=(200, 0.17, 0.72), hat=(7600, 0.035), levels=(("snap", 1.0),)),
    "soul": Kit(kick=(110, 54, 0.22, 0.25), snare=(185, 0.14, 0.7), dark=10_500, packs=("studio",)),
    "reggae": Kit(
        kick=(105, 54, 0.24, 0.15), snare=(240, 0.1, 0.55), tom=(150, 0.3), dark=9500, packs=("latin", "studio")
    ),
    "metal": Kit(kick=(175, 60, 0.12, 1.0), snare=(205, 0.16, 0.75), hat=(6400, 0.05), tom=(115, 0.4)),
    "compas": Kit(kick=(98, 66, 0.18, 0.25), snare=(250, 0.07, 0.9), packs=("latin",), levels=(("clap", -2.0),)),
    "tabla": Kit(kick=(100, 55, 0.22, 0.2), snare=(220, 0.1, 0.7), packs=("latin", "studio")),
    "darbuka": Kit(kick=(95, 60, 0.25, 0.1), snare=(230, 0.1, 0.7), packs=("studio",)),
    "frame": Kit(kick=(88, 64, 0.3, 0.12), snare=(210, 0.1, 0.6), tom=(104, 0.32), packs=("latin", "studio")),
    "triphop": Kit(kick=(112, 48, 0.3, 0.25), snare=(172, 0.2, 0.68), dark=5200, packs=("studio",)),
    "hyper": Kit(kick=(260, 50, 0.22, 1.0), snare=(215, 0.18, 0.9), hat=(9000, 0.022), levels=(("clap", 2.0),)),
}
# General MIDI percussion keys; also the list of all drums.
MIDI_KEYS = {
    "kick": 36, "snare": 38, "clap": 39, "rim": 37, "hat": 42, "pedal": 44, "open": 46, "tom": 45, "floor": 41,
    "ride": 51, "crash": 49, "shaker": 70, "tamb": 54, "brush": 69, "conga": 63, "tumba": 64, "sleigh": 83,
    "clave": 75, "cowbell": 56, "bongo": 60, "timbale": 65, "guiro": 73, "agogo": 67, "wood": 77, "castanet": 85,
    "dum": 66, "tek": 62, "na": 61, "ge": 68, "snap": 40,
    "shime": 48, "triangle": 81, "tick": 76, "bow": 55, "riser": 25, "swell": 25, "boom": 35,  # 25: snare roll (GM 2)
}  # fmt: skip
RISE_S = {
    "riser": 2.4,
    "swell": 1.5,
    "bow": BOW_RISE_S,
}  # seconds from the onset of a stroke to the arrival it leads to
PANS = {
    "hat": 0.25, "open": 0.25, "pedal": 0.25, "ride": -0.3, "crash": -0.2, "shaker": -0.4, "tamb": 0.4, "rim": 0.15,
    "tom": -0.15, "floor": 0.2, "conga": -0.3, "tumba": 0.25, "sleigh": 0.3,
    "shime": 0.35, "triangle": 0.4, "tick": -0.45, "clave": 0.3, "cowbell": 0.2, "bongo": 0.35, "timbale": -0.3,
    "guiro": -0.45, "agogo": 0.4, "wood": 0.3, "castanet": -0.35, "tek": 0.2, "na": 0.25, "ge": -0.2, "snap": -0.15,
}  # fmt: skip
LEVELS_DB = {  # dB; balances a groove of equal velocities
    "kick": 0, "snare": -2, "clap": -5, "rim": -6, "hat": -12, "pedal": -14, "open": -13, "tom": -2, "floor": -1,
    "ride": -14, "crash": -13, "shaker": -15, "tamb": -15, "brush": -12, "conga": -4, "tumba": -3, "sleigh": -16,
    "riser": -10, "swell": -11, "boom": 0, "shime": -6, "triangle": -14, "tick": -10, "bow": -12,
    "clave": -11, "cowbell": -12, "bongo": -6, "timbale": -6, "guiro": -15, "agogo": -14, "wood": -11, "castanet": -13,
    "dum": -1, "tek": -6, "na": -5, "ge": -1, "snap": -8,
}  # fmt: skip
CHOKE_GROUPS = {"hat": "hat", "pedal": "hat", "open": "hat"}  # choke groups: drums of one group stop each other
WIDE_DRUMS = (
    "crash",
    "clap",
    "ride",
    "brush",
    "riser",
    "swell",
    "bow",
)  # drums that differ slightly between left and right
SIDE_DELAY_S = 0.009
SIDE_LEVEL = 0.3  # level of the side signal; it cancels in mono


def drum(kit: str, name: str, variant: int, *, velocity: float = 1.0, layered: bool = False) -> Sound:
    """Return one stroke, as loud at any velocity: shared, read-only float32, (1 or 2, frames), peaking at 0.8.

    `layered`: of the optional pack, which has to be open, if it has this drum.
    """
    source, soft = "", velocity < MAX_SOFT_VELOCITY
    if layered and KITS[kit].packs and not (KITS[kit].big and name in BIG_DRUMS):
        strength = sum(velocity >= edge for edge in STRENGTHS)
        source, is_dark = stroke_name((kit, *KITS[kit].packs), name, strength)
        soft = is_dark if source else soft
    return SOUNDS.get(("drum", kit, name, variant, soft, source), lambda: _synthesize(kit, name, variant, soft, source))


def level(kit: str, name: str) -> float:
    """Return the level in dB of a kit's drum that balances its grooves."""
    return LEVELS_DB[name] + dict(KITS[kit].levels).get(name, 0.0)


def _synthesize(kit: str, name: str, variant: int, soft: bool, source: str) -> Sound:
    tuning = KITS[kit]
    rng = np.random.default_rng([variant, *kit.encode(), *name.encode()])
    sound: Wave
    middle = _vary_partials(_recording(source, variant, rng) if source else _stroke(tuning, name, rng), variant)
    sound = middle[None, :]
    if name in WIDE_DRUMS:
        delay = int(
            SIDE_DELAY_S * RATE_HZ
        )  # a delayed copy on each side with opposite signs (Lauridsen): cancels in mono
        side = (
            np.pad(middle[:-delay], (delay, 0)) * SIDE_LEVEL
            if tuning.packs
            else _stroke(tuning, name, rng) * SIDE_LEVEL
        )
        sound = np.stack([middle + side, middle - side])
    cutoff = min(tuning.dark or 20_000.0, SOFT_CUTOFF_HZ if soft else 20_000.0)
    if cutoff < 20_000:
        sound = apply_filter(sound, "low", cutoff)
    if tuning.chip:
        sound = np.asarray(np.round(sound * 7) / 7, np.float32)
    fade = min(200, sound.shape[1])
    sound[:, -fade:] *= np.linspace(1, 0, fade)
    return np.asarray(sound / max(1e-6, float(np.abs(sound).max())) * 0.8, dtype=np.float32)


def _stroke(tuning: Kit, name: str, rng: np.random.Generator) -> Wave:
    pack = next((pack for pack in tuning.packs if samples.has_sound(f"{pack}/{name}")), "")
    if tuning.big and name in BIG_DRUMS:
        sound = BIG_DRUMS[name](rng)
    else:
        sound = _vary_recording(f"{pack}/{name}", rng) if pack else _MAKERS[name](tuning, rng)
    return sound / max(1e-9, float(np.abs(sound).max()))


def _vary_partials(sound: Wave, variant: int) -> Wave:
    size = filters.fast_size(len(sound) + filters.TAIL_FRAMES)
    spectrum = np.fft.rfft(sound, size).astype(np.complex64, copy=False)
    hz = np.arange(len(spectrum), dtype=np.float32) * np.float32(RATE_HZ / size)
    samples.vary_partials(spectrum, hz, variant, top=14)
    return np.asarray(np.fft.irfft(spectrum, size)[: len(sound)], np.float32)


def _recording(source: str, variant: int, rng: np.random.Generator) -> Wave:
    sound = _vary_recording(source, rng, variant)
    return sound / max(1e-9, float(np.abs(sound).max()))


def _vary_recording(name: str, rng: np.random.Generator, take: int = 0) -> Wave:
    """Return a recorded stroke with slight random variation in pitch and in distance from the edge of the skin."""
    sound = samples.drum_stroke(name, take)
    positions = np.arange(int(len(sound) * 0.98)) * rng.uniform(0.988, 1.012)
    resampled = np.interp(positions, np.arange(len(sound)), sound)
    return np.asarray(resampled + rng.uniform(-0.12, 0.12) * np.diff(resampled, prepend=0.0), np.float32)


def _kick(kit: Kit, rng: np.random.Generator) -> Wave:
    start, end, length, click = kit.kick
    t = time(length * 2)
    body = sine_sweep(start * rng.uniform(0.98, 1.02), end, t, 0.028) * np.exp(-t / (length / 2.2))
    body *= np.minimum(1, t / 0.001)
    snap = noise(rng, len(t), 1500, 9000) * np.exp(-t / 0.004) * click * 0.45
    return np.asarray(np.tanh(1.6 * (body + snap)))


def _snare(kit: Kit, rng: np.random.Generator) -> Wave:
    tone, length, noisy = kit.snare
    t = time(length * 3)
    tone *= rng.uniform(0.98, 1.02)
    body = (np.sin(2 * np.pi * tone * t) + 0.5 * np.sin(2 * np.pi * tone * 1.83 * t)) * np.exp(-t / (length * 0.45))
    rattle = noise(rng, len(t), 900, 9500) * np.exp(-t / length)
    if kit.gate:
        rattle *= np.clip((length * 0.9 - t) / 0.01, 0, 1)
    return np.asarray(body * (1 - noisy) * 1.6 + rattle * noisy * 0.6)


def _clap(kit: Kit, rng: np.random.Generator) -> Wave:
    t = time(0.3)
    delays = (0.0, rng.uniform(0.009, 0.013), rng.uniform(0.021, 0.026))
    bursts = np.sum([np.where(t >= delay, np.exp(-(t - delay) / 0.008), 0) for delay in delays], axis=0)
    body = np.where(t >= 0.03, np.exp(-(t - 0.03) / 0.07), 0) * 0.7
    return np.asarray(noise(rng, len(t), 800, 6000) * (bursts + body))


def _metal(length: float, ring: float) -> Callable[[Kit, np.random.Generator], Wave]:
    def make(kit: Kit, rng: np.random.Generator) -> Wave:
        decay = length or kit.hat[1]
        t = time(min(1.8, decay * 5))
        tuned = np.array((2050, 3113, 4390, 5222, 6711, 8133), np.float32) * np.float32(rng.uniform(0.99, 1.01))
        squares = np.full(len(t), len(tuned) / 2, np.float32)
        for hz in tuned:
            squares -= (t * (2 * hz)).astype(np.int32) & 1
        body = apply_filter(squares * np.float32(0.3 * ring), "high", kit.hat[0])
        return np.asarray((body + noise(rng, len(t), kit.hat[0], 13_000)) * np.exp(-t / decay))

    return make


def _rim(kit: Kit, rng: np.random.Generator) -> Wave:
    t = time(0.09)
    detune = rng.uniform(0.98, 1.02)
    click = np.sin(2 * np.pi * 1680 * detune * t) + 0.6 * np.sin(2 * np.pi * 870 * detune * t)
    return np.asarray(click * np.exp(-t / 0.012) + noise(rng, len(t), 2500) * np.exp(-t / 0.003) * 0.4)


def _skin(share: float, hiss: float) -> Callable[[Kit, np.random.Generator], Wave]:
    def make(kit: Kit, rng: np.random.Generator) -> Wave:
        pitch, length = kit.tom[0] * share, kit.tom[1]
        t = time(length * 2.5)
        skin = sine_sweep(pitch * 1.6, pitch * rng.uniform(0.98, 1.02), t, 0.05) * np.exp(-t / (length * 0.6))
        return np.asarray(skin + noise(rng, len(t), 300, 3000) * np.exp(-t / 0.02) * hiss)

    return make


def _hand(pitch: float, length: float) -> Callable[[Kit, np.random.Generator], Wave]:
    def make(kit: Kit, rng: np.random.Generator) -> Wave:
        t = time(length * 3)
        tone = pitch * rng.uniform(0.985, 1.015)
        skin = sine_sweep(tone * 1.12, tone, t, 0.02) * np.exp(-t / length)
        skin += 0.35 * np.sin(2 * np.pi * tone * 1.59 * t) * np.exp(-t / (length * 0.5))
        return np.asarray(skin + noise(rng, len(t), 700, 5000) * np.exp(-t / 0.006) * 0.3)

    return make


def _shaker(kit: Kit, rng: np.random.Generator) -> Wave:
    t = time(0.11)
    return np.asarray(noise(rng, len(t), 4500, 11_000) * np.minimum(1, t / 0.018) * np.exp(-t / 0.03))


def _jingle(length: float) -> Callable[[Kit, np.random.Generator], Wave]:
    def make(kit: Kit, rng: np.random.Generator) -> Wave:
        t = time(length * 4)
        tuned = np.array((6200, 7700, 9300)) * rng.uniform(0.97, 1.03)
        jingles = np.sin(2 * np.pi * tuned[:, None] * t).sum(axis=0) * 0.2
        return np.asarray((noise(rng, len(t), 6000, 13_000) + jingles) * np.exp(-t / length) * np.minimum(1, t / 0.004))

    return make


def _brush(kit: Kit, rng: np.random.Generator) -> Wave:
    t = time(0.35)
    return np.asarray(noise(rng, len(t), 1200, 7000) * np.sin(np.pi * np.minimum(1, t / 0.33)) ** 2)


def _riser(kit: Kit, rng: np.random.Generator) -> Wave:
    """Synthesize a riser: band-passed noise that sweeps up two and a half octaves and stops abruptly."""
    t = time(RISE_S["riser"])
    share = t / t[-1]
    bands = [noise(rng, len(t), low, low * 2.2) for low in (500, 1100, 2400, 5000)]
    center = share * (len(bands) - 1)
    sound = sum(band * np.maximum(0, 1 - np.abs(center - number)) for number, band in enumerate(bands))
    return np.asarray(sound * share**1.6 * np.minimum(1, (t[-1] - t) / 0.02))


def _swell(kit: Kit, rng: np.random.Generator) -> Wave:
    t = time(RISE_S["swell"])
    share = t / t[-1]
    metal = _metal(0.75, 0.6)(kit, rng)[: len(t)]
    rolled = metal * np.exp(t / 0.75) * 0.5 + noise(rng, len(t), 3500, 12_000)
    return np.asarray(rolled * share**3 * np.minimum(1, (t[-1] - t) / 0.03))


def _boom(kit: Kit, rng: np.random.Generator) -> Wave:
    t = time(2.2)
    body = sine_sweep(78, 38, t, 0.12) * np.exp(-t / 0.55) * np.minimum(1, t / 0.004)
    return np.asarray(np.tanh(1.5 * body) + noise(rng, len(t), 60, 500) * np.exp(-t / 0.06) * 0.5)


def _without_kit(make: Callable[[np.random.Generator], Wave]) -> Callable[[Kit, np.random.Generator], Wave]:
    return lambda kit, rng: make(rng)


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
    **{name: _without_kit(make) for name, make in HAND_DRUMS.items()},
}
