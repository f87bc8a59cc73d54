"""Moving and copying tracks between projects. No file is touched: it is named by its bytes, not by where it belongs.

    move   the track itself goes, with tags, comments, links and address; in its new project it is a draft again
    copy   a second track over the same files, with a second set of papers; a draft without comments and links

What a track cost stays with the project that paid: a move leaves its run and its ledger lines there, and a copy's own
run carries the papers alone: it never had a hold, and nothing is ever charged for it.
"""

import secrets
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone

from generator.models import (
    AuditLine,
    Generation,
    PrivateTrack,
    Project,
    State,
    Tag,
    Track,
    TrackCopy,
    User,
)
from generator.models.track import TrackQuerySet
from generator.workflow import library, review, states
from generator.workflow.audit import record
from generator.workflow.refused import Refused

KIND = AuditLine.Kind.TRACKS
MOST_AT_ONCE = 500
Row = TypeVar("Row", bound=models.Model)
_NEEDED = ("project", "author", "generation__prompt", "generation__model", "generation__comparison")


def move(tracks: TrackQuerySet, target: Project, actor: User) -> int:
    """Move tracks into another project; return how many went. Whoever calls has asked access to both.

    Raises:
        Refused: nothing to move, or one of them cannot go.
    """
    moved = _chosen(tracks, target)
    with transaction.atomic():
        for track in moved:
            review.end(track, actor, f"“{track.title}” left the project, and its approval ended")
        carry(Track.objects.filter(pk__in=[track.pk for track in moved]), target)
        _note(moved, target, actor, "Moved", "away to")
    return len(moved)


def copy(tracks: TrackQuerySet, target: Project, actor: User) -> int:
    """Copy tracks into another project; return how many there are now. Whoever calls has asked access to both.

    Raises:
        Refused: nothing to copy, or one of them cannot be.
    """
    copied = _chosen(tracks, target)
    with transaction.atomic():
        for track in copied:
            _copy_one(track, target, actor)
        _note(copied, target, actor, "Copied", "to")
    return len(copied)


def carry(tracks: TrackQuerySet, target: Project) -> int:
    """Put tracks into another project as they are, tags and all; return how many."""
    moved = list(tracks.exclude(project=target).select_related(*_NEEDED))
    with transaction.atomic():
        for track in moved:
            names = list(track.tags.values_list("name", flat=True))
            Track.objects.filter(pk=track.pk).update(project=target)
            track.tags.set(_tags(target, names))
            Tag.objects.filter(name__in=names, tracks=None).delete()
            library.reindex(track)
    return len(moved)


def _tags(project: Project, names: Iterable[str]) -> list[Tag]:
    return [Tag.objects.get_or_create(project=project, name=name)[0] for name in names]


def _chosen(tracks: TrackQuerySet, target: Project) -> list[Track]:
    found = list(tracks.kept().exclude(project=target).select_related(*_NEEDED).order_by("id")[: MOST_AT_ONCE + 1])
    if not found:
        raise Refused("Select the tracks first.")
    if len(found) > MOST_AT_ONCE:
        raise Refused(f"At most {MOST_AT_ONCE} tracks at a time.")
    if any(track.generation.is_blind for track in found):
        raise Refused("A track of a blind comparison stays until somebody has picked, or had it shown which is which.")
    return found


def _note(tracks: list[Track], target: Project, actor: User, verb: str, away: str) -> None:
    """Write it down on both sides; what is private is not named."""
    private = set(PrivateTrack.objects.filter(track__in=tracks).values_list("track", flat=True))
    for project in {track.project for track in tracks}:
        mine = [track for track in tracks if track.project_id == project.pk]
        named = "a private track" if mine[0].pk in private else f"“{mine[0].title}”"
        what = named if len(mine) == 1 else f"{len(mine)} tracks"
        record(project, actor, KIND, f"{verb} {what} {away} another project")
        record(target, actor, KIND, f"{verb} {what} here from another project")


# --- one copy ---


def _copy_one(track: Track, target: Project, actor: User) -> Track:
    origin = TrackCopy.objects.filter(track=track).select_related("paid_by").first()
    copied = _twin(track, project=target, generation=_papers(track, target), search_text="")
    TrackCopy.objects.create(
        track=copied, source=track, paid_by=origin.paid_by if origin else track.generation, copied_by=actor
    )
    if PrivateTrack.objects.filter(track=track).exists():  # only its author can have copied it
        PrivateTrack.objects.create(track=copied, author=track.author)
    copied.tags.set(_tags(target, track.tags.values_list("name", flat=True)))
    for rendition in track.renditions.all():
        _twin(rendition, track=copied)
    for number, stem in enumerate(track.stems.all(), start=1):
        _twin(stem, track=copied, generation=copied.generation, number=number)
    library.reindex(copied)
    states.note(copied.generation, "Copied from another project, which made it and paid for it", actor=actor)
    return copied


def _papers(track: Track, target: Project) -> Generation:
    """The run again, as its papers only: settled, over, and without a single ledger line."""
    run = track.generation
    prompt = _twin(run.prompt, project=target)
    now = timezone.now()
    return Generation.objects.create(
        project=target,
        author=run.author,
        prompt=prompt,
        model=run.model,
        takes_asked=1,
        price=run.price,
        price_per_take=run.price_per_take,
        idempotency_key=f"copy-{secrets.token_urlsafe(18)}",
        state=State.READY,
        settled_at=now,
        handle=run.handle,
        created_at=run.created_at,
        finished_at=run.finished_at or now,
    )


def _twin(row: Row, **changes: Any) -> Row:
    """Write a second row like this one, with changes and with a public name of its own."""
    model = type(row)
    kept = [one for one in model._meta.concrete_fields if not one.primary_key and one.name not in ("ref", *changes)]
    return model._default_manager.create(**{one.attname: getattr(row, one.attname) for one in kept}, **changes)
