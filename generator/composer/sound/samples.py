"""Sampled instruments, the fourth engine: a compact pack of recorded notes, pitch-shifted and looped to any length.

The pack (pack/, built by sample_pack_builder.py from FluidR3 GM, license beside it) stores samples as 8-bit
differences: a block has a first value and a step size, and each frame is a number of steps from the one before. The
resulting noise lies 50 to 70 dB below the tone and follows its level. zones.py reads it. A note is
pitch-shifted by truncating or extending its spectrum, which is exact, then looped.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import SOUNDS, Sound, ramp
from generator.composer.sound.zones import Zone, decode_zone, zones_of

BLEND_S = 0.12  # crossfade of loops cut by sample_pack_builder.py
SEAM_S = 0.003  # crossfade of the SoundFont's own loops
MIN_LOOP_S = 0.25  # shorter loops are repeated before the pitch shift, so that rounding does not detune them
EDGE_FRAMES = 600  # frames of continuation after the end, so that spectral edge effects are inaudible
SOFT_BRIGHTNESS = 0.5  # factor on `bright` in the softest layer when `soft` is unset
LAYER_SHELVES_DB = (-8.0, -5.0, -0.5, 7.0)  # of what is above SHELF_RATIO times the fundamental, from soft to hard
LAYER_SOFTNESS = (1.0, 0.7, 0.2, 0.0)  # share of the way, in octaves, from `bright` to `soft`
LAYER_ATTACKS = (1.3, 1.15, 1.0, 0.7)
SHELF_RATIO = 2.5
ENSEMBLE_STEP_FRAMES = 290  # 6.6 ms
MAX_BRIGHT_HZ = 16_000.0  # from here on `bright` is no low-pass
VARIANTS = 2  # round-robin versions of a recording: otherwise tuned, and with other phases and levels of its partials
VARIANT_CENTS, VARIANT_DB, VARIANT_TURNS, VARIANT_BANDS = 5.0, 1.2, 0.2, 19
SWELL_S, ENVELOPE_S = 1.75, 4.0  # swell, and also decay and the start of the tremolo, are over after this time
AIR_BY_LAYER = (0.3, 0.5, 1.0, 2.2)  # factors on `air`
_ONSET_NOISE = (3 * np.exp(np.arange(6000) / -1500)).astype(np.float32)  # extra noise level at the onset of a note
SEAM_FRAMES = 128  # crossfade between two passes of a loop at the rate of the mixer
_SEAM_RISE = np.linspace(0, 1, SEAM_FRAMES, dtype=np.float32)
ALIGN_FRAMES = 900  # reach of the search for a loop begin in phase with the loop end: a period of the lowest notes
_EDGE_FALL = np.minimum(1, np.linspace(2, 0, EDGE_FRAMES, dtype=np.float32)) ** 2
CUT_FRAMES = 2048  # of the frames of zones for short notes: fewer different cuts
SHORT_ZONES_S = (0.3, 0.7)  # lengths to which a zone is cut for short notes


def _fft_sizes(max_size: int) -> NDArray[np.int64]:
    """Return numbers whose prime factors are 2, 3, 5, 7 and 11, which are fast FFT sizes."""
    sizes = [1]
    for prime in (2, 3, 5, 7, 11):
        powers = [prime**power for power in range(max_size.bit_length()) if prime**power <= max_size]
        sizes = [size * power for power in powers for size in sizes if size * power <= max_size]
    return np.array(sorted(size for size in sizes if size >= 256))


FFT_SIZES = _fft_sizes(400_000)


@dataclass(frozen=True)
class Sampled:
    """Playback of a set of zones. Times in seconds; `bright` is a low-pass in Hz at middle C, for hard notes."""

    zones: str
    bright: float = 20_000.0
    soft: float = 0.0  # the same for soft notes, if they need more than a darker tone
    begin: float = 0.0  # skipped at the start of each note
    attack: float = 0.002
    decay: float = 0.0  # seconds to fall to `sustain`; 0: none
    sustain: float = 1.0
    swell: float = 0.0  # 0..1: how much softer a held note starts than it is after half a second
    tremolo: float = 0.0  # 0..1: depth of the auto-pan
    release: float = 0.15
    air: float = 0.0  # bow or breath noise above 4 kHz, strongest at the onset
    ensemble: bool = False  # left and right channels use two different recordings
    width: float = 0.0  # 0..1: stereo spread by frequency of a single recording
    program: int = 0
    gain: float = 1.0
    strengths: tuple[tuple[str, int], ...] = ()  # from soft to hard: other zones, and the layer that shapes their tone


@dataclass(frozen=True)
class _Tone:
    """How the spectrum of a recording is shaped: by strength, and by the round-robin variant."""

    voice: Sampled
    pitch: float
    layer: int
    variant: int

    @property
    def tuned_pitch(self) -> float:
        """Return the pitch at which it is played: variants are a little too low and too high."""
        in_tune = 0.0 if self.voice.ensemble else (VARIANTS - 1) / 2
        return self.pitch + (self.variant - in_tune) * VARIANT_CENTS / 100

    def shape(self, spectrum: NDArray[np.complex64], hz: Sound) -> None:
        """Filter a spectrum in place."""
        softness = LAYER_SOFTNESS[self.layer]
        bright = min(self.voice.bright, MAX_BRIGHT_HZ)
        soft = self.voice.soft or bright * SOFT_BRIGHTNESS
        cutoff = bright * (soft / bright) ** softness * 2 ** ((self.pitch - 60) / 24)
        squared = hz * hz
        if cutoff < 15_000:
            gain = squared * np.float32(cutoff**-2)
            gain *= gain
            gain += 1
            scale(spectrum, np.float32(1) / np.sqrt(gain, out=gain))
        if shelf_db := LAYER_SHELVES_DB[self.layer]:
            corner = SHELF_RATIO * 440 * 2 ** ((self.pitch - 69) / 12)
            squared *= np.float32(corner**-2)
            before = float(np.linalg.norm(spectrum))
            gain = squared * np.float32(10 ** (shelf_db / 20))
            gain += 1
            squared += 1
            gain /= squared
            scale(spectrum, gain)
            scale(spectrum, np.float32(before / max(1e-9, float(np.linalg.norm(spectrum)))))  # the level is the mixer's
        vary_partials(spectrum, hz, self.variant)


def scale(spectrum: NDArray[np.complex64], gain: Sound | np.float32) -> None:
    """Multiply a spectrum by a real gain in place, with half the work of a complex product."""
    parts = spectrum.view(np.float32)
    if isinstance(gain, np.ndarray):
        parts[0::2] *= gain
        parts[1::2] *= gain
    else:
        parts *= gain


def vary_partials(spectrum: NDArray[np.complex64], hz: Sound, variant: int, top: int = 12) -> None:
    """Give the partials of a sound other levels and phases in place, as another stroke would.

    `variant` 0 leaves it as it is; `top` is the highest changed frequency as a power of two: 12 is 4 kHz.
    """
    if variant:
        bands, gains = _variant(variant, top)
        changed = int(np.searchsorted(hz, 2.0 ** bands[-1]))
        octaves = np.log2(np.maximum(hz[:changed], 16))
        spectrum[:changed] *= np.interp(octaves, bands, gains).astype(np.complex64)


@lru_cache(maxsize=8)
def _variant(number: int, top: int) -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """Return bands from 16 Hz up, in octaves, and the complex gain that a variant gives each."""
    gains, turns = np.random.default_rng(number).uniform(-1, 1, (2, VARIANT_BANDS))
    values = 10 ** (VARIANT_DB * gains / 20) * np.exp(2j * np.pi * VARIANT_TURNS * turns)
    values[-1] = 1
    return np.linspace(4, top, VARIANT_BANDS), values


def has_sound(name: str) -> bool:
    return bool(zones_of(name))


@lru_cache(maxsize=24)
def drum_stroke(name: str, take: int = 0) -> Sound:
    """Return one of the recorded takes of a drum stroke at the mixer's rate: shared and read-only, (frames,)."""
    takes = zones_of(name)
    zone = takes[take % len(takes)]
    sound = decode_zone(zone)
    size, new_size = _sizes(len(sound), RATE_HZ / zone.rate)
    spectrum = _resized(np.asarray(np.fft.rfft(sound, size), np.complex64), new_size)
    resampled = np.asarray(np.fft.irfft(spectrum, new_size) * (new_size / size), np.float32)
    resampled = resampled[: int(len(sound) * RATE_HZ / zone.rate)]
    resampled.flags.writeable = False
    return resampled


def sampled_note(voice: Sampled, pitch: float, seconds: float, layer: int, turn: int) -> Sound:
    """Render a note held for `seconds`, before its release: new array, (1 or 2, frames)."""
    count = int((seconds + voice.release) * RATE_HZ)
    source, layer = voice.strengths[layer] if voice.strengths else (voice.zones, layer)
    zones = sorted(zones_of(source), key=lambda zone: abs(zone.root - pitch))[: 1 + voice.ensemble]
    sound = np.empty((2 if voice.ensemble or voice.width or voice.tremolo else 1, count), np.float32)
    rows = len(sound) // len(zones)
    for number, zone in enumerate(zones):
        # Two players who begin at other places of their recordings are a new ensemble.
        skipped = (turn * (5, 3)[number] % 8) * ENSEMBLE_STEP_FRAMES if voice.ensemble else 0
        variant = 0 if voice.ensemble else turn % VARIANTS
        _hold(sound[number * rows : (number + 1) * rows], zone, _Tone(voice, pitch, layer, variant), skipped)
    if voice.air:
        _add_breath(sound, voice.air * AIR_BY_LAYER[layer], turn)
    attack = min(count, max(16, int(voice.attack * LAYER_ATTACKS[layer] * RATE_HZ)))
    sound[:, :attack] *= ramp(attack)
    if voice.tremolo or voice.swell or voice.decay:
        envelope = _envelope(voice.tremolo, voice.swell, voice.decay, voice.sustain)
        size = min(count, envelope.shape[1])
        sound[:, :size] *= envelope[: len(sound), :size]
        if voice.tremolo or voice.decay:
            sound[:, size:] *= envelope[: len(sound), -1:]
    return sound


def _add_breath(sound: Sound, level: float, turn: int) -> None:
    """Add noise to rows in place, a different stretch per turn and channel; it repeats in the longest notes."""
    hiss = _hiss()
    for side, row in enumerate(sound):
        start = (turn * 31_337 + side * 17_011) % (len(hiss) // 2)
        for begin in range(0, len(row), len(hiss) // 2):
            part = row[begin : begin + len(hiss) // 2]
            part += hiss[start : start + len(part)] * np.float32(level)
        onset = min(len(row), len(_ONSET_NOISE))
        row[:onset] += hiss[start + onset : start + 2 * onset] * _ONSET_NOISE[:onset] * np.float32(level)


@lru_cache(maxsize=1)
def _hiss() -> Sound:
    """Return six seconds of noise as loud as a held tone, from 4 kHz up, with a gentle downward slope."""
    size = 1 << 18
    spectrum = np.fft.rfft(np.random.default_rng(11).standard_normal(size, dtype=np.float32))
    hz = np.arange(size // 2 + 1, dtype=np.float32) * np.float32(RATE_HZ / size)
    spectrum *= (hz / 5000) ** 2 / (1 + (hz / 5000) ** 3.2) * (hz < 15_500)
    shaped = np.asarray(np.fft.irfft(spectrum, size), np.float32)
    return np.asarray(shaped * np.float32(0.2 / np.sqrt(np.mean(shaped**2))))


@lru_cache(maxsize=40)
def _envelope(tremolo: float, swell: float, decay: float, sustain: float) -> Sound:
    """Return the amplitude envelope of both channels: (2, frames)."""
    seconds = ENVELOPE_S if tremolo or decay else SWELL_S
    t = np.arange(int(seconds * RATE_HZ), dtype=np.float32) / np.float32(RATE_HZ)
    level = 1 - np.float32(swell) * np.exp(t / np.float32(-0.25))
    if decay:
        level *= np.float32(sustain) + np.float32(1 - sustain) * np.exp(-t / np.float32(decay))
    wobble = np.float32(tremolo) * np.sin(t * np.float32(2 * np.pi * 4.6))
    return np.stack([level * (1 - wobble), level * (1 + wobble)])


def _hold(out: Sound, zone: Zone, tone: _Tone, skipped: int) -> None:
    """Fill rows with a zone at a pitch, from the frame `skipped` on, looped to their length."""
    ratio = RATE_HZ / zone.rate * 2 ** ((zone.root - tone.tuned_pitch) / 12)
    count = out.shape[1]
    needed_s = next((length for length in SHORT_ZONES_S if count + skipped < length * RATE_HZ), 0.0)
    key = (zone.block, tone, needed_s)
    sound = SOUNDS.get(key, lambda: _pitch_shift(zone, tone, ratio, needed_s))
    size = sound.shape[1] - SEAM_FRAMES
    position = size - skipped
    out[:, : position + SEAM_FRAMES] = sound[:, skipped : skipped + count]
    if count <= position:
        return
    zone_samples, begin, loop_gain = _loop(zone)
    before, after = _sizes(len(zone_samples) + EDGE_FRAMES, ratio)
    loop = min(size - 1, max(1, round((len(zone_samples) - begin) * after / before)))
    gain = loop_gain
    while position < count:
        # The pass overlaps the last one by SEAM_FRAMES, since a loop seldom lasts a whole number of frames.
        part = sound[:, size - loop :][:, : count - position]
        end, seam = position + part.shape[1], min(SEAM_FRAMES, part.shape[1])
        out[:, position : position + seam] *= _SEAM_RISE[::-1][:seam]
        out[:, position : position + seam] += part[:, :seam] * (_SEAM_RISE[:seam] * gain)
        np.multiply(part[:, seam:], gain, out=out[:, position + seam : end])
        position, gain = position + loop, gain * loop_gain


@lru_cache(maxsize=400)
def _loop(zone: Zone) -> tuple[Sound, int, np.float32]:
    """Return a zone's samples up to the loop end, crossfaded into the loop begin; that begin; the gain of each pass.

    The gain of a pass is what the recording itself loses between the two ends of the loop, so that a decaying note is
    as loud on both sides of the seam whatever its pitch.
    """
    sound, end = decode_zone(zone)[: zone.loop_to], zone.loop_to
    fade = min(zone.loop_from, (end - zone.loop_from) // 2, int((BLEND_S if zone.blended else SEAM_S) * zone.rate))
    begin = _aligned_begin(sound, zone.loop_from, fade) if zone.blended else zone.loop_from
    gain = 1.0
    if fade > 1:
        before, after = sound[begin - fade : begin], sound[end - fade :]
        if zone.decay:
            gain = min(1.0, float(np.linalg.norm(after)) / max(1e-9, float(np.linalg.norm(before))))
        sound = np.concatenate([sound[: end - fade], _crossfade(after, before * np.float32(gain))])
    repeats = max(1, -(-int(MIN_LOOP_S * zone.rate) // max(1, end - begin)))
    passes = (sound[begin:] * np.float32(gain**number) for number in range(1, repeats))
    return np.concatenate([sound, *passes]), begin, np.float32(gain**repeats)


def _crossfade(out: Sound, into: Sound) -> Sound:
    """Fade one stretch into another: with equal gains if they are alike, with equal powers if they are not."""
    share = np.linspace(0, 1, len(out), dtype=np.float32)
    norms = float(np.linalg.norm(out) * np.linalg.norm(into))
    alike = min(1.0, max(0.0, float(np.dot(out, into)) / max(1e-9, norms)))
    power = np.sqrt(1 - 2 * share * (1 - share) * np.float32(1 - alike))  # of the sum of two stretches so alike
    return np.asarray((out * (1 - share) + into * share) / power, np.float32)


def _aligned_begin(sound: Sound, begin: int, fade: int) -> int:
    """Return the loop begin nearby whose approach is most like the end of the loop, so that phases meet."""
    reach = min(begin - fade, ALIGN_FRAMES)
    if fade < 2 or reach < 1:
        return begin
    end = sound[-fade:]
    window = sound[begin - fade - reach : begin]
    products = np.correlate(window, end, "valid")
    energy = np.convolve(window**2, np.ones(fade, np.float32), "valid")
    return begin - reach + int(np.argmax(products / np.sqrt(np.maximum(energy, 1e-12))))


def _pitch_shift(zone: Zone, tone: _Tone, ratio: float, needed_s: float) -> Sound:
    """Return a zone at its pitch and level, up to the loop end or for `needed_s` seconds: (1 or 2, frames)."""
    voice, frames = tone.voice, len(_loop(zone)[0])
    if needed_s:
        needed = int((needed_s + voice.begin) * RATE_HZ / ratio) + EDGE_FRAMES
        frames = min(frames, -(-needed // CUT_FRAMES) * CUT_FRAMES)
    before, after = _sizes(frames + EDGE_FRAMES, ratio)  # a loop must meet its start, so this is the ratio from here on
    spectrum = _spectrum(zone, frames, before)[: after // 2 + 1].copy()  # above it there is nothing
    hz = np.arange(len(spectrum), dtype=np.float32) * np.float32(RATE_HZ / after)
    tone.shape(spectrum, hz)
    scale(spectrum, np.float32(voice.gain * _level(zone) * after / before))
    sides = [spectrum]
    if voice.width:
        difference = spectrum.copy()
        scale(difference, np.float32(voice.width) * _lean(hz))
        sides = [spectrum + difference, spectrum - difference]
    begin, end = int(voice.begin * RATE_HZ), round(frames * after / before) + SEAM_FRAMES
    out = np.empty((len(sides), end - begin), np.float32)
    for side, row in zip(sides, out, strict=True):
        row[:] = np.fft.irfft(side, after)[begin:end]
    return out


@lru_cache(maxsize=24)
def _spectrum(zone: Zone, frames: int, size: int) -> NDArray[np.complex64]:
    """Return the transform of the first frames of a zone and a short continuation: shared by strengths and variants."""
    sound, begin, loop_gain = _loop(zone)
    continuation = sound[frames : frames + EDGE_FRAMES]
    if frames == len(sound):
        continuation = np.resize(sound[begin:] * loop_gain, EDGE_FRAMES)
    padded = np.concatenate([sound[:frames], continuation * _EDGE_FALL[-len(continuation) :]])
    return np.asarray(np.fft.rfft(padded, size))


def _resized(spectrum: NDArray[np.complex64], size: int) -> NDArray[np.complex64]:
    """Return a copy of a spectrum, cut or extended to a transform of another size."""
    resized = np.zeros(size // 2 + 1, np.complex64)
    kept = min(len(resized), len(spectrum))
    resized[:kept] = spectrum[:kept]
    return resized


def _lean(hz: Sound) -> Sound:
    """Return which side each frequency leans to, −1 to 1: a wave over the octaves, computed for every fourth bin."""
    coarse = np.sin(np.log2(np.maximum(np.append(hz[::4], hz[-1]), 60) / 60) * np.float32(5.3))
    coarse[np.append(hz[::4], hz[-1]) < 150] = 0
    share = np.arange(4, dtype=np.float32) / 4
    fine = coarse[:-1, None] + np.diff(coarse)[:, None] * share
    return np.asarray(fine.reshape(-1)[: len(hz)], np.float32)


@lru_cache(maxsize=400)
def _level(zone: Zone) -> float:
    """Return the gain that normalizes a struck note by its onset, a held note by its later part."""
    sound = _loop(zone)[0]
    if zone.decay == 0:
        return 0.2 / max(1e-6, float(np.sqrt(np.mean(sound[len(sound) // 3 :] ** 2))))
    head = sound[: zone.rate // 4]
    return 0.5 / max(1e-6, 0.5 * float(np.abs(head).max()) + 1.6 * float(np.sqrt(np.mean(head**2))))


@lru_cache(maxsize=4000)
def _sizes(frames: int, ratio: float) -> tuple[int, int]:
    """Return fast FFT sizes before and after, within two cents of the ratio; exact sizes if there are none."""
    first = int(np.searchsorted(FFT_SIZES, frames))
    for size in FFT_SIZES[first : first + 24]:
        target = size * ratio
        index = int(np.searchsorted(FFT_SIZES, target))
        for new_size in FFT_SIZES[max(0, index - 1) : index + 1]:
            if abs(new_size / target - 1) < 0.0012:
                return int(size), int(new_size)
    size = int(FFT_SIZES[min(first, len(FFT_SIZES) - 1)])
    return max(size, frames), round(max(size, frames) * ratio)
