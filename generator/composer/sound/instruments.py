"""All pitched instruments, as data for four engines, and their common entry point `play`.

Struck   decaying modes: pianos, guitars, mallets, plucked basses (modal_synth.py)
Loop     sustained spectra: strings, choirs, pads, brass, synthesizers (sustain.py)
Solo     monophonic synth leads (lead_synth.py)
Sampled  recorded notes from the pack: pianos, guitars, basses, strings, winds, choir (samples.py)
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.composer.performing.gestures import PLAIN, Gesture
from generator.composer.sound.layers.playing import REPLACED
from generator.composer.sound.lead_synth import Solo, solo_note
from generator.composer.sound.modal_synth import Struck, struck_note
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.samples import Sampled, sampled_note
from generator.composer.sound.sound_cache import Sound, ramp
from generator.composer.sound.sustain import Loop, loop_note

Voice = Struck | Loop | Solo | Sampled
LAYER_VELOCITIES = (0.4, 0.58, 0.78)  # thresholds of the layers above the softest
SLUR_S = 0.05  # crossfade of two slurred notes
MIN_SKIPPED_S = 0.12  # of a slurred note: its attack
BEND_FRAMES = 48  # frames of one pitch while it moves
ROUND_ROBIN_TURNS = 2  # round-robin versions of each struck note

_SAW = tuple(1 / n for n in range(1, 25))


def _layered(voice: Voice, fields: Mapping[str, Any]) -> Voice:
    return replace(voice, **fields)


VOICES: dict[str, Voice] = {
    # keys
    "piano": Sampled("piano", soft=2600, width=0.25, release=0.22, program=0, gain=1.12),
    "felt": Sampled("piano", bright=2900, attack=0.008, width=0.2, release=0.35, program=0, gain=1.09),
    "epiano": Sampled("epiano", soft=800, bright=9000, tremolo=0.16, release=0.12, program=4, gain=0.66),
    "organ": Loop("triangle", 1500, voices=2, detune=0.4, attack=0.01, release=0.06, program=16),
    "clav": Struck(24, 0.45, 0.1, 0.7, 2.5, 0.12, 0.0, pluck=0.1, noise=0.05, beat=0.0, release=0.03, program=7, gain=0.75),
    "stab": Struck(20, 0.7, 0.09, 1.0, 2.5, 0.2, 0.0002, noise=0.03, beat=0.5, width=0.6, release=0.06, program=2, gain=0.9),
    "hammond": Sampled("hammond", bright=9000, attack=0.004, width=0.25, tremolo=0.08, release=0.07, program=18, gain=0.9),
    "accordion": Sampled("accordion", soft=1500, bright=2600, swell=0.2, attack=0.03, width=0.2, release=0.09, program=21, gain=0.95),
    "harpsichord": Sampled("harpsichord", soft=2600, bright=4200, attack=0.001, width=0.25, release=0.12, program=6, gain=0.9),
    # guitars and plucked strings
    "nylon": Sampled("nylon", soft=2210, width=0.15, release=0.1, program=24, gain=1.01),
    "steel": Sampled("steel", soft=2600, width=0.2, release=0.1, program=25, gain=0.84),
    "muted": Sampled("muted", soft=1690, width=0.1, release=0.05, program=28, gain=0.94),
    "crunch": Sampled("clean", soft=1000, release=0.08, program=29, gain=0.81),
    "uke": Sampled("nylon", soft=2210, begin=0.004, decay=0.5, sustain=0.1, width=0.15, release=0.08, program=24, gain=1.00),
    "jazzguitar": Sampled("jazzguitar", soft=1700, bright=6000, width=0.15, release=0.1, program=26, gain=0.95),
    "chug": Sampled("clean", soft=950, bright=1300, decay=0.11, sustain=0.12, release=0.04, program=30, gain=1.0),
    "distorted": Sampled("clean", soft=950, bright=1300, release=0.08, program=30, gain=0.9),
    "twang": Sampled("clean", soft=3000, tremolo=0.3, width=0.15, release=0.3, program=27, gain=0.85),
    "banjo": Sampled("banjo", soft=1900, bright=3200, width=0.15, release=0.08, program=105, gain=0.9),
    "sitar": Sampled("sitar", soft=3000, width=0.2, release=0.3, program=104, gain=0.9),
    "oud": Sampled("nylon", soft=1700, bright=4200, begin=0.002, decay=0.3, sustain=0.1, width=0.1, release=0.07, program=106, gain=1.05),
    "dulcimer": Sampled("dulcimer", soft=3000, width=0.35, release=0.5, program=15, gain=0.9),
    "pizz": Sampled("pizz", soft=910, width=0.2, release=0.12, program=45, gain=0.77),
    "harp": Sampled("harp", soft=1300, width=0.3, release=0.6, program=46, gain=1.15),
    # mallets, bells
    "vibes": Struck(ratios=(1, 3.98, 9.9), amps=(1, 0.18, 0.04), t60=3.4, high_damp=1.2, dull=0.0, tremolo=0.35, beat=0.0, noise=0.015, release=0.4, program=11),
    "marimba": Sampled("marimba", soft=1300, width=0.15, release=0.25, program=12, gain=0.77),
    "kalimba": Struck(ratios=(1, 2.02, 5.8, 10.1), amps=(1, 0.12, 0.22, 0.06), t60=1.2, high_damp=1.5, dull=0.0, beat=0.2, noise=0.05, release=0.2, program=108),
    "bell": Struck(ratios=(1, 2.76, 5.4, 8.9), amps=(1, 0.35, 0.16, 0.04), t60=2.6, high_damp=0.8, dull=0.0, beat=0.6, width=0.6, noise=0.01, release=0.6, program=9, gain=0.85),
    "celesta": Sampled("celesta", soft=2600, width=0.25, release=0.5, program=8, gain=0.95),
    "chime": Struck(ratios=(1, 2.76, 5.40, 8.93), amps=(1, 0.5, 0.3, 0.2), t60=3.5, high_damp=0.5, dull=0.0, beat=1.3, width=0.7, noise=0.02, noise_hz=(3000, 9000), release=1.2, program=14),
    "steeldrum": Sampled("steeldrum", soft=1000, width=0.25, release=0.3, program=114, gain=0.9),
    "cowbell": Struck(ratios=(1, 1.0, 1.481, 2.0, 2.962, 4.1), amps=(1, 0.3, 0.75, 0.25, 0.3, 0.12), t60=0.55, octave_decay=3, high_damp=0.25, dull=0.0, beat=0.0, width=0.2, noise=0.05, noise_hz=(1500, 7000), release=0.08, program=113, gain=0.8),
    "timpani": Sampled("timpani", soft=338, width=0.1, release=0.5, program=47, gain=1.1),
    "musicbox": Struck(ratios=(1, 2.0, 3.01, 6.2), amps=(1, 0.1, 0.2, 0.12), t60=1.8, high_damp=0.9, dull=0.0, beat=0.3, noise=0.02, noise_hz=(1500, 6000), release=0.5, program=10, gain=0.9),
    "bowl": Struck(ratios=(1, 2.71, 5.1, 8.2), amps=(1, 0.42, 0.14, 0.04), t60=9.0, octave_decay=4, high_damp=0.7, dull=0.0, beat=0.9, width=0.7, noise=0.0, attack=0.03, release=1.5, program=14),
    # basses
    "upright": Sampled("upright", soft=720, release=0.08, program=32, gain=1.15),
    "finger": Sampled("finger", soft=520, release=0.06, program=33, gain=0.99),
    "pick": Struck(24, 0.7, 0.16, 2.2, 3.0, 0.2, 0.0001, pluck=0.12, body=2, noise=0.03, beat=0.0, width=0.0, release=0.05, program=34, gain=1.0),
    "slap": Sampled("slap", soft=1950, release=0.04, program=36, gain=1.06),
    "analog": Loop("saw", 380, 2200, 0.10, attack=0.004, decay=0.25, sustain=0.6, release=0.05, sub=0.45, stereo=False, program=38),
    "rubber": Loop("square", 340, 1500, 0.09, attack=0.004, decay=0.3, sustain=0.6, release=0.06, sub=0.5, stereo=False, program=39),
    "reese": Loop("saw", 420, voices=3, detune=0.7, attack=0.02, release=0.12, sub=0.6, stereo=False, program=87),
    "pulse": Loop("saw", 300, 1100, 0.12, voices=2, detune=0.4, attack=0.004, decay=0.3, sustain=0.4, release=0.06, sub=0.4, stereo=False, program=38),
    "subpad": Loop("triangle", 300, voices=2, detune=0.3, attack=0.4, release=0.8, sub=0.3, stereo=False, program=89),
    "triangle": Loop("triangle", 5000, attack=0.002, release=0.02, stereo=False, program=80, gain=1.1),
    "sub808": Loop("triangle", 260, 1100, 0.03, attack=0.003, decay=0.9, sustain=0.08, release=0.09, stereo=False, program=38, gain=1.25),
    "wobble": Loop("saw", 240, 2600, 0.085, voices=2, detune=0.5, attack=0.028, release=0.05, sub=0.55, stereo=False, program=87),
    "growl": Loop("saw", 1500, 5200, 0.11, voices=3, detune=1.2, formants=((480, 160, 1.0), (1250, 260, 0.8), (2600, 500, 0.4)), attack=0.008, release=0.06, low_cut=140, stereo=False, program=87),
    "logdrum": Struck(ratios=(1, 2.0, 3.02, 4.15), amps=(1, 0.42, 0.14, 0.06), t60=0.75, octave_decay=3, high_damp=1.0, dull=0.0, beat=0.0, width=0.0, noise=0.06, noise_hz=(200, 1800), release=0.07, program=39, gain=1.05),
    # ensembles
    "strings": Sampled("strings", bright=9000, swell=0.25, attack=0.06, release=0.35, air=0.02, ensemble=True, program=48, gain=1.10),
    "violins": Sampled("strings", air=0.035, swell=0.2, attack=0.05, release=0.3, ensemble=True, program=48, gain=1.00),
    "spiccato": Sampled("strings", begin=0.12, attack=0.01, decay=0.13, sustain=0.1, release=0.14, air=0.035, ensemble=True, program=48, gain=2.07),
    "contrabass": Sampled("contrabass", soft=1950, air=0.008, swell=0.1, attack=0.03, release=0.2, program=43, gain=1.07),
    "celli": Sampled("cello", bright=6000, air=0.012, swell=0.2, attack=0.05, release=0.3, ensemble=True, program=42, gain=1.14),
    "choir": Sampled("choir", soft=2400, air=0.02, swell=0.3, attack=0.12, release=0.6, ensemble=True, program=52, gain=1.00),
    "horn": Sampled("horn", soft=1300, bright=9000, swell=0.15, attack=0.03, release=0.22, ensemble=True, program=60, gain=0.69),
    "brass": Sampled("brass", soft=3250, bright=11_000, attack=0.015, release=0.12, ensemble=True, program=61, gain=0.66),
    # pads and synthesizers
    "warmpad": Loop("saw", 680, blur=18, attack=0.4, release=0.9, low_cut=85, program=89),
    "glasspad": Loop("pulse", 1500, blur=14, air=0.02, attack=0.5, release=1.4, low_cut=110, program=88),
    "darkpad": Loop("saw", 420, blur=20, air=0.03, attack=0.9, release=1.2, program=97),
    "shimmer": Loop("saw", 10_000, blur=45, air=0.5, air_hz=(8500, 3500), attack=3.0, release=2.5, low_cut=3200, program=91),
    "airpad": Loop("triangle", 3500, blur=30, air=0.12, attack=0.8, release=1.4, low_cut=200, program=91),
    "polysynth": Loop("saw", 950, 2600, 0.35, voices=4, detune=0.9, attack=0.02, release=0.3, low_cut=120, program=90),
    "supersaw": Loop("saw", 2300, voices=7, detune=1.8, attack=0.05, release=0.35, low_cut=150, program=90),
    "pluck": Loop("saw", 700, 4200, 0.07, voices=2, detune=0.6, attack=0.002, decay=0.16, sustain=0.0, release=0.25, low_cut=150, program=84, gain=1.3),
    "arpsynth": Loop("square", 600, 3000, 0.08, voices=2, detune=0.4, attack=0.002, decay=0.2, sustain=0.05, release=0.2, low_cut=150, program=81, gain=1.2),
    "acid": Loop("saw", 330, 3400, 0.055, attack=0.002, decay=0.18, sustain=0.25, release=0.03, low_cut=70, stereo=False, program=81, gain=1.1),
    "trance": Loop("saw", 3600, voices=7, detune=2.4, attack=0.006, decay=0.7, sustain=0.55, release=0.3, low_cut=180, program=81),
    "vox": Loop("saw", 2600, voices=3, detune=0.9, formants=((700, 130, 1.0), (1180, 180, 0.7), (2500, 300, 0.35)), attack=0.012, decay=0.3, sustain=0.35, release=0.12, low_cut=180, program=54, gain=1.1),
    "square": Loop("square", 8000, attack=0.002, decay=0.3, sustain=0.6, release=0.02, stereo=False, program=80, gain=0.8),
    "square2": Loop("pulse", 8000, attack=0.002, decay=0.6, sustain=0.7, release=0.03, stereo=False, program=80, gain=0.8),
    # solo lines
    "whistle": Sampled("recorder", air=0.05, swell=0.12, attack=0.012, release=0.1, program=74, gain=1.1),
    "overdriven": Sampled("lead", soft=1100, bright=4000, swell=0.1, attack=0.004, release=0.12, program=30, gain=0.9),
    "solo": Sampled("lead", soft=700, bright=1000, swell=0.1, attack=0.004, release=0.12, program=30, gain=0.95),
    "flute": Sampled("flute", air=0.03, swell=0.25, attack=0.03, release=0.15, program=73, gain=1.05),
    "ocarina": Sampled("panflute", air=0.04, swell=0.15, attack=0.02, release=0.15, program=75, gain=1.10),
    "oboe": Sampled("oboe", soft=1500, air=0.012, swell=0.25, attack=0.03, release=0.15, program=68, gain=1.0),
    "clarinet": Sampled("clarinet", soft=1300, air=0.012, swell=0.25, attack=0.03, release=0.12, program=71, gain=1.01),
    "violin": Sampled("violin", air=0.03, swell=0.3, attack=0.04, release=0.2, program=40, gain=1.24),
    "fiddle": Sampled("violin", soft=1200, bright=1800, air=0.01, swell=0.2, attack=0.025, release=0.15, program=110, gain=1.2),
    "cello": Sampled("cello", air=0.02, swell=0.3, attack=0.04, release=0.25, program=42, gain=1.38),
    "sax": Sampled("sax", soft=2400, air=0.015, swell=0.2, attack=0.02, release=0.12, program=65, gain=1.0),
    "trumpet": Sampled("trumpet", soft=2600, swell=0.12, attack=0.012, release=0.1, program=56, gain=0.95),
    "harmonica": Sampled("harmonica", soft=1300, bright=2200, swell=0.25, attack=0.02, release=0.09, program=22, gain=0.95),
    "bagpipe": Sampled("bagpipe", soft=2200, bright=11_000, attack=0.02, release=0.06, program=109, gain=0.9),
    "muteharmon": Sampled("muteharmon", soft=3900, swell=0.1, attack=0.01, release=0.1, program=59, gain=0.86),
    "sawlead": Solo(tuple(a * 0.88**n for n, a in enumerate(_SAW)), attack=0.012, release=0.2, program=81, gain=0.8),
    "softlead": Solo((1.0, 0.4, 0.25, 0.12, 0.06, 0.03), attack=0.02, release=0.25, program=85, gain=0.95),
    "whistling": Solo((1.0, 0.07, 0.025), attack=0.035, release=0.16, program=78, gain=0.9),
}  # fmt: skip
LAYERED_VOICES = VOICES | {name: _layered(VOICES[name], fields) for name, fields in REPLACED.items()}


def play(
    name: str,
    pitch: int,
    seconds: float,
    *,
    velocity: float,
    turn: int = 0,
    gesture: Gesture = PLAIN,
    layered: bool = False,
) -> Sound:
    """Render a note held for `seconds` and then released; `layered`: with the optional pack, which has to be open.

    Returns:
        New float32 array of shape (1 or 2, frames), about ±0.5; longer than the note by its release. `velocity` changes
        only the timbre, not the level. `turn` counts the notes of this pitch, no two of which are alike.
    """
    voice = (LAYERED_VOICES if layered else VOICES)[name]
    layer = sum(velocity >= edge for edge in LAYER_VELOCITIES)
    release = SLUR_S if gesture.leads_on else voice.release
    count = int((seconds + release) * RATE_HZ)
    skipped = int(max(voice.attack, MIN_SKIPPED_S) * RATE_HZ) if gesture.slurred else 0
    positions = _positions(gesture, seconds, count) if gesture.bends else None
    needed = skipped + (count if positions is None else int(positions[-1]) + 2)
    sound = _sounded(name, voice, pitch, max(0.01, (needed + 1) / RATE_HZ - voice.release), layer, turn)[:, skipped:]
    sound = sound[:, :count] if positions is None else _bent(sound, positions)
    if gesture.slurred:
        rise = min(sound.shape[1], int(SLUR_S * RATE_HZ))
        sound[:, :rise] *= np.sqrt(ramp(rise))
    return _apply_release(sound, int(seconds * RATE_HZ), release, exponent=0.5 if gesture.leads_on else 2.0)


def _sounded(name: str, voice: Voice, pitch: int, seconds: float, layer: int, turn: int) -> Sound:
    """Return the sound of a note without its end: new array, longer than `seconds` by its release."""
    if isinstance(voice, Struck):
        sound = struck_note(name, voice, pitch, seconds, layer, turn % ROUND_ROBIN_TURNS)
        return sound[:, : int((seconds + voice.release) * RATE_HZ)].copy()
    if isinstance(voice, Loop):
        return loop_note(name, voice, pitch, seconds, layer, turn)
    if isinstance(voice, Sampled):
        return sampled_note(voice, pitch, seconds, layer, turn)
    return solo_note(voice, pitch, seconds, layer, turn)


def _positions(gesture: Gesture, seconds: float, count: int) -> NDArray[np.float64]:
    """Return where in a sound of constant pitch each frame of the bent one is, in frames."""
    steps = np.arange(-(-count // BEND_FRAMES), dtype=np.float32) * np.float32(BEND_FRAMES / RATE_HZ)
    ratio = np.exp2(gesture.cents(steps, seconds) / np.float32(1200))
    return np.cumsum(np.repeat(ratio, BEND_FRAMES)[:count], dtype=np.float64)


def _bent(sound: Sound, positions: NDArray[np.float64]) -> Sound:
    """Read a sound at fractional positions, with linear interpolation."""
    whole = positions.astype(np.intp)
    share = (positions - whole).astype(np.float32)
    bent = np.empty((len(sound), len(positions)), np.float32)
    for number, row in enumerate(sound):
        np.take(row, whole, mode="clip", out=bent[number])
        slope = np.take(np.diff(row), whole, mode="clip")
        slope *= share
        bent[number] += slope
    return bent


def _apply_release(sound: Sound, hold: int, release: float, exponent: float) -> Sound:
    """Apply the release fade in place from the end of the hold, reaching zero at the last frame."""
    remaining = sound.shape[1] - hold
    if remaining > 0:
        sound[:, hold:] *= ramp(max(remaining, int(release * RATE_HZ)))[::-1][:remaining] ** exponent
    last = min(200, sound.shape[1])
    sound[:, -last:] *= ramp(last)[::-1]
    return sound
