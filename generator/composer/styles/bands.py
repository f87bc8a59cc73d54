"""Amplified bands and their singers: metal, punk, pop, reggae."""

from generator.composer.styles.base import Part, style
from generator.messages import gettext_noop as _

BANDS = (
    style(
        "metal, heavy metal, death metal, thrash, thrash metal, black metal, metalcore, nu metal, doom, djent, hard rock, headbang, brutal, shred",
        "Anvil, Iron Choir, Black Banner, Furnace, Serpent Crown, Steel Rain, Hollow King, Siege, Ember Throne",
        key="metal", title=_("Metal"), summary="Palm-muted gallop, double bass drum, harmonised leads", arc="song", harmony="film", longest_ring=2.8, leans=("relative", "subdominant", "dominant"),
        endings=("stop", "ring", "button"), rises=("swell",),
        tempo=(122, 142, 164), modes=("minor",), kit="metal", drums_level=-17, loose=0.003,
        a=("i i bVI bVII", "i bVI bVII i", "i i bII i", "i iv bVI V"), b=("bVI bVII i i", "bVI bIII bVII i", "iv bVI bVII V"),
        grooves=(
            {"kick": "x.......x.x.....", "snare": "........x.......", "hat": "x...x...x...x..."},
            {"kick": "x.xxx.xxx.xxx.xx", "snare": "....x.......x...", "hat": "x...x...x...x..."},
            {"kick": "x.xxx.xxx.xxx.xx", "snare": "....x.......x...", "ride": "x.x.x.x.x.x.x.x.", "crash": "x..............."},
            {"kick": "xxxxxxxxxxxxxxxx", "snare": "....x.......x..o", "ride": "x.x.x.x.x.x.x.x.", "crash": "x.......x.......", "floor": "..............oo"},
        ),
        room=(1.3, 0.45), drums_room=1.1, drums_drive=0.3, energy=0.74, drive=0.45, melody_density=0.55,
        parts=(
            Part("bass", "chug", -7.5, -0.75, 0.05, 0.0, pattern="chug", center=44, family="guitar", drive=0.95),
            Part("bass", "chug", -7.5, 0.75, 0.05, 0.35, pattern="chug", center=44, family="guitar", drive=1.0),
            Part("comp", "distorted", -11.5, 0.4, 0.12, 0.6, pattern="powerchug", center=45, family="guitar", drive=0.95),
            Part("bass", "pick", -10, 0, 0.01, 0.2, pattern="gallop", center=33, family="bass", drive=0.35),
            Part("lead", "solo", -4.5, 0.1, 0.3, 0.5, pattern="metal", center=74, family="guitar", echo=0.2),
            Part("counter", "solo", -7.5, -0.3, 0.3, 0.72, pattern="long", center=67, family="guitar", echo=0.2),
            Part("pad", "choir", -23, 0, 0.4, 0.6, center=62, family="choir"),
        ),
    ),
    style(
        "punk, punk rock, pop punk, pop-punk, skate punk, hardcore punk, hardcore, ska punk, riot, emo, oi",
        "Basement Show, Spray Paint, Skate Park, No Curfew, Broken String, Cheap Seats, Safety Pin, Two Minutes, Fire Exit",
        key="punk", title=_("Punk"), summary="Fast downstrokes, three chords, gang melodies, no reverb", arc="song", harmony="pop", longest_ring=1.8, leans=("dominant", "subdominant", "relative"),
        endings=("stop", "button"), rises=(),
        tempo=(164, 178, 196), modes=("major", "major", "mixolydian", "minor"), kit="rock", drums_level=-10, loose=0.007,
        a=("I IV V IV", "I V vi IV", "I IV I V", "I bVII IV I"), b=("IV I V vi", "IV V I vi", "vi IV I V"),
        minor_a=("i bVI bIII bVII", "i bVII bVI bVII"), minor_b=("bVI bVII i i", "iv bVI bVII i"),
        grooves=(
            {"kick": "x.......x.......", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "x.......x.x.....", "snare": "....x.......x...", "open": "x.x.x.x.x.x.x.x."},
            {"kick": "x.....x.x.x...x.", "snare": "....x.......x...", "ride": "x.x.x.x.x.x.x.x.", "crash": "x..............."},
            {"kick": "x.x...x.x.x...x.", "snare": "..x.x.....x.x..x", "crash": "x.......x.......", "open": "x...x...x...x..."},
        ),
        room=(0.6, 0.5), drums_room=1.0, drums_drive=0.35, energy=0.76, drive=0.5, melody_density=0.5,
        parts=(
            Part("comp", "distorted", -11, -0.7, 0.06, 0.0, pattern="powerfast", center=45, family="guitar", drive=0.8),
            Part("comp", "distorted", -11.5, 0.7, 0.06, 0.55, pattern="powerfast", center=48, family="guitar", drive=0.85),
            Part("bass", "pick", -10, 0, 0.01, 0.0, pattern="root8", center=36, family="bass", drive=0.25),
            Part("lead", "solo", -3.5, 0.1, 0.15, 0.5, pattern="chant", center=72, family="guitar"),
            Part("counter", "solo", -3.5, -0.25, 0.15, 0.82, pattern="answer", center=67, family="guitar"),
        ),
    ),
    style(
        "pop, pop song, dance pop, dance-pop, electropop, synth pop, synthpop, pop ballad, radio, top 40, chart, teen pop, bubblegum, catchy",
        "Weekend Plans, Glass House, Hands Up High, Call Me Later, Polaroid, Side by Side, Heartbeat City, Brand New, Golden Hour Pop",
        key="pop", title=_("Pop"), summary="Piano chords, tight beat, singing synth hook", arc="song", harmony="pop", longest_ring=2.8, leans=("relative", "dominant", "subdominant"),
        endings=("ring", "stop", "button"), rises=("riser", "swell"),
        tempo=(98, 110, 124), modes=("major", "major", "minor"), kit="pop", drums_level=-12, loose=0.003,
        a=("I V vi IV", "vi IV I V", "I iii7 IV V", "I vi IV V"), b=("IV I V vi", "IV V vi iii7", "vi IV I V"),
        minor_a=("i bVI bIII bVII", "i bVII bVI bVII"), minor_b=("bVI bVII i bIII", "bVI bIII bVII i"),
        grooves=(
            {"kick": "x.......x.......", "snap": "....x.......x..."},
            {"kick": "x..x....x.x.....", "snare": "....x.......x...", "hat": "x.o.x.o.x.o.x.o."},
            {"kick": "x..x..x.x.x.....", "snare": "....x.......x...", "clap": "....x.......x...", "hat": "x.ogx.ogx.ogx.og", "open": "..............o.", "tamb": "..x...x...x...x."},
        ),
        room=(1.4, 0.45), drums_room=0.7, energy=0.64, drive=0.2, melody_density=0.5,
        parts=(
            Part("comp", "piano", -12, -0.1, 0.2, 0.0, pattern="quarters", center=62, family="piano", duck=0.1),
            Part("bass", "analog", -5.5, 0, 0.02, 0.3, pattern="pop", center=37, family="bass", duck=0.3),
            Part("comp", "muted", -10, 0.45, 0.15, 0.5, pattern="clavinet", center=65, family="guitar", duck=0.1, echo=0.1),
            Part("pad", "polysynth", -16.5, 0, 0.35, 0.4, center=62, family="pad", duck=0.35),
            Part("lead", "softlead", -9, 0.05, 0.25, 0.35, pattern="pop", center=73, family="synth", echo=0.2),
            Part("arp", "pluck", -10.5, -0.4, 0.3, 0.7, pattern="six16", center=76, family="synth", duck=0.25, echo=0.25),
            Part("counter", "vox", -8.5, 0.35, 0.3, 0.65, pattern="answer", center=74, family="synth", echo=0.2),
        ),
    ),
    # Kick and rim together on the drop, steppers in the fullest groove: weigu.lu/music/drumppy (after dubroom.org).
    style(
        "reggae, ska, dub, dub reggae, roots reggae, rocksteady, jamaica, jamaican, rasta, one drop, skank, ska band, two tone ska, lovers rock",
        "Kingston Morning, Easy Road, Yard Light, Sun Splash, Zinc Roof, Slow River, Hill Station, Sound System, Sweet Ackee",
        key="reggae", title=_("Reggae / ska"), summary="One drop, guitar skank, bubbling organ, melodica", arc="song", harmony="modal", longest_ring=2.2, leans=("dominant", "subdominant", "relative"),
        endings=("button", "stop", "ring"), rises=(),
        tempo=(68, 76, 88), modes=("major", "minor", "mixolydian"), kit="reggae", drums_level=-7.5, loose=0.007, swing=0.56, swing_unit=1,
        a=("I IV I V", "I V vi IV", "I ii I ii", "I IV V IV"), b=("IV I V I", "vi IV I V", "ii V I I"),
        minor_a=("i bVII i bVII", "i iv i v", "i bVII bVI v"), minor_b=("iv i bVII i", "bVI bVII i i"),
        grooves=(
            {"hat": "x.ogx.ogx.ogx.og", "rim": "....x.......x...", "kick": "g...o.......o..."},
            {"kick": "....x.......x...", "rim": "....x.......x...", "hat": "x.ogx.ogx.ogx.og"},
            {"kick": "....x.......x...", "rim": "....x..g.g..x.g.", "hat": "xgogxgogxgogxgog", "open": "......o.......o.", "wood": "..........g.g..."},
            {"kick": "x...x...x...x...", "snare": "....x.......x..g", "hat": "xgogxgogxgogxgog", "open": "......o.......o.", "timbale": "..............gg"},
        ),
        room=(1.8, 0.6), drums_room=0.8, energy=0.56, drive=0.2, melody_density=0.45, echo_beats=0.75,
        parts=(
            Part("comp", "jazzguitar", -17.5, -0.35, 0.15, 0.0, pattern="skank", center=64, family="guitar", echo=0.08),
            Part("bass", "finger", -7.5, 0, 0.02, 0.0, pattern="roots", center=36, family="bass"),
            Part("comp", "hammond", -19, 0.35, 0.15, 0.3, pattern="bubble", center=60, family="organ"),
            Part("lead", "harmonica", -14, 0.1, 0.3, 0.38, pattern="skank", center=74, family="harmonica", echo=0.3),
            Part("counter", "brass", -13, -0.2, 0.3, 0.6, pattern="answer", center=66, family="brass", echo=0.2),
            Part("comp", "piano", -17, -0.1, 0.15, 0.5, pattern="offbeats", center=67, family="piano"),
        ),
    ),
)  # fmt: skip
