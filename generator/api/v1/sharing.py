"""Links: addresses that play one track to whoever has them. Whether a track is private is a field of the track."""

import datetime as dt

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import access, workflow
from generator.api import outputs
from generator.api.v1.caller import caller
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, Strict
from generator.api.v1.tracks import mine
from generator.models import ShareLink
from generator.workflow.sharing import LASTS, USUAL

router = Router(tags=["Sharing"])


class LinkAsk(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"days": 30, "allow_download": True}]})
    days: int = Field(USUAL, description=f"It works for: one of {', '.join(map(str, LASTS))}.")
    allow_download: bool = False


class LinkOut(Schema):
    id: Ref
    track: Ref
    url: str
    allow_download: bool
    made_by: str
    created_at: dt.datetime
    expires_at: dt.datetime
    visits: int
    plays: int
    downloads: int
    last_used_at: dt.datetime | None


class LinksOut(Schema):
    items: list[LinkOut]


def _shown(row: ShareLink, base: str) -> LinkOut:
    facts = ("allow_download", "created_at", "expires_at", "visits", "plays", "downloads", "last_used_at")
    return LinkOut(
        id=row.ref,
        track=row.track.ref,
        url=base + reverse("shared", args=[workflow.sharing.address_of(row)]),
        made_by=row.made_by.label,
        **{name: getattr(row, name) for name in facts},
    )


@router.get("/tracks/{track_id}/links", response=LinksOut, summary="The links to a track that work")
def list_links(request: HttpRequest, track_id: str):
    track, _ = mine(request, track_id)
    base = outputs.base_url(request)
    return {"items": [_shown(row, base) for row in track.links.open().select_related("track", "made_by")]}


@router.post("/tracks/{track_id}/links", response={201: LinkOut}, summary="Make a link to hand out")
def create_link(request: HttpRequest, track_id: str, ask: LinkAsk):
    """It plays this one track to whoever has it, without a key, until it ends or is taken back."""
    track, _ = mine(request, track_id)
    if ask.days not in LASTS:
        raise Problem(422, f"A link works for one of {', '.join(map(str, LASTS))} days.", "days")
    made = workflow.sharing.share(track, caller(request), ask.days, allow_download=ask.allow_download)
    return Status(201, _shown(made, outputs.base_url(request)))


def _one(request: HttpRequest, ref: str) -> ShareLink:
    found = access.links(caller(request)).select_related("track__project", "made_by").filter(ref=ref).first()
    if found is None:
        raise Problem(404, "There is no such link for this key. Who may edit a track may take back its links.")
    return found


@router.get("/links/{link_id}", response=LinkOut, summary="One link")
def get_link(request: HttpRequest, link_id: str):
    return _shown(_one(request, link_id), outputs.base_url(request))


@router.delete("/links/{link_id}", response={204: None}, summary="Take a link back")
def revoke_link(request: HttpRequest, link_id: str):
    workflow.sharing.revoke(_one(request, link_id), caller(request))
    return Status(204, None)
