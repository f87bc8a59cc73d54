"""All stems of a track as one zip, in WAV or FLAC, with the notes where there are any.

A worker makes it once per format and set of stems; it is kept like any other rendition. What if the process dies here?
The row comes after the file, so an archive is either complete or requested again.
"""

import hashlib
import zipfile
from pathlib import Path

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.audio import FORMATS, convert, file_name, unused_name
from generator.models import Rendition, Stem, Track, User
from generator.services import throttling
from generator.services.background import claims, job_queue
from generator.services.errors import UserError
from generator.services.library import composer_stems, media, rendition_storage, renditions

ARCHIVE_FORMATS = tuple(key for key, kind in FORMATS.items() if kind.lossless)


def ready(track: Track, format: str) -> Path | None:
    """Return the archive of a track's stems, or None if it must be made first.

    Raises:
        UserError: the format is not offered, or the track has no stems.
    """
    if format not in ARCHIVE_FORMATS:
        sentence = _("“{format}” is not a supported format. Choose another.").format(format=format[:10])
        raise UserError(sentence, code="unsupported_format")
    stems = list(track.stems.all())
    if not stems:
        raise UserError(_("This track has no stems yet."), code="no_stems")
    archive = track.renditions.filter(recipe_hash=_hash(stems, format)).first()
    file = media.path(archive.file) if archive else None
    if archive is None or file is None or not file.exists():
        return None
    rendition_storage.used(archive)
    return file


def request_archive(track: Track, format: str, by: User) -> None:
    """Request the archive from a worker; repeated requests wait for the same one.

    Raises:
        UserError: it failed recently, or `by` has requested too many files.
    """
    request_key = _request_key(track, format)
    if cache.get(f"{request_key}/failed"):
        sentence = _("The studio could not make this file; the reason is in the administrator’s log.")
        raise UserError(sentence, code="rendition_failed")
    if cache.get(request_key) is None:
        sentence = _("You have requested too many files. Try again in a few minutes.")
        throttling.count(f"render/{by.pk}", *renditions.RENDITION_RATE_LIMIT, sentence)
    if cache.add(request_key, True, renditions.WAIT_TIMEOUT_S):
        job_queue.start(job_queue.ZIP_STEMS, track.pk, format)


def make(track: Track, format: str) -> None:
    """Make the archive unless it exists or another worker is making it."""
    with claims.exclusive(f"stems/{track.pk}/{format}") as held:
        if held is None or ready(track, format):
            return
        request_key = _request_key(track, format)
        cache.delete(request_key)
        try:
            _store_archive(track, format)
        except Exception:
            cache.set(f"{request_key}/failed", True, renditions.FAILURE_TTL_S)
            raise
    rendition_storage.make_room(track)


def archive_name(track: Track, format: str) -> str:
    title = f"{track.title} - stems {format.upper()}"
    return file_name(title, bpm=track.bpm, key=track.musical_key, ext="zip")


def _store_archive(track: Track, format: str) -> None:
    stems = list(track.stems.all())
    with media.workshop() as folder:
        target = folder / "stems.zip"
        names: set[str] = set()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
            for stem in stems:
                name = _unused(track, stem.title, format, names)
                out.write(_in_format(stem, format, folder), name)
            if notes := composer_stems.notes(track):
                out.write(media.path(notes.file), _unused(track, "notes", "mid", names))
        size = target.stat().st_size
        file, _digest = media.keep(target, "zip")
    Rendition.objects.update_or_create(
        track=track,
        recipe_hash=_hash(stems, format),
        defaults={
            "recipe": {"format": "zip", "stems": format},
            "file": file,
            "size": size,
            "used_at": timezone.now(),
        },
    )


def _in_format(stem: Stem, format: str, folder: Path) -> Path:
    """Return a stem's file in a format, converted into a folder where necessary."""
    if stem.extension == format:
        return media.path(stem.file)
    target = folder / f"{stem.number}.{format}"
    convert(media.path(stem.file), target, format)
    return target


def _unused(track: Track, title: str, extension: str, names: set[str]) -> str:
    name = unused_name(file_name(f"{track.title} - {title}", ext=extension), names)
    names.add(name)
    return name


def _hash(stems: list[Stem], format: str) -> str:
    """Return what identifies an archive: its format, and the stems with their names."""
    identity = [format, *(f"{stem.title}/{stem.sha256}" for stem in stems)]
    return hashlib.sha256("\n".join(["stems in one zip", *identity]).encode()).hexdigest()


def _request_key(track: Track, format: str) -> str:
    return f"stems/{track.pk}/{format}"
