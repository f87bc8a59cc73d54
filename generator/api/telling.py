"""How webhooks show things: as the doors for programs do. The workflow is handed this when the studio starts.

A project's webhook is nobody in particular: it is not shown what is private, nor who has starred what. The addresses of
files that it tells end with it.
"""

from typing import Any

from generator.api.v1 import shown
from generator.api.wavespeed import predictions
from generator.models import Generation, Track, Webhook
from generator.models.track import TrackQuerySet
from generator.workflow.webhooks import bodies


def generation(one: Generation, takes: TrackQuerySet, base: str, hook: Webhook | None) -> dict[str, Any]:
    """A generation as /api/v1 shows it, with these of its takes."""
    row = shown.runs_with_all(Generation.objects.filter(pk=one.pk), one.author).get()
    tracks = [track(take, base, hook) for take in shown.with_all(takes, one.author)]
    return shown.generation(row, base).model_dump(mode="json") | {"tracks": tracks}


def track(one: Track, base: str, hook: Webhook | None) -> dict[str, Any]:
    """A track as /api/v1 shows it, without the star."""
    row = shown.with_all(Track.objects.filter(pk=one.pk), one.author, hook).get()
    return shown.track(row, base).model_dump(mode="json", exclude={"starred"})


SHAPES = bodies.Shapes(generation, track, predictions.notice)
