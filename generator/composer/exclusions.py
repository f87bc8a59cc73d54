"""What a name takes away: "violin" the violins but not the cello, "snare" one drum, "strings" a whole family.

A name that is in none of these tables removes the family of parts that it names; the name of an instrument that the
composer does not have removes nothing, because nothing plays it.
"""

from collections.abc import Collection

from generator.composer.text.vocabulary import INSTRUMENTS

_WHOLE_KIT = ("percussion", "beat")  # mean the drums
_LAST_FAMILY = "left hand"  # of the solo piano: what is left if a text asks for it without a piano
# name → instruments (keys of `VOICES`) that are it. Families that hold other instruments, too, list their own.
_VOICES: dict[str, str] = {
    "violin": "violin violins fiddle", "fiddle": "fiddle", "cello": "cello celli", "pizzicato": "pizz",
    "piano": "piano felt stab epiano", "electric piano": "epiano", "organ": "organ hammond", "clavinet": "clav",
    "guitar": "nylon steel muted crunch jazzguitar chug distorted twang overdriven solo",
    "acoustic guitar": "nylon steel", "electric guitar": "muted crunch jazzguitar chug distorted twang overdriven solo",
    "ukulele": "uke", "oud": "oud", "lute": "oud", "harp": "harp", "dulcimer": "dulcimer",
    "double bass": "upright contrabass", "slap bass": "slap", "808": "sub808",
    "brass": "brass muteharmon horn trumpet", "trumpet": "trumpet muteharmon", "french horn": "horn",
    "saxophone": "sax",
    "woodwinds": "flute whistle clarinet oboe ocarina bagpipe sax", "flute": "flute", "clarinet": "clarinet",
    "oboe": "oboe", "ocarina": "ocarina", "whistle": "whistle whistling", "bagpipes": "bagpipe", "choir": "choir vox",
    "bells": "bell chime bowl celesta musicbox", "glockenspiel": "bell", "celesta": "celesta", "music box": "musicbox",
    "chimes": "chime", "singing bowls": "bowl", "vibraphone": "vibes", "marimba": "marimba", "kalimba": "kalimba",
    "arpeggio": "arpsynth", "timpani": "timpani", "cowbell": "cowbell",
}  # fmt: skip
VOICES_OF = {name: frozenset(voices.split()) for name, voices in _VOICES.items()}
# name → strokes of the drum kit (keys of `MIDI_KEYS`) that are it
_STROKES: dict[str, str] = {
    "kick": "kick", "snare": "snare brush", "hi-hats": "hat open pedal", "cymbals": "crash ride bow swell",
    "claps": "clap snap", "cowbell": "cowbell", "shaker": "shaker guiro clave wood", "maracas": "shaker",
    "tambourine": "tamb", "castanets": "castanet", "triangle": "triangle", "sleigh bells": "sleigh",
    "bells": "sleigh", "tabla": "na ge", "djembe": "dum tek", "congas": "conga tumba", "bongos": "bongo",
    "taiko": "tom floor shime",
}  # fmt: skip
STROKES_OF = {name: frozenset(strokes.split()) for name, strokes in _STROKES.items()}
_KITS = {"taiko": ("cinematic",)}  # the kits in which strokes are what a name means; elsewhere they are other drums
# name → instruments that are recorded ensembles with it inside, which cannot be taken apart
_ENSEMBLES: dict[str, str] = {
    "violin": "strings spiccato", "viola": "strings spiccato", "cello": "strings spiccato", "double bass": "strings",
    "trumpet": "brass", "trombone": "brass", "french horn": "brass", "tuba": "brass",
}  # fmt: skip
ENSEMBLES_OF = {name: frozenset(voices.split()) for name, voices in _ENSEMBLES.items()}


def exclusion_of(instrument: str) -> str:
    """Return the name under which an instrument of the vocabulary is left out."""
    return "drums" if instrument in _WHOLE_KIT else instrument


def removes(name: str, family: str, instrument: str) -> bool:
    """Return whether leaving out a name takes away a player of a family with an instrument."""
    if name in VOICES_OF:
        return instrument in VOICES_OF[name] and family != _LAST_FAMILY
    return name == family and name in INSTRUMENTS


def is_left_out(names: Collection[str], family: str, instrument: str) -> bool:
    """Return whether leaving out any of the names takes away a player."""
    return any(removes(name, family, instrument) for name in names)


def strokes_left_out(names: Collection[str], kit: str) -> frozenset[str]:
    """Return the strokes of a drum kit that leaving out the names takes away; for "drums" see `is_left_out`."""
    left_out = (STROKES_OF[name] for name in names if name in STROKES_OF and kit in _KITS.get(name, (kit,)))
    return frozenset[str]().union(*left_out)
