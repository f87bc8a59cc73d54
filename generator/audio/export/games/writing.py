"""Everything a game gets of a track, written into a folder.

Stems are taken one at a time; of each, only the loop stays in memory. All files are turned up or down by the same gain,
so that the layers still sum to the music: no limiter works on them.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from generator.audio import peaks
from generator.audio.editing.blocks import Samples
from generator.audio.editing.loop import make_loop
from generator.audio.editing.marks import Cue, LoopPoints, Marks
from generator.audio.editing.recipe import Format
from generator.audio.export.exporting import Description, export
from generator.audio.export.formats import choose_settings
from generator.audio.export.games import godot, wwise
from generator.audio.export.games.layers import Layer, Stem, mix_layers
from generator.audio.export.games.names import engine_name
from generator.audio.export.games.notes import describe_grid, note
from generator.audio.export.games.plan import (
    ENTRY,
    EXIT,
    GamePlan,
    GameSection,
    Grid,
    section_loop,
    section_with_cues,
)
from generator.audio.loudness import loudness
from generator.audio.tags import Tags

CEILING = 10 ** (-1.0 / 20)  # no file's true peak lies above −1 dBTP
WAV, OGG = Format("wav", bits=24), Format("ogg", bit_rate=192_000)

StemLoader = Callable[[], Samples]


@dataclass(frozen=True)
class GameFile:
    """A file that was written; `path` is relative to the folder, with slashes. Cues are frames at the file's rate."""

    path: str
    role: str  # "layer", "section", "engine" or "note"
    frames: int | None = None
    rate: int | None = None
    cues: tuple[Cue, ...] = ()


@dataclass(frozen=True)
class GameReport:
    """What was written. `sum_error_db` compares the sum of the layers with the mix of the same loop.

    It is far below 0 where the stems sum to the mix, and None without layers; a master's limiter keeps it from that.
    """

    name: str
    files: tuple[GameFile, ...]
    gain_db: float
    sum_error_db: float | None
    layers: int
    sections: int


def write_game(
    folder: Path,
    samples: Samples,
    plan: GamePlan,
    stems: Iterable[tuple[str, StemLoader]] = (),
    *,
    title: str,
    tags: Tags | None = None,
    lufs: float | None = None,
) -> GameReport:
    """Write layers, sections and engine files of a mix (frames, channels).

    `stems` are titles with functions that return the samples, as long as the mix and at its rate. `lufs`: the loudness
    of the whole, reached by gain alone as far as the peaks allow.
    """
    return _Writer(folder, samples, plan, title, tags or Tags(title=title)).write(stems, lufs)


class _Writer:
    def __init__(self, folder: Path, samples: Samples, plan: GamePlan, title: str, tags: Tags) -> None:
        self._folder, self._samples, self._plan = folder, samples, plan
        self._title, self._tags = title, tags
        self._name = engine_name(title)
        self._files: list[GameFile] = []

    def write(self, stems: Iterable[tuple[str, StemLoader]], lufs: float | None) -> GameReport:
        layers = self._layers(stems)
        gain_db = self._gain_db(layers, lufs)
        factor = np.float32(10 ** (gain_db / 20))
        error_db = self._sum_error_db(layers)
        self._write_layers(layers, factor)
        self._write_sections(factor)
        self._write_texts(layers, gain_db, error_db)
        sections = len(self._plan.sections)
        return GameReport(self._name, tuple(self._files), round(gain_db, 3), error_db, len(layers), sections)

    def _layers(self, stems: Iterable[tuple[str, StemLoader]]) -> tuple[Layer, ...]:
        if self._plan.loop is None:
            return ()
        loops = []
        for title, load in stems:
            whole = load()
            if whole.shape != self._samples.shape:
                raise ValueError(f"the stem {title} has shape {whole.shape}, the mix {self._samples.shape}")
            loops.append(Stem(title, make_loop(whole, self._plan.rate, self._plan.loop)))
            del whole
        return mix_layers(loops, self._plan.rate) if loops else ()

    def _gain_db(self, layers: tuple[Layer, ...], lufs: float | None) -> float:
        """Return the gain for the wanted loudness, lowered where a peak would rise above the ceiling."""
        measured = loudness(self._samples, self._plan.rate).lufs
        wanted = 0.0 if lufs is None or measured is None else lufs - measured
        sounds = (self._samples, *(layer.samples for layer in layers))
        top = max(peaks.true_peak(sound, peaks.block_peaks(sound)) for sound in sounds)
        if not top or (lufs is None and top <= 1.0):
            return 0.0
        return min(wanted, 20 * float(np.log10(CEILING / top)))

    def _sum_error_db(self, layers: tuple[Layer, ...]) -> float | None:
        if not layers or self._plan.loop is None:
            return None
        mix = make_loop(self._samples, self._plan.rate, self._plan.loop)
        total = float(np.einsum("ij,ij->", mix, mix, dtype=np.float64))
        for layer in layers:
            mix -= layer.samples
        left = float(np.einsum("ij,ij->", mix, mix, dtype=np.float64))
        return round(float(10 * np.log10((left + 1e-20) / (total + 1e-20))), 1)

    def _write_layers(self, layers: tuple[Layer, ...], factor: np.float32) -> None:
        for layer in layers:
            sound, base = layer.samples * factor, self._layer_path(layer)
            whole = LoopPoints(0, len(sound))
            marks = Marks(whole, (Cue(0, ENTRY), Cue(len(sound) - 1, EXIT)))
            self._write_sound(f"{base}.wav", sound, WAV, marks, "layer")
            self._write_ogg(base, sound, self._plan.grid, "layer", is_loop=True)

    def _write_sections(self, factor: np.float32) -> None:
        for number, section in enumerate(self._plan.sections, start=1):
            base = self._section_path(number, section)
            sound, marks = section_with_cues(self._samples, self._plan.rate, section)
            self._write_sound(f"{base}.wav", sound * factor, WAV, marks, "section")
            looped = section_loop(self._samples, section) * factor
            self._write_ogg(base, looped, section.grid, "section", is_loop=not section.is_ending)

    def _write_ogg(self, base: str, sound: Samples, grid: Grid | None, role: str, *, is_loop: bool) -> None:
        loop = LoopPoints(0, len(sound)) if is_loop else None
        self._write_sound(f"{base}.ogg", sound, OGG, Marks(loop), role)
        self._write_text(f"{base}.ogg.import", godot.import_settings(grid, is_loop=is_loop), "engine")

    def _write_sound(self, path: str, sound: Samples, format: Format, marks: Marks, role: str) -> None:
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        settings = choose_settings(format, self._plan.rate, sound.shape[1])
        written = export(sound, self._plan.rate, target, settings, Description(self._tags, marks=marks))
        self._files.append(GameFile(path, role, written.frames, settings.rate, written.marks.cues))

    def _write_text(self, path: str, text: str, role: str) -> None:
        (self._folder / path).write_bytes(text.encode())
        self._files.append(GameFile(path, role))

    def _layer_path(self, layer: Layer) -> str:
        return f"layers/{self._name}_L{layer.number}_{layer.name}"

    def _section_path(self, number: int, section: GameSection) -> str:
        return f"sections/{self._name}_S{number}_{section.name}"

    def _write_texts(self, layers: tuple[Layer, ...], gain_db: float, error_db: float | None) -> None:
        sections = list(enumerate(self._plan.sections, start=1))
        if layers:
            clips = [godot.Clip(layer.name, f"{self._layer_path(layer)}.ogg") for layer in layers]
            self._write_text(f"{self._name}_Layers.tres", godot.synchronized(clips), "engine")
        if sections:
            clips = [godot.Clip(section.name, f"{self._section_path(n, section)}.ogg") for n, section in sections]
            has_grid = all(section.grid for _, section in sections)
            self._write_text(f"{self._name}_Sections.tres", godot.interactive(clips, has_grid=has_grid), "engine")
        self._write_text(f"{self._name}_Wwise.txt", wwise.import_list(self._imported(layers)), "engine")
        self._write_text(f"{self._name}_Notes.txt", self._note(layers), "note")
        manifest = self._manifest(layers, gain_db, error_db)
        self._write_text(f"{self._name}.json", json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "engine")

    def _imported(self, layers: tuple[Layer, ...]) -> Iterable[wwise.ImportedTrack]:
        for layer in layers:
            notes = f"Layer {layer.number}: {', '.join(layer.titles)}; {describe_grid(self._plan.grid)}"
            path = f"{self._layer_path(layer)}.wav"
            yield wwise.ImportedTrack(path, f"{self._name}_Layers", Path(path).stem, notes)
        written = {file.path: file for file in self._files}
        for number, section in enumerate(self._plan.sections, start=1):
            path = f"{self._section_path(number, section)}.wav"
            entry, leave = (cue.frame / (written[path].rate or 1) for cue in written[path].cues)
            notes = f"Entry {entry:.4f} s, exit {leave:.4f} s; {describe_grid(section.grid)}"
            stem = Path(path).stem
            yield wwise.ImportedTrack(path, stem, stem, notes, container=f"{self._name}_Sections")

    def _note(self, layers: tuple[Layer, ...]) -> str:
        grid = describe_grid(self._plan.grid)
        layer_lines = [f"  {layer.number} {layer.name}: {', '.join(layer.titles)} ({grid})" for layer in layers]
        section_lines = [
            f"  {number} {section.name}: {section.frames / self._plan.rate:.3f} s, {describe_grid(section.grid)}"
            for number, section in enumerate(self._plan.sections, start=1)
        ]
        return note(self._name, self._title, layer_lines, section_lines)

    def _manifest(self, layers: tuple[Layer, ...], gain_db: float, error_db: float | None) -> dict[str, Any]:
        """Return all facts for programs; positions are frames of the source, and of the WAV where they are cues."""
        plan = self._plan
        cues = {
            file.path: {"rate": file.rate, **{cue.label.lower(): cue.frame for cue in file.cues}}
            for file in self._files
        }
        return {
            "title": self._title,
            "rate": plan.rate,
            "gain_db": round(gain_db, 3),
            "layers": {
                "start": plan.loop.start_frame,
                "end": plan.loop.end_frame,
                "grid": plan.grid and asdict(plan.grid),
                "sum_error_db": error_db,
                "files": [
                    {"number": each.number, "name": each.name, "stems": each.titles, "path": self._layer_path(each)}
                    for each in layers
                ],
            }
            if plan.loop and layers
            else None,
            "sections": [
                {
                    "number": number,
                    "name": section.name,
                    "start": section.loop.start_frame,
                    "end": section.loop.end_frame,
                    "grid": section.grid and asdict(section.grid),
                    "is_loop": not section.is_ending,
                    "path": self._section_path(number, section),
                    "cues": cues[f"{self._section_path(number, section)}.wav"],
                }
                for number, section in enumerate(plan.sections, start=1)
            ],
        }
