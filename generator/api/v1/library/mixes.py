"""Mixes of composed tracks: levels of the stems, saved as a version."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import ConfigDict, Field

from generator.api.v1 import schemas
from generator.api.v1.auth import user_of
from generator.api.v1.generation.generations import IdempotencyKey, show, submit_once
from generator.api.v1.library.tracks import editable_track
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Strict
from generator.models import Generation, Track
from generator.providers.mix_text import MAX_DB, MIN_DB
from generator.services.generation import variations

router = Router(tags=["Library"])
MAX_PLAYERS = 64
Gain = Annotated[float, Field(ge=MIN_DB, le=MAX_DB)]


class MixIn(Strict):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"gains_db": {"4n8Kk2f0Qw3xZb1R": -6}, "muted": ["7Yt2mWc9LpQe5VhD"]}]},
    )
    gains_db: dict[str, Gain] = Field(
        default_factory=dict,
        max_length=MAX_PLAYERS,
        description="Gain in dB relative to the present level, by stem id. Other stems keep their level.",
    )
    muted: list[str] = Field(
        default_factory=list, max_length=MAX_PLAYERS, description="Ids of stems to mute, whatever their gain."
    )


@router.post("/tracks/{track_id}/mixes", response={201: schemas.GenerationOut}, summary="Save a mix as a version")
def create_mix(
    request: HttpRequest, track_id: str, ask: MixIn, idempotency_key: str | None = IdempotencyKey
) -> Status[schemas.GenerationOut]:
    """Remix the stems of a composed track as a version of it. Free; the stems must already exist."""
    user, (track, _) = user_of(request), editable_track(request, track_id)
    levels = _levels(track, ask)

    def submit(key: str) -> Generation:
        return variations.save_mix(user, track, levels, key)

    content = ["balance", track.public_id, ask.gains_db, sorted(ask.muted)]
    return Status(201, show(request, submit_once(user, idempotency_key, content, submit)))


def _levels(track: Track, ask: MixIn) -> dict[str, float]:
    """Return each stem's factor by its public ID; unlike the mixer page, reject unknown stems.

    Raises:
        Problem: no such stem.
    """
    players = set(track.stems.filter(generation=track.generation).values_list("public_id", flat=True))
    for field, stem_ids in (("gains_db", ask.gains_db), ("muted", ask.muted)):
        if (
            players
            and (unknown := next((public_id for public_id in stem_ids if public_id not in players), None)) is not None
        ):
            raise Problem(422, f"This track has no stem “{unknown[:40]}”.", field)
    return {public_id: 10 ** (gain / 20) for public_id, gain in ask.gains_db.items()} | dict.fromkeys(ask.muted, 0.0)
