"""Players that can join any style that has none of their kind: what "with strings" brings in."""

from collections.abc import Mapping

from generator.composer.styles.base import Part

EXTRAS: Mapping[str, Part] = {
    "piano": Part("comp", "piano", -10, -0.2, 0.25, 0.0, pattern="whole", centre=62, family="piano"),
    "guitar": Part("arp", "steel", -10, 0.35, 0.2, 0.0, pattern="broken", centre=60, family="guitar"),
    "strings": Part("pad", "strings", -14, 0.0, 0.4, 0.0, centre=62, family="strings"),
    "pad": Part("pad", "warmpad", -17, 0.0, 0.4, 0.0, centre=62, family="pad"),
    "synth": Part("arp", "pluck", -11, 0.35, 0.3, 0.0, pattern="six16", centre=72, family="synth", echo=0.25),
    "brass": Part("counter", "horn", -10, -0.3, 0.4, 0.3, pattern="long", centre=60, family="brass"),
    "flute": Part("counter", "flute", -12, 0.25, 0.4, 0.3, pattern="answer", centre=74, family="flute", echo=0.1),
    "bells": Part("arp", "bell", -12, 0.4, 0.4, 0.0, pattern="up8", centre=77, family="bells"),
    "vibraphone": Part("counter", "vibes", -11, 0.35, 0.3, 0.0, pattern="answer", centre=72, family="vibraphone"),
    "choir": Part("pad", "choir", -14, 0.0, 0.5, 0.0, centre=64, family="choir"),
    "harp": Part("arp", "harp", -10, -0.35, 0.35, 0.0, pattern="broken", centre=66, family="harp"),
    "bass": Part("bass", "finger", -8, 0.0, 0.03, 0.0, pattern="twofeel", centre=38, family="bass"),
}
