"""The tags of the files of an edit: those of the track, with the tempo, the key and the title that the edit has."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from generator.audio import Tags, read_cover, read_tags
from generator.models import Edit, Track
from generator.services.finishing import summaries
from generator.services.library import media
from generator.services.uploads import stated_tags


def of_edit(edit: Edit, report: Mapping[str, Any]) -> Tags:
    """Return the tags of an edit's files; `report` is what rendering did."""
    return of_version(edit.track, original_of(edit.track), edit.title, report, edit.recipe)


def of_version(
    track: Track, original: Tags, title: str, report: Mapping[str, Any], recipe: Mapping[str, Any] | None = None
) -> Tags:
    """Return the tags of a version of a track, from those of its own file."""
    return replace(
        original,
        title=f"{track.title} ({title})" if title else track.title,
        bpm=summaries.bpm_after(track, report, recipe),
        key=summaries.key_after(track.musical_key, report.get("semitones", 0.0)) or None,
    )


def original_of(track: Track) -> Tags:
    """Return the tags in the track's own file; of a track from elsewhere, with what is stated about it now."""
    try:
        tags = read_tags(media.path(track.file))
    except ValueError:
        tags = Tags()
    return stated_tags.as_stated(track, tags)


def cover_of(track: Track) -> bytes | None:
    """Return the picture for the files of a track; None if its own is missing."""
    cover = media.path(track.cover)
    try:
        return read_cover(media.path(track.file)) or (cover.read_bytes() if track.cover else None)
    except (OSError, ValueError):
        return None
