"""Sustained tones: strings, choirs, pads, brass, analogue-style synthesisers.

A tone is a loop made by one inverse FFT of its spectrum, so any number of detuned voices and any filter cost the same
and nothing aliases. Ensembles blur every harmonic over a few cents with random phases (Nasca Octavian Paul's PADsynth),
which is how many players sound; synthesisers keep sharp lines on whole cycles.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer.cache import SOUNDS, Sound
from generator.composer.modal import RATE

LOOP_S = 2.0
LOWEST_SUB = 36.0  # Hz: an octave below would be rumble that few speakers play
BLURRED_SIZE = 1 << 17  # frames of an ensemble's loop: three seconds before it repeats; half for short strokes
BRIGHTER = (0.82, 1.1, 1.1)  # of the cut-off in the soft, medium and hard layers: two tones a pitch are enough
_ATTACK_EXPONENT = 1.5
# Frames about LOOP_S long whose only prime factors are 2, 3 and 5: what a Fourier transform is quick at.
FAST_SIZES = np.array(
    sorted(
        2**a * 3**b * 5**c
        for a in range(4, 17)
        for b in range(8)
        for c in range(6)
        if 0.85 * LOOP_S * RATE < 2**a * 3**b * 5**c < 1.15 * LOOP_S * RATE
    )
)


@dataclass(frozen=True)
class Loop:
    """A sustained tone. Cut-offs in Hz: where the spectrum is bent down, at rest and at the attack."""

    shape: str = "saw"  # saw, square, pulse, triangle, sine
    cutoff: float = 1800
    open: float = 0.0  # cut-off of the attack, 0: no filter movement
    filter_s: float = 0.2
    voices: int = 1  # detuned copies
    detune: float = 1.0  # Hz
    blur: float = 0.0  # cents each harmonic is spread over; an ensemble instead of detuned copies
    air: float = 0.0  # breath and bow noise
    air_hz: tuple[float, float] = (3200.0, 2600.0)  # where it lies, and how wide
    formants: tuple[tuple[float, float, float], ...] = ()  # (Hz, width Hz, gain) of a vowel or a body
    low_cut: float = 0.0
    attack: float = 0.01
    decay: float = 0.0  # seconds to fall to `sustain`; 0: none
    sustain: float = 1.0
    release: float = 0.12
    sub: float = 0.0  # a sine an octave below, or under the lowest notes at their own pitch
    stereo: bool = True
    short: bool = False  # never held for long
    program: int = 81
    gain: float = 1.0


def loop_note(name: str, voice: Loop, pitch: float, seconds: float, layer: int, turn: int) -> Sound:
    """A note held for `seconds` with its attack and decay, unreleased: fresh, (1 or 2, frames)."""
    count = int((seconds + voice.release) * RATE)
    rest = _tone(name, voice, pitch, voice.cutoff * BRIGHTER[layer])
    free = voice.blur > 0 or voice.voices > 2
    start = (turn * 40_503 + round(pitch) * 9_973) % rest.shape[1] if free else 0
    sound = _unrolled(rest, start, count)
    t = np.arange(count, dtype=np.float32) / RATE
    if voice.open:
        bright = _tone(name, voice, pitch, voice.open * BRIGHTER[layer])
        moving = min(count, int(voice.filter_s * 6 * RATE))
        sweep = np.exp(-t[:moving] / np.float32(voice.filter_s))
        sound[:, :moving] += (_unrolled(bright, start, moving) - sound[:, :moving]) * sweep
    attack = min(count, max(48, int(voice.attack * (1.2, 1.0, 0.8)[layer] * RATE)))
    sound[:, :attack] *= np.linspace(0, 1, attack, dtype=np.float32) ** np.float32(_ATTACK_EXPONENT)
    if voice.decay:
        sound *= np.float32(voice.sustain) + np.float32(1 - voice.sustain) * np.exp(-t / np.float32(voice.decay))
    return sound


def _unrolled(loop: Sound, start: int, count: int) -> Sound:
    size = loop.shape[1]
    out = np.empty((len(loop), count), np.float32)
    at = 0
    while at < count:
        part = min(size - start, count - at)
        out[:, at : at + part] = loop[:, start : start + part]
        at, start = at + part, 0
    return out


def _tone(name: str, voice: Loop, pitch: float, cutoff: float) -> Sound:
    return SOUNDS.get((name, pitch, round(cutoff)), lambda: _made(name, voice, pitch, cutoff))


def _made(name: str, voice: Loop, pitch: float, cutoff: float) -> Sound:
    """One seamless stretch of the tone, at a fixed power: (1 or 2, frames)."""
    f0 = 440.0 * 2 ** ((pitch - 69) / 12)
    random = np.random.default_rng([round(pitch * 8), *name.encode()])
    size, cycles = (BLURRED_SIZE >> voice.short, 0) if voice.blur else _whole_cycles(f0)
    out = np.empty((2 if voice.stereo else 1, size), np.float32)
    for side in range(len(out)):
        lines = np.zeros(size // 2 + 1, np.complex64)
        if voice.blur:
            _blurred(lines, voice, f0, cutoff, random)
        else:
            for number in range(voice.voices):
                place = 0.0 if voice.voices == 1 else 2 * number / (voice.voices - 1) - 1
                shift = round((place * voice.detune + (side - 0.5) * 0.3 * (voice.voices > 1)) * LOOP_S)
                _sharp(lines, voice, cycles + shift, f0, cutoff, random)
        if voice.sub:
            power = float(np.sqrt(np.sum(np.abs(lines) ** 2)))
            lower = f0 / 2 if f0 / 2 >= LOWEST_SUB else f0
            lines[max(1, round(lower * size / RATE))] += voice.sub * power * 1j
        out[side] = scipy.fft.irfft(lines, size)
    level = float(np.sqrt(np.mean(out**2)))
    return out * np.float32(0.2 * voice.gain / max(level, 1e-12))


def _amplitudes(voice: Loop, n: NDArray[np.int64], f0: float, cutoff: float) -> NDArray[np.float64]:
    shapes = {
        "saw": lambda: 1 / n,
        "square": lambda: (n % 2) / n,
        "pulse": lambda: np.abs(np.sin(np.pi * n * 0.25)) / n,
        "triangle": lambda: (n % 2) / n**2,
        "sine": lambda: (n == 1) * 1.0,
    }
    hz = n * f0
    amps = shapes[voice.shape]() / np.sqrt(1 + (hz / cutoff) ** 4)
    if voice.formants:
        amps = amps * (0.12 + sum(gain * np.exp(-(((hz - at) / width) ** 2)) for at, width, gain in voice.formants))
    if voice.low_cut:
        amps = amps / np.sqrt(1 + (voice.low_cut / hz) ** 4)
    return np.asarray(amps, dtype=np.float64)


def _harmonics(f0: float, cutoff: float) -> NDArray[np.int64]:
    return np.arange(1, max(2, min(int(15_000 / f0), int(cutoff * 8 / f0) + 2)))


def _sharp(
    lines: NDArray[np.complex64], voice: Loop, cycles: int, f0: float, cutoff: float, random: np.random.Generator
) -> None:
    n = _harmonics(f0, cutoff)
    n = n[n * cycles < len(lines)]
    phases = random.uniform(0, 2 * np.pi, len(n)) if voice.voices > 1 else np.full(len(n), -np.pi / 2)
    lines[n * cycles] += _amplitudes(voice, n, f0, cutoff) * np.exp(1j * phases)


def _blurred(lines: NDArray[np.complex64], voice: Loop, f0: float, cutoff: float, random: np.random.Generator) -> None:
    n = _harmonics(f0, cutoff)
    bins = RATE / (2 * len(lines) - 2)
    spread = np.maximum(1.0, (2 ** (voice.blur / 1200) - 1) * n * f0 / bins)
    profile = np.zeros(len(lines), np.float32)
    for centre, wide, amp in zip(n * f0 / bins, spread, _amplitudes(voice, n, f0, cutoff), strict=True):
        reach = int(2.5 * wide) + 1
        first = max(1, int(centre) - reach)
        at = np.arange(first, min(len(lines), int(centre) + reach + 1), dtype=np.float32)
        profile[first : first + len(at)] += np.float32(amp / wide**0.5) * np.exp(-(((at - centre) / wide) ** 2))
    if voice.air:
        at = np.arange(len(lines), dtype=np.float32) * bins
        hiss = np.exp(-(((at - voice.air_hz[0]) / voice.air_hz[1]) ** 2))
        profile += np.float32(voice.air) * hiss * np.sqrt(np.sum(profile**2) / np.sum(hiss**2))
    phases = random.random(len(lines), dtype=np.float32) * np.float32(2 * np.pi)
    lines += profile * (np.cos(phases) + 1j * np.sin(phases))


def _whole_cycles(f0: float) -> tuple[int, int]:
    """A loop's size in frames and in cycles: quick to transform, and within a cent or so of the right pitch."""
    cycles = np.maximum(1, np.round(FAST_SIZES * f0 / RATE))
    best = int(np.argmin(np.abs(cycles * RATE / FAST_SIZES / f0 - 1)))
    return int(FAST_SIZES[best]), int(cycles[best])
