"""How much room the files take that are made from tracks on demand: what was not asked for the longest goes first.

Any of them is made again when somebody asks. The notes of a track stay: they say that its stems were made.
"""

import datetime as dt

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from generator.models import Rendition, Track
from generator.workflow import media

MOST_LEVELS = 12  # files of one track at another loudness
SEEN_EVERY = dt.timedelta(hours=1)
FRESH = dt.timedelta(minutes=10)  # whoever asked for it may be about to fetch it


def used(rendition: Rendition) -> None:
    """Note that a file is wanted; at most one write an hour."""
    now = timezone.now()
    if (rendition.used_at or rendition.created_at) < now - SEEN_EVERY:
        Rendition.objects.filter(pk=rendition.pk).update(used_at=now)


def make_room(track: Track) -> int:
    """Delete what is beyond the limits of this track and of the studio; return how many files went."""
    levelled = _oldest_first(track.renditions.filter(recipe__lufs__isnull=False))
    beyond = max(0, track.renditions.filter(recipe__lufs__isnull=False).count() - MOST_LEVELS)
    return _delete(list(levelled[:beyond])) + _within_the_studio()


def _within_the_studio() -> int:
    room = settings.STUDIO_RENDITIONS_MB * 1_000_000
    over = (Rendition.objects.aggregate(total=Sum("size"))["total"] or 0) - room
    gone: list[Rendition] = []
    for one in _oldest_first(Rendition.objects.all()).iterator() if over > 0 else ():
        if over <= 0:
            break
        gone.append(one)
        over -= one.size
    return _delete(gone)


def _oldest_first(rows: "QuerySet[Rendition]") -> "QuerySet[Rendition]":
    now = timezone.now()
    wanted = rows.exclude(recipe__format="midi").annotate(last=Coalesce("used_at", "created_at"))
    return wanted.filter(last__lt=now - FRESH).order_by("last", "id")


def _delete(rows: list[Rendition]) -> int:
    if rows:
        Rendition.objects.filter(pk__in=[one.pk for one in rows]).delete()
        media.discard([one.file for one in rows])
    return len(rows)
