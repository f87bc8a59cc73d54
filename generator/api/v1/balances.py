"""The mixer of a composed track: a balance of its players, kept as a version."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import ConfigDict, Field

from generator import workflow
from generator.api.v1 import schemas
from generator.api.v1.caller import caller
from generator.api.v1.generations import Once, place, show
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Strict
from generator.api.v1.tracks import mine
from generator.models import Generation, Track
from generator.providers.balance import LOUDEST, SOFTEST

router = Router(tags=["Library"])
MOST_PLAYERS = 64
Gain = Annotated[float, Field(ge=SOFTEST, le=LOUDEST)]


class BalanceAsk(Strict):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"gains_db": {"4n8Kk2f0Qw3xZb1R": -6}, "muted": ["7Yt2mWc9LpQe5VhD"]}]},
    )
    gains_db: dict[str, Gain] = Field(
        default_factory=dict,
        max_length=MOST_PLAYERS,
        description="By the id of a stem: dB on what it is now. Who is not named stays as it is.",
    )
    muted: list[str] = Field(
        default_factory=list, max_length=MOST_PLAYERS, description="Ids of stems that are not heard, whatever the gain."
    )


@router.post("/tracks/{track_id}/balances", response={201: schemas.GenerationOut}, summary="Keep a balance")
def create_balance(request: HttpRequest, track_id: str, ask: BalanceAsk, idempotency_key: str | None = Once):
    """Mix the players of a composed track again, as a version of it. Free; its stems have to be there."""
    user, (track, _) = caller(request), mine(request, track_id)
    levels = _levels(track, ask)

    def keep(key: str) -> Generation:
        return workflow.versions.rebalance(user, track, levels, key)

    about = ["balance", track.ref, ask.gains_db, sorted(ask.muted)]
    return Status(201, show(request, place(user, idempotency_key, about, keep)))


def _levels(track: Track, ask: BalanceAsk) -> dict[str, float]:
    """By each stem's ref, what it is multiplied by; where the mixer overlooks what it does not know, a program is told.

    Raises:
        Problem: no such stem.
    """
    players = set(track.stems.filter(generation=track.generation).values_list("ref", flat=True))
    for field, named in (("gains_db", ask.gains_db), ("muted", ask.muted)):
        if players and (unknown := next((ref for ref in named if ref not in players), None)) is not None:
            raise Problem(422, f"No player of this track is “{unknown[:40]}”. See its stems.", field)
    return {ref: 10 ** (gain / 20) for ref, gain in ask.gains_db.items()} | dict.fromkeys(ask.muted, 0.0)
