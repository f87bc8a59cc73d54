"""The worker's side of uploads: take a due set, read it in the sandbox, and add the track or the stems.

What if the process dies here? The claim expires and the next worker reads the set again; the track and its ledger entry
are one transaction, and so are the stems of a set. After MAX_ATTEMPTS it is refused, and says so.
"""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generator.audio import NotAudio, Tags, Taken, Wanted, sandbox
from generator.messages import Message, gettext_noop
from generator.models import UPLOADED_TRACK, Track, TrackUpload
from generator.services.background import claims, job_queue
from generator.services.generation import ingest
from generator.services.library import media, tracks
from generator.services.uploads import corrections, records, stated_costs, stem_sets
from generator.services.webhooks import events

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
KEPT_AS = "flac"  # of a file that browsers do not play; MP3, WAV and FLAC stay what they are
UNREAD = gettext_noop("The studio could not read this file. Save it as WAV or MP3 in another program and try again.")
GONE = gettext_noop("Its file is missing from the studio’s disk.")


def work() -> bool:
    """Read one due set; return False if none was due. Wake a successor if more are due."""
    uploads = _claim()
    if not uploads:
        return False
    rows = TrackUpload.objects.filter(set_key=uploads[0].set_key)
    try:
        with claims.renew_all(rows, uploads[0].claim or 0) as claim:
            _read_claimed(uploads, claim)
    except claims.ClaimLost:
        log.info("upload %s was canceled, or another worker has it", uploads[0].public_id)
    if TrackUpload.objects.filter(due_at__lte=timezone.now()).exists():
        job_queue.start(job_queue.READ_UPLOAD)
    return True


def _claim() -> list[TrackUpload]:
    due = TrackUpload.objects.filter(due_at__lte=timezone.now()).order_by("due_at", "id")
    for set_key, due_at in due.values_list("set_key", "due_at")[:20]:
        rows = TrackUpload.objects.filter(set_key=set_key)
        if claims.acquire(rows.filter(due_at=due_at), attempts=F("attempts") + 1):
            return list(rows.select_related("project", "author", "key", "track__generation").order_by("id"))
    return []


def _read_claimed(uploads: list[TrackUpload], claim: claims.Claim) -> None:
    first = uploads[0]
    try:
        if first.attempts > MAX_ATTEMPTS:
            refuse(uploads, {}, claim, UNREAD)
        elif first.is_stem:
            if problems := stem_sets.read(uploads, claim):
                refuse(uploads, problems, claim, stem_sets.NOT_ADDED)
        else:
            _read_track(first, claim)
    except NotAudio as error:
        refuse(uploads, {}, claim, error.sentence)
    except FileNotFoundError:
        refuse(uploads, {}, claim, GONE)
    except (sandbox.Interrupted, OSError):
        log.exception("upload %s could not be read", first.public_id)
        claim.release(due_at=timezone.now())


def refuse(uploads: list[TrackUpload], problems: dict[int, str], claim: claims.Claim, otherwise: str) -> None:
    """Give up a set: each file with its own problem, or the one that all of them have; their bytes are deleted."""
    with transaction.atomic():
        claim.lock()
        for upload in uploads:
            TrackUpload.objects.filter(pk=upload.pk).update(
                problem=str(problems.get(upload.pk, otherwise)), file="", due_at=None, claim=None
            )
    media.discard([upload.file for upload in uploads])


def _read_track(upload: TrackUpload, claim: claims.Claim) -> None:
    with media.workshop() as folder:
        source = folder / f"upload.{upload.extension}"
        shutil.copyfile(media.path(upload.file), source)
        taken = sandbox.take_in(source, _wanted(upload))
        claim.alive()
        _add_track(upload, _without_wish(taken), claim)


def _wanted(upload: TrackUpload) -> Wanted:
    tags = Tags(
        title=upload.title,
        artist=upload.credit,
        album=upload.project.name,
        comment="Added to BGM Studio from elsewhere; not made there.",
        license=upload.license_text,
        track_id=upload.public_id,
    )
    return Wanted(format=KEPT_AS, tags=tags, seed=upload.public_id)


def _without_wish(taken: Taken) -> Taken:
    """Leave out the finding about another format than requested: none was."""
    return replace(taken, findings=tuple(finding for finding in taken.findings if finding.code != "wrong_format"))


def _add_track(upload: TrackUpload, taken: Taken, claim: claims.Claim) -> None:
    """Write the track, its settled generation and its stated cost, in one transaction."""
    with transaction.atomic():
        claim.lock()
        upload.refresh_from_db(fields=corrections.FIELDS)  # somebody may have corrected them meanwhile
        generation = records.create_generation(
            upload.project,
            upload.author,
            UPLOADED_TRACK,
            upload.title,
            Message("Added from the file “{name}”", name=upload.name),
            format=taken.format,
            license=records.license_as_stated(upload, upload.author),
            key=upload.key,
        )
        title = tracks.free_title(generation, 1, upload.title)
        track = ingest.track_of(generation, 1, title, {"credit": upload.credit} if upload.credit else {}, taken)
        track.save(force_insert=True)
        stated_costs.book_cost(upload, generation)
        events.publish(upload.project, "track.created", generation, track=track.public_id)
        claim.release(due_at=None, track=track)


def original_of(track: Track) -> tuple[TrackUpload, Path] | None:
    """Return the upload behind a track and its file as it came, or None."""
    upload = stated_costs.upload_of(track)
    return (upload, media.path(upload.file)) if upload and upload.file else None
