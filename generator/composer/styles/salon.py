"""Music of rooms where people talk: the baroque salon and the hotel lounge."""

from generator.composer.styles.base import Part, style
from generator.messages import gettext_noop as _

SALON = (
    style(
        "baroque, bach, vivaldi, handel, mozart, chamber music, chamber, string quartet, concerto, minuet, aristocratic, rococo, "
        "eighteenth century, 18th century, continuo, fugue, pachelbel",
        "Palace Garden, Candelabra, The Long Gallery, Ink and Quill, Orangery, Powdered Wig, Allegro in Blue, Court Letter, Mirror Hall",
        key="baroque", title=_("Baroque"), summary="Harpsichord continuo, running violins, walking cello, cadences", arc="song", harmony="classical", longest_ring=2.6, leans=("dominant", "relative"),
        endings=("ring", "slow", "ring"), rises=(),
        tempo=(76, 86, 98), modes=("major", "harmonic"), loose=0.006, drums_enter=2.0, bars_a_chord=0.5,
        a=("I V vi iii IV I IV V", "I IV viidim iii vi ii V I", "I vi IV ii V I V I"), b=("vi ii V I IV viidim V I", "V I V I IV I V7 I", "vi iii IV I ii vi II V"),
        minor_a=("i iv bVII bIII bVI iim7b5 V i", "i V i iv i V i V", "i iv V i bVI iv V V"), minor_b=("bIII bVII i V bVI bIII iv V", "iv bVII bIII bVI iim7b5 V i i"),
        grooves=({},), room=(2.0, 0.45), energy=0.52, melody_density=0.6,
        parts=(
            Part("arp", "harpsichord", -13.5, -0.25, 0.2, 0.0, pattern="alberti", center=62, family="harpsichord"),
            Part("bass", "celli", -9.5, 0.2, 0.15, 0.0, pattern="continuo", center=43, family="bass"),
            Part("lead", "fiddle", -15, -0.1, 0.3, 0.25, pattern="allegro", center=76, family="strings"),
            Part("counter", "oboe", -14, 0.3, 0.3, 0.45, pattern="answer", center=74, family="flute"),
            Part("pad", "strings", -21.5, 0, 0.3, 0.45, center=64, family="strings"),
            Part("bass", "contrabass", -10.5, 0.1, 0.15, 0.0, pattern="continuo", center=33, family="bass"),
            Part("counter", "violins", -19, 0.35, 0.3, 0.63, pattern="long", center=69, family="strings"),
        ),
    ),
    style(
        "lounge, elevator, elevator music, muzak, easy listening, cocktail, hotel lobby, lobby, waiting room, hold music, on hold, exotica, "
        "shopping mall, supermarket, retro lounge, tiki, bachelor pad, department store, airport",
        "Level Three, Mezzanine, Paper Umbrella, Please Hold, Palm Court, Shag Carpet, Chlorine and Lime, Duty Free, Swivel Chair",
        key="lounge", title=_("Lounge"), summary="Cha-cha organ, vibraphone, jazz guitar, polite strings", arc="head", harmony="jazz", longest_ring=2.6, leans=("relative", "dominant", "subdominant"),
        endings=("button", "ring", "tail"), rises=(),
        tempo=(102, 114, 126), modes=("major",), kit="latin", drums_level=-14.5, loose=0.006,
        a=("Imaj7 vi7 ii7 V7", "Imaj7 #idim ii7 V13", "Imaj9 IVmaj7 iii7 VI7"), b=("IVmaj7 iv6 iii7 VI7", "ii7 V7 Imaj7 VI7", "IVmaj7 III7 vi7 II9"),
        grooves=(
            {"guiro": "x.ogx.ogx.ogx.og", "conga": "o.......o.....o."},
            {"guiro": "x.ogx.ogx.ogx.og", "conga": "....o.......o.oo", "kick": "x.......x......."},
            {"guiro": "x.ogx.ogx.ogx.og", "conga": "g.o.x.g.g.o.x.oo", "rim": "....x.......x...", "kick": "x.....g.x.......", "cowbell": "g...g...g...g..."},
        ),
        room=(1.3, 0.5), energy=0.48, drive=0.1, melody_density=0.5,
        parts=(
            Part("comp", "hammond", -14.5, -0.3, 0.15, 0.0, pattern="chacha", center=62, family="organ"),
            Part("bass", "upright", -10, 0, 0.04, 0.0, pattern="chacha", center=38, family="bass"),
            Part("lead", "vibes", -7.5, 0.15, 0.3, 0.25, pattern="song", center=74, family="vibraphone"),
            Part("comp", "jazzguitar", -17.5, 0.4, 0.15, 0.35, pattern="bossa", center=63, family="guitar"),
            Part("counter", "flute", -17, -0.35, 0.35, 0.5, pattern="answer", center=77, family="flute"),
            Part("pad", "strings", -24.5, 0, 0.35, 0.42, center=66, family="strings"),
        ),
    ),
)  # fmt: skip
