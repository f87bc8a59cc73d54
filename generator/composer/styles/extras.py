"""Players that can join any style that has none of their kind: what "with strings" adds."""

from collections.abc import Mapping

from generator.composer.styles.base import Part

EXTRAS: Mapping[str, Part] = {
    "piano": Part("comp", "piano", -10, -0.2, 0.25, 0.0, pattern="whole", center=62, family="piano"),
    "guitar": Part("arp", "steel", -10, 0.35, 0.2, 0.0, pattern="broken", center=60, family="guitar"),
    "strings": Part("pad", "strings", -14, 0.0, 0.4, 0.0, center=62, family="strings"),
    "pad": Part("pad", "warmpad", -17, 0.0, 0.4, 0.0, center=62, family="pad"),
    "synth": Part("arp", "pluck", -11, 0.35, 0.3, 0.0, pattern="six16", center=72, family="synth", echo=0.25),
    "brass": Part("counter", "horn", -10, -0.3, 0.4, 0.3, pattern="long", center=60, family="brass"),
    "flute": Part("counter", "flute", -12, 0.25, 0.4, 0.3, pattern="answer", center=74, family="flute", echo=0.1),
    "bells": Part("arp", "bell", -12, 0.4, 0.4, 0.0, pattern="up8", center=77, family="bells"),
    "vibraphone": Part("counter", "vibes", -11, 0.35, 0.3, 0.0, pattern="answer", center=72, family="vibraphone"),
    "choir": Part("pad", "choir", -14, 0.0, 0.5, 0.0, center=64, family="choir"),
    "harp": Part("arp", "harp", -10, -0.35, 0.35, 0.0, pattern="broken", center=66, family="harp"),
    "bass": Part("bass", "finger", -8, 0.0, 0.03, 0.0, pattern="twofeel", center=38, family="bass"),
    # soloists, by their own names
    "violin": Part("counter", "violin", -15, 0.3, 0.35, 0.2, pattern="answer", center=72, family="strings"),
    "cello": Part("counter", "cello", -13, -0.2, 0.4, 0.2, pattern="long", center=55, family="strings"),
    "pizzicato": Part("comp", "pizz", -10, -0.3, 0.2, 0.0, pattern="offbeats", center=62, family="strings"),
    "double bass": Part("bass", "upright", -10, 0.0, 0.05, 0.0, pattern="twofeel", center=38, family="bass"),
    "clarinet": Part("counter", "clarinet", -13, 0.3, 0.3, 0.2, pattern="answer", center=68, family="flute"),
    "oboe": Part("counter", "oboe", -13, -0.1, 0.4, 0.2, pattern="answer", center=72, family="flute"),
    "ocarina": Part("counter", "ocarina", -13, 0.2, 0.4, 0.2, pattern="answer", center=76, family="flute"),
    "whistle": Part("counter", "whistle", -16, 0.15, 0.4, 0.2, pattern="answer", center=76, family="flute"),
    "french horn": Part("counter", "horn", -10, -0.3, 0.4, 0.3, pattern="long", center=60, family="brass"),
    "electric piano": Part("comp", "epiano", -11, -0.2, 0.25, 0.0, pattern="laid", center=61, family="piano"),
    "ukulele": Part("comp", "uke", -12, -0.3, 0.15, 0.0, pattern="strum", center=66, family="guitar"),
    "electric guitar": Part(
        "comp", "crunch", -14, 0.6, 0.15, 0.3, pattern="powerlong", center=48, family="guitar", drive=0.8
    ),
    "music box": Part("arp", "musicbox", -13, 0.4, 0.35, 0.0, pattern="up8", center=79, family="bells"),
    "celesta": Part("arp", "celesta", -13, 0.35, 0.4, 0.0, pattern="up8", center=82, family="bells"),
    "kalimba": Part("arp", "kalimba", -10, 0.35, 0.25, 0.0, pattern="broken", center=70, family="vibraphone"),
    "marimba": Part("arp", "marimba", -9, -0.3, 0.2, 0.0, pattern="broken", center=64, family="vibraphone"),
    "saxophone": Part("counter", "sax", -14, 0.2, 0.35, 0.2, pattern="answer", center=68, family="brass", echo=0.1),
    "trumpet": Part("counter", "trumpet", -14, -0.2, 0.35, 0.3, pattern="answer", center=70, family="brass"),
    "accordion": Part("comp", "accordion", -17, 0.3, 0.25, 0.0, pattern="whole", center=64, family="accordion"),
    "harmonica": Part("counter", "harmonica", -15, 0.2, 0.3, 0.2, pattern="answer", center=72, family="harmonica"),
    "banjo": Part("arp", "banjo", -11, 0.35, 0.15, 0.0, pattern="broken", center=64, family="banjo"),
    "sitar": Part("arp", "sitar", -12, -0.3, 0.3, 0.0, pattern="dance", center=64, family="sitar"),
    "organ": Part("pad", "hammond", -19, -0.25, 0.25, 0.0, center=62, family="organ"),
    "harpsichord": Part(
        "arp", "harpsichord", -12, -0.25, 0.25, 0.0, pattern="alberti", center=64, family="harpsichord"
    ),
    "steel drums": Part("arp", "steeldrum", -10, 0.35, 0.3, 0.0, pattern="cross", center=76, family="steel drums"),
    "fiddle": Part("counter", "fiddle", -15, 0.2, 0.3, 0.2, pattern="answer", center=74, family="strings"),
    "bagpipes": Part("counter", "bagpipe", -19, 0.3, 0.3, 0.2, pattern="long", center=66, family="flute"),
    "oud": Part("arp", "oud", -11, -0.3, 0.2, 0.0, pattern="broken", center=60, family="guitar"),
    "dulcimer": Part("arp", "dulcimer", -15, 0.4, 0.3, 0.0, pattern="up8", center=73, family="harp"),
    "808": Part("bass", "sub808", -5, 0.0, 0.0, 0.0, pattern="twofeel", center=34, family="bass", drive=0.35),
}
