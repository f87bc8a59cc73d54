"""Hip-hop, soul and their relatives: slow or halved beats, deep basses."""

from generator.composer.styles.base import Part, style
from generator.messages import gettext_noop as _

URBAN = (
    # Halved tempo, snare on three, rolled hats: drum.town/lessons/hiphop-808-translation; drill's late snares in the fullest groove.
    style(
        "trap, drill, uk drill, rap, rap beat, trap beat, type beat, gangsta, hard hip hop, plugg",
        "Cold Chain, Tinted Glass, Third Floor, Ice Water, No Signal, Blacktop, Second Shift, Low Battery, Concrete",
        key="trap", title=_("Trap"), summary="Halved beat, rolling hats, gliding 808, dark bells", arc="beat", harmony="modal", longest_ring=3.0,
        endings=("stop", "ring"), rises=("riser", "boom"),
        tempo=(132, 141, 150), modes=("minor", "minor", "harmonic"), bars_a_chord=2.0, kit="trap", drums_level=-10, loose=0.002,
        a=("i i bVI v", "i bVI i V", "i iv bVI i"), b=("bVI bVII i i", "iv bVI i V"),
        grooves=(
            {"kick": "x.........g.....", "hat": "x.o.x.o.x.o.x.o."},
            {"kick": "x.........x.....", "clap": "........x.......", "hat": "x.o.x.o.x.rrx.o."},
            {"kick": "x.....x...x..x..", "clap": "........x.......", "snare": "........o......g", "hat": "x.oxx.oxx.t.x.rr", "open": "..............o."},
            {"kick": "x..x..x...x..x..", "clap": "........x.....x.", "snare": "........o....g..", "hat": "x..x..x.x.t.xrrr", "open": "......o.........", "clave": "..............g."},
        ),
        room=(1.6, 0.6), drums_room=0.5, drums_drive=0.2, energy=0.66, drive=0.3, melody_density=0.5,
        parts=(
            Part("bass", "sub808", -4.5, 0, 0.0, 0.3, pattern="sub808", center=34, family="bass", drive=0.35),
            Part("arp", "bell", -6, 0.25, 0.4, 0.0, pattern="bells", center=74, family="bells", echo=0.25),
            Part("pad", "darkpad", -16, 0, 0.4, 0.5, center=58, family="pad", duck=0.25),
            Part("lead", "felt", -7, -0.15, 0.35, 0.5, pattern="trap", center=72, family="piano", echo=0.2),
            Part("counter", "flute", -14.5, 0.35, 0.45, 0.7, pattern="answer", center=74, family="flute", echo=0.25),
        ),
    ),
    # Cowbell as the tune, distorted 808 under every stroke of the kick: hljod.peleke.me/edm-4c-808.html.
    style(
        "phonk, drift phonk, drift, memphis, memphis rap, brazilian phonk, funk automotivo, car music, racing",
        "Night Drift, Burnt Rubber, Red Line, Underpass, Handbrake, Tail Lights, Exit Nine, Street King, Smoke Machine",
        key="phonk", title=_("Phonk"), summary="Cowbell riffs over a distorted 808, fast and grim", arc="beat", harmony="modal", longest_ring=2.4,
        endings=("stop", "button"), rises=("riser", "boom"),
        tempo=(126, 136, 148), modes=("minor", "phrygian"), bars_a_chord=2.0, kit="phonk", drums_level=-15, loose=0.001,
        a=("i i bVI bVII", "i bII i bVII", "i i iv bVI"), b=("bVI bVII i i", "iv bVI bVII i"),
        grooves=(
            {"kick": "x.....x.....x...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "x..x..x.x..x..x.", "clap": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "x..x..x.x..x..x.", "clap": "....x.......x...", "snare": "....o.......o..g", "hat": "x.xxx.xrx.xxx.xr", "open": "..o...o...o...o.", "cowbell": "..g...g...g...g."},
        ),
        room=(1.0, 0.6), drums_room=0.6, drums_drive=0.5, energy=0.74, drive=0.6, melody_density=0.6,
        parts=(
            Part("bass", "sub808", -4, 0, 0.0, 0.25, pattern="phonk", center=33, family="bass", duck=0.35, drive=0.8),
            Part("lead", "cowbell", -1, 0.1, 0.2, 0.3, pattern="phonk", center=70, family="bells", echo=0.15),
            Part("pad", "darkpad", -16.5, 0, 0.4, 0.5, center=55, family="pad", duck=0.4),
            Part("comp", "vox", -14.5, -0.25, 0.3, 0.0, pattern="dubstab", center=62, family="choir", duck=0.3, echo=0.25),
            Part("counter", "reese", -11, 0.3, 0.2, 0.75, pattern="answer", center=57, family="synth"),
        ),
    ),
    style(
        "r&b, rnb, r & b, rhythm and blues, soul, soulful, neo soul, neo-soul, neosoul, motown, slow jam, quiet storm, urban",
        "Silk Sheets, Velvet Hour, Slow Burn, Honey and Smoke, Late Call, Candle Wax, Second Glass, Satin, Close Enough",
        key="rnb", title=_("R&B / soul"), summary="Rhodes chords, deep pocket bass, snaps, saxophone", arc="song", harmony="jazz", longest_ring=3.4, leans=("relative", "mediant", "dominant", "subdominant"),
        endings=("ring", "tail", "slow"), rises=("swell",),
        tempo=(66, 76, 92), modes=("major", "minor", "dorian"), swing=0.57, swing_unit=1, laid_back=0.02, kit="soul", drums_level=-9, loose=0.008,
        a=("Imaj9 iii7 IVmaj9 V7sus4", "IVmaj9 V6 iii7 vi9", "Imaj9 vi9 ii9 V13"), b=("IVmaj9 iv7 Imaj9 VI7", "vi9 V6 IVmaj9 V7sus4"),
        minor_a=("i9 bVImaj7 iv9 V7", "i9 iv9 bVII9 bIIImaj9"), minor_b=("bVImaj7 bVII9 i9 i9", "iv9 v7 bVImaj7 V7"),
        grooves=(
            {"kick": "x.........x.....", "snap": "....x.......x..."},
            {"kick": "x..g......x.....", "snap": "....x.......x...", "rim": "....o.......o...", "hat": "x.ogx.o.x.ogx.o."},
            {"kick": "x..o...x..x...g.", "snare": "....x..g.g..x...", "snap": "....o.......o...", "hat": "xgogxgogxgogxgog", "open": "..............o."},
        ),
        room=(1.5, 0.5), energy=0.5, drive=0.2, melody_density=0.5,
        parts=(
            Part("comp", "epiano", -9, -0.15, 0.25, 0.0, pattern="neosoul", center=61, family="piano"),
            Part("bass", "finger", -7.5, 0, 0.03, 0.2, pattern="pocket", center=36, family="bass", duck=0.15),
            Part("pad", "strings", -25, 0, 0.4, 0.38, center=66, family="strings"),
            Part("lead", "sax", -13.5, 0.15, 0.35, 0.35, pattern="melisma", center=70, family="brass", echo=0.12),
            Part("counter", "jazzguitar", -10.5, -0.4, 0.25, 0.45, pattern="answer", center=67, family="guitar", echo=0.12),
            Part("arp", "bell", -10, 0.4, 0.45, 0.6, pattern="bells", center=79, family="bells", echo=0.2),
        ),
    ),
    style(
        "trip hop, trip-hop, triphop, bristol, downtempo, downbeat, film noir beats, smoky beats, abstract hip hop",
        "Wet Asphalt, Harbour Fog, Slow Elevator, Grey Velvet, Dust Jacket, Rust, Last Tram, Ashtray, Undertone",
        key="triphop", title=_("Trip hop"), summary="Dragging dusty break, upright bass, noir strings, muted trumpet", arc="beat", harmony="pop", longest_ring=3.6, leans=("relative", "subdominant"),
        endings=("ring", "tail"), rises=("swell",),
        tempo=(74, 84, 94), modes=("minor", "harmonic", "dorian"), swing=0.55, swing_unit=1, laid_back=0.014, kit="triphop", drums_level=-10, loose=0.007,
        a=("i9 i9 bVImaj7 V7", "i iv9 i V7", "i9 bIIImaj7 iv9 bVImaj7"), b=("iv9 i9 bVI V7", "bVImaj7 V7 i9 i9"),
        grooves=(
            {"kick": "x.......g.x.....", "ride": "x.o.x.o.x.o.x.o."},
            {"kick": "x..x......x.....", "snare": "....x.......x..g", "hat": "x.o.x.o.x.o.x.o."},
            {"kick": "x..x...g..xx....", "snare": "....x..g.g..x.og", "hat": "x.ogx.o.x.ogx.o.", "open": "......o.........", "ride": "x...x...x...x..."},
        ),
        room=(2.2, 0.65), drums_drive=0.4, drums_room=0.8, energy=0.5, texture="vinyl", drive=0.35, melody_density=0.35, echo_beats=1.5,
        parts=(
            Part("bass", "upright", -8.5, 0, 0.06, 0.0, pattern="smoke", center=35, family="bass"),
            Part("comp", "twang", -14, -0.4, 0.35, 0.0, pattern="laid", center=58, family="guitar", echo=0.2),
            Part("pad", "strings", -23.5, 0, 0.4, 0.35, center=60, family="strings"),
            Part("comp", "hammond", -21, 0.3, 0.25, 0.5, pattern="whole", center=62, family="organ"),
            Part("lead", "muteharmon", -15, 0.15, 0.5, 0.35, pattern="smoke", center=70, family="brass", echo=0.3),
            Part("counter", "vibes", -13.5, 0.4, 0.4, 0.6, pattern="answer", center=74, family="vibraphone", echo=0.25),
        ),
    ),
    # Kick with two pushes, claps off the beat, hat every three sixteenths: songen.app/blog/how-to-make-afrobeats-drums.
    style(
        "afrobeats, afrobeat, afro beats, afropop, afro pop, afro, amapiano, naija, nigerian, highlife, azonto, afroswing, dancehall",
        "Lagos Evening, Gold Thread, Island Bridge, Market Day, Sugarcane, Slow Wine, Balcony Sun, Palm Oil, Ankara",
        key="afrobeats", title=_("Afrobeats"), summary="Syncopated kick and rim, log drum, highlife guitar", arc="beat", harmony="pop", longest_ring=2.4, leans=("relative", "dominant", "subdominant"),
        endings=("stop", "button", "ring"), rises=("swell",),
        tempo=(98, 105, 114), modes=("major", "minor", "dorian"), kit="afro", drums_level=-4.5, loose=0.005, swing=0.53, swing_unit=1,
        a=("I V vi IV", "IV V vi I", "I vi IV V"), b=("vi IV I V", "IV V iii7 vi"),
        minor_a=("i bVI bVII i", "i bVII iv bVI"), minor_b=("bVI bVII i v", "iv bVII i i"),
        grooves=(
            {"kick": "x.......x.......", "shaker": "xgogxgogxgogxgog", "rim": "...x..x......x.."},
            {"kick": "x..x....x.x.....", "rim": "...x..x......x..", "shaker": "xgogxgogxgogxgog"},
            {"kick": "x..x....x.x.....", "rim": "...x..x......x..", "clap": "......o......o..", "hat": "x..x..x.x.oxxgox", "shaker": "xgogxgogxgogxgog", "conga": "..g...o.x.g..xo."},
            {"kick": "x..x..g.x.x....g", "snare": "...x..x..g...x..", "clap": "......x......x..", "hat": "x.oxx.oxx.oxx.ox", "shaker": "xgogxgogxgogxgog", "conga": "..go..o.x.go.xox", "agogo": "x.....g...x..g.."},
        ),
        room=(1.2, 0.5), drums_room=0.7, energy=0.64, melody_density=0.5,
        parts=(
            Part("comp", "epiano", -10.5, -0.2, 0.25, 0.0, pattern="push", center=62, family="piano", duck=0.2),
            Part("arp", "jazzguitar", -10, 0.4, 0.2, 0.0, pattern="highlife", center=67, family="guitar"),
            Part("bass", "logdrum", -3, 0, 0.03, 0.3, pattern="afro", center=38, family="bass", duck=0.2),
            Part("lead", "vox", -7, 0.05, 0.3, 0.5, pattern="afro", center=74, family="synth", echo=0.2),
            Part("counter", "marimba", -4.5, -0.4, 0.25, 0.6, pattern="answer", center=74, family="vibraphone"),
            Part("pad", "warmpad", -17, 0, 0.4, 0.5, center=62, family="pad", duck=0.3),
        ),
    ),
)  # fmt: skip
