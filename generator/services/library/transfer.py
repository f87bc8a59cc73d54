"""Transfer of tracks between projects. Files stay unchanged, because their names depend only on their content.

    move   the track itself moves, with tags, comments, links and address; in its new project it is a draft again
    copy   a second track with the same files and its own certificate; a draft without comments and links

A track's cost stays with the project that paid. A move leaves the generation and its ledger entries there. A copy's
own generation carries only the certificate's data: it never had a hold, and is never charged.
"""

import secrets
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.messages import gettext_noop
from generator.models import (
    AuditLogEntry,
    Generation,
    Heard,
    PrivateTrack,
    Project,
    ReplacedCover,
    State,
    Tag,
    Track,
    TrackCopy,
    User,
)
from generator.models.track import TrackQuerySet
from generator.services.audit_log import record
from generator.services.errors import UserError
from generator.services.generation import states
from generator.services.library import approvals
from generator.services.library import tracks as library_tracks

KIND = AuditLogEntry.Action.TRACKS
MAX_TRACKS_AT_ONCE = 500
Row = TypeVar("Row", bound=models.Model)
_NEEDED = ("project", "author", "generation__prompt", "generation__model", "generation__comparison")


def move(tracks: TrackQuerySet, target: Project, actor: User) -> int:
    """Move tracks to another project; return their number. The caller checks permission for both projects.

    Raises:
        UserError: there is nothing to move, there are too many, or a track cannot be moved.
    """
    moving = _chosen(tracks, target)
    with transaction.atomic():
        for track in moving:
            approvals.end(track, actor, f"“{track.title}” left the project, and its approval ended")
        carry(Track.objects.filter(pk__in=[track.pk for track in moving]), target)
        _note(moving, target, actor, "Moved")
    return len(moving)


def copy(tracks: TrackQuerySet, target: Project, actor: User) -> int:
    """Copy tracks to another project; return their number. The caller checks permission for both projects.

    Raises:
        UserError: there is nothing to copy, there are too many, or a track cannot be copied.
    """
    copied = _chosen(tracks, target)
    with transaction.atomic():
        for track in copied:
            _copy_one(track, target, actor)
        _note(copied, target, actor, "Copied")
    return len(copied)


def carry(tracks: TrackQuerySet, target: Project) -> int:
    """Put tracks into another project unchanged, with their tags; return their number."""
    moving = list(tracks.exclude(project=target).select_related(*_NEEDED))
    with transaction.atomic():
        for track in moving:
            names = list(track.tags.values_list("name", flat=True))
            Track.objects.filter(pk=track.pk).update(project=target)
            track.uploads.update(project=target)
            track.tags.set(_tags(target, names))
            Tag.objects.filter(name__in=names, tracks=None).delete()
            library_tracks.reindex(track)
    return len(moving)


def _tags(project: Project, names: Iterable[str]) -> list[Tag]:
    return [Tag.objects.get_or_create(project=project, name=name)[0] for name in names]


def _chosen(tracks: TrackQuerySet, target: Project) -> list[Track]:
    chosen = list(
        tracks.kept().exclude(project=target).select_related(*_NEEDED).order_by("id")[: MAX_TRACKS_AT_ONCE + 1]
    )
    if not chosen:
        raise UserError(_("Select the tracks first."), code="nothing_selected")
    if len(chosen) > MAX_TRACKS_AT_ONCE:
        sentence = _("Select at most {limit} tracks at a time.").format(limit=MAX_TRACKS_AT_ONCE)
        raise UserError(sentence, code="limit_reached")
    if any(track.generation.is_blind for track in chosen):
        sentence = _("A selected track is part of a blind comparison. Pick a take or reveal the models first.")
        raise UserError(sentence, code="blind_comparison")
    return chosen


def _note(tracks: list[Track], target: Project, actor: User, verb: str) -> None:
    """Log the transfer in both projects, without the names of private tracks."""
    private = set(PrivateTrack.objects.filter(track__in=tracks).values_list("track", flat=True))
    for project in {track.project for track in tracks}:
        own = [track for track in tracks if track.project_id == project.pk]
        title = "a private track" if own[0].pk in private else f"“{own[0].title}”"
        subject = title if len(own) == 1 else f"{len(own)} tracks"
        record(actor, KIND, f"{verb} {subject} to another project", project=project)
        record(actor, KIND, f"{verb} {subject} here from another project", project=target)


# --- one copy ---


def _copy_one(track: Track, target: Project, actor: User) -> Track:
    origin = TrackCopy.objects.filter(track=track).select_related("paid_by").first()
    copied = _copy_row(track, project=target, generation=_copy_generation(track, target), search_text="")
    TrackCopy.objects.create(
        track=copied, source=track, paid_by=origin.paid_by if origin else track.generation, copied_by=actor
    )
    if PrivateTrack.objects.filter(track=track).exists():  # only its author can copy it
        PrivateTrack.objects.create(track=copied, author=track.author)
    copied.tags.set(_tags(target, track.tags.values_list("name", flat=True)))
    Heard.objects.bulk_create(
        [Heard(user_id=hearing.user_id, track=copied, at=hearing.at) for hearing in track.heard_by.all()]
    )
    for replaced in ReplacedCover.objects.filter(track=track):
        ReplacedCover.objects.create(track=copied, original=replaced.original, replaced_by=replaced.replaced_by)
    for rendition in track.renditions.all():
        _copy_row(rendition, track=copied)
    for number, stem in enumerate(track.stems.all(), start=1):
        _copy_row(stem, track=copied, generation=copied.generation, number=number)
    for upload in track.uploads.filter(is_stem=False):
        _copy_row(upload, project=target, track=copied)
    library_tracks.reindex(copied)
    states.note(copied.generation, gettext_noop("Copied from another project, which paid for it"), actor=actor)
    return copied


def _copy_generation(track: Track, target: Project) -> Generation:
    """Create a settled, ready generation for a copy, without ledger entries."""
    original = track.generation
    prompt = _copy_row(original.prompt, project=target)
    now = timezone.now()
    return Generation.objects.create(
        project=target,
        author=original.author,
        prompt=prompt,
        model=original.model,
        takes_requested=1,
        price=original.price,
        price_total=original.price_total,
        license=original.license,
        idempotency_key=f"copy-{secrets.token_urlsafe(18)}",
        state=State.READY,
        settled_at=now,
        provider_job_id=original.provider_job_id,
        created_at=original.created_at,
        finished_at=original.finished_at or now,
    )


def _copy_row(row: Row, **changes: Any) -> Row:
    """Create a copy of a row, with changes and its own public ID."""
    model = type(row)
    fields = [
        field
        for field in model._meta.concrete_fields
        if not field.primary_key and field.name not in ("public_id", *changes)
    ]
    return model._default_manager.create(**{field.attname: getattr(row, field.attname) for field in fields}, **changes)
