"""Which styles play a genre, an instrument, or a mood, the best first; the first that exists is used.

A genre is played as itself if its own key is the first and the style exists; otherwise the studio says what is nearest.
"""

from collections.abc import Collection

from generator.composer.styles import EXTRAS, STYLES

_FAMILY: dict[str, str] = {
    # styles by their own names
    "lofi": "lofi", "house": "house", "synthwave": "synthwave", "dnb": "dnb", "funk": "funk", "chiptune": "chiptune",
    "corporate": "corporate", "folk": "folk", "jazz": "jazz", "bossa": "bossa", "piano": "piano", "rock": "rock",
    "children": "children", "holiday": "holiday", "world": "world", "ambient": "ambient", "meditation": "meditation",
    "cinematic": "cinematic", "orchestral": "orchestral", "tension": "tension", "trailer": "trailer",
    "trap": "trap lofi", "phonk": "phonk trap synthwave", "reggaeton": "reggaeton latin house",
    "afrobeats": "afrobeats world", "latin": "latin bossa", "techno": "techno house", "trance": "trance house",
    "dubstep": "dubstep dnb", "tropical": "tropical house", "country": "country folk", "blues": "blues jazz",
    "reggae": "reggae bossa", "metal": "metal rock", "punk": "punk rock", "pop": "pop corporate", "rnb": "rnb lofi",
    "gospel": "gospel funk", "celtic": "celtic folk", "tavern": "tavern celtic folk", "flamenco": "flamenco latin bossa",
    "tango": "tango latin bossa", "western": "western country folk", "bollywood": "bollywood world",
    "arabic": "arabic world", "baroque": "baroque orchestral", "lounge": "lounge jazz", "triphop": "triphop lofi",
    "hyperpop": "hyperpop house",
    # genres that another style comes near
    "hip hop": "lofi trap", "electronic": "house techno", "idm": "triphop lofi", "future bass": "tropical dubstep house",
    "hardstyle": "trance techno house", "amapiano": "afrobeats house", "electro swing": "house jazz",
    "uk garage": "house dnb", "italo disco": "synthwave", "new wave": "synthwave", "krautrock": "synthwave",
    "k-pop": "pop corporate house", "soul": "rnb funk", "motown": "funk rnb", "city pop": "funk synthwave",
    "disco": "house funk", "schlager": "pop corporate", "indie pop": "pop rock", "bluegrass": "country folk",
    "sea shanty": "tavern celtic folk", "fado": "flamenco folk", "klezmer": "tavern folk", "polka": "tavern folk",
    "balkan": "tavern world folk", "big band": "jazz", "ragtime": "jazz piano", "dixieland": "jazz", "gypsy jazz": "jazz",
    "chanson": "lounge jazz", "salsa": "latin bossa", "mambo": "latin bossa", "cumbia": "latin bossa",
    "bachata": "latin bossa", "mariachi": "latin folk", "calypso": "reggae tropical bossa", "ska": "reggae punk rock",
    "dub": "reggae bossa", "dancehall": "reggaeton reggae world", "surf rock": "rock", "shoegaze": "rock ambient",
    "post-rock": "rock cinematic", "emo": "punk rock", "african": "world", "indian": "bollywood world",
    "chinese": "world", "japanese": "world", "hawaiian": "folk", "highlife": "afrobeats world", "gamelan": "world",
    "new age": "meditation ambient", "dungeon synth": "tavern ambient", "dark ambient": "tension", "industrial": "techno tension",
    "opera": "orchestral", "chamber": "baroque orchestral", "march": "orchestral", "choral": "gospel cinematic",
    "romantic era": "orchestral", "minimalism": "piano", "lullaby": "children piano", "circus": "children orchestral", "comedy": "funk children", "musical": "jazz orchestral", "nordic": "celtic tavern folk",
    "experimental": "ambient", "breakcore": "dnb", "boom bap": "lofi", "acid jazz": "funk jazz",
}  # fmt: skip
FAMILY: dict[str, tuple[str, ...]] = {genre: tuple(styles.split()) for genre, styles in _FAMILY.items()}

# style → instruments that imply it if a text names no genre
_IMPLIED: dict[str, str] = {
    "piano": "piano", "lofi": "electric piano", "rock": "electric guitar", "synthwave": "synth", "ambient": "pad",
    "folk": "guitar, acoustic guitar, ukulele, mandolin, accordion, slide guitar", "country": "banjo, pedal steel",
    "blues": "harmonica", "jazz": "saxophone, double bass, vibraphone, clarinet, trumpet, trombone",
    "cinematic": "strings, violin, viola, cello, choir, french horn", "orchestral": "harp, flute, oboe, bassoon, woodwinds, brass, timpani",
    "celtic": "fiddle, bagpipes, whistle", "children": "music box, glockenspiel, xylophone, recorder, kazoo",
    "meditation": "singing bowls, handpan, shakuhachi, bells, chimes", "trailer": "taiko", "gospel": "organ",
    "world": "kalimba, marimba, djembe, panpipes, didgeridoo, congas, bongos, percussion, koto, erhu, guzheng, shamisen",
    "tropical": "steel drums", "baroque": "harpsichord", "tavern": "lute, hurdy-gurdy", "arabic": "oud, duduk",
    "bollywood": "sitar, tabla", "trap": "808", "latin": "maracas, castanets", "funk": "clavinet, slap bass",
    "holiday": "sleigh bells, celesta",
}  # fmt: skip
IMPLIED = {name.strip(): style for style, names in _IMPLIED.items() for name in names.split(",")}

# mood → style that plays it if a text names nothing else
STYLE_OF_MOOD: dict[str, str] = {
    "sad": "piano", "emotional": "piano", "romantic": "piano", "nostalgic": "piano", "rainy": "lofi", "happy": "folk",
    "calm": "ambient", "dreamy": "ambient", "energetic": "house", "aggressive": "rock", "dark": "tension",
    "tense": "tension", "mysterious": "tension", "epic": "trailer", "hopeful": "corporate", "upbeat": "corporate",
    "warm": "folk", "playful": "children", "elegant": "lounge", "solemn": "cinematic",
}  # fmt: skip

# instrument of the composer → instruments that it is the nearest to
_NEAREST: dict[str, str] = {
    "oud": "lute",
    "guitar": "mandolin, bouzouki, balalaika, charango, shamisen, pedal steel, slide guitar, electric guitar",
    "flute": "bassoon, panpipes, recorder, piccolo, shakuhachi, duduk, didgeridoo, kazoo",
    "brass": "trombone, tuba, flugelhorn",
    "violin": "viola, erhu",
    "fiddle": "hurdy-gurdy",
    "harp": "koto, zither, guzheng, lyre",
    "marimba": "xylophone, handpan, balafon",
    "bells": "triangle, singing bowls",
    "synth": "theremin, talkbox, turntables",
    "organ": "mellotron",
    "accordion": "harmonium, concertina, bandoneon",
    "drums": "tabla, bongos, congas, djembe, cajon, taiko, cowbell, shaker, tambourine, claps, hi-hats, snare, kick, cymbals, "
    "maracas, castanets, sleigh bells, timpani",
}  # fmt: skip
NEAREST = {name.strip(): player for player, names in _NEAREST.items() for name in names.split(",")}

# instrument → the family of parts that it belongs to, if it is not its own
_FAMILIES: dict[str, str] = {
    "drums": "percussion, beat",
    "bass": "double bass, slap bass, 808",
    "piano": "electric piano",
    "guitar": "ukulele, acoustic guitar, electric guitar, clavinet",
    "strings": "violin, viola, cello, fiddle, pizzicato",
    "brass": "french horn, trumpet, trombone, tuba, saxophone, flugelhorn",
    "flute": "whistle, clarinet, oboe, ocarina, woodwinds, bassoon, piccolo, recorder",
    "bells": "glockenspiel, celesta, music box, chimes",
    "vibraphone": "marimba, kalimba, xylophone",
    "synth": "arpeggio",
}
FAMILY_OF = {name.strip(): family for family, names in _FAMILIES.items() for name in names.split(",")}
FAMILY_MEMBERS = {
    "percussion": "drums",
    "beat": "drums",
    "acoustic guitar": "guitar",
    "woodwinds": "flute",
    "slap bass": "bass",
}


def style_of(genre: str, without: Collection[str] = ()) -> tuple[str, bool]:
    """Return the key of the style that plays a genre, and whether it is the genre itself; `without` lists others."""
    candidates = FAMILY.get(genre, (genre,))
    style = next((key for key in candidates if key in STYLES and key not in without), "")
    return style, bool(style) and style == genre


def player_of(instrument: str) -> tuple[str, bool]:
    """Return the player (a key of `EXTRAS` or a family) that plays an instrument, and whether it is that instrument."""
    name = FAMILY_MEMBERS.get(instrument, instrument)
    if name in EXTRAS or name in ("drums", "melody"):
        return name, True
    nearest = NEAREST.get(name) or FAMILY_OF.get(name, name)
    return (nearest if nearest in EXTRAS or nearest == "drums" else FAMILY_OF.get(nearest, nearest)), False


def family_of(instrument: str) -> str:
    """Return the family of parts ("strings") that an instrument belongs to."""
    if instrument in EXTRAS:
        return EXTRAS[instrument].family
    if instrument in FAMILY_OF:
        return FAMILY_OF[instrument]
    nearest = NEAREST.get(instrument, instrument)
    return FAMILY_OF.get(nearest, nearest)
