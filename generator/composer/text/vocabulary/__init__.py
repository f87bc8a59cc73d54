"""The vocabulary of the brief, as data: what moods, uses and meters mean, and the words for them in nine languages.

languages.py   all vocabularies; english.py, german.py, romance.py, asian.py, names.py hold them
topics.py      subjects that suggest a style or a use
families.py    which style plays a genre, and which player an instrument
"""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.composer.text.parsing.kinds import Kind
from generator.messages import gettext_noop as _

# mood → (change of energy, change of tempo in %, mode)
MOODS: dict[str, tuple[float, float, str]] = {
    _("warm"): (-0.05, -2, ""),
    _("rainy"): (-0.1, -5, "minor"),
    _("sad"): (-0.15, -8, "minor"),
    _("happy"): (0.08, 4, "major"),
    _("calm"): (-0.18, -6, ""),
    _("energetic"): (0.22, 6, ""),
    _("upbeat"): (0.15, 4, "major"),
    _("dark"): (0.0, -3, "minor"),
    _("dreamy"): (-0.12, -4, ""),
    _("hopeful"): (0.08, 2, "major"),
    _("mysterious"): (0.0, -2, "minor"),
    _("nostalgic"): (-0.1, -4, ""),
    _("romantic"): (-0.08, -4, ""),
    _("playful"): (0.05, 4, "major"),
    _("epic"): (0.2, 2, ""),
    _("aggressive"): (0.22, 5, "minor"),
    _("tense"): (0.05, 0, "minor"),
    _("emotional"): (-0.05, -4, ""),
    _("elegant"): (-0.05, -2, ""),
    _("solemn"): (-0.12, -8, "minor"),
}
# use → (style when the text names none, length in seconds when the text names none)
USES: dict[str, tuple[str, float]] = {
    _("cooking video"): ("bossa", 60),
    _("podcast"): ("lofi", 60),
    _("game"): ("chiptune", 60),
    _("intro"): ("corporate", 15),
    _("vlog"): ("folk", 60),
    _("study"): ("lofi", 120),
    _("wedding"): ("piano", 90),
    _("product"): ("corporate", 60),
    _("documentary"): ("cinematic", 90),
    _("fashion"): ("house", 60),
    _("kids"): ("children", 60),
    _("advert"): ("corporate", 30),
    _("workout"): ("house", 90),
    _("sleep"): ("meditation", 120),
    _("party"): ("house", 60),
    _("presentation"): ("corporate", 60),
    _("stream"): ("lofi", 120),
    _("news"): ("corporate", 30),
    _("film"): ("cinematic", 60),
    _("meditation"): ("meditation", 120),
    _("shop"): ("bossa", 120),
    _("sports"): ("rock", 60),
    _("real estate"): ("corporate", 60),
    _("dinner"): ("jazz", 120),
    _("slideshow"): ("piano", 60),
}
# families of parts that can be left out or asked for
INSTRUMENTS = (
    _("drums"), _("bass"), _("piano"), _("guitar"), _("strings"), _("pad"), _("synth"), _("brass"), _("flute"),
    _("choir"), _("harp"), _("bells"), _("vibraphone"), _("accordion"), _("harmonica"), _("banjo"), _("sitar"),
    _("organ"), _("harpsichord"), _("steel drums"), _("melody"),
)  # fmt: skip
# players that can be added besides these families
SOLOISTS = (
    _("violin"), _("cello"), _("clarinet"), _("oboe"), _("french horn"), _("electric piano"), _("saxophone"), _("trumpet"), _("ukulele"),
    _("electric guitar"), _("music box"), _("celesta"), _("kalimba"), _("marimba"), _("ocarina"), _("whistle"),
    _("pizzicato"), _("double bass"), _("808"), _("fiddle"), _("bagpipes"), _("oud"), _("dulcimer"),
)  # fmt: skip
# other names under which something can be left out: parts of the drum kit, and instruments inside sections
EXCLUDABLE = (
    _("kick"), _("snare"), _("hi-hats"), _("cymbals"), _("claps"), _("cowbell"), _("shaker"), _("tambourine"),
    _("maracas"), _("castanets"), _("triangle"), _("sleigh bells"), _("tabla"), _("bongos"), _("congas"), _("djembe"),
    _("cajon"), _("taiko"), _("timpani"), _("woodwinds"), _("acoustic guitar"), _("slap bass"), _("clavinet"),
    _("arpeggio"), _("lute"), _("mandolin"), _("pedal steel"), _("slide guitar"), _("viola"), _("trombone"), _("tuba"),
    _("flugelhorn"), _("bassoon"), _("piccolo"), _("recorder"), _("panpipes"), _("glockenspiel"), _("chimes"),
    _("singing bowls"), _("xylophone"), _("theremin"), _("turntables"), _("kazoo"),
)  # fmt: skip
TEXTURES = (_("rain"), _("vinyl"))
METERS = {"4/4": 4, "3/4": 3, "6/8": 3}  # quarter notes per bar
TEMPO_FACTORS = {"3/4": 1.12, "6/8": 1.3}  # factor on a style's usual tempo for triple meters, in quarter notes
# Italian tempo terms → quarter notes per minute (lowest, usual, highest), after common metronome markings
TERMS: dict[str, tuple[int, int, int]] = {
    "grave": (40, 42, 45), "largo": (40, 50, 60), "larghetto": (60, 63, 66), "lento": (45, 56, 66),
    "adagio": (56, 70, 76), "andante": (76, 88, 106), "andantino": (80, 94, 108), "moderato": (108, 114, 120),
    "allegretto": (112, 116, 120), "allegro": (120, 138, 156), "vivace": (156, 164, 176), "presto": (168, 180, 200),
    "prestissimo": (200, 208, 220),
}  # fmt: skip

_TITLES = {str(name): name for name in (*INSTRUMENTS, *SOLOISTS, *EXCLUDABLE, *TEXTURES, *USES, *MOODS)}


def title_of(name: str) -> str:
    """Return a name of these tables as a text that can be translated."""
    return _TITLES.get(str(name), name)


@dataclass(frozen=True)
class Language:
    """Phrases separated by commas: of facts by kind and value, and of connecting words by kind.

    In a Romance language the main word of a phrase comes first ("rock latino"), elsewhere last ("latin rock").
    """

    code: str
    facts: Mapping[Kind, Mapping[str, str]]
    words: Mapping[Kind, str]
    is_head_first: bool = False
