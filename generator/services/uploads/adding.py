"""Files from elsewhere: stored as they come, and read by a worker (`intake`) before anything uses them.

What if the process dies here? A file without a row is deleted after a day; a row is due until it is read or refused.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generator import permissions
from generator.audio import MAX_AUDIO_BYTES, MAX_AUDIO_S
from generator.models import Project, Track, TrackUpload, User
from generator.services import throttling
from generator.services.background import job_queue
from generator.services.errors import UserError
from generator.services.library import media
from generator.services.uploads.facts import Facts, title_from_name
from generator.services.uploads.stem_names import stem_titles

UPLOAD_RATE_LIMIT = (300, 3_600)  # (files, seconds) per person
MAX_WAITING = 100  # files of a project that no worker has read yet
MAX_STEMS = 32
FIELD = "file"
ENDINGS = ("mp3", "wav", "flac", "ogg", "oga", "opus", "m4a", "aac", "aif", "aiff")
REFUSED_AGE = dt.timedelta(days=7)


class Duplicate(UserError):
    """The project has this very file already, as `track`, or it is being read (None)."""

    status = 409
    code = "already_exists"

    def __init__(self, sentence: str, track: Track | None) -> None:
        super().__init__(sentence, FIELD)
        self.track = track


@dataclass(frozen=True)
class Arrived:
    """A file that a person sends: its name, and its bytes."""

    name: str
    content: Iterable[bytes]


def add_track(user: User, project: Project, file: Arrived, facts: Facts) -> TrackUpload:
    """Store a file that is to become a track of a project, and have a worker read it.

    Raises:
        Duplicate: the project has this very file already.
        UserError: the file is empty, too large or of another kind, or there are too many.
    """
    _check_kind(file.name)
    _check_room(user, project, 1)
    with media.workshop() as folder:
        stored, digest, size = _store(folder, file)
    facts = facts.titled(file.name)
    try:
        _check_new(user, project, digest)
    except Duplicate:
        media.discard([stored])
        raise
    with transaction.atomic():
        upload = TrackUpload.objects.create(
            project=project,
            author=user,
            key=user.api_key,
            set_key=secrets.token_urlsafe(16),
            name=_clean_name(file.name),
            title=facts.title,
            source=facts.source,
            source_text=facts.source_text,
            license_text=facts.license_text,
            credit=facts.credit,
            cost=facts.cost,
            bought_on=facts.bought_on,
            file=stored,
            sha256=digest,
            size=size,
            due_at=timezone.now(),
        )
        job_queue.start(job_queue.READ_UPLOAD)
    return upload


def add_stems(user: User, track: Track, files: Sequence[Arrived]) -> list[TrackUpload]:
    """Store a set of stems of a track, and have a worker read it; all of them become stems, or none.

    Raises:
        UserError: a file is empty, too large or of another kind, or there are too many; or stems are being read.
    """
    _check_stems(track, files)
    _check_room(user, track.project, len(files))
    titles = stem_titles([file.name for file in files])
    stored: list[tuple[str, str, int]] = []
    try:
        for file in files:
            with media.workshop() as folder:
                stored.append(_store(folder, file))
    except UserError:
        media.discard([name for name, *_rest in stored])
        raise
    set_key, now = secrets.token_urlsafe(16), timezone.now()
    with transaction.atomic():
        uploads = [
            TrackUpload.objects.create(
                project=track.project,
                author=user,
                key=user.api_key,
                track=track,
                is_stem=True,
                set_key=set_key,
                name=_clean_name(file.name),
                title=title,
                file=name,
                sha256=digest,
                size=size,
                due_at=now,
            )
            for file, title, (name, digest, size) in zip(files, titles, stored, strict=True)
        ]
        job_queue.start(job_queue.READ_UPLOAD)
    return uploads


def cancel(upload: TrackUpload) -> bool:
    """Delete an upload that is not ready yet, with the rest of its set; return whether there was anything to delete."""
    rows = TrackUpload.objects.filter(set_key=upload.set_key).exclude(due_at=None, problem="")
    with transaction.atomic():
        names = list(rows.select_for_update().values_list("file", flat=True))
        rows.delete()
        transaction.on_commit(lambda: media.discard(names))
    return bool(names)


def delete_expired() -> int:
    """Delete what was refused a week ago; its files are gone since then."""
    old = TrackUpload.objects.filter(created_at__lt=timezone.now() - REFUSED_AGE).exclude(problem="")
    return old.delete()[0]


def too_large() -> str:
    sentence = _("That file is larger than {limit} MB. Save it as FLAC or in parts, and add these.")
    return sentence.format(limit=MAX_AUDIO_BYTES // 1_000_000)


def limits() -> str:
    """Return what may be uploaded, in a sentence."""
    sentence = _("MP3, WAV, FLAC, OGG, Opus, M4A or AIFF; at most {megabytes} MB and {minutes} minutes each.")
    return sentence.format(megabytes=MAX_AUDIO_BYTES // 1_000_000, minutes=round(MAX_AUDIO_S / 60))


def _check_kind(name: str) -> None:
    ending = PurePath(name.replace("\\", "/")).suffix.lower().lstrip(".")
    if ending and ending not in ENDINGS:
        sentence = _("“{name}” is not an audio file that can be added. {limits}")
        raise UserError(sentence.format(name=_clean_name(name), limits=limits()), FIELD, code="unsupported_format")


def _check_stems(track: Track, files: Sequence[Arrived]) -> None:
    if track.generation.is_blind:
        sentence = _("This track is part of a blind comparison. Pick a take or reveal the models first.")
        raise UserError(sentence, code="blind_comparison")
    if not files:
        raise UserError(_("Choose the files of the stems first."), FIELD, code="required")
    if len(files) > MAX_STEMS:
        sentence = _("Add at most {limit} stems at a time.").format(limit=MAX_STEMS)
        raise UserError(sentence, FIELD, code="limit_reached")
    if TrackUpload.objects.filter(track=track, is_stem=True, due_at__isnull=False).exists():
        sentence = _("Stems of this track are already being read. Wait until they are ready, or cancel them.")
        raise UserError(sentence, FIELD, code="already_requested")
    for file in files:
        _check_kind(file.name)


def _check_room(user: User, project: Project, count: int) -> None:
    waiting = TrackUpload.objects.filter(project=project, due_at__isnull=False).count()
    if waiting + count > MAX_WAITING:
        sentence = _("{count} files are waiting to be read. Add more when they are done.")
        raise UserError(sentence.format(count=waiting), FIELD, code="limit_reached")
    for _number in range(count):
        throttling.count(f"track-upload/{user.pk}", *UPLOAD_RATE_LIMIT, _("Too many uploads. Try again later."), FIELD)


def _check_new(user: User, project: Project, digest: str) -> None:
    """Raise Duplicate if this project has these very bytes, as far as the person may know."""
    tracks = permissions.library(user, project).kept()
    same = tracks.filter(uploads__sha256=digest, uploads__is_stem=False).first() or tracks.filter(sha256=digest).first()
    if same:
        sentence = _("The project already has this file: “{title}”.")
        raise Duplicate(sentence.format(title=same.title), same)
    waiting = TrackUpload.objects.filter(project=project, author=user, sha256=digest, due_at__isnull=False)
    if waiting.filter(is_stem=False).exists():
        raise Duplicate(_("This file is already being added."), None)


def _store(folder: Path, file: Arrived) -> tuple[str, str, int]:
    """Store a file as it comes; return its name in the library, its SHA-256 and its size. Raises UserError."""
    target, size = folder / "upload", 0
    with target.open("wb") as out:
        for chunk in file.content:
            size += len(chunk)
            if size > MAX_AUDIO_BYTES:
                raise UserError(too_large(), FIELD, code="too_large")
            out.write(chunk)
    if not size:
        raise UserError(_("That file is empty. Choose another."), FIELD, code="empty_file")
    ending = PurePath(file.name.replace("\\", "/")).suffix.lower().lstrip(".")
    name, digest = media.keep(target, ending if ending in ENDINGS else "upload")
    return name, digest, size


def _clean_name(name: str) -> str:
    """Return the last part of a file's name, printable and short enough to be stored."""
    last = PurePath(name.replace("\\", "/")).name
    printable = " ".join("".join(character if character.isprintable() else " " for character in last).split())
    return printable[-200:] or title_from_name("")
