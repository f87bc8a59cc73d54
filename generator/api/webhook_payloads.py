"""Webhook payloads: records in the form of the APIs. The services receive these functions when the studio starts.

A project's webhook is not a person: it is not sent private tracks, nor who has starred what. The file addresses
that it sends end with it.
"""

from typing import Any

from generator.api.compat.wavespeed import predictions
from generator.api.v1 import serializers
from generator.api.v1.library.edits import edit_out
from generator.api.v1.library.packs import pack_out
from generator.models import Edit, Generation, Pack, Track, Webhook
from generator.models.track import TrackQuerySet
from generator.services.webhooks import payloads


def generation(record: Generation, takes: TrackQuerySet, base: str, webhook: Webhook | None) -> dict[str, Any]:
    """Return a generation as in /api/v1, with these of its takes."""
    row = serializers.load_generation_details(Generation.objects.filter(pk=record.pk), record.author).get()
    tracks = [track(take, base, webhook) for take in serializers.load_track_details(takes, record.author)]
    return serializers.generation(row, base).model_dump(mode="json") | {"tracks": tracks}


def track(record: Track, base: str, webhook: Webhook | None) -> dict[str, Any]:
    """Return a track as in /api/v1, without the star."""
    row = serializers.load_track_details(Track.objects.filter(pk=record.pk), record.author, webhook).get()
    return serializers.track(row, base).model_dump(mode="json", exclude={"starred"})


def pack(record: Pack, base: str) -> dict[str, Any]:
    """Return a pack as in /api/v1."""
    return pack_out(record, base).model_dump(mode="json")


def edit(record: Edit, base: str) -> dict[str, Any]:
    """Return an edit as in /api/v1."""
    return edit_out(record, base).model_dump(mode="json")


SHAPES = payloads.Shapes(generation, track, predictions.webhook_content, pack, edit)
