"""How each instrument is played, as data: vibrato, scoops, falls, slurs, swells and pedal."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Manner:
    """What players of an instrument do with a note. Pitches in cents, times in seconds; 0 is never."""

    vibrato_cents: float = 0.0  # depth to either side
    vibrato_hz: float = 5.4
    vibrato_after_s: float = 0.28
    scoop_cents: float = 0.0  # how far below some notes begin
    scoop_s: float = 0.09  # how long the way up takes
    scoop_share: float = 0.3  # of the notes that are not slurred
    fall_cents: float = 0.0  # how far some ends of phrases fall
    slur_share: float = 0.0  # of the notes that follow another at once, and are not struck again
    glide_s: float = 0.05  # way from one slurred note to the next
    swell_db: float = 0.0  # how much a phrase rises and falls
    velocity_swell: float = 0.0  # the same for what cannot swell once it is struck, as a factor on strength
    pedal: bool = False


_BOWED = Manner(24, 5.7, 0.22, scoop_cents=25, scoop_share=0.2, slur_share=0.6, glide_s=0.06, swell_db=3.5)
_BOWED_ENSEMBLE = Manner(12, 5.2, 0.3, slur_share=0.6, glide_s=0.05, swell_db=3.5)
_WOODWIND = Manner(14, 5.2, 0.3, scoop_cents=30, scoop_share=0.25, slur_share=0.65, glide_s=0.035, swell_db=3.0)
_BRASS = Manner(10, 5.0, 0.4, 40, 0.07, 0.25, fall_cents=180, slur_share=0.4, glide_s=0.04, swell_db=3.5)
_PLUCKED = Manner(9, 5.0, 0.2, 60, 0.06, 0.12, velocity_swell=0.1)
_STRUCK = Manner(velocity_swell=0.12)
_SYNTH_LEAD = Manner(20, 5.6, 0.25, 70, 0.05, 0.35, slur_share=0.5, glide_s=0.06, swell_db=2.0)
_CHIP_LEAD = Manner(22, 6.2, 0.18, 60, 0.035, 0.15, slur_share=0.2, glide_s=0.03)
_PLUCKED_BASS = Manner(5, 5.0, 0.35, 90, 0.07, 0.14, velocity_swell=0.08)
_SYNTH_BASS = Manner(scoop_cents=60, scoop_s=0.04, scoop_share=0.12, slur_share=0.35, glide_s=0.05)
_PAD = Manner(swell_db=2.5)
_PLAIN = Manner()

MANNERS: dict[str, Manner] = {
    "piano": replace(_STRUCK, pedal=True),
    "felt": replace(_STRUCK, pedal=True),
    "epiano": replace(_STRUCK, pedal=True),
    "vibes": replace(_STRUCK, pedal=True),
    "organ": replace(_PAD, swell_db=2.0),
    "clav": _STRUCK,
    "stab": _STRUCK,
    "nylon": _PLUCKED,
    "steel": _PLUCKED,
    "muted": replace(_PLUCKED, vibrato_cents=0, scoop_share=0.05),
    "crunch": replace(_PLUCKED, scoop_cents=100, scoop_s=0.1),
    "uke": replace(_PLUCKED, vibrato_cents=0),
    "pizz": _STRUCK,
    "harp": _STRUCK,
    "marimba": _STRUCK,
    "kalimba": _STRUCK,
    "bell": _STRUCK,
    "celesta": _STRUCK,
    "chime": _STRUCK,
    "timpani": _STRUCK,
    "musicbox": _STRUCK,
    "bowl": _STRUCK,
    "upright": _PLUCKED_BASS,
    "finger": _PLUCKED_BASS,
    "pick": _PLUCKED_BASS,
    "slap": replace(_PLUCKED_BASS, scoop_share=0.08),
    "analog": _SYNTH_BASS,
    "rubber": _SYNTH_BASS,
    "reese": replace(_SYNTH_BASS, slur_share=0.5, glide_s=0.08),
    "pulse": _SYNTH_BASS,
    "subpad": _PAD,
    "triangle": _SYNTH_BASS,
    "strings": _BOWED_ENSEMBLE,
    "violins": _BOWED_ENSEMBLE,
    "spiccato": Manner(velocity_swell=0.12),
    "contrabass": replace(_BOWED, vibrato_cents=8, scoop_cents=0),
    "celli": _BOWED_ENSEMBLE,
    "choir": Manner(14, 5.0, 0.35, 30, 0.1, 0.2, slur_share=0.6, glide_s=0.07, swell_db=4.0),
    "horn": replace(_BRASS, vibrato_cents=6, fall_cents=0),
    "brass": _BRASS,
    "warmpad": _PAD,
    "glasspad": _PAD,
    "darkpad": _PAD,
    "shimmer": _PAD,
    "airpad": _PAD,
    "polysynth": _PAD,
    "supersaw": _PAD,
    "pluck": _STRUCK,
    "arpsynth": _STRUCK,
    "square": _CHIP_LEAD,
    "square2": _CHIP_LEAD,
    "whistle": replace(_WOODWIND, vibrato_cents=18, scoop_cents=45),
    "overdriven": Manner(26, 5.2, 0.25, 150, 0.11, 0.35, fall_cents=120, slur_share=0.5, glide_s=0.05, swell_db=1.5),
    "flute": _WOODWIND,
    "ocarina": replace(_WOODWIND, vibrato_cents=18, scoop_cents=40),
    "oboe": _WOODWIND,
    "clarinet": replace(_WOODWIND, vibrato_cents=6, scoop_cents=35),
    "violin": _BOWED,
    "cello": replace(_BOWED, vibrato_hz=5.3),
    "muteharmon": Manner(16, 5.3, 0.3, 60, 0.09, 0.35, fall_cents=160, slur_share=0.5, glide_s=0.04, swell_db=2.5),
    "sawlead": _SYNTH_LEAD,
    "softlead": replace(_SYNTH_LEAD, scoop_cents=80, glide_s=0.08),
    "hammond": replace(_PAD, swell_db=3.0),
    "accordion": Manner(slur_share=0.4, glide_s=0.02, swell_db=3.5),
    "harpsichord": _PLAIN,
    "jazzguitar": _PLUCKED,
    "chug": _STRUCK,
    "distorted": replace(_PLUCKED, vibrato_cents=0),
    "twang": replace(_PLUCKED, scoop_cents=90, scoop_s=0.09, scoop_share=0.25),
    "banjo": replace(_PLUCKED, vibrato_cents=0, scoop_share=0.15),
    "sitar": Manner(26, 5.6, 0.18, 180, 0.16, 0.45, velocity_swell=0.1),
    "oud": replace(_PLUCKED, scoop_cents=80, scoop_share=0.3),
    "dulcimer": _STRUCK,
    "steeldrum": _STRUCK,
    "cowbell": _STRUCK,
    "sub808": Manner(scoop_cents=80, scoop_s=0.05, scoop_share=0.15, slur_share=0.5, glide_s=0.09),
    "wobble": replace(_SYNTH_BASS, slur_share=0.4),
    "growl": replace(_SYNTH_BASS, scoop_cents=120, scoop_share=0.25),
    "logdrum": replace(_PLUCKED_BASS, vibrato_cents=0, scoop_share=0.25),
    "acid": replace(_SYNTH_BASS, slur_share=0.45, glide_s=0.06),
    "trance": _PAD,
    "vox": Manner(16, 5.4, 0.2, 70, 0.06, 0.3, slur_share=0.3, glide_s=0.05, swell_db=2.0),
    "solo": Manner(28, 5.2, 0.22, 160, 0.12, 0.4, fall_cents=120, slur_share=0.5, glide_s=0.05, swell_db=1.5),
    "fiddle": replace(_BOWED, vibrato_cents=16, scoop_cents=45, scoop_share=0.35),
    "sax": Manner(20, 5.1, 0.28, 70, 0.09, 0.4, fall_cents=170, slur_share=0.6, glide_s=0.04, swell_db=3.5),
    "trumpet": Manner(16, 5.3, 0.3, 50, 0.07, 0.3, fall_cents=170, slur_share=0.45, glide_s=0.04, swell_db=3.0),
    "harmonica": Manner(20, 5.6, 0.22, 90, 0.11, 0.45, slur_share=0.4, glide_s=0.04, swell_db=3.0),
    "bagpipe": Manner(slur_share=0.8, glide_s=0.02),
    "whistling": replace(_WOODWIND, vibrato_cents=20, vibrato_hz=5.6, scoop_cents=90, scoop_share=0.5),
}


def manner_of(instrument: str) -> Manner:
    """Return how an instrument is played; one that is not in the table plays what is written."""
    return MANNERS.get(instrument, _PLAIN)
