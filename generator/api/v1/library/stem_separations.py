"""Separation of any track into stems by a provider, at a price; they are then listed with the track's stems."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from generator.api.v1 import schemas, serializers
from generator.api.v1.auth import user_of
from generator.api.v1.generation.catalog import field_out
from generator.api.v1.generation.generations import (
    IdempotencyKey,
    PreferHeader,
    checkout_request,
    content_without_price,
    respond,
    submit_once,
)
from generator.api.v1.library.tracks import editable_track, find
from generator.api.v1.schemas import FieldOut, Priced, Ref, Usd, Value
from generator.models import Generation
from generator.services.errors import UserError
from generator.services.provider_jobs import catalog, provider_actions

router = Router(tags=["Library"])


class StemSeparationIn(Priced):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"action": "wavespeed/stem-song", "settings": {}}]}
    )
    action: str = Field(max_length=120, description="An `action` that GET lists.")
    settings: dict[str, Value] = Field(default_factory=dict, description="The action's own fields, by name.")


class StemSeparationOfferOut(Schema):
    action: str
    title: str
    summary: str
    price_usd: Usd
    price_is_estimate: bool
    unavailable_reason: str = Field(description="Why it is not available now; empty if it is.")
    fields: list[FieldOut]


class StemSeparationsOut(Schema):
    items: list[StemSeparationOfferOut]
    latest_generation: Ref | None = Field(description="The newest separation of this track, finished or not.")


@router.get(
    "/tracks/{track_id}/stem-separations", response=StemSeparationsOut, summary="List stem separations and their prices"
)
def list_stem_separations(request: HttpRequest, track_id: str) -> dict[str, Any]:
    user, track = user_of(request), find(request, track_id)
    last = provider_actions.last_separation(track)
    items = []
    for choice in catalog.splitting():
        quote = provider_actions.quote(user, track.project, choice)
        items.append(
            StemSeparationOfferOut(
                action=choice.spec.key,
                title=choice.spec.title,
                summary=choice.spec.summary,
                price_usd=serializers.usd(quote.total),
                price_is_estimate=quote.is_estimate,
                unavailable_reason=quote.refusal,
                fields=[field_out(field) for field in choice.spec.fields],
            )
        )
    return {"items": items, "latest_generation": last.public_id if last else None}


@router.post(
    "/tracks/{track_id}/stem-separations", response={201: schemas.GenerationOut}, summary="Separate a track into stems"
)
def create_stem_separation(
    request: HttpRequest,
    track_id: str,
    ask: StemSeparationIn,
    idempotency_key: str | None = IdempotencyKey,
    prefer: str | None = PreferHeader,
) -> Status[schemas.GenerationOut]:
    """If a separation is already running, it is returned. The finished stems are listed at `/tracks/ID/stems`."""
    user, (track, _) = user_of(request), editable_track(request, track_id)
    action = catalog.action_of(ask.action)
    field_names = {field.name for field in action.fields} if action else set(ask.settings)
    if unknown := next((name for name in ask.settings if name not in field_names), ""):
        raise UserError(f"{ask.action} has no field “{unknown[:40]}”.", unknown)

    def submit(key: str) -> Generation:
        return provider_actions.separate_stems(
            user=user,
            track=track,
            action_key=ask.action,
            settings=ask.settings,
            idempotency_key=checkout_request(key, ask.expected_price_usd),
        )

    content = ["split", track.public_id, content_without_price(ask)]
    return Status(201, respond(request, lambda: submit_once(user, idempotency_key, content, submit), prefer))
