"""Stems of a composed take: every player alone, the notes as MIDI, and the master as rendered today.

The stems add up to the master. Only if one of them would clip are all lowered alike. Rendered stems wait on disk, so
that only one signal at a time is in memory.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from generator.audio import encode
from generator.composer import Composition
from generator.composer.text.stem_titles import role_of, stem_titles
from generator.messages import Message
from generator.providers.base import Report
from generator.providers.stem_rendering import RenderedFile, RenderedKind

MAX_STEM_PEAK = 0.999  # of full scale, for the loudest stem


def write_stems(composition: Composition, folder: Path, format: str, report: Report) -> Iterator[RenderedFile]:
    """Write the files signal at a time; the master in `format`, the stems as FLAC."""
    master = folder / f"master.{format}"
    encode(composition.pcm, composition.sample_rate, master, format=format)
    yield RenderedFile(RenderedKind.MASTER, composition.title, master)
    notes = folder / "notes.mid"
    notes.write_bytes(composition.midi())
    yield RenderedFile(RenderedKind.NOTES, composition.title, notes)
    names = composition.stem_names
    gain = _render_stems(composition, folder, report)
    title_of = dict(zip(composition.written_names, stem_titles(composition.written_names), strict=True))
    for number, name in enumerate(names):
        path = folder / f"player-{number}.flac"
        raw = folder / f"player-{number}.npy"
        encode(np.load(raw) * gain, composition.sample_rate, path, format="flac")
        raw.unlink()
        yield RenderedFile(RenderedKind.PLAYER, title_of[name], path, role_of(name))


def _render_stems(composition: Composition, folder: Path, report: Report) -> np.float32:
    """Render every stem to its own file; return the common gain factor, 1 if none would clip."""
    peak = 0.0
    for number, name in enumerate(composition.stem_names):
        report(Message("Playing {name}", name=name), number / len(composition.stem_names))
        sound = composition.stem(name)
        np.save(folder / f"player-{number}.npy", sound)
        peak = max(peak, float(np.abs(sound).max()))
    return np.float32(min(1.0, MAX_STEM_PEAK / max(peak, 1e-9)))
