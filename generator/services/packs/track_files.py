"""The files of one track of a pack. Its sound is decoded once; files that exist already are used again.

Every file is a rendition of the track, under the same hash as a file of an edit by the same recipe. Stems, and the sum
of the stems without the lead, have hashes of their own.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.utils import timezone

from generator.audio import NotAudio, sandbox, sha256, unused_name
from generator.audio.edited_files import AppliedEdit
from generator.audio.editing.destinations import DESTINATIONS
from generator.audio.editing.recipe import Format, Recipe, parse
from generator.audio.prepared_files import PreparedSource
from generator.models import Edit, PackItem, Rendition, Stem, Track
from generator.services.finishing import delivery_files, edited_stems, edits, file_tags, structures, summaries
from generator.services.library import media
from generator.services.packs import planning, staging
from generator.services.packs.contents import FORMATS, Contents
from generator.services.packs.planning import Part

Entry = dict[str, Any]
UNMEASURED = {"lufs": None, "true_peak_dbtp": None}  # a stem is as loud as its mix asks for: no player should change it
REPORTED = ("seconds", "lufs", "true_peak_dbtp", "tempo", "joins", "keeps_ending", "loop", "limiter_db", "missed_lu")


@dataclass
class Made:
    """What a track got: its files as `PackItem.files` lists them, and what it did not get."""

    files: list[Entry] = field(default_factory=list)
    left_out: list[Entry] = field(default_factory=list)


def make(item: PackItem, track: Track, contents: Contents, target: Path, on_file: Callable[[int], None]) -> Made:
    """Make the files of a track in a folder; `on_file` is told how many there are after each.

    Raises:
        NotAudio, FileNotFoundError: the track's file cannot be read.
        sandbox.Interrupted, OSError: it ended for another reason; a retry may help.
    """
    stems = edited_stems.stems_of(track)
    planned, missing = planning.plan(track, stems, contents)
    with media.workshop() as folder:
        maker = _Maker(item, track, contents, stems, folder, target, on_file)
        maker.made.left_out += missing
        for part in planned:
            if part.kind == planning.GAME:
                maker.make_game()
            else:
                maker.make_part(part)
    return maker.made


@dataclass(frozen=True)
class _File:
    """A file to be made: of the mix, or of a stem."""

    format: Format
    identity: str
    stem: Stem | None = None


class _Maker:
    def __init__(
        self,
        item: PackItem,
        track: Track,
        contents: Contents,
        stems: Sequence[Stem],
        folder: Path,
        target: Path,
        on_file: Callable[[int], None],
    ) -> None:
        self.made = Made()
        self._item, self._track, self._contents, self._stems = item, track, contents, stems
        self._folder, self._target, self._on_file = folder, target, on_file
        self._source: PreparedSource | None = None
        self._stem_arrays: dict[int, Path] | None = None
        self._tags = file_tags.original_of(track)
        self._cover = file_tags.cover_of(track)
        self._names: set[str] = set()

    def make_part(self, part: Part) -> None:
        recipe = edits.with_grid(self._track, parse(part.recipe(self._contents.destination)))
        files = self._files(part, recipe)
        kept = {file.identity: self._kept(file, recipe) for file in files}
        if not all(kept.values()):
            applied = self._apply(part, recipe)
            if applied.error_code:
                self.made.left_out.append(planning.left_out(part.key, applied.error_code))
                return
            self._export(part, recipe, applied, [file for file in files if not kept[file.identity]])
            kept = {file.identity: self._kept(file, recipe) for file in files}
        for file in files:
            if row := kept[file.identity]:
                self._add(part, file, row)

    def make_game(self) -> None:
        """Write layers, sections and engine files; they are no renditions, because they belong together."""
        prepared, folder = self._prepared(), self._target / planning.GAME
        folder.mkdir()
        arrays = self._prepared_stems()
        stems = {stem.title: arrays[stem.pk] for stem in self._stems if stem.pk in arrays}
        destination = DESTINATIONS[self._contents.destination]
        tags = file_tags.of_version(self._track, self._tags, "", {})
        structure = structures.corrected(self._track, prepared.structure).to_json()
        lufs = destination.target_lufs(prepared.mix.channels)
        report = sandbox.export_game(prepared.mix.array, stems, folder, structure, self._track.title, tags, lufs)
        if stems and not report.layers:
            self.made.left_out.append(planning.left_out("game/Layers", "no_loop"))
        if not report.sections:
            self.made.left_out.append(planning.left_out("game/Sections", "no_loop"))
        for file in report.files:
            path = folder / file.path
            facts = {"format": path.suffix[1:], "size": path.stat().st_size, "sha256": sha256(path)}
            facts |= {"seconds": round(file.frames / file.rate, 3)} if file.frames and file.rate else {}
            names = {"name": f"Game/{file.path}", "staged": f"{planning.GAME}/{file.path}"}
            self.made.files.append(names | {"piece": planning.GAME, "stem": "", **facts})
        self._on_file(len(self.made.files))

    # --- what there is ---

    def _files(self, part: Part, recipe: Recipe) -> list[_File]:
        mark = ""
        if part.kind == "alternative":
            leads = planning.leads_of(self._stems)
            mark = "/".join(["without", *(stem.sha256 for stem in self._stems if stem not in leads)])
        mixes = [_File(FORMATS[key], _identity(recipe, FORMATS[key], mark)) for key in part.formats]
        if not part.stem_format:
            return mixes
        format = FORMATS[part.stem_format]
        mark = "stem {sha256} of " + "/".join(stem.sha256 for stem in self._stems)
        return mixes + [
            _File(format, _identity(recipe, format, mark.format(sha256=stem.sha256)), stem) for stem in self._stems
        ]

    def _kept(self, file: _File, recipe: Recipe) -> Rendition | None:
        """Return a file that exists, with what was done for it; files of edits know that from their edit."""
        row = self._track.renditions.filter(recipe_hash=file.identity).first()
        if row is None or not media.path(row.file).is_file():
            return None
        if "report" not in row.recipe:
            edit = Edit.objects.filter(track=self._track, recipe_hash=recipe.digest).exclude(report={}).first()
            if edit is None:
                return None
            row.recipe = row.recipe | {"report": _reported(edit.report)}
        return row

    # --- what is made ---

    def _prepared(self) -> PreparedSource:
        if self._source is None:
            known = structures.stored(self._track)
            array = self._folder / "mix.npy"
            self._source = sandbox.prepare_source(
                media.path(self._track.file), array, known.to_json() if known else None
            )
            if known is None:
                structures.keep(self._track, self._source.structure)
        return self._source

    def _prepared_stems(self) -> dict[int, Path]:
        """Return the arrays of the stems that belong to the track, by key; the others are left out."""
        if self._stem_arrays is None:
            self._stem_arrays = {}
            for stem in self._stems:
                array = self._folder / f"stem-{stem.pk}.npy"
                if code := self._prepare_stem(stem, array):
                    self.made.left_out.append(planning.left_out(f"stems/{stem.title}", code))
                else:
                    self._stem_arrays[stem.pk] = array
        return self._stem_arrays

    def _prepare_stem(self, stem: Stem, array: Path) -> str:
        """Decode a stem; return why it cannot be used, or nothing."""
        mix = self._prepared().mix
        try:
            return "" if sandbox.prepare_stem(media.path(stem.file), array, mix) else "stem_differs"
        except FileNotFoundError:
            return "source_gone"
        except NotAudio:
            return "source_unreadable"

    def _apply(self, part: Part, recipe: Recipe) -> AppliedEdit:
        prepared = self._prepared()
        source = prepared.mix.array
        if part.kind == "alternative":
            leads = {stem.pk for stem in planning.leads_of(self._stems)}
            others = [array for key, array in self._prepared_stems().items() if key not in leads]
            if not others:
                return AppliedEdit(error_code="stem_differs")
            source = self._folder / "alternative.npy"
            sandbox.sum_stems(others, source, prepared)
        plan = self._plan if part.stem_format else None
        return sandbox.apply_recipe(source, self._edited, recipe.to_json(), prepared.structure.to_json(), plan=plan)

    @property
    def _edited(self) -> Path:
        return self._folder / "edited.npy"

    @property
    def _plan(self) -> Path:
        return self._folder / "plan"

    def _export(self, part: Part, recipe: Recipe, applied: AppliedEdit, files: Sequence[_File]) -> None:
        for file in files:
            if file.stem is None:
                self._write(part, recipe, file, self._edited, applied, _reported(applied.report))
        if any(file.stem for file in files):
            self._export_stems(part, recipe, applied, [file for file in files if file.stem])

    def _export_stems(self, part: Part, recipe: Recipe, applied: AppliedEdit, files: Sequence[_File]) -> None:
        """Cut all stems together, because they share their level, and write those that are missing."""
        arrays = self._prepared_stems()
        cut = {key: self._folder / f"cut-{key}.npy" for key in arrays}
        stems, targets = list(arrays.values()), list(cut.values())
        lower_db = sandbox.apply_to_stems(stems, targets, self._plan)
        of_mix = ("seconds", "tempo", "loop", "joins")
        report = {name: value for name, value in _reported(applied.report).items() if name in of_mix}
        for file in files:
            if file.stem and file.stem.pk in cut:
                unmeasured = replace(applied, report=UNMEASURED)
                self._write(part, recipe, file, cut[file.stem.pk], unmeasured, report | {"lower_db": lower_db})

    def _write(
        self, part: Part, recipe: Recipe, file: _File, array: Path, applied: AppliedEdit, report: Mapping[str, Any]
    ) -> None:
        title = self._title(part, file)
        tags = file_tags.of_version(self._track, self._tags, title, applied.report, recipe.to_json())
        target = self._folder / f"file.{file.format.format}"
        sandbox.export_file(array, target, applied, file.format, tags, self._cover)
        size = target.stat().st_size
        name, _digest = media.keep(target, file.format.format)
        stored = {
            "format": file.format.format,
            "edit": Recipe((*recipe.steps, file.format)).to_json(),
            "report": dict(report),
        }
        if file.stem:
            stored["stem"] = file.stem.sha256
        Rendition.objects.update_or_create(
            track=self._track,
            recipe_hash=file.identity,
            defaults={"recipe": stored, "file": name, "size": size, "used_at": timezone.now()},
        )

    def _title(self, part: Part, file: _File) -> str:
        title = planning.piece_title(part.key)
        return f"{title} - {file.stem.title}" if file.stem else title

    def _add(self, part: Part, file: _File, row: Rendition) -> None:
        """Put a file into the pack's folder and list it."""
        report = row.recipe["report"]
        plain = Format(format=file.format.format)  # a pack has one kind of WAV
        name = delivery_files.version_name(self._track, self._title(part, file), plain, report, row.recipe.get("edit"))
        if file.stem:
            name = f"Stems {summaries.title_in_name(planning.piece_title(part.key))}/{name}"
        name = unused_name(name, self._names)
        self._names.add(name)
        staged = f"{len(self.made.files) + 1}.{file.format.format}"
        staging.link(media.path(row.file), self._target / staged)
        settings = {name: value for name, value in vars(file.format).items() if value is not None}
        self.made.files.append(
            {
                "name": name,
                "staged": staged,
                "piece": part.key,
                "stem": file.stem.title if file.stem else "",
                **settings,
                **report,
                "size": row.size,
                "sha256": Path(row.file).stem,
            }
        )
        self._on_file(len(self.made.files))


def _identity(recipe: Recipe, format: Format, mark: str) -> str:
    """Return the hash of a rendition: that of an edit's file, or one of its own for stems and sums of stems."""
    digest = Recipe((*recipe.steps, format)).digest
    return hashlib.sha256(f"{mark}\n{digest}".encode()).hexdigest() if mark else digest


def _reported(report: Mapping[str, Any]) -> dict[str, Any]:
    return {name: report[name] for name in REPORTED if report.get(name) not in (None, [], 0.0)}
