"""What the layered pack is made of, as data.

MuseScore General (S. Christian Collins, from FluidR3 by Frank Wen; MIT, its piano in the public domain, its strings,
drumline and open cymbals CC0) has pianos, strings and cymbals in several strengths, and denser notes of the rest. Sonic
Pi's samples have a drum kit in two strengths and takes of tabla strokes; each file that is used has to be CC0.
No recording of a guitar, bass or wind instrument in more than one strength has a license that could be used.
"""

from dataclasses import dataclass

from generator.composer.sound.sample_pack_builder import PackInstrument


@dataclass(frozen=True)
class Package:
    """A Debian package: its path below a mirror, its size in bytes, and the SHA-256 that Debian signs for it."""

    name: str
    version: str
    path: str
    size: int
    sha256: str
    license_file: str  # inside the package

    @property
    def file_name(self) -> str:
        return self.path.rpartition("/")[2]


MUSESCORE = Package(
    "musescore-general-soundfont",
    "0.2.1-1",
    "pool/main/m/musescore-general-soundfont/musescore-general-soundfont_0.2.1-1_all.deb",
    75_768_132,
    "21ab87e4b15711817f84130a370bdb51003c90f3bf53e4015f3b410b9ed8c6a5",
    "usr/share/doc/musescore-general-soundfont/copyright",
)
SONIC_PI = Package(
    "sonic-pi-samples",
    "3.2.2~repack-8",
    "pool/main/s/sonic-pi/sonic-pi-samples_3.2.2~repack-8_all.deb",
    21_882_696,
    "25f2312d2fae005e6ad0f4726b8ed3084e776006a5a132083506e960224ac79d",
    "usr/share/doc/sonic-pi-samples/copyright",
)
PACKAGES = (MUSESCORE, SONIC_PI)
SOUNDFONT = "usr/share/sounds/sf3/MuseScore_General_Full.sf3"
SAMPLES_FOLDER = "usr/share/sonic-pi/samples/"
COPYRIGHT_FOLDER = "etc/samples/"  # the same folder, as the license file calls it


def _section(
    name: str, bank: int, low: int, high: int, rate: int, patterns: tuple[str, str]
) -> tuple[PackInstrument, ...]:
    """Return the two strengths of a section of a string orchestra."""
    return tuple(
        PackInstrument(
            f"{name}/{how}", 48, low, high, 4, rate, 3.0, ensemble=True, bank=bank, pattern=pattern, even=True
        )
        for how, pattern in zip(("soft", "hard"), patterns, strict=True)
    )


# Two recorded strengths each. Several entries of one name are sections of an orchestra, from low to high.
INSTRUMENTS = (
    PackInstrument("piano/soft", 0, 24, 99, 3, 32_000, 3.0, rings=True, velocity=70, pattern="Piano MF"),
    PackInstrument("piano/hard", 0, 24, 99, 3, 32_000, 3.0, rings=True, velocity=120, pattern="Piano FF"),
    *_section("violins", 20, 55, 91, 32_000, ("Violins_.*_v1", "Violins_.*_v2")),
    *_section("violas", 30, 50, 74, 32_000, ("Violas_.*_v1", "Violas_.*_v2")),
    *_section("celli", 40, 36, 74, 32_000, ("Celli_.*_v1", "Celli_.*_v3")),
    *_section("basses", 50, 28, 52, 22_050, ("Basses_.*_v1", "Basses_.*_v3")),
    PackInstrument("spiccato/soft", 48, 36, 52, 5, 32_000, 0.8, rings=True, bank=40, velocity=60, pattern="CellAtk"),
    PackInstrument("spiccato/soft", 48, 55, 91, 5, 32_000, 0.8, rings=True, bank=20, velocity=60, pattern="VlnsAtk"),
    PackInstrument("spiccato/hard", 48, 36, 52, 5, 32_000, 0.8, rings=True, bank=40, velocity=110, pattern="CellAtk"),
    PackInstrument("spiccato/hard", 48, 55, 91, 5, 32_000, 0.8, rings=True, bank=20, velocity=110, pattern="VlnsAtk"),
    # one recorded strength, but nearer to each note, longer and brighter than in the bundled pack
    PackInstrument("nylon", 24, 40, 84, 4, 32_000, 2.2, rings=True, velocity=60),
    PackInstrument("steel", 25, 40, 84, 4, 32_000, 2.0, rings=True),
    PackInstrument("jazzguitar", 26, 40, 79, 4, 32_000, 2.0, rings=True),
    PackInstrument("upright", 32, 28, 60, 4, 32_000, 1.8, rings=True),
    PackInstrument("finger", 33, 28, 52, 4, 32_000, 1.8, rings=True),
    PackInstrument("sax", 65, 50, 82, 3, 32_000, 1.4),
    PackInstrument("harp", 46, 36, 96, 5, 32_000, 1.6, rings=True),
    PackInstrument("clean", 27, 40, 79, 4, 32_000, 2.0, rings=True),
    PackInstrument("accordion", 21, 48, 88, 4, 32_000, 1.8, ensemble=True),
    PackInstrument("banjo", 105, 50, 79, 4, 32_000, 1.6, rings=True),
)
# What each section of a string orchestra plays in chords of all: its lowest and highest root.
SECTIONS = (("basses", 0, 33), ("celli", 34, 52), ("violas", 53, 62), ("violins", 63, 127))


@dataclass(frozen=True)
class Stroke:
    """Recorded takes of a drum of a kit in one strength: files of Sonic Pi, or keys of a kit of MuseScore General."""

    drum: str  # "studio/kick/hard"
    seconds: float
    files: tuple[str, ...] = ()
    program: int = 0
    key: int = 0
    velocity: int = 100


def _pair(drum: str, name: str, seconds: float) -> tuple[Stroke, ...]:
    return tuple(Stroke(f"{drum}/{how}", seconds, (f"drum_{name}_{how}.flac",)) for how in ("soft", "hard"))


STROKES = (
    *_pair("studio/kick", "bass", 0.5),
    *_pair("studio/snare", "snare", 0.45),
    *_pair("studio/tom", "tom_mid", 0.7),
    *_pair("studio/floor", "tom_lo", 0.9),
    Stroke("hall/crash/0", 3.0, program=58, key=72, velocity=30),
    Stroke("hall/crash/1", 3.0, program=58, key=72, velocity=60),
    Stroke("hall/crash/2", 3.0, program=58, key=72, velocity=90),
    Stroke("hall/crash/3", 3.0, program=58, key=72, velocity=120),
    Stroke("808/kick/hard", 0.9, program=25, key=36),
    Stroke("808/open/hard", 0.9, program=25, key=44),
    Stroke("tabla/ge/hard", 0.7, tuple(f"tabla_ghe{number}.flac" for number in range(1, 7))),
    Stroke("tabla/na/hard", 0.6, ("tabla_na.flac", "tabla_na_s.flac")),
)
