"""Files of blind candidates. Listeners can read a file's tags, so the tags must not identify the model.

`ingest` writes a candidate's file this way. A file from an earlier version of the studio names its model; on its first
request, a copy with neutral tags replaces it. What if the process dies here? The row comes after the copy, the next
request makes the copy again, and leftovers are swept with other orphans.
"""

import shutil
from functools import lru_cache
from pathlib import PurePath

from django.utils import timezone

from generator.audio import FORMATS, Tags, read_tags, write_tags
from generator.models import Generation, Track
from generator.services.library import media

STUDIO = "BGM Studio"
_IDENTIFYING_TAGS = ("generator", "license", "digital_source", "bpm", "key", "isrc", "url")  # tags that identify models


def tags_of(generation: Generation, take: int, title: str) -> Tags:
    """Return a candidate's neutral tags, which describe only the request."""
    return Tags(
        title=title,
        artist=STUDIO,
        album=generation.project.name,
        date=f"{timezone.localdate():%Y-%m-%d}",
        comment=f"Made by AI. Take {take} of generation {generation.public_id}.",
        encoder=STUDIO,
        prompt=generation.prompt.text,
        track_id=f"{generation.public_id}/{take}",
        ai_generated=True,
    )


def ensure(track: Track) -> None:
    """Make sure that a blind candidate's file does not identify its model; update `track` if it is replaced."""
    if not track.generation.is_blind or not _has_identifying_tags(track.file):
        return
    before = track.file
    with media.workshop() as folder:
        copy = folder / PurePath(before).name
        shutil.copyfile(media.path(before), copy)
        write_tags(copy, tags_of(track.generation, track.take, f"Candidate {track.generation.letter}"))
        size = copy.stat().st_size
        name, digest = media.keep(copy, FORMATS[track.format].extension)
    if Track.objects.filter(pk=track.pk, file=before).update(file=name, sha256=digest, size=size):
        track.renditions.all().delete()  # made from the old file, with its tags
    track.file, track.sha256, track.size = name, digest, size


@lru_cache(maxsize=4096)  # a stored file never changes
def _has_identifying_tags(name: str) -> bool:
    try:
        tags = read_tags(media.path(name))
    except (OSError, ValueError):  # no tags, or no file
        return False
    return tags.artist not in ("", STUDIO) or any(getattr(tags, field) for field in _IDENTIFYING_TAGS)
