"""Files made from a track on demand, such as its MP3: made once, named by their recipe's hash, served from disk.

The original is always ready. What if the process dies here? The row comes after the file, so a rendition either exists
whole or is asked for again.
"""

import hashlib
import json
from pathlib import Path

from django_q.tasks import async_task

from generator.audio import FORMATS, convert
from generator.models import Rendition, Track
from generator.workflow import media, queue
from generator.workflow.refused import Refused

VERSION = 1  # raise it when convert() starts to make other bytes of the same recipe


def _hash(recipe: dict) -> str:
    return hashlib.sha256(json.dumps([VERSION, recipe], sort_keys=True).encode()).hexdigest()


def ready(track: Track, format: str) -> Path | None:
    """The track's file in a format, or None while it has to be made.

    Raises:
        Refused: no such format.
    """
    if format not in FORMATS:
        raise Refused(f"There is no format called {format[:10]}.")
    if format == track.format:
        return media.path(track.file)
    found = track.renditions.filter(recipe_hash=_hash({"format": format})).first()
    file = found and media.path(found.file)
    return file if file and file.exists() else None


def ask(track: Track, format: str) -> None:
    """Have a worker make it; asking twice makes it once."""
    async_task(queue.RENDER, track.pk, format)


def make(track: Track, format: str) -> Path:
    """Make the track's file in a format, unless it is there.

    Raises:
        Refused: no such format.
    """
    if existing := ready(track, format):
        return existing
    recipe = {"format": format}
    with media.workshop() as folder:
        target = folder / f"rendition.{FORMATS[format].extension}"
        convert(media.path(track.file), target, format)
        size = target.stat().st_size
        name, _ = media.keep(target, FORMATS[format].extension)
    Rendition.objects.update_or_create(
        track=track, recipe_hash=_hash(recipe), defaults={"recipe": recipe, "file": name, "size": size}
    )
    return media.path(name)
