"""Moving tracks between projects. The file is not touched: it is named by its bytes, not by where it belongs.

The run that made a track, and what it cost, stay with the project that paid.
"""

from django.db import transaction

from generator.models import Project, Tag, Track
from generator.models.track import TrackQuerySet
from generator.workflow import library


def carry(tracks: TrackQuerySet, target: Project) -> int:
    """Put tracks into another project as they are, tags and all; return how many. Whoever calls has asked access."""
    moved = list(tracks.exclude(project=target).select_related("generation__prompt", "generation__model", "author"))
    with transaction.atomic():
        for track in moved:
            names = list(track.tags.values_list("name", flat=True))
            Track.objects.filter(pk=track.pk).update(project=target)
            _retag(track, target, names)
    return len(moved)


def _retag(track: Track, target: Project, names: list[str]) -> None:
    """Give a track the target's own tags of these names; those of its old project that are left alone go."""
    track.tags.set([Tag.objects.get_or_create(project=target, name=name)[0] for name in names])
    Tag.objects.filter(name__in=names, tracks=None).delete()
    library.reindex(track)
