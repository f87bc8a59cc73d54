"""Sustained tones: strings, choirs, pads, brass, analog-style synthesizers.

A tone is a loop made by one inverse FFT of its spectrum, so any number of detuned voices and any filter cost the same
and nothing aliases. Ensembles blur every harmonic over a few cents with random phases (Nasca Octavian Paul's PADsynth),
which sounds like several players; synthesizers keep sharp lines on whole cycles.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import SOUNDS, Sound

LOOP_S = 2.0
MIN_SUB_HZ = 36.0  # Hz: an octave below would be rumble that few speakers reproduce
BLURRED_FRAMES = 1 << 17  # frames in an ensemble loop: repeats after three seconds; half for short strokes
LAYER_CUTOFFS = (0.5, 0.72, 1.1, 1.75)  # cutoff factors, from the softest layer to the hardest
LAYER_TILTS = (0.6, 0.3, 0.0, -0.35)  # exponents by which harmonics fall more steeply, for shapes with few of them
LAYER_AIR = (0.45, 0.65, 1.0, 1.7)
LAYER_ATTACKS = (1.25, 1.1, 1.0, 0.8)
VARIANTS = 2  # of a tone that is not free-running: its harmonics are not quite alike, nor quite in tune
VARIANT_CENTS, VARIANT_DB, VARIANT_TURNS = 6.0, 1.5, 0.2
MAX_HARMONICS = 400
SHORT_FRAMES = (12_288, 24_576, 49_152)  # of tones that always begin alike, what short notes keep
_ATTACK_EXPONENT = 1.5
# Sizes of about LOOP_S whose only prime factors are 2, 3 and 5: fast FFT sizes.
FAST_SIZES = np.array(
    sorted(
        2**a * 3**b * 5**c
        for a in range(4, 17)
        for b in range(8)
        for c in range(6)
        if 0.85 * LOOP_S * RATE_HZ < 2**a * 3**b * 5**c < 1.15 * LOOP_S * RATE_HZ
    )
)


@dataclass(frozen=True)
class Loop:
    """A sustained tone; filter cutoffs in Hz, at rest (`cutoff`) and at the attack (`open`)."""

    shape: str = "saw"  # saw, square, pulse, triangle, sine
    cutoff: float = 1800
    open: float = 0.0  # filter cutoff of the attack; 0: no filter movement
    filter_s: float = 0.2
    voices: int = 1  # detuned copies
    detune: float = 1.0  # Hz
    blur: float = 0.0  # bandwidth of each harmonic in cents; an ensemble instead of detuned copies
    air: float = 0.0  # breath and bow noise
    air_hz: tuple[float, float] = (3200.0, 2600.0)  # its center and bandwidth
    formants: tuple[tuple[float, float, float], ...] = ()  # (Hz, width Hz, gain) of a vowel or a body
    low_cut: float = 0.0
    attack: float = 0.01
    decay: float = 0.0  # seconds to fall to `sustain`; 0: none
    sustain: float = 1.0
    release: float = 0.12
    sub: float = 0.0  # level of a sine an octave below, or at the fundamental for the lowest notes
    stereo: bool = True
    short: bool = False  # never held for long
    program: int = 81
    gain: float = 1.0


def loop_note(name: str, voice: Loop, pitch: float, seconds: float, layer: int, turn: int) -> Sound:
    """Render a note held for `seconds` with attack and decay, before its release: new array, (1 or 2, frames)."""
    count = int((seconds + voice.release) * RATE_HZ)
    is_free = voice.blur > 0 or voice.voices > 2
    variant = 0 if is_free else turn % VARIANTS
    steady = _tone(name, voice, pitch, voice.cutoff, layer, variant, 0 if is_free else count)
    start = (turn * 40_503 + round(pitch) * 9_973) % steady.shape[1] if is_free else 0
    sound = _repeat(steady, start, count)
    if voice.open:
        moving = min(count, int(voice.filter_s * 6 * RATE_HZ))
        bright = _tone(name, voice, pitch, voice.open, layer, variant, 0 if is_free else moving)
        change = _repeat(bright, start, moving)
        change -= sound[:, :moving]
        change *= _fall(voice.filter_s, 0.0, _rounded(moving))[:moving]
        sound[:, :moving] += change
    attack = min(count, max(48, int(voice.attack * LAYER_ATTACKS[layer] * RATE_HZ)))
    sound[:, :attack] *= _rise(attack)
    if voice.decay:
        sound *= _fall(voice.decay, voice.sustain, _rounded(count))[:count]
    return sound


@lru_cache(maxsize=24)
def _rise(frames: int) -> Sound:
    return np.asarray(np.linspace(0, 1, frames, dtype=np.float32) ** np.float32(_ATTACK_EXPONENT))


@lru_cache(maxsize=24)
def _fall(seconds: float, sustain: float, frames: int) -> Sound:
    """Return an exponential fall from 1 to `sustain`."""
    t = np.arange(frames, dtype=np.float32) / np.float32(RATE_HZ)
    return np.asarray(np.float32(sustain) + np.float32(1 - sustain) * np.exp(-t / np.float32(seconds)), np.float32)


def _rounded(frames: int) -> int:
    """Return a number of frames that many notes share: the next power of two."""
    return 1 << max(12, (frames - 1).bit_length())


def _repeat(loop: Sound, start: int, count: int) -> Sound:
    size = loop.shape[1]
    out = np.empty((len(loop), count), np.float32)
    position = 0
    while position < count:
        part = min(size - start, count - position)
        out[:, position : position + part] = loop[:, start : start + part]
        position, start = position + part, 0
    return out


def _tone(name: str, voice: Loop, pitch: float, cutoff: float, layer: int, variant: int, count: int) -> Sound:
    """Return a tone's loop, or only its beginning, if `count` frames from there are needed and that is much less."""
    kept = next((frames for frames in SHORT_FRAMES if 0 < count <= frames), None)
    key = (name, pitch, cutoff, layer, variant, kept)
    return SOUNDS.get(key, lambda: _synthesize(name, voice, pitch, cutoff * LAYER_CUTOFFS[layer], layer, variant, kept))


def _synthesize(
    name: str, voice: Loop, pitch: float, cutoff: float, layer: int, variant: int, kept: int | None
) -> Sound:
    """Synthesize the first `kept` frames of one seamless loop of the tone at a fixed power: (1 or 2, frames)."""
    f0 = 440.0 * 2 ** ((pitch - 69 + (variant - 0.5) * VARIANT_CENTS / 100) / 12)
    rng = np.random.default_rng([round(pitch * 8), *name.encode()])
    wear = np.random.default_rng([variant, *name.encode()]).normal(size=(2, MAX_HARMONICS)) * (variant > 0)
    tone = _Tone(voice, f0, cutoff, layer, 10 ** (VARIANT_DB * wear[0] / 20), VARIANT_TURNS * wear[1])
    size = (BLURRED_FRAMES >> voice.short) if voice.blur else _whole_cycles(f0)[0]
    lines = np.zeros((2 if voice.stereo else 1, size // 2 + 1), np.complex64)
    for side, row in enumerate(lines):
        if voice.blur:
            _add_blurred(row, tone, rng)
        else:
            _add_sharp(row, tone, side, rng)
        if voice.sub:
            sub_hz = f0 / 2 if f0 / 2 >= MIN_SUB_HZ else f0
            row[max(1, round(sub_hz * size / RATE_HZ))] += voice.sub * float(np.linalg.norm(row)) * 1j
    # The power of a loop is that of its lines (Parseval).
    level = float(np.linalg.norm(lines)) * (2 / len(lines)) ** 0.5 / size
    lines *= np.float32(0.2 * voice.gain / max(level, 1e-12))
    out = np.empty((len(lines), kept or size), np.float32)
    for row, sound in zip(lines, out, strict=True):
        sound[:] = np.fft.irfft(row, size)[:kept]
    return out


@dataclass(frozen=True)
class _Tone:
    """What a tone is made from; `gains` and `turns` vary its harmonics from the first up."""

    voice: Loop
    f0: float
    cutoff: float
    layer: int
    gains: NDArray[np.float64]
    turns: NDArray[np.float64]


def _amplitudes(tone: _Tone, n: NDArray[np.int64]) -> NDArray[np.float64]:
    voice, f0 = tone.voice, tone.f0
    shapes = {
        "saw": lambda: 1 / n,
        "square": lambda: (n % 2) / n,
        "pulse": lambda: np.abs(np.sin(np.pi * n * 0.25)) / n,
        "triangle": lambda: (n % 2) / n**2,
        "sine": lambda: (n == 1) * 1.0,
    }
    hz = n * f0
    amps = shapes[voice.shape]() / np.sqrt(1 + (hz / tone.cutoff) ** 4)
    amps = amps * n ** -LAYER_TILTS[tone.layer] * tone.gains[n - 1]
    if voice.formants:
        amps = amps * (
            0.12 + sum(gain * np.exp(-(((hz - center) / width) ** 2)) for center, width, gain in voice.formants)
        )
    if voice.low_cut:
        amps = amps / np.sqrt(1 + (voice.low_cut / hz) ** 4)
    return np.asarray(amps, dtype=np.float64)


def _harmonics(f0: float, cutoff: float) -> NDArray[np.int64]:
    return np.arange(1, max(2, min(int(15_000 / f0), int(cutoff * 8 / f0) + 2, MAX_HARMONICS)))


def _add_sharp(lines: NDArray[np.complex64], tone: _Tone, side: int, rng: np.random.Generator) -> None:
    """Add the harmonics of all detuned copies on one side, each a whole number of cycles in the loop."""
    voice, cycles = tone.voice, _whole_cycles(tone.f0)[1]
    n = _harmonics(tone.f0, tone.cutoff)
    amplitudes = _amplitudes(tone, n)
    for number in range(voice.voices):
        phases = np.full(len(n), -np.pi / 2)
        shift = 0
        if voice.voices > 1:
            position = 2 * number / (voice.voices - 1) - 1
            shift = round((position * voice.detune + (side - 0.5) * 0.3) * LOOP_S)
            phases = rng.uniform(0, 2 * np.pi, len(n))
        phases += 2 * np.pi * tone.turns[n - 1]
        lines[n * (cycles + shift)] += amplitudes * np.exp(1j * phases)


def _add_blurred(lines: NDArray[np.complex64], tone: _Tone, rng: np.random.Generator) -> None:
    voice, f0 = tone.voice, tone.f0
    n = _harmonics(f0, tone.cutoff)
    bin_hz = RATE_HZ / (2 * len(lines) - 2)
    spread = np.maximum(1.0, (2 ** (voice.blur / 1200) - 1) * n * f0 / bin_hz)
    profile = np.zeros(len(lines), np.float32)
    for center, width, amp in zip(n * f0 / bin_hz, spread, _amplitudes(tone, n), strict=True):
        reach = int(2.5 * width) + 1
        first = max(1, int(center) - reach)
        bins = np.arange(first, min(len(lines), int(center) + reach + 1), dtype=np.float32)
        profile[first : first + len(bins)] += np.float32(amp / width**0.5) * np.exp(-(((bins - center) / width) ** 2))
    if voice.air:
        hz = np.arange(len(lines), dtype=np.float32) * bin_hz
        hiss = np.exp(-(((hz - voice.air_hz[0]) / voice.air_hz[1]) ** 2))
        profile += np.float32(voice.air * LAYER_AIR[tone.layer]) * hiss * np.sqrt(np.sum(profile**2) / np.sum(hiss**2))
    phases = rng.random(len(lines), dtype=np.float32) * np.float32(2 * np.pi)
    heard = slice(0, int(np.flatnonzero(profile)[-1]) + 1)
    lines.real[heard] = profile[heard] * np.cos(phases[heard])
    lines.imag[heard] = profile[heard] * np.sin(phases[heard])


@lru_cache(maxsize=400)
def _whole_cycles(f0: float) -> tuple[int, int]:
    """Return a loop size in frames and in cycles: a fast FFT size within about a cent of the pitch."""
    cycles = np.maximum(1, np.round(FAST_SIZES * f0 / RATE_HZ))
    best = int(np.argmin(np.abs(cycles * RATE_HZ / FAST_SIZES / f0 - 1)))
    return int(FAST_SIZES[best]), int(cycles[best])
