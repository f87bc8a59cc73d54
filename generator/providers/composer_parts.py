"""A composed take in its parts: every player alone, the notes as MIDI, and the master as it comes out today.

The players keep their balance and add up to the mix at about the loudness of the master; what the master's own tone and
limiter do is not in them. Sounds wait on disk, so that one player at a time is in memory.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from generator.audio import encode
from generator.composer import Composition
from generator.composer.vocabulary import PLAYERS
from generator.providers.base import Report
from generator.providers.parting import LocalPart, PartKind

HIGHEST = 0.98  # of full scale, for the loudest player


def parts(made: Composition, folder: Path, format: str, report: Report) -> Iterator[LocalPart]:
    """Write them one after the other; the master comes in `format`, the players as FLAC."""
    master = folder / f"master.{format}"
    encode(made.pcm, made.sample_rate, master, format=format)
    yield LocalPart(PartKind.MASTER, made.title, master)
    notes = folder / "notes.mid"
    notes.write_bytes(made.midi())
    yield LocalPart(PartKind.NOTES, made.title, notes)
    names = made.stem_names
    gain = _played(made, folder, report)
    called = dict(zip(made.written_names, titles(made.written_names), strict=True))
    for number, title in enumerate(called[name] for name in names):
        path = folder / f"player-{number}.flac"
        raw = folder / f"player-{number}.npy"
        encode(np.load(raw) * gain, made.sample_rate, path, format="flac")
        raw.unlink()
        yield LocalPart(PartKind.PLAYER, title, path)


def _played(made: Composition, folder: Path, report: Report) -> np.float32:
    """Let everybody play into a file of their own; return what all are turned up by."""
    mix = np.zeros(made.pcm.shape, np.float32)
    peak = 0.0
    for number, name in enumerate(made.stem_names):
        report(f"Playing {name}", number / len(made.stem_names))
        sound = made.stem(name)
        np.save(folder / f"player-{number}.npy", sound)
        mix += sound
        peak = max(peak, float(np.abs(sound).max()))
    loud, quiet = (float(np.sqrt(np.mean(np.square(one, dtype=np.float64)))) for one in (made.pcm / 32768, mix))
    return np.float32(min(loud / quiet, HIGHEST / peak) if quiet else 1.0)


def titles(names: tuple[str, ...]) -> list[str]:
    """What players are called: "1-comp-muted" is "Muted guitar", and a second one of the name gets a number."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        instrument = name.rpartition("-")[2]
        title = PLAYERS.get(instrument, instrument.capitalize())
        seen[title] += 1
        found.append(title if seen[title] == 1 else f"{title} {seen[title]}")
    return found
