"""Music of Latin America and Spain."""

from generator.composer.styles.base import Part, style
from generator.messages import gettext_noop as _

LATIN = (
    # Dembow: even kick, snare on the tresillo: plugg-supply.net/articles/how-to-make-reggaeton-beats.
    style(
        "reggaeton, reggaetón, regueton, dembow, perreo, latin trap, urbano, moombahton, latin urban",
        "Malecón, Calor, Piel Canela, Bajo la Luna, Noche Larga, Ventana Abierta, Isla, Sudor, Medianoche",
        key="reggaeton", title=_("Reggaeton"), summary="Dembow beat, sub bass, plucked chords", arc="beat", harmony="pop", longest_ring=2.4, leans=("relative",),
        endings=("stop", "button"), rises=("riser",),
        tempo=(88, 94, 100), modes=("minor", "minor", "harmonic"), kit="dembow", drums_level=-10, loose=0.002,
        a=("i bVI bIII bVII", "i iv bVII bIII", "i bVI iv V"), b=("bVI bVII i i", "iv bVII bIII V", "bVI bIII bVII i"),
        grooves=(
            {"kick": "x.......x.......", "rim": "...x..x....x..x.", "hat": "x.g.x.g.x.g.x.g."},
            {"kick": "x...x...x...x...", "snare": "...x..x....x..x."},
            {"kick": "x...x...x...x...", "snare": "...x..x....x..x.", "hat": "x.o.x.o.x.o.x.oo", "shaker": "g.o.g.o.g.o.g.o."},
            {"kick": "x...x...x...x...", "snare": "...x..x....x..x.", "clap": "......x.......x.", "hat": "x.o.x.o.x.o.x.rr", "shaker": "xgogxgogxgogxgog", "timbale": "..............og"},
        ),
        room=(1.2, 0.5), drums_room=0.6, drums_drive=0.15, energy=0.68, drive=0.25, melody_density=0.5,
        parts=(
            Part("arp", "nylon", -7.5, -0.3, 0.25, 0.0, pattern="highlife", center=64, family="guitar", echo=0.12),
            Part("bass", "sub808", -4, 0, 0.0, 0.35, pattern="dembow", center=34, family="bass", duck=0.25, drive=0.25),
            Part("comp", "pluck", -10, 0.3, 0.25, 0.35, pattern="tropical", center=66, family="synth", duck=0.3, echo=0.15),
            Part("pad", "airpad", -16.5, 0, 0.4, 0.5, center=64, family="pad", duck=0.4),
            Part("lead", "vox", -7, 0.05, 0.3, 0.5, pattern="perreo", center=74, family="synth", echo=0.25),
            Part("counter", "trumpet", -13.5, -0.35, 0.3, 0.75, pattern="answer", center=70, family="brass"),
        ),
    ),
    # A bar is one 3-2 clave; tumbao of the bass and the congas: en.wikipedia.org/wiki/Tumbao.
    style(
        "latin, salsa, latin pop, mambo, cumbia, merengue, bachata, rumba, cuban, cuba, havana, son, son cubano, montuno, cha cha, "
        "cha-cha, caribbean, mariachi, mexican, latin dance, timba, bolero",
        "Calle Ocho, Fuego Lento, La Esquina, Azúcar, Domingo, Habana Vieja, Baile, Sabor, Plaza Mayor",
        key="latin", title=_("Salsa / Latin"), summary="Clave, congas, piano montuno, tumbao bass, brass", arc="song", harmony="pop", longest_ring=2.2, leans=("relative", "dominant"),
        endings=("button", "stop"), rises=(),
        tempo=(86, 95, 106), modes=("major", "minor", "harmonic"), kit="latin", drums_level=-12.5, loose=0.005,
        a=("I IV V7 IV", "I vi ii7 V7", "Imaj7 ii7 V7 I"), b=("IV I V7 I", "ii7 V7 iii7 VI7"),
        minor_a=("i iv V7 i", "i bVII bVI V7", "i7 iv7 iim7b5 V7"), minor_b=("iv i V7 i", "bVI bVII i V7"),
        grooves=(
            {"clave": "x..x..x...x.x...", "tumba": "x.....o.x.....o.", "shaker": "x.o.x.o.x.o.x.o."},
            {"clave": "x..x..x...x.x...", "conga": "g.og..xxg.og..xx", "shaker": "x.ogx.ogx.ogx.og"},
            {"clave": "x..x..x...x.x...", "conga": "g.og..xxg.og..xx", "tumba": "......o.....xx..", "timbale": "x.x.xx.x.xx.x.xx", "guiro": "x.ogx.ogx.ogx.og", "kick": "...o..o....o..o."},
            {"clave": "x..x..x...x.x...", "conga": "ggxg.gxxggxg.gxx", "tumba": "...o..o.....xx..", "cowbell": "x.g.x.gox.g.x.go", "timbale": "x.x.xx.x.xx.x.xx", "guiro": "x.ogx.ogx.ogx.og", "bongo": "xgogxgoxxgogxgox", "kick": "...x..x....x..x."},
        ),
        room=(1.1, 0.5), energy=0.66, melody_density=0.5,
        parts=(
            Part("arp", "piano", -16.5, -0.3, 0.15, 0.0, pattern="montuno", center=58, family="piano"),
            Part("bass", "upright", -12, 0, 0.04, 0.2, pattern="tumbao", center=38, family="bass"),
            Part("lead", "flute", -12.5, 0.2, 0.3, 0.3, 0.62, pattern="hook", center=77, family="flute"),
            Part("lead", "trumpet", -14.5, 0.15, 0.25, 0.6, pattern="mambo", center=72, family="brass"),
            Part("counter", "brass", -14, -0.2, 0.25, 0.72, pattern="answer", center=66, family="brass"),
            Part("comp", "nylon", -18, 0.45, 0.15, 0.4, pattern="bossa", center=64, family="guitar"),
        ),
    ),
    # Marcato in four, broken by the síncopa and the 3-3-2: adamtully.com/single-post/2017/04/27/intro-to-accompaniment-rhythm.
    style(
        "tango, argentine, argentina, buenos aires, milonga, nuevo tango",
        "Calle Corrientes, Last Embrace, Red Shoes, Café Oscuro, La Boca, Silk Stocking, San Telmo, Rosa Negra, Midnight Step",
        key="tango", title=_("Tango"), summary="Bandoneon, violins and piano in sharp marcato, no drums", arc="song", harmony="classical", longest_ring=2.0, leans=("relative", "dominant"),
        endings=("button", "stop", "slow"), rises=(),
        tempo=(110, 118, 130), modes=("harmonic", "harmonic", "minor"), loose=0.007, drums_enter=2.0,
        a=("i iv V7 i", "i V7 V7 i", "i i7 iv V7"), b=("iv i V7 i", "bVI iv V7 V7", "bIII bVII bVI V7"),
        grooves=({},), room=(1.4, 0.5), energy=0.58, melody_density=0.5,
        parts=(
            Part("comp", "piano", -18, -0.25, 0.2, 0.0, pattern="marcato", center=56, family="piano"),
            Part("bass", "contrabass", -11, 0.1, 0.1, 0.0, pattern="tango", center=38, family="bass"),
            Part("comp", "accordion", -22, 0.3, 0.2, 0.4, pattern="marcato", center=64, family="accordion"),
            Part("lead", "accordion", -13, 0.15, 0.25, 0.3, 0.68, pattern="tango", center=72, family="accordion"),
            Part("lead", "fiddle", -17.5, -0.15, 0.35, 0.62, pattern="tango", center=76, family="strings"),
            Part("counter", "violins", -15.5, -0.3, 0.35, 0.45, pattern="answer", center=67, family="strings"),
            Part("comp", "pizz", -15, 0.4, 0.2, 0.5, pattern="offbeats", center=64, family="strings"),
        ),
    ),
    # Rumba: guitar accents on one, the and of two, and four; palmas on two and four:
    # ravennaflamenco.com/metronomes/rumba, alhambraguitarras.com/es/la-rumba-en-la-guitarra-flamenca.
    style(
        "flamenco, spanish, spanish guitar, spain, andalusian, andalusia, gypsy guitar, gypsy, rumba flamenca, rumba gitana, gipsy, seville, bullfight",
        "White Village, Orange Court, Sierra, Alhambra Dusk, Red Dust, Fan and Lace, Cordoba, Hot Stones, Triana",
        key="flamenco", title=_("Flamenco"), summary="Strummed and picked nylon guitars, palmas, cajón", arc="song", harmony="pop", longest_ring=2.2, leans=("relative", "dominant", "subdominant"),
        endings=("stop", "button", "ring"), rises=(),
        tempo=(102, 112, 124), modes=("harmonic", "minor"), kit="compas", drums_level=-17.5, loose=0.006,
        a=("i bVII bVI V", "iv bIII bVI V", "i iv bVI V"), b=("bVI V bVI V", "iv bVII bIII V7", "iv i bVI V7"),
        grooves=(
            {"kick": "x...............", "clap": "....x.......x..."},
            {"kick": "x.....o.....x...", "clap": "....x..g....x.g.", "snare": "......g...g....."},
            {"kick": "x.....x...g.x...", "snare": "..g.x.g.g.x.g.x.", "clap": "..g.x.g...g.x.gx", "castanet": "............t.x."},
            {"kick": "x..g..x...x.x..g", "snare": "..g.x.gog.x.gox.", "clap": "..x.x.x...x.x.xx", "castanet": "x.t.x...x.t.x.rr"},
        ),
        room=(1.2, 0.5), energy=0.6, melody_density=0.55,
        parts=(
            Part("arp", "nylon", -11.5, -0.3, 0.2, 0.0, 0.66, pattern="falseta", center=58, family="guitar"),
            Part("comp", "nylon", -16.5, 0.3, 0.15, 0.35, pattern="rasgueo", center=60, family="guitar"),
            Part("bass", "finger", -12.5, 0, 0.04, 0.35, pattern="tresillo", center=40, family="bass"),
            Part("lead", "nylon", -9, -0.1, 0.25, 0.4, pattern="cante", center=74, family="guitar", echo=0.08),
            Part("counter", "flute", -18.5, 0.35, 0.4, 0.62, pattern="answer", center=74, family="flute"),
            Part("comp", "steel", -20, -0.5, 0.15, 0.7, pattern="rasgueo", center=67, family="guitar"),
        ),
    ),
)  # fmt: skip
