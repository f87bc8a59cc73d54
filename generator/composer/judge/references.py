"""Music by people to compare with: the soundtracks and MIDI files of free games in Debian's packages.

The files are fetched with apt-get into a folder outside the repository; only percentiles of what was measured are kept
in `data/references.json`, with the packages, their licenses, the date and the number of pieces.
"""

import datetime
import hashlib
import json
import re
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from generator.composer.judge import notes, signals

# Soundtracks that were rendered from MIDI files (drascula-music, planetblupi-music-ogg) are left out of the audio.
RANGES = Path(__file__).parent / "data" / "references.json"
AUDIO_PACKAGES = (
    "asc-music", "fillets-ng-data", "flare-game", "frozen-bubble-data", "hyperrogue-music",
    "lincity-ng-data", "singularity-music", "starfighter-data", "supertux-data",
    "tuxmath-data", "warzone2100-music", "wesnoth-1.16-music", "zaz-data",
)  # fmt: skip
MIDI_PACKAGES = ("freedoom", "openttd-openmsx", "planetblupi-music-midi", "simutrans-data")
AUDIO_SUFFIXES, MIDI_SUFFIXES = (".ogg", ".opus", ".mp3", ".flac"), (".mid", ".midi")
MAX_TRACKS_PER_PACKAGE = 15
MIN_BYTES, MIN_S, EXCERPT_S = 400_000, 40.0, 60.0
LICENSE_WORDS = {"GNU General Public License": "GPL", "Attribution-ShareAlike": "CC-BY-SA", "GNU GPL": "GPL"}
PERCENTILES = (5, 10, 50, 90, 95)


def fetch(cache: Path) -> None:
    """Fetch and unpack the packages that the folder does not have yet; apt-get has to know them."""
    cache.mkdir(parents=True, exist_ok=True)
    for package in (*AUDIO_PACKAGES, *MIDI_PACKAGES):
        folder = cache / package
        if folder.exists():
            continue
        subprocess.run(["apt-get", "download", package], cwd=cache, check=True, capture_output=True)
        for archive in cache.glob(f"{package}_*.deb"):
            subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
            version = subprocess.run(["dpkg-deb", "-f", archive, "Version"], check=True, capture_output=True, text=True)
            (folder / "VERSION").write_text(version.stdout)
            archive.unlink()


def tracks(cache: Path) -> Iterator[Path]:
    """Yield the chosen soundtrack files: up to MAX_TRACKS_PER_PACKAGE of each package, by a hash of their names."""
    for package in AUDIO_PACKAGES:
        files = [
            path for path in (cache / package).rglob("*")
            if path.suffix in AUDIO_SUFFIXES and not path.is_symlink() and path.stat().st_size > MIN_BYTES
        ]  # fmt: skip
        yield from sorted(files, key=lambda path: hashlib.sha256(path.name.encode()).digest())[:MAX_TRACKS_PER_PACKAGE]


def midi_files(cache: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every MIDI file, those inside Doom's WAD files included, each once."""
    seen = set()
    for package in MIDI_PACKAGES:
        for path in sorted((cache / package).rglob("*")):
            if path.suffix.lower() in MIDI_SUFFIXES:
                found = [(path.stem, path.read_bytes())]
            else:
                found = list(_lumps(path.read_bytes())) if path.suffix == ".wad" else []
            for name, data in found:
                if data not in seen:
                    seen.add(data)
                    yield f"{package}/{name}", data


def _lumps(wad: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the pieces of music in a Doom WAD that are MIDI files (the directory's entries are 16 bytes each)."""
    count, directory = struct.unpack("<ii", wad[4:12])
    for number in range(count):
        start, size, name = struct.unpack_from("<ii8s", wad, directory + 16 * number)
        if wad[start : start + 4] == b"MThd":
            yield name.rstrip(b"\0").decode("latin-1"), wad[start : start + size]


def excerpt(path: Path) -> signals.Samples | None:
    """Return the first EXCERPT_S of a file as mono; None if it is shorter than MIN_S or cannot be read."""
    try:
        with soundfile.SoundFile(path) as file:
            samples = file.read(round(EXCERPT_S * file.samplerate), dtype="float32", always_2d=True)
            rate_hz = file.samplerate
    except soundfile.LibsndfileError:
        return None
    audible = np.flatnonzero(np.abs(samples).max(axis=1) > 0.003)
    if not len(audible) or audible[-1] - audible[0] < MIN_S * rate_hz:
        return None
    return signals.to_mono(samples[audible[0] : audible[-1]], rate_hz)


def measure(cache: Path, tell: Any = print) -> dict[str, Any]:
    """Measure all files and return what `data/references.json` holds."""
    figures: dict[str, list[float]] = {}
    counts = {"tracks": 0, "midi_files": 0}
    for path in tracks(cache):
        mono = excerpt(path)
        if mono is None:
            continue
        counts["tracks"] += 1
        _add(figures, asdict(signals.measure_change(mono)))
        tell(f"{counts['tracks']:4} {path.name}")
    for name, data in midi_files(cache):
        piece = notes.read_midi(data)
        if piece is None or piece.bars < notes.MIN_BARS:
            continue
        counts["midi_files"] += 1
        _add(figures, notes.measure_piece(piece))
        tell(f"{counts['midi_files']:4} {name}")
    return {
        "date": datetime.date.today().isoformat(),
        **counts,
        "excerpt_s": EXCERPT_S,
        "packages": {package: _about(cache, package) for package in (*AUDIO_PACKAGES, *MIDI_PACKAGES)},
        "ranges": {name: _range(values) for name, values in sorted(figures.items())},
    }


def save(measured: dict[str, Any]) -> None:
    RANGES.write_text(json.dumps(measured, indent=1) + "\n")


def load() -> dict[str, Any]:
    """Return the ranges that were measured before."""
    return dict(json.loads(RANGES.read_text()))


def _add(figures: dict[str, list[float]], measured: dict[str, float]) -> None:
    for name, value in measured.items():
        if np.isfinite(value):
            figures.setdefault(name, []).append(value)


def _range(values: list[float]) -> dict[str, float]:
    limits = np.percentile(values, PERCENTILES)
    return {
        "pieces": len(values),
        **{f"p{share}": round(float(at), 4) for share, at in zip(PERCENTILES, limits, strict=True)},
    }


def _about(cache: Path, package: str) -> dict[str, Any]:
    """Return a package's version and the licenses that its copyright file names."""
    folder = cache / package
    text = "\n".join(path.read_text(errors="replace") for path in folder.glob("usr/share/doc/*/copyright"))
    names = re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE)
    names = names or [name for words, name in LICENSE_WORDS.items() if words.lower() in text.lower()]
    return {"version": (folder / "VERSION").read_text().strip(), "licenses": sorted({name.strip() for name in names})}
