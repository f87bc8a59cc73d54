"""Names, types and archives of the files of an edit."""

import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from generator.audio import unused_name
from generator.audio.editing.recipe import Format
from generator.audio.export import FILE_FORMATS
from generator.audio.filenames import file_name
from generator.models import Edit, Track
from generator.services.errors import UserError
from generator.services.finishing import summaries
from generator.services.finishing.edits import EditedFile, extension_of

MAX_ARCHIVE_BYTES = 4_000_000_000


def mime_of(format: Format) -> str:
    return "application/zip" if format.stems else FILE_FORMATS[format.format].mime


def names_of(edit: Edit, files: Sequence[EditedFile]) -> list[str]:
    """Return the download names of an edit's files, the preview first, no two alike."""
    names: list[str] = []
    for file in files:
        names.append(unused_name(name_of(edit, file.format), names[1:]))  # the preview is never downloaded
    return names


def name_of(edit: Edit, format: Format) -> str:
    """Return a download name: title, project, use, length, format, tempo, key, loudness."""
    return version_name(edit.track, edit.title, format, edit.report, edit.recipe)


def version_name(
    track: Track, title: str, format: Format, report: Mapping[str, Any], recipe: Mapping[str, Any] | None = None
) -> str:
    """Return the download name of a version of a track; `title` says what it is for."""
    length, use = summaries.length_in_name(report.get("seconds")), summaries.title_in_name(title)
    parts = (track.title, track.project.name, use, "" if length in use else length, summaries.format_in_name(format))
    lufs = report.get("lufs")
    return file_name(
        " - ".join(part for part in parts if part),
        bpm=summaries.bpm_after(track, report, recipe),
        key=summaries.key_after(track.musical_key, report.get("semitones", 0.0)),
        lufs=round(lufs, 1) if lufs is not None else None,
        ext=extension_of(format),
    )


def archive_name(edit: Edit) -> str:
    return file_name(f"{edit.track.title} - {summaries.title_in_name(edit.title)}", ext="zip")


def archive_name_of_track(track: Track) -> str:
    """Return the name of a zip of several edits of a track."""
    return file_name(f"{track.title} - {track.project.name} - edits", ext="zip")


def check_size(chosen: Sequence[tuple[Edit, Sequence[EditedFile]]]) -> None:
    """Raise UserError if the files of edits are too large for one zip that is made while somebody waits."""
    if sum(file.size for _edit, files in chosen for file in files[1:]) > MAX_ARCHIVE_BYTES:
        sentence = _("Together these files have more than {size} GB. Choose fewer edits.")
        raise UserError(sentence.format(size=MAX_ARCHIVE_BYTES // 10**9), "edit", code="too_large")


def gain_curve_name(edit: Edit) -> str:
    use = summaries.title_in_name(edit.title or str(summaries.steps(edit.recipe)))
    return file_name(f"{edit.track.title} - {use} - gain curve", ext="csv")


def archive(chosen: Sequence[tuple[Edit, Sequence[EditedFile]]], folder: Path) -> IO[bytes]:
    """Return a zip of the files of edits (`edits.files`, without the previews), uncompressed; the caller closes it."""
    names: set[str] = set()
    out = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (the caller closes it)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive_file:
        for edit, files in chosen:
            for wanted, file in zip(names_of(edit, files)[1:], files[1:], strict=True):
                name = unused_name(wanted, names)
                names.add(name)
                if file.path:
                    archive_file.write(file.path, name)
    return out
