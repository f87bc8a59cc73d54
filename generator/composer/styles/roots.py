"""Songs of the country: American and Irish roots, church, saloon."""

from generator.composer.styles.base import Part, style
from generator.messages import gettext_noop as _

ROOTS = (
    # Train beat: even strokes, accents off the beat, ghost notes between: drummagazine.com/lessons/post/train-beat.
    style(
        "country, country music, nashville, bluegrass, americana, honky tonk, honky-tonk, cowboy song, hoedown, barn dance, "
        "rodeo, southern, appalachian, truck commercial, line dance, outlaw country",
        "Gravel Drive, Blue Ridge, Tailgate, Screen Door, Corn Silk, Hound Dog Hill, Back Forty, Saturday Barn, Copper Creek",
        key="country", title=_("Country"), summary="Train beat, banjo rolls, fiddle, boom-chick guitar", arc="song", harmony="pop", longest_ring=2.2, leans=("dominant", "subdominant"),
        endings=("button", "stop", "slow"), rises=(), meters=("4/4", "4/4", "4/4", "3/4"),
        three=({"kick": "x..........."}, {"kick": "x...........", "snare": "....g...g..."}, {"kick": "x...........", "snare": "....x...x.g.", "hat": "x.o.x.o.x.o."}),
        tempo=(98, 110, 124), modes=("major", "major", "mixolydian"), kit="brushes", drums_level=-11, loose=0.006,
        a=("I IV V I", "I V IV I", "I I IV V7", "I vi IV V"), b=("IV I V7 I", "IV I II7 V7", "vi IV I V"),
        grooves=(
            {"kick": "x.......x......."},
            {"kick": "x...x...x...x...", "snare": "..o...o...o...o."},
            {"kick": "x...x...x...x...", "snare": "ggxgggxgggxgggxg", "pedal": "..x...x...x...x."},
            {"kick": "x...x...x...x...", "snare": "ggxgggxgggxggoxo", "pedal": "..x...x...x...x.", "tamb": "..x...x...x...x.", "ride": "x.x.x.x.x.x.x.x."},
        ),
        room=(1.0, 0.5), energy=0.58, melody_density=0.5,
        parts=(
            Part("comp", "steel", -12, -0.3, 0.15, 0.0, pattern="train", center=62, family="guitar"),
            Part("bass", "upright", -9, 0, 0.04, 0.0, pattern="country", center=38, family="bass"),
            Part("arp", "banjo", -11, 0.4, 0.12, 0.3, pattern="banjoroll", center=65, family="banjo"),
            Part("lead", "fiddle", -15.5, 0.15, 0.25, 0.35, pattern="twang", center=76, family="strings"),
            Part("counter", "twang", -11.5, -0.4, 0.25, 0.5, pattern="answer", center=65, family="guitar", echo=0.1),
            Part("lead", "harmonica", -12.5, -0.1, 0.3, 0.0, 0.38, pattern="sparse", center=72, family="harmonica"),
        ),
    ),
    style(
        "blues, blues rock, delta blues, chicago blues, slow blues, twelve bar, 12 bar, 12-bar, twelve-bar, shuffle, boogie, boogie-woogie, "
        "boogie woogie, juke joint, bb king, blues guitar, rockabilly, rock and roll, rock'n'roll",
        "Crossroads, Muddy Water, Empty Bottle, Freight Yard, Sweet Home, Back Door, Pawn Shop, Delta Moon, Rent Party",
        key="blues", title=_("Blues"), summary="Twelve bars, shuffle, bent thirds, harmonica answers", arc="head", harmony="blues", longest_ring=2.4, leans=("subdominant", "dominant"),
        endings=("slow", "button", "ring"), rises=(), chorus_bars=12,
        tempo=(84, 100, 120), modes=("blues", "blues", "minor"), swing=0.66, swing_unit=2, kit="soul", drums_level=-10.5, loose=0.008, laid_back=0.008,
        a=("I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7", "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 I7"),
        b=("I7 IV7 I7 I7 IV7 IV7 I7 VI7 ii7 V7 I7 V7", "I9 IV9 I9 I9 IV9 IV9 I9 I9 V9 IV9 I9 V9"),
        minor_a=("i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 V7", "i7 iv7 i7 i7 iv7 iv7 i7 i7 V7 iv7 i7 V7"),
        minor_b=("i7 iv7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 V7",),
        grooves=(
            {"kick": "x.......x.......", "hat": "x...x..ox...x..o"},
            {"kick": "x.......x.......", "snare": "....x.......x...", "hat": "x..ox..ox..ox..o"},
            {"kick": "x.....g.x.......", "snare": "....x..g....x..g", "ride": "x..ox..ox..ox..o"},
            {"kick": "x.....o.x.....g.", "snare": "..g.x..g..g.x..o", "ride": "x..ox..ox..ox..o", "tamb": "....x.......x..."},
        ),
        room=(1.1, 0.5), drums_room=1.1, energy=0.56, drive=0.3, melody_density=0.55,
        parts=(
            Part("comp", "jazzguitar", -14.5, -0.4, 0.15, 0.0, pattern="boogie", center=52, family="guitar", drive=0.25),
            Part("bass", "finger", -9.5, 0, 0.03, 0.0, pattern="boogie", center=36, family="bass"),
            Part("comp", "piano", -15.5, 0.35, 0.15, 0.3, pattern="turn", center=65, family="piano"),
            Part("lead", "solo", -5.5, 0.05, 0.25, 0.3, pattern="lick", center=70, family="guitar", echo=0.08),
            Part("counter", "harmonica", -11.5, 0.25, 0.25, 0.42, pattern="answer", center=72, family="harmonica"),
            Part("pad", "hammond", -17, 0.2, 0.2, 0.62, center=62, family="organ"),
        ),
    ),
    style(
        "gospel, church, choir praise, praise, worship, hallelujah, sunday service, spiritual, revival, black gospel, soul choir, hymn, sacred soul",
        "Sunday Best, Jordan, Wooden Pews, Rise Up, Morning Glory, Tambourine Hall, River Baptism, Amen Corner, Higher Ground",
        key="gospel", title=_("Gospel"), summary="Shouting piano, Hammond, choir, claps and tambourine", arc="song", harmony="jazz", longest_ring=3.4, leans=("dominant", "subdominant", "relative"),
        endings=("slow", "ring", "button"), rises=("swell",), meters=("4/4", "4/4", "4/4", "6/8"),
        three=({"tamb": "x...o.x...o."}, {"kick": "x...........", "clap": "......x.....", "tamb": "x...o.x...o."}, {"kick": "x.....g...o.", "snare": "......x.....", "clap": "......x.....", "tamb": "x.o.o.x.o.o.", "ride": "x...x.x...x."}),
        tempo=(76, 92, 116), modes=("major", "major", "mixolydian"), swing=0.65, swing_unit=2, kit="soul", drums_level=-9.5, loose=0.009,
        a=("I I7 IV iv", "I vi7 ii7 V7", "I III7 vi7 II7", "I IV I V7sus4"), b=("IV #ivdim I VI7", "IV iv I VI7", "ii7 V7 I I7"),
        grooves=(
            {"kick": "x.......o.......", "clap": "....x.......x..."},
            {"kick": "x.......x.......", "clap": "....x.......x...", "tamb": "..o.x.o...o.x.o."},
            {"kick": "x..o....x.......", "snare": "....x.......x..g", "clap": "....x.......x...", "tamb": "..o.x.o...o.x.o.", "hat": "x..ox..ox..ox..o"},
            {"kick": "x..o..o.x..o..o.", "snare": "....x..g..g.x..g", "clap": "....x..o....x..o", "tamb": "x.o.x.o.x.o.x.o.", "ride": "x..ox..ox..ox..o"},
        ),
        room=(2.0, 0.45), energy=0.6, drive=0.25, melody_density=0.5,
        parts=(
            Part("comp", "piano", -13, -0.2, 0.2, 0.0, pattern="shout", center=60, family="piano"),
            Part("pad", "hammond", -20, 0.3, 0.3, 0.0, center=62, family="organ"),
            Part("bass", "finger", -9.5, 0, 0.03, 0.25, pattern="church", center=37, family="bass"),
            Part("pad", "choir", -21.5, 0, 0.4, 0.5, center=66, family="choir"),
            Part("lead", "sax", -14.5, 0.1, 0.3, 0.35, pattern="praise", center=71, family="brass"),
            Part("counter", "hammond", -17.5, 0.4, 0.25, 0.65, pattern="answer", center=74, family="organ"),
        ),
    ),
    # The bodhrán's down-up-down of a jig, low on the beats: barryquinn.com/topics/bodhran.
    style(
        "celtic, irish, ireland, scottish, scotland, jig, reel, irish jig, irish folk, hornpipe, ceilidh, "
        "st patrick's day, gaelic, highland, breton, fiddle tune, sea shanty, shanty, pirate",
        "Green Glen, Stone Harbour, Peat Smoke, The Crossroads Reel, Heather, Long Strand, Lantern Inn, Skerry, Turf Fire",
        key="celtic", title=_("Celtic"), summary="Jigs and reels on fiddle and whistle, bodhrán, pipes", arc="song", harmony="modal", longest_ring=2.4, leans=("dominant", "subdominant", "relative"),
        endings=("stop", "button", "slow"), rises=(), meters=("6/8", "6/8", "4/4"),
        three=({"tom": "x.....o....."}, {"tom": "x.g.g.x.g.g.", "tamb": "....o.....o."}, {"tom": "x.ggo.x.ggo.", "rim": "....g.....g.", "tamb": "..o.x...o.x."}, {"tom": "xgogogxgogoo", "floor": "x.....x.....", "tamb": "..o.x...o.x.", "rim": "....o.....o."}),
        tempo=(112, 122, 134), modes=("major", "dorian", "mixolydian"), kit="frame", drums_level=-12, loose=0.006,
        a=("I V IV V", "I IV I V", "I bVII I V", "I vi IV V"), b=("vi IV I V", "IV I IV V", "I bVII IV V"),
        minor_a=("i bVII i bVII", "i i bVII v", "i bIII bVII i"), minor_b=("bIII bVII i bVII", "bVII i bVII v"),
        grooves=(
            {"tom": "x.......x......."},
            {"tom": "x..gx.g.x..gx.g.", "tamb": "....o.......o..."},
            {"tom": "x.ggxgg.x.ggxgog", "floor": "x.......x.......", "tamb": "..o.x.o...o.x.o."},
            {"tom": "xgogxgogxgogxgoo", "floor": "x...x...x...x...", "tamb": "..o.x.o...o.x.o.", "rim": "....o.......o..."},
        ),
        room=(1.5, 0.5), energy=0.6, melody_density=0.6,
        parts=(
            Part("comp", "steel", -15.5, -0.35, 0.15, 0.0, pattern="strum", center=62, family="guitar"),
            Part("arp", "harp", -17, 0.4, 0.3, 0.0, 0.7, pattern="dance", center=67, family="harp"),
            Part("bass", "finger", -12.5, 0, 0.04, 0.35, pattern="twofeel", center=38, family="bass"),
            Part("lead", "whistle", -12, 0.2, 0.3, 0.3, 0.6, pattern="reel", center=79, family="flute"),
            Part("lead", "fiddle", -14, -0.15, 0.25, 0.58, pattern="reel", center=76, family="strings"),
            Part("counter", "bagpipe", -19.5, 0.3, 0.3, 0.7, pattern="long", center=67, family="flute"),
            Part("comp", "accordion", -22, 0.35, 0.2, 0.5, pattern="offbeats", center=65, family="accordion"),
        ),
    ),
    style(
        "western, spaghetti western, wild west, cowboy, cowboys, saloon, gunslinger, showdown, duel, frontier, morricone, prairie, outlaw, tumbleweed, desperado",
        "High Noon, Dust Trail, Dry Gulch, Silver Spur, Two Graves, Rattlesnake Pass, Last Saloon, Canyon Echo, Iron Horse",
        key="western", title=_("Western"), summary="Whistle, twanging guitar, hooves, trumpet and choir", arc="song", harmony="film", longest_ring=3.4, leans=("relative", "dominant"),
        endings=("ring", "stop", "tail"), rises=("swell", "boom"),
        tempo=(88, 100, 114), modes=("minor", "minor", "dorian"), kit="frame", drums_level=-12.5, loose=0.007,
        a=("i i bVII i", "i iv i V", "i bVI iv V", "i v bVI V"), b=("bVI iv V i", "iv i V i", "bIII bVII iv V"),
        grooves=(
            {"wood": "x..gx..gx..gx..g", "kick": "x.......o......."},
            {"wood": "x..ox..ox..ox..o", "kick": "x.......x......."},
            {"wood": "x.oxx.oxx.oxx.ox", "kick": "x.......x.......", "snare": "g.ggx.ggg.ggx.gg", "tamb": "....x.......x..."},
            {"wood": "x.oxx.oxx.oxx.ox", "kick": "x.....o.x.......", "snare": "o.gox.goo.gox.go", "tom": "x..............o", "tamb": "....x.......x...", "crash": "x..............."},
        ),
        room=(3.0, 0.4), energy=0.56, drive=0.2, melody_density=0.4, echo_beats=0.5,
        parts=(
            Part("comp", "nylon", -16, -0.35, 0.2, 0.0, pattern="gallop", center=58, family="guitar"),
            Part("bass", "pick", -10.5, 0, 0.05, 0.2, pattern="country", center=38, family="bass"),
            Part("lead", "whistling", -11, 0.1, 0.5, 0.0, 0.58, pattern="spaghetti", center=79, family="flute", echo=0.15),
            Part("lead", "twang", -10.5, -0.1, 0.4, 0.56, pattern="spaghetti", center=66, family="guitar", echo=0.2),
            Part("counter", "trumpet", -18.5, 0.3, 0.5, 0.66, pattern="long", center=70, family="brass"),
            Part("pad", "choir", -23, 0, 0.5, 0.55, center=62, family="choir"),
            Part("pad", "strings", -24, 0, 0.4, 0.4, center=62, family="strings"),
            Part("arp", "chime", -12.5, 0.4, 0.6, 0.3, pattern="slow", center=74, family="bells"),
        ),
    ),
)  # fmt: skip
