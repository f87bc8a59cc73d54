"""Struck and plucked bodies: pianos, guitars, mallets, plucked basses, as modes that ring and die."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer.cache import SOUNDS, Sound
from generator.composer.modal import RATE, Modes, ring

LENGTHS = (
    0.25,
    0.5,
    1.0,
    1.5,
    2.0,
    3.0,
    4.0,
    6.0,
    8.0,
)  # seconds sounds are made for; a note takes the next longer one
DULLER = (1.7, 1.0, 0.6)  # soft, medium and hard strokes
LOUDEST_HZ = 15_000.0


@dataclass(frozen=True)
class Struck:
    """Modes of a body. T60 in seconds at middle C, halving every `octave_decay` octaves up."""

    partials: int = 12
    roll: float = 1.1  # amplitude falls as n^−roll …
    dull: float = 0.12  # … and as e^(−dull·n) at middle C; harder strokes are brighter
    t60: float = 4.0
    octave_decay: float = 1.6
    high_damp: float = 0.25  # how much sooner higher partials die
    inharmonic: float = 0.0003
    ratios: tuple[float, ...] = ()  # instead of harmonics
    amps: tuple[float, ...] = ()
    pluck: float = 0.0  # 0..0.5: where a string is plucked, silencing some partials
    after: float = 0.0  # share of each partial that rings three times longer: the second decay of a piano
    body: float = 2.0  # dB of resonances that stay where they are whatever the note
    beat: float = 0.35  # Hz between doubled strings
    width: float = 0.3  # how far the doubled strings and partials spread
    noise: float = 0.03  # the hammer's or finger's knock
    noise_hz: tuple[float, float] = (150, 2500)
    attack: float = 0.002
    tremolo: float = 0.0
    release: float = 0.12
    program: int = 0
    gain: float = 1.0


def struck_note(name: str, voice: Struck, pitch: float, seconds: float, layer: int, turn: int) -> Sound:
    """The sound for a note held `seconds`, unreleased: (2, frames), shared and read-only."""
    length = next((bucket for bucket in LENGTHS if bucket >= seconds + voice.release), LENGTHS[-1])
    key = (name, pitch, length, layer, turn)
    return SOUNDS.get(key, lambda: _strike(name, voice, pitch, length, layer, turn))


def _strike(name: str, voice: Struck, pitch: float, seconds: float, layer: int, turn: int) -> Sound:
    f0 = 440.0 * 2 ** ((pitch - 69) / 12)
    random = np.random.default_rng([round(pitch * 8), layer, turn, *name.encode()])
    ratios, amps = _partials(voice, pitch, layer)
    hz = ratios * f0 * 2 ** (random.uniform(-0.8, 0.8) / 1200)
    audible = (hz < LOUDEST_HZ) & (amps > 0.0015)
    hz, amps = hz[audible], amps[audible] * 10 ** (random.uniform(-0.5, 0.5, int(audible.sum())) / 20)
    amps *= _body(voice, hz)
    number = np.arange(len(ratios))[audible]
    life = voice.t60 * 2 ** (-(pitch - 60) / 12 / voice.octave_decay)
    t60 = np.asarray(life / (1 + voice.high_damp * number), np.float64)
    sound = ring(_strings(voice, hz, amps, t60, random), seconds, stereo=voice.width > 0 or voice.tremolo > 0)
    return _finish(sound, voice, layer, random)


def _partials(voice: Struck, pitch: float, layer: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if voice.ratios:
        amps = np.array(voice.amps)
        amps[1:] *= (0.6, 1.0, 1.5)[layer]
        return np.array(voice.ratios, float), amps
    n = np.arange(1, voice.partials + 1, dtype=float)
    # A hammer or finger is soft in Hz rather than in partials: low notes carry more of them.
    dull = voice.dull * DULLER[layer] * 2 ** ((pitch - 60) / 24)
    amps = n**-voice.roll * np.exp(-dull * (n - 1))
    if voice.pluck:
        amps *= np.abs(np.sin(np.pi * n * voice.pluck)) + 0.04
    stiffness = voice.inharmonic * 2 ** (max(-24.0, pitch - 60) / 14)
    return n * np.sqrt(1 + stiffness * n * n), amps


def _body(voice: Struck, hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fixed resonances of the wood, the same for every note, as slow ripples over log frequency."""
    place = np.log2(np.maximum(hz, 20.0))
    ripple = np.sin(place * 9.1 + 1.0) + 0.6 * np.sin(place * 17.3) + 0.4 * np.sin(place * 31.0 + 2.0)
    return np.asarray(10 ** (voice.body * ripple / 40), dtype=np.float64)


def _strings(
    voice: Struck,
    hz: NDArray[np.float64],
    amps: NDArray[np.float64],
    t60: NDArray[np.float64],
    random: np.random.Generator,
) -> Modes:
    """Double every partial: two strings a beat apart, leaning left and right, the second one ringing on."""
    count = len(hz)
    lean = voice.width * random.uniform(-0.5, 0.5, count)
    phase = random.random(count)
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


def _finish(sound: Sound, voice: Struck, layer: int, random: np.random.Generator) -> Sound:
    attack = max(16, int(voice.attack * (1.5, 1.0, 0.7)[layer] * RATE))
    sound[:, :attack] *= np.linspace(0, 1, attack, dtype=np.float32) ** 2
    head = sound[:, : RATE // 4]
    peak, power = float(np.abs(head).max()), float(np.sqrt(np.mean(head**2)))
    sound *= np.float32(0.5 * voice.gain / max(0.5 * peak + 1.6 * power, 1e-6))
    if voice.tremolo:
        t = np.arange(sound.shape[1], dtype=np.float32) / RATE
        wobble = np.float32(voice.tremolo / 2) * np.sin(t * np.float32(2 * np.pi * 4.6))
        sound[0] *= 1 - wobble
        sound[1] *= 1 + wobble
    if voice.noise:
        _knock(sound, voice, layer, random)
    return sound


def _knock(sound: Sound, voice: Struck, layer: int, random: np.random.Generator) -> None:
    count = min(int(0.08 * RATE), sound.shape[1])
    low, high = voice.noise_hz
    sides = random.standard_normal((len(sound), count), dtype=np.float32)
    knock = scipy.signal.sosfilt(_band(low, high * (0.6, 1.0, 1.5)[layer]), sides + sides[::-1] * np.float32(0.5))
    knock *= np.exp(np.arange(count, dtype=np.float32) / np.float32(-0.009 * RATE))
    knock *= np.float32(voice.noise * (0.5, 1.0, 1.7)[layer] / max(1e-9, float(np.abs(knock).max())))
    sound[:, :count] += knock


@lru_cache(maxsize=60)
def _band(low: float, high: float) -> NDArray[np.float32]:
    return np.asarray(scipy.signal.butter(1, (low, high), "band", fs=RATE, output="sos"), np.float32)
