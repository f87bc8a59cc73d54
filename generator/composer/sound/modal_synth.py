"""Modal synthesis of struck and plucked instruments: pianos, guitars, mallets, plucked basses."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.composer.filters import apply_filter, band_pass
from generator.composer.sound.modes import RATE_HZ, Modes, ring
from generator.composer.sound.sound_cache import SOUNDS, Sound

LENGTHS_S = (
    0.25,
    0.5,
    1.0,
    1.5,
    2.0,
    3.0,
    4.0,
    6.0,
    8.0,
)  # rendered lengths in seconds; a note takes the next longer one
# From the softest strokes to the hardest: dullness, gain of overtones, knock, and length of the attack.
LAYER_DULLNESS = (2.5, 1.7, 0.9, 0.4)
LAYER_OVERTONES = (0.26, 0.48, 1.2, 2.9)
LAYER_KNOCKS = (0.4, 0.7, 1.1, 1.8)
LAYER_ATTACKS = (1.5, 1.2, 1.0, 0.7)
STROKE_CENTS, STROKE_DB = 5.0, 1.5  # by which strokes differ
MAX_PARTIAL_HZ = 15_000.0


@dataclass(frozen=True)
class Struck:
    """Modes of a body. T60 in seconds at middle C, halving every `octave_decay` octaves up."""

    partials: int = 12
    roll: float = 1.1  # amplitude falls as n^−roll …
    dull: float = 0.12  # … and as e^(−dull·n) at middle C; harder strokes are brighter
    t60: float = 4.0
    octave_decay: float = 1.6
    high_damp: float = 0.25  # how much faster higher partials decay
    inharmonic: float = 0.0003
    ratios: tuple[float, ...] = ()  # used instead of harmonics
    amps: tuple[float, ...] = ()
    pluck: float = 0.0  # 0..0.5: pluck position on the string; it cancels some partials
    after: float = 0.0  # share of each partial with triple the decay time: the second decay of a piano
    body: float = 2.0  # dB of body resonances at fixed frequencies
    beat: float = 0.35  # detuning in Hz between doubled strings
    width: float = 0.3  # stereo spread of doubled strings and partials
    noise: float = 0.03  # hammer or finger noise
    noise_hz: tuple[float, float] = (150, 2500)
    attack: float = 0.002
    tremolo: float = 0.0
    release: float = 0.12
    program: int = 0
    gain: float = 1.0


def struck_note(name: str, voice: Struck, pitch: float, seconds: float, layer: int, turn: int) -> Sound:
    """Return the sound of a note held for `seconds`, before its release: (2, frames), shared and read-only."""
    length = next((bucket for bucket in LENGTHS_S if bucket >= seconds + voice.release), LENGTHS_S[-1])
    key = (name, pitch, length, layer, turn)
    return SOUNDS.get(key, lambda: _strike(name, voice, pitch, length, layer, turn))


def _strike(name: str, voice: Struck, pitch: float, seconds: float, layer: int, turn: int) -> Sound:
    f0 = 440.0 * 2 ** ((pitch - 69) / 12)
    rng = np.random.default_rng([round(pitch * 8), layer, turn, *name.encode()])
    ratios, amps = _partials(voice, pitch, layer)
    hz = ratios * f0 * 2 ** ((turn - 0.5 + rng.uniform(-0.1, 0.1)) * STROKE_CENTS / 1200)
    audible = (hz < MAX_PARTIAL_HZ) & (amps > 0.0015)
    hz, amps = hz[audible], amps[audible] * 10 ** (rng.uniform(-STROKE_DB, STROKE_DB, int(audible.sum())) / 20)
    amps *= _body(voice, hz)
    number = np.arange(len(ratios))[audible]
    decay_s = voice.t60 * 2 ** (-(pitch - 60) / 12 / voice.octave_decay)
    t60 = np.asarray(decay_s / (1 + voice.high_damp * number), np.float64)
    sound = ring(_strings(voice, hz, amps, t60, rng), seconds, stereo=voice.width > 0 or voice.tremolo > 0)
    return _finish(sound, voice, layer, rng)


def _partials(voice: Struck, pitch: float, layer: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if voice.ratios:
        amps = np.array(voice.amps)
        amps[1:] *= LAYER_OVERTONES[layer]
        return np.array(voice.ratios, float), amps
    n = np.arange(1, voice.partials + 1, dtype=float)
    # The softness of a hammer or finger is constant in Hz rather than in partials: low notes carry more partials.
    dull = voice.dull * LAYER_DULLNESS[layer] * 2 ** ((pitch - 60) / 24)
    amps = n**-voice.roll * np.exp(-dull * (n - 1))
    if voice.pluck:
        amps *= np.abs(np.sin(np.pi * n * voice.pluck)) + 0.04
    stiffness = voice.inharmonic * 2 ** (max(-24.0, pitch - 60) / 14)
    return n * np.sqrt(1 + stiffness * n * n), amps


def _body(voice: Struck, hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the fixed resonances of the body, the same for every note, as slow ripples over log frequency."""
    octave = np.log2(np.maximum(hz, 20.0))
    ripple = np.sin(octave * 9.1 + 1.0) + 0.6 * np.sin(octave * 17.3) + 0.4 * np.sin(octave * 31.0 + 2.0)
    return np.asarray(10 ** (voice.body * ripple / 40), dtype=np.float64)


def _strings(
    voice: Struck,
    hz: NDArray[np.float64],
    amps: NDArray[np.float64],
    t60: NDArray[np.float64],
    rng: np.random.Generator,
) -> Modes:
    """Double every partial: two strings detuned by `beat`, panned left and right, the second with a longer decay."""
    count = len(hz)
    lean = voice.width * rng.uniform(-0.5, 0.5, count)
    phase = rng.random(count)
    pairs = [(hz - voice.beat / 2, t60, amps * (1 - voice.after), lean + voice.width * 0.4)]
    if voice.beat or voice.after:
        second = amps * (voice.after if voice.after else 0.6)
        pairs.append((hz + voice.beat / 2, t60 * (3 if voice.after else 1), second, lean - voice.width * 0.4))
    return Modes(
        np.concatenate([pair[0] for pair in pairs]),
        np.concatenate([pair[1] for pair in pairs]),
        np.concatenate([phase + 0.09 * number for number in range(len(pairs))]),
        np.concatenate([pair[2] * (1 + pair[3]) for pair in pairs]),
        np.concatenate([pair[2] * (1 - pair[3]) for pair in pairs]),
    )


def _finish(sound: Sound, voice: Struck, layer: int, rng: np.random.Generator) -> Sound:
    attack = max(16, int(voice.attack * LAYER_ATTACKS[layer] * RATE_HZ))
    sound[:, :attack] *= np.linspace(0, 1, attack, dtype=np.float32) ** 2
    head = sound[:, : RATE_HZ // 4]
    peak, power = float(np.abs(head).max()), float(np.sqrt(np.mean(head**2)))
    sound *= np.float32(0.5 * voice.gain / max(0.5 * peak + 1.6 * power, 1e-6))
    if voice.tremolo:
        t = np.arange(sound.shape[1], dtype=np.float32) / RATE_HZ
        wobble = np.float32(voice.tremolo / 2) * np.sin(t * np.float32(2 * np.pi * 4.6))
        sound[0] *= 1 - wobble
        sound[1] *= 1 + wobble
    if voice.noise:
        _knock(sound, voice, layer, rng)
    return sound


def _knock(sound: Sound, voice: Struck, layer: int, rng: np.random.Generator) -> None:
    count = min(int(0.08 * RATE_HZ), sound.shape[1])
    low, high = voice.noise_hz
    sides = rng.standard_normal((len(sound), count), dtype=np.float32)
    band = band_pass(low, high * (0.5 + 0.5 * LAYER_KNOCKS[layer]))
    knock = apply_filter(sides + sides[::-1] * np.float32(0.5), band)
    knock *= np.exp(np.arange(count, dtype=np.float32) / np.float32(-0.009 * RATE_HZ))
    knock *= np.float32(voice.noise * LAYER_KNOCKS[layer] / max(1e-9, float(np.abs(knock).max())))
    sound[:, :count] += knock
