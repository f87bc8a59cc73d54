"""Tiny packages with every preset, sample, and license that the layered pack is made of."""

import io
import struct
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import soundfile

from generator.composer.sound.layers.contents import (
    COPYRIGHT_FOLDER,
    INSTRUMENTS,
    MUSESCORE,
    SAMPLES_FOLDER,
    SONIC_PI,
    SOUNDFONT,
    STROKES,
    Package,
)
from generator.composer.sound.sample_pack_builder import STROKE_VELOCITY

RATE, SAMPLE_S = 32_000, 0.7
LOOP = (12_800, 19_200)
OGG_MONO = 0x11


@dataclass(frozen=True)
class _Note:
    name: str
    root: int
    keys: tuple[int, int]
    velocities: tuple[int, int]
    partials: int


def packages(license: str = "CC0") -> dict[Package, bytes]:
    """Return both packages, with their true sizes and digests, and their contents."""
    strokes = {
        SAMPLES_FOLDER + name: _encoded(_stroke(number), "FLAC")
        for stroke in STROKES
        for number, name in enumerate(stroke.files)
    }
    names = [name for stroke in STROKES for name in stroke.files]
    text = "\n\n".join(f"Files: {COPYRIGHT_FOLDER}{name}\nCopyright: 2010 x\nLicense: {license}" for name in names)
    made = {
        MUSESCORE: deb({SOUNDFONT: soundfont(), MUSESCORE.license_file: b"MIT, parts CC0"}),
        SONIC_PI: deb({**strokes, SONIC_PI.license_file: text.encode()}),
    }
    return {
        replace(package, size=len(content), sha256=sha256(content).hexdigest()): content
        for package, content in made.items()
    }


def deb(files: Mapping[str, bytes]) -> bytes:
    """Return a Debian package with these files."""
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.xz": _tar({"control": b"Package: x\n"}),
        "data.tar.xz": _tar(files),
    }
    out = b"!<arch>\n"
    for name, content in members.items():
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n"
        out += header.encode() + content + b"\n" * (len(content) % 2)
    return out


def _tar(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def soundfont() -> bytes:
    """Return a SoundFont with Ogg Vorbis samples, in which hard notes have more partials than soft ones."""
    presets: dict[tuple[int, int], list[_Note]] = {}
    for instrument in INSTRUMENTS:
        name = (instrument.pattern or instrument.name).replace(".*", "C4")
        hard = instrument.name.endswith("hard")
        is_split = instrument.velocity != STROKE_VELOCITY
        span = (instrument.velocity - 20, min(127, instrument.velocity + 20)) if is_split else (0, 127)
        notes = presets.setdefault((instrument.bank, instrument.program), [])
        middle = (instrument.low + instrument.high) // 2
        for root, keys in ((instrument.low + 3, (0, middle)), (instrument.high - 3, (middle + 1, 127))):
            notes.append(_Note(f"{name} {root}"[:19], root, keys, span, 14 if hard else 4))
    for stroke in STROKES:
        if not stroke.files:
            span = (stroke.velocity - 9, min(127, stroke.velocity + 9)) if stroke.program == 58 else (0, 127)
            note = _Note(f"{stroke.drum}"[:19], 60, (stroke.key, stroke.key), span, 6)
            presets.setdefault((128, stroke.program), []).append(note)
    return _riff(presets)


def _riff(presets: Mapping[tuple[int, int], list[_Note]]) -> bytes:
    samples, headers, phdr, pbag, pgen, inst, ibag, igen = b"", b"", b"", b"", b"", b"", b"", b""
    count = zones = 0
    for number, ((bank, program), notes) in enumerate(presets.items()):
        phdr += struct.pack("<20sHHHIII", b"preset", program, bank, number, 0, 0, 0)
        pbag += struct.pack("<HH", number, 0)
        pgen += struct.pack("<HH", 41, number)
        inst += struct.pack("<20sH", b"instrument", zones)
        for note in notes:
            stream = _encoded(_tone(note), "OGG")
            ends = len(samples) + len(stream)
            place = (note.name.encode(), len(samples), ends, *LOOP)
            headers += struct.pack("<20sIIIIIBbHH", *place, RATE, note.root, 0, 0, OGG_MONO)
            samples += stream
            ibag += struct.pack("<HH", count * 4, 0)
            igen += struct.pack("<HBBHBB", 43, *note.keys, 44, *note.velocities) + struct.pack(
                "<HHHH", 54, 1, 53, count
            )
            count, zones = count + 1, zones + 1
    size = len(presets)
    phdr += struct.pack("<20sHHHIII", b"EOP", 0, 0, size, 0, 0, 0)
    pbag += struct.pack("<HH", size, 0)
    inst += struct.pack("<20sH", b"EOI", zones)
    ibag += struct.pack("<HH", count * 4, 0)
    headers += struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)
    tables = {"phdr": phdr, "pbag": pbag, "pgen": pgen, "inst": inst, "ibag": ibag, "igen": igen, "shdr": headers}
    hydra = b"pdta" + b"".join(_chunk(name, content) for name, content in tables.items())
    odd = samples if len(samples) % 2 else samples + b"\x01"  # as MuseScore writes it: odd, and without padding
    return _chunk("RIFF", b"sfbk" + _chunk("LIST", b"sdta" + _chunk("smpl", odd)) + _chunk("LIST", hydra))


def _chunk(name: str, content: bytes) -> bytes:
    return name.encode() + struct.pack("<I", len(content)) + content


def _tone(note: _Note) -> np.ndarray:
    t = np.arange(int(SAMPLE_S * RATE)) / RATE
    loop_s = (LOOP[1] - LOOP[0]) / RATE
    hz = round(440 * 2 ** ((note.root - 69) / 12) * loop_s) / loop_s  # whole periods in the loop
    return sum(np.sin(2 * np.pi * hz * n * t) / n for n in range(1, note.partials + 1) if hz * n < 14_000) * 0.2


def _stroke(number: int) -> np.ndarray:
    t = np.arange(RATE // 4) / RATE
    return np.random.default_rng(number).normal(0, 0.2, len(t)) * np.exp(-t / 0.05)


def _encoded(sound: np.ndarray, format: str) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, sound, RATE, format=format)
    return out.getvalue()
