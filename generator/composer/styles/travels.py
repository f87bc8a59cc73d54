"""Old Europe, India, and the Arab world."""

from generator.composer.styles.base import Part, style
from generator.messages import gettext_noop as _

TRAVELS = (
    style(
        "tavern, medieval, middle ages, renaissance, bard, minstrel, inn, rpg town, village, fantasy tavern, troubadour, peasant dance, "
        "knight, knights, castle, court dance, folk dance",
        "The Prancing Boar, Ale and Embers, Market Cross, Oak Table, Minstrel's Coin, Hearth Song, Old Gate, Pewter Mug, Lantern Fair",
        key="tavern", title=_("Medieval tavern"), summary="Lute, recorder, dulcimer, frame drum, drones", arc="song", harmony="modal", longest_ring=2.4, leans=("subdominant", "dominant", "relative"),
        endings=("stop", "button", "slow"), rises=(), meters=("4/4", "6/8", "4/4", "3/4"),
        three=({"tom": "x...........", "tamb": "x...o...o..."}, {"tom": "x.....o.....", "tamb": "x...o.x...o."}, {"tom": "x...g.x...g.", "floor": "x...........", "tamb": "x.o.o.x.o.o."}, {"tom": "x.goo.x.goo.", "floor": "x.....x.....", "tamb": "x.o.o.x.o.o.", "clap": "....x.....x."}),
        tempo=(104, 116, 130), modes=("dorian", "dorian", "mixolydian"), kit="frame", drums_level=-10, loose=0.008,
        a=("I bVII I V", "I IV I bVII", "I bVII IV I"), b=("IV I bVII I", "v bVII IV I"),
        minor_a=("i bVII i bVII", "i IV i bVII", "i bIII bVII i"), minor_b=("bIII bVII i v", "IV i bVII i"),
        grooves=(
            {"tom": "x.......o.......", "tamb": "x...o...x...o..."},
            {"tom": "x.....x.x.......", "tamb": "x...o...x...o..."},
            {"tom": "x..gx.x.x..gx.g.", "floor": "x.......x.......", "tamb": "x.o.x.o.x.o.x.o."},
            {"tom": "x.goxgx.x.goxgoo", "floor": "x.......x.......", "tamb": "x.oox.oox.oox.oo", "clap": "....x.......x..."},
        ),
        room=(1.3, 0.55), energy=0.56, melody_density=0.55,
        parts=(
            Part("arp", "oud", -10, -0.3, 0.2, 0.0, pattern="dance", center=60, family="guitar"),
            Part("bass", "contrabass", -17, 0.1, 0.15, 0.15, pattern="hold", center=38, family="bass"),
            Part("lead", "whistle", -15, 0.15, 0.3, 0.3, pattern="ballad", center=77, family="flute"),
            Part("arp", "dulcimer", -15, 0.4, 0.25, 0.45, pattern="up8", center=74, family="harp"),
            Part("counter", "oboe", -14.5, -0.35, 0.3, 0.55, pattern="answer", center=72, family="flute"),
            Part("comp", "oud", -17, 0.3, 0.15, 0.5, pattern="strum", center=64, family="guitar"),
            Part("counter", "bagpipe", -20, -0.15, 0.3, 0.68, pattern="long", center=65, family="flute"),
        ),
    ),
    # Keherwa, Dha Ge Na Ti | Na Ka Dhi Na, an eighth each: tablanawazacademy.com (Keherwa Taal 8 Beats).
    style(
        "bollywood, indian, india, hindi, desi, bhangra, punjabi, raga, mumbai, holi, diwali, filmi, hindustani",
        "Marigold, Monsoon Wedding Day, Jasmine Street, Pink City, Saffron, Train to Agra, Mirror Work, Festival of Colour, Cardamom",
        key="bollywood", title=_("Bollywood"), summary="Tabla and dhol, sitar, bansuri, sweeping string lines", arc="song", harmony="modal", longest_ring=2.6, leans=("relative", "subdominant", "dominant"),
        endings=("stop", "button", "ring"), rises=("swell",),
        tempo=(92, 104, 118), modes=("dorian", "harmonic", "major"), kit="tabla", drums_level=-14.5, loose=0.006,
        a=("I IV I V", "I bVII IV I", "I vi IV V"), b=("IV V I vi", "vi IV V I"),
        minor_a=("i bVII i bVII", "i iv V i", "i bVI bVII i"), minor_b=("bVI bVII i i", "iv bVII bIII V", "iv V i i"),
        grooves=(
            {"na": "x...x.g.x.g.x.x.", "ge": "x.o.........x.o."},
            {"na": "x..gx.g.x.g.x.xg", "ge": "x.o...g.....x.o.", "shaker": "x.o.x.o.x.o.x.o."},
            {"na": "xg.gxgg.xgg.x.xg", "ge": "x.og..g.o...x.og", "kick": "x.....x...x.....", "clap": "....x.......x...", "tamb": "x.o.x.o.x.o.x.o."},
            {"na": "xgogxgogxgogxgxg", "ge": "x.oo..o.x.o.x.oo", "kick": "x..x..x.x..x..x.", "clap": "....x.......x...", "tamb": "x.oox.oox.oox.oo", "tumba": "x..o..x.x..o..x."},
        ),
        room=(1.7, 0.45), energy=0.62, melody_density=0.55,
        parts=(
            Part("arp", "sitar", -12, -0.3, 0.25, 0.0, pattern="dance", center=64, family="sitar"),
            Part("comp", "accordion", -27, 0.3, 0.2, 0.0, pattern="push", center=62, family="accordion"),
            Part("bass", "finger", -11, 0, 0.03, 0.3, pattern="keherwa", center=38, family="bass"),
            Part("lead", "flute", -13.5, 0.15, 0.35, 0.3, 0.68, pattern="raga", center=77, family="flute", echo=0.1),
            Part("lead", "violins", -15.5, 0, 0.3, 0.62, pattern="raga", center=76, family="strings"),
            Part("arp", "dulcimer", -15.5, 0.45, 0.3, 0.5, pattern="tremolo", center=72, family="harp"),
            Part("counter", "sitar", -11.5, -0.4, 0.3, 0.55, pattern="answer", center=67, family="sitar"),
            Part("pad", "strings", -25.5, 0, 0.4, 0.6, center=62, family="strings"),
        ),
    ),
    # Maqsum, D T . T D . T ., and Saidi, D T . D D . T .: khafif.com/rhy, en.wikipedia.org/wiki/Dumbek_rhythms.
    style(
        "arabic, arab, arabian, middle eastern, middle east, oriental, belly dance, bellydance, egyptian, egypt, persian, turkish, desert caravan, "
        "bazaar, sahara, maqam, moroccan, arabian nights, souk",
        "Blue Mosque, Caravan, Spice Market, Lamp and Smoke, Moon Over Dunes, Silk Veil, Minaret, Date Palms, Well of Stars",
        key="arabic", title=_("Arabic"), summary="Oud and qanun in Hijaz colours, darbuka, strings", arc="song", harmony="modal", longest_ring=2.6, leans=("relative", "subdominant", "dominant"),
        endings=("stop", "button", "ring"), rises=(),
        tempo=(88, 100, 114), modes=("harmonic", "harmonic", "phrygian"), kit="darbuka", drums_level=-13, loose=0.007,
        a=("i i V i", "i iv V i", "i bII i bVII", "i V bVI V"), b=("iv i V i", "bVI V iv i", "iv bII V i"),
        grooves=(
            {"dum": "x.......x.......", "tek": "..x...x.....x..."},
            {"dum": "x.......x.......", "tek": "..xg..xg..g.x.gg", "tamb": "x.o.x.o.x.o.x.o."},
            {"dum": "x.....x.x.......", "tek": "..xgg.g.g.ggxggg", "tamb": "x.o.x.o.x.o.x.o.", "shaker": "xgogxgogxgogxgog"},
            {"dum": "x.....x.x.....o.", "tek": "..xgggxgg.ggxgrr", "tamb": "xgogxgogxgogxgog", "clap": "....x.......x...", "floor": "x.......x......."},
        ),
        room=(1.8, 0.5), energy=0.58, melody_density=0.6,
        parts=(
            Part("arp", "oud", -10.5, -0.25, 0.2, 0.0, pattern="dance", center=57, family="guitar"),
            Part("bass", "contrabass", -12.5, 0.05, 0.1, 0.15, pattern="maqsum", center=38, family="bass"),
            Part("lead", "oud", -6, -0.1, 0.25, 0.25, 0.62, pattern="taqsim", center=69, family="guitar"),
            Part("lead", "violins", -14.5, 0.1, 0.35, 0.58, pattern="taqsim", center=74, family="strings"),
            Part("arp", "dulcimer", -14.5, 0.4, 0.3, 0.4, pattern="tremolo", center=70, family="harp"),
            Part("counter", "flute", -18, 0.3, 0.4, 0.5, pattern="answer", center=76, family="flute"),
            Part("pad", "strings", -24, 0, 0.35, 0.45, center=60, family="strings"),
        ),
    ),
)  # fmt: skip
