"""Every pitched instrument, as data over three engines, and the one door to them: `play`.

    Struck   modes that ring and die: pianos, guitars, mallets, plucked basses (struck.py)
    Loop     sustained spectra: strings, choirs, pads, brass, synthesisers (sustain.py)
    Solo     one breathing line: flutes, whistles, solo strings, synth leads (lead.py)

A pack of samples would be a fourth engine behind the same door.
"""

import numpy as np

from generator.composer.cache import Sound
from generator.composer.lead import Solo, solo_note
from generator.composer.modal import RATE
from generator.composer.struck import Struck, struck_note
from generator.composer.sustain import Loop, loop_note

Voice = Struck | Loop | Solo
LAYERS = (0.42, 0.70)  # velocities from which the medium and the hard layer play
TURNS = 2  # versions of each struck note, taken in turns

_SAW = tuple(1 / n for n in range(1, 25))
_BOWED = (1.0, 0.75, 0.5, 0.42, 0.3, 0.24, 0.2, 0.14, 0.1, 0.08, 0.05, 0.04)
_AAH = ((650, 180, 1.0), (1080, 220, 0.7), (2650, 450, 0.25))

VOICES: dict[str, Voice] = {
    # keys
    "piano": Struck(32, 0.75, 0.11, 3.4, 1.7, 0.16, 0.0004, after=0.22, body=3, beat=0.25, noise=0.025, release=0.22, program=0),
    "felt": Struck(18, 0.7, 0.34, 3.2, 1.7, 0.2, 0.0004, after=0.25, body=3, beat=0.3, noise=0.06, noise_hz=(90, 900), attack=0.006, release=0.35, program=0, gain=1.05),
    "epiano": Struck(ratios=(1, 2, 3, 4, 5, 7.1, 15.6), amps=(1, 0.45, 0.22, 0.15, 0.08, 0.08, 0.04), t60=3.2, high_damp=0.6, noise=0.015, body=1, tremolo=0.28, dull=0.0, release=0.12, beat=0.15, program=4, gain=0.95),
    "organ": Loop("triangle", 1500, voices=2, detune=0.4, attack=0.01, release=0.06, program=16),
    "clav": Struck(24, 0.45, 0.1, 0.7, 2.5, 0.12, 0.0, pluck=0.1, noise=0.05, beat=0.0, release=0.03, program=7, gain=0.75),
    "stab": Struck(20, 0.7, 0.09, 1.0, 2.5, 0.2, 0.0002, noise=0.03, beat=0.5, width=0.6, release=0.06, program=2, gain=0.9),
    # guitars and plucked strings
    "nylon": Struck(18, 0.75, 0.24, 1.9, 2.2, 0.3, 0.0001, pluck=0.22, body=5, noise=0.05, noise_hz=(120, 1500), beat=0.0, release=0.1, program=24, gain=1.05),
    "steel": Struck(26, 0.6, 0.13, 2.6, 2.2, 0.2, 0.00015, pluck=0.15, body=5, noise=0.04, noise_hz=(400, 4500), beat=0.12, release=0.1, program=25, gain=0.9),
    "muted": Struck(18, 0.6, 0.17, 0.45, 3.0, 0.2, 0.0001, pluck=0.12, body=3, noise=0.05, beat=0.0, width=0.1, release=0.05, program=28),
    "crunch": Struck(22, 0.2, 0.07, 3.5, 3.0, 0.06, 0.0001, pluck=0.13, body=4, noise=0.03, beat=0.4, width=0.5, release=0.08, program=29, gain=0.9),
    "uke": Struck(14, 0.8, 0.24, 0.9, 2.6, 0.25, 0.0001, pluck=0.3, body=5, noise=0.05, beat=0.0, release=0.08, program=24, gain=1.0),
    "pizz": Struck(10, 1.0, 0.3, 0.45, 2.4, 0.4, 0.0, pluck=0.25, body=4, noise=0.06, noise_hz=(150, 1400), beat=0.0, release=0.08, program=45, gain=1.05),
    "harp": Struck(12, 1.1, 0.2, 2.6, 2.0, 0.35, 0.0, pluck=0.3, noise=0.02, beat=0.0, width=0.5, release=0.5, program=46),
    # mallets, bells
    "vibes": Struck(ratios=(1, 3.98, 9.9), amps=(1, 0.18, 0.04), t60=3.4, high_damp=1.2, dull=0.0, tremolo=0.35, beat=0.0, noise=0.015, release=0.4, program=11),
    "marimba": Struck(ratios=(1, 3.93, 9.4), amps=(1, 0.3, 0.08), t60=0.9, high_damp=2.0, dull=0.0, beat=0.0, noise=0.04, noise_hz=(200, 1200), release=0.2, program=12),
    "kalimba": Struck(ratios=(1, 2.02, 5.8, 10.1), amps=(1, 0.12, 0.22, 0.06), t60=1.2, high_damp=1.5, dull=0.0, beat=0.2, noise=0.05, release=0.2, program=108),
    "bell": Struck(ratios=(1, 2.76, 5.4, 8.9), amps=(1, 0.35, 0.16, 0.04), t60=2.6, high_damp=0.8, dull=0.0, beat=0.6, width=0.6, noise=0.01, release=0.6, program=9, gain=0.85),
    "musicbox": Struck(ratios=(1, 2.0, 3.01, 6.2), amps=(1, 0.1, 0.2, 0.12), t60=1.8, high_damp=0.9, dull=0.0, beat=0.3, noise=0.02, noise_hz=(1500, 6000), release=0.5, program=10, gain=0.9),
    "bowl": Struck(ratios=(1, 2.71, 5.1, 8.2), amps=(1, 0.42, 0.14, 0.04), t60=9.0, octave_decay=4, high_damp=0.7, dull=0.0, beat=0.9, width=0.7, noise=0.0, attack=0.03, release=1.5, program=14),
    # basses
    "upright": Struck(14, 1.0, 0.30, 1.8, 3.0, 0.35, 0.0002, pluck=0.28, body=3, noise=0.05, noise_hz=(80, 900), beat=0.0, width=0.0, release=0.07, program=32, gain=1.15),
    "finger": Struck(16, 0.85, 0.3, 2.2, 3.0, 0.25, 0.0001, pluck=0.2, body=2, noise=0.02, beat=0.0, width=0.0, release=0.06, program=33, gain=1.1),
    "pick": Struck(24, 0.7, 0.16, 2.2, 3.0, 0.2, 0.0001, pluck=0.12, body=2, noise=0.03, beat=0.0, width=0.0, release=0.05, program=34, gain=1.0),
    "slap": Struck(28, 0.6, 0.12, 1.2, 3.0, 0.18, 0.0002, pluck=0.12, noise=0.06, noise_hz=(600, 4000), beat=0.0, width=0.0, release=0.04, program=36, gain=1.0),
    "analog": Loop("saw", 380, 2200, 0.10, attack=0.004, decay=0.25, sustain=0.6, release=0.05, sub=0.45, stereo=False, program=38),
    "rubber": Loop("square", 340, 1500, 0.09, attack=0.004, decay=0.3, sustain=0.6, release=0.06, sub=0.5, stereo=False, program=39),
    "reese": Loop("saw", 420, voices=3, detune=0.7, attack=0.02, release=0.12, sub=0.6, stereo=False, program=87),
    "pulse": Loop("saw", 300, 1100, 0.12, voices=2, detune=0.4, attack=0.004, decay=0.3, sustain=0.4, release=0.06, sub=0.4, stereo=False, program=38),
    "subpad": Loop("triangle", 300, voices=2, detune=0.3, attack=0.4, release=0.8, sub=0.3, stereo=False, program=89),
    "triangle": Loop("triangle", 5000, attack=0.002, release=0.02, stereo=False, program=80, gain=1.1),
    # ensembles
    "strings": Loop("saw", 2400, blur=22, air=0.03, formants=((500, 350, 0.7), (1500, 900, 0.6), (2900, 1300, 0.45)), attack=0.14, release=0.35, program=48),
    "violins": Loop("saw", 3600, blur=16, air=0.03, formants=((900, 600, 0.7), (1800, 900, 0.6), (3200, 1500, 0.5)), low_cut=180, attack=0.12, release=0.3, program=48),
    "spiccato": Loop("saw", 3000, short=True, blur=16, air=0.06, formants=((500, 350, 0.7), (1500, 900, 0.6), (2900, 1300, 0.5)), attack=0.012, decay=0.14, sustain=0.16, release=0.12, program=48, gain=1.5),
    "contrabass": Loop("saw", 700, blur=14, air=0.02, attack=0.07, release=0.25, sub=0.15, stereo=False, program=43),
    "celli": Loop("saw", 1400, blur=16, air=0.02, formants=((300, 250, 0.8), (800, 500, 0.6), (2000, 1000, 0.3)), attack=0.12, release=0.3, program=42),
    "choir": Loop("saw", 2800, blur=28, air=0.04, formants=_AAH, attack=0.3, release=0.6, program=52),
    "horn": Loop("saw", 750, 1500, 0.3, voices=3, detune=0.5, attack=0.08, release=0.22, program=60),
    "brass": Loop("saw", 1500, 3600, 0.16, voices=3, detune=0.7, attack=0.03, decay=0.5, sustain=0.75, release=0.12, program=61),
    # pads and synthesisers
    "warmpad": Loop("saw", 620, blur=18, attack=0.5, release=0.9, low_cut=110, program=89),
    "glasspad": Loop("pulse", 1500, blur=14, air=0.02, attack=0.7, release=1.4, low_cut=140, program=88),
    "darkpad": Loop("saw", 420, blur=20, air=0.03, attack=0.9, release=1.2, program=97),
    "airpad": Loop("triangle", 3500, blur=30, air=0.12, attack=0.8, release=1.4, low_cut=200, program=91),
    "polysynth": Loop("saw", 950, 2600, 0.35, voices=4, detune=0.9, attack=0.02, release=0.3, low_cut=120, program=90),
    "supersaw": Loop("saw", 2300, voices=7, detune=1.8, attack=0.05, release=0.35, low_cut=150, program=90),
    "pluck": Loop("saw", 700, 4200, 0.07, voices=2, detune=0.6, attack=0.002, decay=0.16, sustain=0.0, release=0.25, low_cut=150, program=84, gain=1.3),
    "arpsynth": Loop("square", 600, 3000, 0.08, voices=2, detune=0.4, attack=0.002, decay=0.2, sustain=0.05, release=0.2, low_cut=150, program=81, gain=1.2),
    "square": Loop("square", 8000, attack=0.002, decay=0.3, sustain=0.6, release=0.02, stereo=False, program=80, gain=0.8),
    "square2": Loop("pulse", 8000, attack=0.002, decay=0.6, sustain=0.7, release=0.03, stereo=False, program=80, gain=0.8),
    # solo lines
    "whistle": Solo((1.0, 0.12, 0.05, 0.02), breath=0.03, vibrato=0.005, program=75),
    "flute": Solo((1.0, 0.42, 0.2, 0.08, 0.04, 0.02), breath=0.045, vibrato=0.004, rate=5.0, attack=0.06, program=73),
    "ocarina": Solo((1.0, 0.08, 0.1, 0.02), breath=0.05, vibrato=0.006, attack=0.05, program=79),
    "clarinet": Solo((1.0, 0.05, 0.55, 0.04, 0.28, 0.04, 0.14, 0.03, 0.06), breath=0.012, vibrato=0.002, attack=0.04, program=71, gain=0.9),
    "violin": Solo(_BOWED, vibrato=0.006, rate=5.6, late=0.2, breath=0.02, attack=0.09, release=0.2, program=40, gain=0.9),
    "cello": Solo(_BOWED[:9], vibrato=0.005, rate=5.2, late=0.25, breath=0.02, attack=0.1, release=0.25, program=42),
    "muteharmon": Solo((0.7, 0.9, 1.0, 0.6, 0.45, 0.3, 0.2, 0.14, 0.08), vibrato=0.003, breath=0.03, attack=0.03, release=0.1, program=59, gain=0.8),
    "sawlead": Solo(tuple(a * 0.88**n for n, a in enumerate(_SAW)), vibrato=0.004, rate=5.5, scoop=60, breath=0.0, attack=0.012, release=0.2, program=81, gain=0.8),
    "softlead": Solo((1.0, 0.4, 0.25, 0.12, 0.06, 0.03), vibrato=0.004, scoop=80, breath=0.0, attack=0.02, release=0.25, program=85, gain=0.95),
}  # fmt: skip


def play(name: str, pitch: int, seconds: float, *, velocity: float, turn: int = 0) -> Sound:
    """Sound a note held for `seconds` and then released.

    Returns:
        Fresh float32, shape (1 or 2, frames), about ±0.5; longer than the note by the release. Only the timbre
        follows `velocity`, not the level. `turn` alternates between versions of the same note.
    """
    voice = VOICES[name]
    layer = sum(velocity >= edge for edge in LAYERS)
    if isinstance(voice, Struck):
        sound = struck_note(name, voice, pitch, seconds, layer, turn % TURNS)
        sound = sound[:, : int((seconds + voice.release) * RATE)].copy()
    elif isinstance(voice, Loop):
        sound = loop_note(name, voice, pitch, seconds, layer, turn)
    else:
        sound = solo_note(voice, pitch, seconds, layer, turn)
    return _released(sound, int(seconds * RATE), voice.release)


def _released(sound: Sound, hold: int, release: float) -> Sound:
    """Fade in place from the end of the hold, and to nothing at the very end."""
    left = sound.shape[1] - hold
    if left > 0:
        sound[:, hold:] *= np.linspace(1, 0, max(left, int(release * RATE)), dtype=np.float32)[:left] ** 2
    last = min(200, sound.shape[1])
    sound[:, -last:] *= np.linspace(1, 0, last, dtype=np.float32)
    return sound
