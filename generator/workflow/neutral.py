"""The files of blind candidates: whoever hears one can read it, so nothing in it says who made it.

A candidate's file is written that way (`ingest`). One kept by an earlier version of the studio names its model: when it
is asked for first, a copy with other tags takes its place. What if the process dies there? The row comes after
the copy, and the next one to ask makes it again; what is left over is swept with the other orphans.
"""

import shutil
from functools import lru_cache
from pathlib import PurePath

from django.utils import timezone

from generator.audio import FORMATS, Tags, read_tags, write_tags
from generator.models import Generation, Track
from generator.workflow import media

STUDIO = "BGM Studio"
_TELLING = ("generator", "licence", "digital_source", "bpm", "key", "isrc", "url")  # facts that tell models apart


def tags_of(generation: Generation, take: int, title: str) -> Tags:
    """What a candidate's file says of itself: what was asked for."""
    return Tags(
        title=title,
        artist=STUDIO,
        album=generation.project.name,
        date=f"{timezone.localdate():%Y-%m-%d}",
        comment=f"Made by AI. Take {take} of generation {generation.ref}.",
        encoder=STUDIO,
        prompt=generation.prompt.text,
        track_id=f"{generation.ref}/{take}",
        ai_generated=True,
    )


def ensure(track: Track) -> None:
    """See that the file of a blind candidate names nobody; the track then has the name of the one that does not."""
    if not track.generation.is_blind or not _names_somebody(track.file):
        return
    before = track.file
    with media.workshop() as folder:
        copy = folder / PurePath(before).name
        shutil.copyfile(media.path(before), copy)
        write_tags(copy, tags_of(track.generation, track.take, f"Candidate {track.generation.letter}"))
        size = copy.stat().st_size
        name, digest = media.keep(copy, FORMATS[track.format].extension)
    if Track.objects.filter(pk=track.pk, file=before).update(file=name, sha256=digest, size=size):
        track.renditions.all().delete()  # made of the other one, with its tags
    track.file, track.sha256, track.size = name, digest, size


@lru_cache(maxsize=4096)  # a stored file never changes
def _names_somebody(name: str) -> bool:
    try:
        said = read_tags(media.path(name))
    except (OSError, ValueError):  # it has no tags, or is not there
        return False
    return said.artist not in ("", STUDIO) or any(getattr(said, fact) for fact in _TELLING)
