"""Edits of files: apply a recipe to a stored track, and write the result in the formats that are asked for.

Both run in the sandbox (`generator.audio.sandbox`). The edited sound lies between them as an array on the disk, so that
several formats cost one rendering, and neither holds more than one sound in memory. A source may be an
array, too (`prepared_files`).
"""

import pickle
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.audio import voice_detection
from generator.audio.decode import Sound, decode
from generator.audio.editing.marks import Marks
from generator.audio.editing.recipe import Format, RecipeError, Speed, parse
from generator.audio.editing.render import Edited, EditReport, Voice, apply_recipe
from generator.audio.editing.stem_plan import fit_stem
from generator.audio.export import BroadcastInfo, Description, Levels, choose_settings, export
from generator.audio.export.games import GameReport, plan_game, write_game
from generator.audio.prepared_files import ARRAY, features_of, sound_of
from generator.audio.structure import Structure, correct_grid, find_structure
from generator.audio.tags import Tags
from generator.audio.waveform import waveform_path, waveform_peaks

PREVIEW_BUCKETS = 400
PHASES = ".phases"
DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class AppliedEdit:
    """What a recipe made of a track; `report` is plain data for storage. With an `error_code`, nothing was written."""

    rate: int = 0
    bits: int = 16
    marks: Marks = field(default_factory=Marks)
    report: Mapping[str, Any] = field(default_factory=dict)
    error_code: str = ""

    @property
    def levels(self) -> Levels | None:
        """Return what every file's tags say of loudness and peaks: measured once."""
        if "true_peak_dbtp" not in self.report:
            return None
        top = self.report["true_peak_dbtp"]
        return Levels(self.report["lufs"], 0.0 if top is None else 10 ** (top / 20))


@dataclass(frozen=True)
class VoiceCheck:
    """What a voice-over is: its length, and which share of it sounds like music."""

    seconds: float
    music_share: float


def check_voice(path: Path) -> VoiceCheck:
    """Return what a voice-over is. Raises NotAudio."""
    sound = decode(path)
    share = voice_detection.music_share(sound.samples, sound.sample_rate)
    return VoiceCheck(len(sound.samples) / sound.sample_rate, round(share, 3))


def structure_of_file(source: Path) -> Structure:
    """Return the structure of a file. Raises NotAudio."""
    sound = decode(source)
    return find_structure(sound.samples, sound.sample_rate)


def apply_to_file(
    source: Path,
    target: Path,
    recipe: Mapping[str, Any],
    structure: Mapping[str, Any],
    voice: Path | None = None,
    plan: Path | None = None,
) -> AppliedEdit:
    """Apply a recipe to a file and store the samples as an array, and what to do with its stems as `plan`.

    A plan that changes tempo or pitch has a file of PHASES beside it.

    `structure` is the measured one, without the correction that the recipe may have.

    Raises:
        NotAudio: a file is not playable.
    """
    steps = parse(recipe)
    phases = (plan or target).with_suffix(PHASES)
    phases.unlink(missing_ok=True)
    sound = sound_of(source)
    whole = [sound.samples]  # given away below: the memory of what is cut off is free at once
    sound = replace(sound, samples=np.empty((0, sound.channels), np.float32))
    speech = decode(voice) if voice else None
    known = Structure.from_json(structure)
    try:
        edited = apply_recipe(
            whole.pop(),
            sound.sample_rate,
            steps,
            correct_grid(known, steps.grid) if steps.grid else known,
            Voice(speech.samples, speech.sample_rate) if speech else None,
            overwrite=True,
            features=features_of(source),
            phases_file=phases,
        )
    except RecipeError as error:
        return AppliedEdit(error_code=error.code)
    finally:
        if not plan:
            phases.unlink(missing_ok=True)
    np.save(target, edited.samples)
    if plan:
        plan.write_bytes(pickle.dumps(edited.plan))
    speed = steps.get(Speed)
    pitch = {"semitones": speed.semitones if speed else 0.0, "tempo": _tempo(edited.report, speed)}
    report = _report(edited, sound, speed.tempo if speed else 1.0) | _choices(edited.report, sound.sample_rate) | pitch
    return AppliedEdit(edited.rate, sound.bits or 16, edited.marks, report)


def export_to_file(
    applied: Path,
    target: Path,
    edit: AppliedEdit,
    format: Format,
    tags: Tags,
    cover: bytes | None = None,
) -> None:
    """Write an edited sound as a file; WAV says of its origin what the tags do. Raises ExportError: as `export`."""
    samples = np.load(applied, mmap_mode="r")
    settings = choose_settings(format, edit.rate, samples.shape[1], edit.bits)
    origin = BroadcastInfo(
        reference=tags.track_id,
        date=tags.date if DAY.fullmatch(tags.date) else "",
        time_reference=round((format.starts_at_s or 0.0) * settings.rate),
    )
    version = format.id3_version or Description.id3_version
    description = Description(tags, cover, edit.marks, origin, version, edit.levels)
    export(samples, edit.rate, target, settings, description)


def export_game_to_folder(
    source: Path,
    stems: Mapping[str, Path],
    folder: Path,
    structure: Mapping[str, Any],
    title: str,
    tags: Tags | None = None,
    lufs: float | None = None,
) -> GameReport:
    """Write what a game engine needs of a track and its stems, by title, into a folder. Raises NotAudio."""
    sound = sound_of(source)
    plan = plan_game(sound.samples, sound.sample_rate, Structure.from_json(structure))
    loaders = [(name, partial(_aligned_stem, path, sound)) for name, path in stems.items()]
    return write_game(folder, sound.samples, plan, loaders, title=title, tags=tags, lufs=lufs)


def _aligned_stem(path: Path, mix: Sound) -> NDArray[np.float32]:
    """Return a stem at the rate, length and channels of its mix."""
    if path.suffix == ARRAY:
        return np.load(path)  # type: ignore[no-any-return]
    stem = decode(path)
    return fit_stem(stem.samples, stem.sample_rate, mix.sample_rate, mix.frames, mix.channels)


def _tempo(report: EditReport, speed: Speed | None) -> float:
    return round((report.fit.tempo if report.fit else 1.0) * (speed.tempo if speed else 1.0), 5)


def _report(edited: Edited, source: Sound, speed: float) -> dict[str, Any]:
    """Return what was done as plain data: seconds, LUFS, dB, and the waveform of the result as an SVG path."""
    report, rate = edited.report, edited.rate
    limiter = report.leveled or report.protected
    whole = Sound(edited.samples, rate, source.codec, source.container, None, None)
    loop = edited.marks.loop
    return {
        "seconds": len(edited.samples) / rate,
        "lufs_before": _rounded(report.lufs_before),
        "lufs": _rounded(report.lufs_after),
        "true_peak_dbtp": _rounded(report.true_peak_dbtp),
        "joins": [round(join.frame / rate / speed, 3) for join in report.joins],
        "keeps_ending": bool(report.fit and report.fit.keeps_ending),
        "unstretched_lengths_s": list(report.fit.unstretched_lengths_s) if report.fit else [],
        "hit_s": report.fit.hit_s if report.fit else None,
        "limiter_db": round(limiter.max_reduction_db, 1) if limiter else 0.0,
        "missed_lu": round(report.leveled.missed_lu, 1) if report.leveled else 0.0,
        "loop": {"start_s": loop.start / rate, "end_s": loop.end / rate} if loop else None,
        "keyframes": [list(point) for point in report.ducked.keyframes] if report.ducked else [],
        "clear_share": round(report.ducked.after.clear_share, 3) if report.ducked else None,
        "speech": [list(span) for span in report.ducked.speech] if report.ducked else [],
        "meter": [list(span) for span in report.ducked.after.spans()] if report.ducked else [],
        "waveform": waveform_path(waveform_peaks(whole, PREVIEW_BUCKETS)),
    }


def _choices(report: EditReport, rate: int) -> dict[str, Any]:
    """Return what can be chosen from, and what is kept of the track, so that a page can play it at once."""
    fit_tempo = report.fit.tempo if report.fit else 1.0
    loop = report.loop
    return {
        "plans": [
            {
                "joins": len(plan.joins),
                "tempo": round(plan.tempo, 5),
                "keeps_ending": plan.keeps_ending,
                "off_beat_joins": plan.off_beat_joins,
                "hit_s": plan.hit_s,
            }
            for plan in report.plans
        ],
        "loops": [
            {
                "start_s": round(one.start_frame / rate, 3),
                "seconds": round((one.end_frame - one.start_frame) / rate, 3),
                "bars": one.bars,
                "grade": seam.grade,
            }
            for one, seam in report.loops
        ],
        "parts": [
            [round(part.start_frame / rate, 5), round(part.end_frame / rate, 5), part.crossfade_s, part.correlation]
            for part in report.regions
        ],
        "looped": [
            round(loop.start_frame / rate * fit_tempo, 5),
            round(loop.end_frame / rate * fit_tempo, 5),
            round(loop.fold_frames / rate, 5),
            loop.correlation,
        ]
        if loop
        else None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
