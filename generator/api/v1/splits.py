"""A provider's splitting of any track into parts, at a price; the parts are then among the track's stems."""

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import workflow
from generator.api.v1 import schemas, shown
from generator.api.v1.caller import caller
from generator.api.v1.catalogue import shown_field
from generator.api.v1.generations import Once, Prefer, answer, content, place, priced
from generator.api.v1.schemas import FieldOut, Priced, Ref, Usd, Value
from generator.api.v1.tracks import find, mine
from generator.models import Generation

router = Router(tags=["Library"])


class SplitAsk(Priced):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"action": "wavespeed/stem-song", "settings": {}}]}
    )
    action: str = Field(max_length=120, description="One of GET here.")
    settings: dict[str, Value] = Field(default_factory=dict, description="The action's own fields, by name.")


class SplitOut(Schema):
    action: str
    title: str
    summary: str
    price_usd: Usd
    price_is_estimate: bool
    refusal: str = Field(description="Why it could not be had just now; empty: it can.")
    fields: list[FieldOut]


class SplitsOut(Schema):
    items: list[SplitOut]
    last: Ref | None = Field(description="The newest run that split, or splits, this track.")


@router.get("/tracks/{track_id}/splits", response=SplitsOut, summary="Who would split a track, at what price")
def list_splits(request: HttpRequest, track_id: str):
    user, track = caller(request), find(request, track_id)
    last = workflow.actions.last_split(track)
    items = []
    for choice in workflow.catalogue.splitting():
        quote = workflow.actions.quote(user, track.project, choice)
        items.append(
            SplitOut(
                action=choice.spec.key,
                title=choice.spec.title,
                summary=choice.spec.summary,
                price_usd=shown.usd(quote.total),
                price_is_estimate=quote.is_estimate,
                refusal=quote.refusal,
                fields=[shown_field(field) for field in choice.spec.fields],
            )
        )
    return {"items": items, "last": last.ref if last else None}


@router.post("/tracks/{track_id}/splits", response={201: schemas.GenerationOut}, summary="Split a track, at its price")
def create_split(
    request: HttpRequest,
    track_id: str,
    ask: SplitAsk,
    idempotency_key: str | None = Once,
    prefer: str | None = Prefer,
):
    """While one runs, that one is answered. Once it is ready, the parts are at `/tracks/ID/stems`."""
    user, (track, _) = caller(request), mine(request, track_id)
    action = workflow.catalogue.action_of(ask.action)
    known = {field.name for field in action.fields} if action else set(ask.settings)
    if unknown := next((name for name in ask.settings if name not in known), ""):
        raise workflow.Refused(f"{ask.action} has no field “{unknown[:40]}”.", unknown)

    def split(key: str) -> Generation:
        return workflow.actions.split(
            user=user,
            track=track,
            action_key=ask.action,
            settings=ask.settings,
            idempotency_key=priced(key, ask.expected_price_usd),
        )

    about = ["split", track.ref, content(ask)]
    return Status(201, answer(request, lambda: place(user, idempotency_key, about, split), prefer))
