"""What a phrase can be: a musical fact, or a word that says how facts are meant."""

from enum import StrEnum


class Kind(StrEnum):
    """Facts carry a value (the genre, the mood, …); the other kinds only connect them."""

    # facts
    GENRE = "genre"
    TOPIC = "topic"  # what the text is about, where that suggests a style: "true crime"
    SCENE = "scene"  # a picture or an occasion that suggests a style: "beach", "heist"
    MOOD = "mood"
    USE = "use"
    INSTRUMENT = "instrument"
    TEXTURE = "texture"
    METER = "meter"
    NAME = "name"  # of an artist, a game, a film; the value is what is commonly meant
    VOICE = "voice"
    PACE = "pace"  # slow, fast
    TERM = "term"  # of tempo: andante
    QUALITY = "quality"  # major or minor, without a tonic
    BED = "bed"
    LOOP = "loop"
    # quantities
    TIME = "time"
    BPM = "bpm"
    KEY = "key"
    # negation and lists
    NO = "no"  # "no drums": what follows until a comma
    WITHOUT = "without"  # "without piano and drums": a whole list
    NOT_AFTER = "not_after"  # follows what it denies: "drum-free", なし
    NOT_ONLY = "not_only"  # denies nothing: "not only"
    LESS = "less"  # asks for less, not for none
    UNLIKE = "unlike"  # "instead of"
    EXCEPT = "except"  # excludes, but includes after another negation
    AND = "and"
    OR = "or"
    BUT = "but"
    WITH = "with"
    ONLY = "only"
    LIKE = "like"
    # places
    AT = "at"
    FIRST = "first"
    LAST = "last"
    AFTER = "after"
    BEFORE = "before"
    FROM = "from"
    TO = "to"
    IN = "in"  # follows the time: "10 seconds in", 後
    UNTIL_AFTER = "until_after"  # follows the time: まで
    THEN = "then"
    STARTS = "starts"
    ENDS = "ends"
    LENGTH = "length"
    OF = "of"
    # events
    ENTERS = "enters"
    LEAVES = "leaves"
    HIT = "hit"
    BUILD = "build"
    DROP = "drop"
    QUIET = "quiet"
    FULL = "full"
    STOP = "stop"
    SECTION = "section"
    # words without any meaning for the music
    STOPWORD = "stopword"
    REAL_WORD = "real_word"


FACTS = frozenset(
    {Kind.GENRE, Kind.TOPIC, Kind.SCENE, Kind.MOOD, Kind.USE, Kind.INSTRUMENT, Kind.TEXTURE, Kind.METER, Kind.NAME,
     Kind.VOICE, Kind.PACE, Kind.TERM, Kind.QUALITY, Kind.BED, Kind.LOOP}
)  # fmt: skip
EVENTS = frozenset({Kind.HIT, Kind.BUILD, Kind.DROP, Kind.QUIET, Kind.FULL, Kind.STOP, Kind.SECTION})
