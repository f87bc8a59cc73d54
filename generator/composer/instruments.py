"""From a note to sound: every pitched instrument, synthesised, as data over three engines.

    struck    decaying partials (pianos, guitars, bells): each partial is computed only as long as it can be heard
    loop      sustained tones: a loop of whole periods made by one inverse FFT, so any number of detuned voices and any
              filter cost the same and nothing aliases
    breath    a few harmonics with vibrato and breath noise (flutes, whistles)

Sounds are float32, shape (frames, 1 or 2), about ±1 at full velocity, deterministic, cached for the process.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Sound = NDArray[np.float32]

RATE = 44_100
LENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds struck sounds are made for; a note takes the next longer one
LOOP_S = 2.0
# Frames about LOOP_S long whose only prime factors are 2, 3 and 5: what a Fourier transform is quick at.
FAST_SIZES = tuple(
    sorted(
        2**a * 3**b * 5**c
        for a in range(4, 17)
        for b in range(8)
        for c in range(6)
        if 0.85 * LOOP_S * RATE < 2**a * 3**b * 5**c < 1.15 * LOOP_S * RATE
    )
)


@dataclass(frozen=True)
class Struck:
    """Partials of a struck or plucked body. T60 in seconds at middle C, halving every `octave_decay` octaves up."""

    partials: int = 12
    roll: float = 1.1  # amplitude falls as n^−roll …
    dull: float = 0.12  # … and as e^(−dull·n); hard notes are half as dull
    t60: float = 4.0
    octave_decay: float = 1.6
    high_damp: float = 0.25  # how much sooner higher partials die
    inharmonic: float = 0.0003
    ratios: tuple[float, ...] = ()  # instead of harmonics
    amps: tuple[float, ...] = ()
    pluck: float = 0.0  # 0..0.5: where a string is plucked, silencing some partials
    noise: float = 0.03
    attack: float = 0.002
    beat: float = 0.35  # Hz between doubled strings
    tremolo: float = 0.0
    release: float = 0.12
    program: int = 0
    gain: float = 1.0


@dataclass(frozen=True)
class Loop:
    """A sustained tone. Cut-offs in Hz: where the spectrum is bent down, at rest and at the attack."""

    shape: str = "saw"  # saw, square, pulse, triangle, sine
    cutoff: float = 1800
    open: float = 0.0  # cut-off of the attack, 0: no filter movement
    filter_s: float = 0.2
    voices: int = 1  # detuned copies each side
    detune: float = 1.0  # Hz
    attack: float = 0.01
    decay: float = 0.0  # seconds to fall to `sustain`; 0: none
    sustain: float = 1.0
    release: float = 0.12
    sub: float = 0.0  # a sine an octave below
    stereo: bool = True
    program: int = 81
    gain: float = 1.0


@dataclass(frozen=True)
class Breath:
    harmonics: tuple[float, ...] = (1.0, 0.25, 0.08, 0.03)
    vibrato: float = 0.004
    rate: float = 5.2
    breath: float = 0.02
    attack: float = 0.06
    release: float = 0.15
    program: int = 78
    gain: float = 1.0


Voice = Struck | Loop | Breath

VOICES: dict[str, Voice] = {
    "piano": Struck(22, 0.9, 0.13, 5.0, 1.5, 0.22, 0.0004, noise=0.04, release=0.18, program=0),
    "felt": Struck(14, 0.9, 0.34, 4.5, 1.5, 0.25, 0.0004, noise=0.10, attack=0.006, release=0.3, program=0, gain=1.15),
    "epiano": Struck(
        ratios=(1, 2, 3, 4, 7.1, 14.0), amps=(1, 0.32, 0.12, 0.05, 0.03, 0.035), t60=3.2, high_damp=0.9, noise=0.015,
        tremolo=0.18, dull=0.0, release=0.12, beat=0.2, program=4, gain=0.95,
    ),
    "nylon": Struck(16, 0.7, 0.26, 2.0, 2.2, 0.35, 0.0001, pluck=0.22, noise=0.06, beat=0.0, release=0.1, program=24, gain=1.1),
    "steel": Struck(22, 0.6, 0.16, 2.8, 2.2, 0.25, 0.00015, pluck=0.15, noise=0.06, beat=0.15, release=0.1, program=25, gain=0.95),
    "muted": Struck(14, 0.6, 0.2, 0.42, 3.0, 0.2, 0.0001, pluck=0.12, noise=0.08, beat=0.0, release=0.05, program=28),
    "clav": Struck(22, 0.45, 0.1, 0.7, 2.5, 0.12, 0.0, pluck=0.1, noise=0.08, beat=0.0, release=0.03, program=7, gain=0.7),
    "vibes": Struck(ratios=(1, 3.98, 9.9), amps=(1, 0.2, 0.05), t60=3.5, high_damp=1.2, dull=0.0, tremolo=0.3, beat=0.0, noise=0.02, release=0.4, program=11),
    "bell": Struck(ratios=(1, 2.76, 5.4, 8.9), amps=(1, 0.4, 0.2, 0.06), t60=2.6, high_damp=0.8, dull=0.0, beat=0.6, noise=0.01, release=0.6, program=9, gain=0.9),
    "bowl": Struck(ratios=(1, 2.71, 5.1, 8.2), amps=(1, 0.42, 0.14, 0.04), t60=9.0, octave_decay=4, high_damp=0.7, dull=0.0, beat=0.9, noise=0.0, attack=0.03, release=1.5, program=14),
    "upright": Struck(10, 1.15, 0.22, 1.7, 3.0, 0.4, 0.0002, pluck=0.28, noise=0.05, beat=0.0, release=0.06, program=32, gain=1.25),
    "finger": Struck(12, 0.95, 0.2, 1.9, 3.0, 0.3, 0.0001, pluck=0.2, noise=0.03, beat=0.0, release=0.06, program=33, gain=1.2),
    "slap": Struck(24, 0.6, 0.09, 1.1, 3.0, 0.2, 0.0002, pluck=0.12, noise=0.12, beat=0.0, release=0.04, program=36, gain=1.0),
    "pluck": Struck(18, 0.8, 0.12, 0.7, 2.5, 0.2, 0.0, noise=0.0, beat=0.8, release=0.08, program=84, gain=0.9),
    "stab": Struck(18, 0.75, 0.1, 0.9, 2.5, 0.2, 0.0002, noise=0.05, beat=0.5, release=0.05, program=2, gain=0.9),
    "warmpad": Loop("saw", 700, voices=4, detune=1.0, attack=0.5, release=0.9, program=89),
    "glasspad": Loop("pulse", 1500, voices=4, detune=0.8, attack=0.7, release=1.4, program=88),
    "darkpad": Loop("saw", 420, voices=4, detune=0.7, attack=0.9, release=1.2, program=97),
    "supersaw": Loop("saw", 2400, voices=6, detune=1.6, attack=0.06, release=0.35, program=90),
    "strings": Loop("saw", 1900, voices=6, detune=1.1, attack=0.16, release=0.35, program=48),
    "spiccato": Loop("saw", 2000, 4200, 0.05, voices=5, detune=1.1, attack=0.012, decay=0.16, sustain=0.25, release=0.1, program=45),
    "contrabass": Loop("saw", 620, 1000, 0.15, voices=3, detune=0.5, attack=0.07, release=0.2, sub=0.35, program=43),
    "horn": Loop("saw", 900, 1700, 0.25, voices=3, detune=0.6, attack=0.09, release=0.22, program=60),
    "brass": Loop("saw", 1300, 3000, 0.16, voices=3, detune=0.8, attack=0.03, decay=0.5, sustain=0.75, release=0.12, program=61),
    "subpad": Loop("triangle", 300, voices=2, detune=0.3, attack=0.4, release=0.8, sub=0.4, program=89),
    "analog": Loop("saw", 420, 2400, 0.10, voices=1, attack=0.004, decay=0.25, sustain=0.6, release=0.05, sub=0.35, stereo=False, program=38),
    "rubber": Loop("square", 360, 1500, 0.09, voices=1, attack=0.004, decay=0.3, sustain=0.6, release=0.06, sub=0.45, stereo=False, program=39),
    "reese": Loop("saw", 380, voices=3, detune=0.7, attack=0.02, release=0.12, sub=0.5, stereo=False, program=87),
    "pulse": Loop("saw", 300, 1100, 0.12, voices=2, detune=0.4, attack=0.004, decay=0.3, sustain=0.4, release=0.06, sub=0.4, stereo=False, program=38),
    "sawlead": Loop("saw", 2600, 4800, 0.3, voices=3, detune=1.2, attack=0.02, release=0.22, program=81),
    "triangle": Loop("triangle", 5000, voices=1, attack=0.002, release=0.02, stereo=False, program=80, gain=1.1),
    "square": Loop("square", 9000, voices=1, attack=0.002, decay=0.3, sustain=0.6, release=0.02, stereo=False, program=80, gain=0.8),
    "square2": Loop("pulse", 9000, voices=1, attack=0.002, decay=0.6, sustain=0.7, release=0.03, stereo=False, program=80, gain=0.8),
    "whistle": Breath(program=75),
}  # fmt: skip


def frequency(pitch: float) -> float:
    """Equal temperament, A4 = MIDI 69 = 440 Hz."""
    return float(440 * 2 ** ((pitch - 69) / 12))


def play(name: str, pitch: int, seconds: float, *, hard: bool) -> Sound:
    """Sound a note held for `seconds`; the result is longer by the release. The array is fresh and may be changed."""
    voice = VOICES[name]
    if isinstance(voice, Struck):
        return _struck_note(name, voice, pitch, seconds, hard)
    if isinstance(voice, Loop):
        return _loop_note(name, voice, pitch, seconds, hard)
    return _breath_note(voice, pitch, seconds, hard)


def _released(sound: Sound, seconds: float, release: float) -> Sound:
    """Cut a copy to the note's length and let it fade over the release."""
    hold, fade = int(seconds * RATE), int(release * RATE)
    out = sound[: hold + fade].copy()
    if len(out) > hold:
        out[hold:] *= (np.linspace(1, 0, fade, dtype=np.float32) ** 2)[: len(out) - hold, None]
    last = out[-256:]
    last *= np.linspace(1, 0, len(last), dtype=np.float32)[:, None]
    return out


# --- struck ---


def _struck_note(name: str, voice: Struck, pitch: int, seconds: float, hard: bool) -> Sound:
    whole = seconds + voice.release
    length = next((bucket for bucket in LENGTHS if bucket >= whole), LENGTHS[-1])
    return _released(_struck(name, pitch, length, hard), seconds, voice.release)


@lru_cache(maxsize=1500)
def _struck(name: str, pitch: int, seconds: float, hard: bool) -> Sound:
    voice = VOICES[name]
    assert isinstance(voice, Struck)
    f0 = frequency(pitch)
    random = np.random.default_rng([pitch, int(hard), *name.encode()])
    left, right = (np.zeros(int(seconds * RATE), np.float32) for _ in range(2))
    life = voice.t60 * 2 ** (-(pitch - 60) / 12 / voice.octave_decay)
    for number, (ratio, amp) in enumerate(_partials(voice, hard)):
        f = f0 * ratio
        if f > 16_000 or amp < 0.002:
            continue
        t60 = life / (1 + voice.high_damp * number)
        count = min(len(left), int(min(seconds, t60 * 0.9) * RATE))
        t = np.arange(count, dtype=np.float32) / np.float32(RATE)
        body = np.exp(t * np.float32(-6.91 / t60)) * np.float32(amp)
        phase = random.uniform(0, 2 * np.pi)
        left[:count] += body * np.sin(t * np.float32(2 * np.pi * (f - voice.beat / 2)) + np.float32(phase))
        right[:count] += body * np.sin(t * np.float32(2 * np.pi * (f + voice.beat / 2)) + np.float32(phase + 0.4))
    sound = np.stack([left, right], 1)
    return _struck_finish(sound, voice, f0, hard, random)


def _partials(voice: Struck, hard: bool) -> list[tuple[float, float]]:
    if voice.ratios:
        bright = 1.35 if hard else 0.8
        return [(r, a * (bright if n else 1.0)) for n, (r, a) in enumerate(zip(voice.ratios, voice.amps, strict=True))]
    dull = voice.dull * (0.65 if hard else 1.2)
    found = []
    for n in range(1, voice.partials + 1):
        amp = n**-voice.roll * float(np.exp(-dull * (n - 1)))
        if voice.pluck:
            amp *= abs(float(np.sin(np.pi * n * voice.pluck))) + 0.05
        found.append((n * (1 + voice.inharmonic * n * n) ** 0.5, amp))
    return found


def _struck_finish(sound: Sound, voice: Struck, f0: float, hard: bool, random: np.random.Generator) -> Sound:
    attack = max(8, int(voice.attack * RATE))
    sound[:attack] *= np.linspace(0, 1, attack, dtype=np.float32)[:, None]
    peak = float(np.abs(sound[: RATE // 5]).max())
    sound *= np.float32(0.55 * voice.gain / max(peak, 1e-6))
    if voice.tremolo:
        t = np.arange(len(sound), dtype=np.float32) / RATE
        wobble = np.float32(voice.tremolo) * np.sin(t * np.float32(2 * np.pi * 4.6))
        sound[:, 0] *= 1 - wobble * 0.5
        sound[:, 1] *= 1 + wobble * 0.5
    if voice.noise:
        count = int(0.03 * RATE)
        knock = random.standard_normal(count + 16).astype(np.float32)
        knock = np.convolve(knock, np.ones(10 if hard else 16, np.float32) / 6, "valid")[:count].astype(np.float32)
        knock *= np.exp(-np.arange(len(knock), dtype=np.float32) / (0.006 * RATE))
        sound[: len(knock)] += (knock * np.float32(voice.noise * (1.3 if hard else 0.7)))[:, None]
    return sound


# --- loop ---


def _loop_note(name: str, voice: Loop, pitch: int, seconds: float, hard: bool) -> Sound:
    count = int((seconds + voice.release) * RATE)
    rest = _loop(name, pitch, voice.cutoff * (1.15 if hard else 0.9))
    sound = np.resize(rest, (count, rest.shape[1]))
    t = np.arange(count, dtype=np.float32) / np.float32(RATE)
    if voice.open:
        bright = np.resize(_loop(name, pitch, voice.open * (1.2 if hard else 0.8)), sound.shape)
        sweep = np.exp(-t / np.float32(voice.filter_s))[:, None]
        sound = sound + (bright - sound) * sweep
    shape = np.minimum(np.float32(1), t / np.float32(max(voice.attack, 0.002)))
    if voice.decay:
        shape *= np.float32(voice.sustain) + np.float32(1 - voice.sustain) * np.exp(-t / np.float32(voice.decay))
    return _released(sound * shape[:, None], seconds, voice.release)


@lru_cache(maxsize=600)
def _loop(name: str, pitch: int, cutoff: float) -> Sound:
    """One seamless stretch of the tone: lines in a spectrum, each detuned voice on a whole number of cycles."""
    voice = VOICES[name]
    assert isinstance(voice, Loop)
    f0 = frequency(pitch)
    size, cycles = _whole_cycles(f0)
    random = np.random.default_rng([pitch, *name.encode()])
    sides = 2 if voice.stereo else 1
    out = np.empty((size, sides), np.float32)
    for side in range(sides):
        lines = np.zeros(size // 2 + 1, np.complex64)
        for number in range(voice.voices):
            place = 0.0 if voice.voices == 1 else 2 * number / (voice.voices - 1) - 1
            shift = round((place * voice.detune + (side - 0.5) * 0.3 * (voice.voices > 1)) * LOOP_S)
            _add_lines(lines, voice, cycles + shift, f0, cutoff, random)
        if voice.sub:
            lines[max(1, round(cycles / 2))] += voice.sub * voice.voices**0.5 * 1j
        out[:, side] = fft.irfft(lines, size)
    level = float(np.sqrt(np.mean(out**2)))
    return out * np.float32(0.2 * voice.gain / max(level, 1e-9))


def _whole_cycles(f0: float) -> tuple[int, int]:
    """A loop's size in frames and in cycles: quick to transform, and within a cent or so of the right pitch."""
    return min(
        ((size, max(1, round(size * f0 / RATE))) for size in FAST_SIZES),
        key=lambda fit: abs(fit[1] * RATE / fit[0] / f0 - 1),
    )


def _add_lines(
    lines: NDArray[np.complex64], voice: Loop, cycles: int, f0: float, cutoff: float, random: np.random.Generator
) -> None:
    most = min(len(lines) // cycles - 1, int(17_000 / f0), int(cutoff * 10 / f0) + 2)
    n = np.arange(1, max(2, most + 1))
    n = n[n * cycles < len(lines)]
    amps = {
        "saw": 1 / n,
        "square": (n % 2) / n,
        "pulse": np.abs(np.sin(np.pi * n * 0.25)) / n,
        "triangle": (n % 2) / n**2,
        "sine": (n == 1) * 1.0,
    }[voice.shape]
    amps = amps / np.sqrt(1 + (n * f0 / cutoff) ** 4)
    phases = random.uniform(0, 2 * np.pi, len(n)) if voice.voices > 1 else np.full(len(n), -np.pi / 2)
    lines[n * cycles] += amps * np.exp(1j * phases)


# --- breath ---


def _breath_note(voice: Breath, pitch: int, seconds: float, hard: bool) -> Sound:
    count = int((seconds + voice.release) * RATE)
    t = np.arange(count, dtype=np.float32) / RATE
    late = np.clip((t - 0.25) / 0.4, 0, 1)
    wobble = voice.vibrato * late * np.sin(2 * np.pi * voice.rate * t)
    phase = 2 * np.pi * frequency(pitch) * np.cumsum(1 + wobble, dtype=np.float64) / RATE
    tone = sum(
        np.float32(a) * np.sin((phase * (n + 1)) % (2 * np.pi)).astype(np.float32)
        for n, a in enumerate(voice.harmonics)
        if frequency(pitch) * (n + 1) < 16_000
    )
    random = np.random.default_rng([pitch, count])
    air = np.convolve(random.standard_normal(count + 5).astype(np.float32), np.ones(6, np.float32) / 3, "valid")[:count]
    sound = (tone + voice.breath * air * (1 + 3 * np.exp(-t / 0.05))) * np.minimum(1, t / voice.attack) * 0.32
    level = np.float32(voice.gain * (1.0 if hard else 0.9))
    return _released((sound * level).astype(np.float32)[:, None], seconds, voice.release)
