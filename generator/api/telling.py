"""How webhooks show things: as the doors for programs do. The workflow is handed this when the studio starts."""

from collections.abc import Iterable
from typing import Any

from generator.api.outputs import audio_url, cover_url
from generator.api.wavespeed.predictions import notice
from generator.models import Generation, Track
from generator.workflow.webhooks import bodies


def generation(one: Generation, takes: Iterable[Track], base: str) -> dict[str, Any]:
    """A generation with those of its takes that the project may hear; of a blind candidate not who makes it."""
    return {
        "id": one.ref,
        "state": one.state,
        "model": None if one.is_blind else one.model.key,
        "prompt": one.prompt.text,
        "takes_asked": one.takes_asked,
        "error": one.error_sentence,
        "created_at": one.created_at.isoformat(),
        "finished_at": one.finished_at.isoformat() if one.finished_at else None,
        "tracks": [track(take, base) for take in takes],
    }


def track(one: Track, base: str) -> dict[str, Any]:
    return {
        "id": one.ref,
        "title": one.title,
        "take": one.take,
        "format": one.format,
        "seconds": one.length_ms / 1000,
        "audio_url": audio_url(one, base),
        "cover_url": cover_url(one, base),
    }


SHAPES = bodies.Shapes(generation, track, notice)
