"""The names of stems, as a musician would write them on a mixer: "Bass", "Lead", "Rhythm guitar"."""

from collections import Counter
from collections.abc import Iterable, Mapping

from generator.messages import gettext_noop as _

# Names of instruments, where they differ from the key. An instrument in BY_ROLE is named after what it plays.
INSTRUMENTS: Mapping[str, str] = {
    "acid": _("Acid synth"),
    "airpad": _("Air pad"),
    "analog": _("Synth bass"),
    "arpsynth": _("Synth arp"),
    "bell": _("Bells"),
    "bowl": _("Singing bowl"),
    "brass": _("Brass"),
    "celli": _("Cellos"),
    "chime": _("Chimes"),
    "chug": _("Muted rhythm guitar"),
    "clav": _("Clavinet"),
    "contrabass": _("Double bass"),
    "crunch": _("Rhythm guitar"),
    "darkpad": _("Dark pad"),
    "distorted": _("Distorted guitar"),
    "epiano": _("Electric piano"),
    "felt": _("Felt piano"),
    "finger": _("Electric bass"),
    "glasspad": _("Glass pad"),
    "growl": _("Growl synth"),
    "hammond": _("Hammond organ"),
    "horn": _("French horn"),
    "jazzguitar": _("Jazz guitar"),
    "logdrum": _("Log drum"),
    "musicbox": _("Music box"),
    "muted": _("Muted guitar"),
    "muteharmon": _("Muted trumpet"),
    "nylon": _("Nylon guitar"),
    "overdriven": _("Lead guitar"),
    "pick": _("Picked bass"),
    "pizz": _("Pizzicato strings"),
    "pluck": _("Synth pluck"),
    "pulse": _("Pulse bass"),
    "reese": _("Reese bass"),
    "rubber": _("Rubber bass"),
    "sax": _("Saxophone"),
    "shimmer": _("Shimmer pad"),
    "slap": _("Slap bass"),
    "solo": _("Lead guitar"),
    "spiccato": _("Short strings"),
    "stab": _("Piano stabs"),
    "steel": _("Steel guitar"),
    "steeldrum": _("Steel drums"),
    "strings": _("Strings"),
    "sub808": _("808 bass"),
    "subpad": _("Sub bass"),
    "texture": _("Atmosphere"),
    "twang": _("Twang guitar"),
    "uke": _("Ukulele"),
    "upright": _("Upright bass"),
    "vibes": _("Vibraphone"),
    "vox": _("Vocal chops"),
    "warmpad": _("Warm pad"),
    "wobble": _("Wobble bass"),
}
BY_ROLE = frozenset(("polysynth", "sawlead", "softlead", "square", "square2", "supersaw", "trance", "triangle"))
ROLES: Mapping[str, str] = {
    "arp": _("Arp"),
    "bass": _("Bass"),
    "comp": _("Chords"),
    "counter": _("Counter lead"),
    "lead": _("Lead"),
    "pad": _("Pads"),
}
# Names that stems had before: mixes that were saved then still use them.
EARLIER: Mapping[str, str] = {
    "airpad": "Airy pad",
    "arpsynth": "Synth arpeggio",
    "brass": "Brass section",
    "chime": "Chime",
    "crunch": "Driven guitar",
    "felt": "Soft piano",
    "glasspad": "Glassy pad",
    "overdriven": "Overdriven",
    "pizz": "Plucked strings",
    "pluck": "Plucked synth",
    "polysynth": "Synth chords",
    "reese": "Growling bass",
    "sawlead": "Synth melody",
    "shimmer": "Shimmer",
    "softlead": "Soft synth melody",
    "square": "Game melody",
    "square2": "Game harmony",
    "stab": "Piano chords",
    "strings": "String section",
    "subpad": "Deep bass",
    "supersaw": "Wide synth",
    "texture": "Background sound",
    "triangle": "Game bass",
}


def stem_titles(names: Iterable[str]) -> list[str]:
    """Return titles for the stems of one piece: "1-comp-muted" is "Muted guitar".

    An instrument that plays several roles is told apart by them ("Piano chords", "Piano lead"), then by a number.
    """
    parts = [(_title(name), role_of(name)) for name in names]
    roles = {title: {role for other_title, role in parts if other_title == title} for title, _ in parts}
    return _numbered([_with_role(title, role) if len(roles[title]) > 1 else title for title, role in parts])


def earlier_titles(names: Iterable[str]) -> list[str]:
    """Return the titles that these stems had before."""
    keys = [name.rpartition("-")[2] for name in names]
    return _numbered([EARLIER.get(key) or INSTRUMENTS.get(key, key.capitalize()) for key in keys])


def _title(name: str) -> str:
    instrument = name.rpartition("-")[2]
    if instrument in BY_ROLE:
        return ROLES.get(role_of(name), _("Synth"))
    return INSTRUMENTS.get(instrument, instrument.capitalize())


def role_of(name: str) -> str:
    """Return the role in a name: "comp" in "1-comp-muted"; drums and textures have none."""
    return name.split("-")[-2] if "-" in name else ""


def _with_role(title: str, role: str) -> str:
    return f"{title} {ROLES[role].lower()}" if role in ROLES else title


def _numbered(titles: list[str]) -> list[str]:
    counts: Counter[str] = Counter()
    numbered = []
    for title in titles:
        counts[title] += 1
        numbered.append(title if counts[title] == 1 else f"{title} {counts[title]}")
    return numbered
