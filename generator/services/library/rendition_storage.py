"""Storage limits for renditions: the least recently used are deleted first.

A deleted rendition is made again on request. MIDI files stay, because they show that a track's stems were made.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from generator.models import Rendition, Track
from generator.services.library import media

MAX_LEVELS = 12  # files of one track at other loudness levels
LAST_USED_INTERVAL = dt.timedelta(hours=1)
MIN_AGE = dt.timedelta(minutes=10)  # it may be about to be downloaded


def used(rendition: Rendition) -> None:
    """Record the use of a rendition, with at most one write per hour."""
    now = timezone.now()
    if (rendition.used_at or rendition.created_at) < now - LAST_USED_INTERVAL:
        Rendition.objects.filter(pk=rendition.pk).update(used_at=now)


def make_room(track: Track) -> int:
    """Delete renditions beyond the limits of this track and of the studio; return their number."""
    levelled = _oldest_first(track.renditions.filter(recipe__lufs__isnull=False))
    beyond = max(0, track.renditions.filter(recipe__lufs__isnull=False).count() - MAX_LEVELS)
    return _delete(list(levelled[:beyond])) + _trim_storage()


def discard_all(track: Track) -> None:
    """Delete what was made from a track, since its tags have changed. MIDI files have none, and stay."""
    rows = track.renditions.exclude(recipe__format="midi")
    names = list(rows.values_list("file", flat=True))
    rows.delete()
    transaction.on_commit(lambda: media.discard(names))


def _trim_storage() -> int:
    limit = settings.STUDIO_RENDITIONS_MB * 1_000_000
    excess = (Rendition.objects.aggregate(total=Sum("size"))["total"] or 0) - limit
    deleted: list[Rendition] = []
    for rendition in _oldest_first(Rendition.objects.all()).iterator() if excess > 0 else ():
        if excess <= 0:
            break
        deleted.append(rendition)
        excess -= rendition.size
    return _delete(deleted)


def _oldest_first(rows: "QuerySet[Rendition]") -> "QuerySet[Rendition]":
    now = timezone.now()
    deletable = rows.exclude(recipe__format="midi").annotate(last=Coalesce("used_at", "created_at"))
    return deletable.filter(last__lt=now - MIN_AGE).order_by("last", "id")


def _delete(rows: list[Rendition]) -> int:
    if rows:
        Rendition.objects.filter(pk__in=[row.pk for row in rows]).delete()
        media.discard([row.file for row in rows])
    return len(rows)
