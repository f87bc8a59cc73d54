"""Build the layered pack from its two Debian packages.

    python -m generator.composer.sound.layers.builder musescore-general-soundfont_….deb sonic-pi-samples_….deb FOLDER

The studio does the same in one command that also fetches them (docs/operating.md).
"""

import re
import sys
import tempfile
from pathlib import Path

import numpy as np
import scipy
import soundfile
from numpy.typing import NDArray

from generator.composer.sound.layers.contents import (
    COPYRIGHT_FOLDER,
    INSTRUMENTS,
    MUSESCORE,
    PACKAGES,
    SAMPLES_FOLDER,
    SECTIONS,
    SONIC_PI,
    SOUNDFONT,
    STROKES,
    Stroke,
)
from generator.composer.sound.layers.deb import BadPackage, extract
from generator.composer.sound.layers.playing import PREFIX
from generator.composer.sound.sample_pack_builder import (
    DRUM_RATE_HZ,
    PackWriter,
    SoundFont,
    add_instrument,
    add_stroke,
)
from generator.composer.sound.zones import Zone

Index = dict[str, list[Zone]]


def build(musescore: Path, sonic_pi: Path, folder: Path) -> int:
    """Write the pack and its licenses to a folder, which must exist; return the size of its samples in bytes.

    Raises:
        BadPackage: a package is damaged or another one, or a sample is not under the license that it should be.
    """
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        font_files = extract(musescore, (SOUNDFONT, MUSESCORE.license_file), _subfolder(scratch, "musescore"))
        names = [SAMPLES_FOLDER + name for stroke in STROKES for name in stroke.files]
        stroke_files = extract(sonic_pi, (*names, SONIC_PI.license_file), _subfolder(scratch, "sonic-pi"))
        licenses = [font_files[MUSESCORE.license_file].read_text(), stroke_files[SONIC_PI.license_file].read_text()]
        check_licenses(licenses[1], [name for stroke in STROKES for name in stroke.files])
        writer = PackWriter()
        try:
            font = SoundFont(font_files[SOUNDFONT])
            index = _instruments(font, writer) | _strokes(font, stroke_files, writer)
        except (KeyError, ValueError, IndexError, StopIteration, soundfile.SoundFileError) as error:
            raise BadPackage(f"{musescore.name} or {sonic_pi.name} has other sounds than expected: {error}.") from error
        size = writer.save(folder, {PREFIX + name: zones for name, zones in index.items()})
    for package, text in zip(PACKAGES, licenses, strict=True):
        (folder / f"LICENSE.{package.name}").write_text(text)
    return size


def _subfolder(parent: str, name: str) -> Path:
    folder = Path(parent) / name
    folder.mkdir()
    return folder


def check_licenses(text: str, names: list[str]) -> None:
    """Check that a copyright file of Debian puts each sample under CC0.

    Raises:
        BadPackage: it does not.
    """
    licenses: dict[str, str] = {}
    for paragraph in re.split(r"\n\s*\n", text):
        if license := re.search(r"^License: *(\S+)", paragraph, re.MULTILINE):
            licenses |= dict.fromkeys(re.findall(rf"{re.escape(COPYRIGHT_FOLDER)}(\S+)", paragraph), license[1])
    if others := [name for name in names if licenses.get(name) != "CC0"]:
        raise BadPackage(f"The license of {', '.join(sorted(set(others))[:5])} is not CC0.")


def _instruments(font: SoundFont, writer: PackWriter) -> Index:
    index: Index = {}
    for instrument in INSTRUMENTS:
        index.setdefault(instrument.name, []).extend(add_instrument(font, instrument, writer))
    for strength in ("soft", "hard"):
        index[f"strings/{strength}"] = [
            zone
            for section, lowest, highest in SECTIONS
            for zone in index[f"{section}/{strength}"]
            if lowest <= round(zone.root) <= highest
        ]
    if empty := [name for name, zones in index.items() if not zones]:
        raise ValueError(f"no notes for {', '.join(empty)}")
    return index


def _strokes(font: SoundFont, files: dict[str, Path], writer: PackWriter) -> Index:
    index: Index = {}
    for stroke in STROKES:
        if stroke.files:
            takes = [_read(files[SAMPLES_FOLDER + name]) for name in stroke.files]
            index[stroke.drum] = [writer.add_stroke(take, stroke.seconds) for take in takes]
        else:
            index[stroke.drum] = [_from_font(font, stroke, writer)]
    return index


def _from_font(font: SoundFont, stroke: Stroke, writer: PackWriter) -> Zone:
    return add_stroke(font, stroke.program, stroke.key, stroke.seconds, writer, stroke.velocity)


def _read(file: Path) -> NDArray[np.float64]:
    sound, rate = soundfile.read(file, dtype="float64", always_2d=True)
    return np.asarray(scipy.signal.resample_poly(sound.mean(axis=1), DRUM_RATE_HZ, rate))


def main(arguments: list[str]) -> int:
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[2])
    folder.mkdir(parents=True, exist_ok=True)
    try:
        size = build(Path(arguments[0]), Path(arguments[1]), folder)
    except BadPackage as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{size / 1e6:.2f} MB of samples in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
