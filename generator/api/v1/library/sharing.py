"""Share links: addresses that play one track to anyone. Whether a track is private is a field of the track."""

import datetime as dt

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import permissions
from generator.api import signed_files
from generator.api.v1.auth import user_of
from generator.api.v1.library.tracks import editable_track
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, Strict
from generator.models import ShareLink
from generator.services.library import sharing
from generator.services.library.sharing import DEFAULT_DAYS, LIFETIMES

router = Router(tags=["Sharing"])


class ShareLinkIn(Strict):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"expires_in_days": 30, "allow_download": True}]}
    )
    expires_in_days: int = Field(DEFAULT_DAYS, description=f"One of {', '.join(map(str, LIFETIMES))}.")
    allow_download: bool = False


class ShareLinkOut(Schema):
    id: Ref
    track: Ref
    url: str
    allow_download: bool
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime
    visits: int
    plays: int
    downloads: int
    last_used_at: dt.datetime | None


class ShareLinksOut(Schema):
    items: list[ShareLinkOut]


def _share_link_out(row: ShareLink, base: str) -> ShareLinkOut:
    facts = ("allow_download", "created_at", "expires_at", "visits", "plays", "downloads", "last_used_at")
    return ShareLinkOut(
        id=row.public_id,
        track=row.track.public_id,
        url=base + reverse("shared", args=[sharing.address_of(row)]),
        created_by=row.made_by.label,
        **{name: getattr(row, name) for name in facts},
    )


@router.get("/tracks/{track_id}/share-links", response=ShareLinksOut, summary="List the active share links of a track")
def list_share_links(request: HttpRequest, track_id: str) -> dict[str, list[ShareLinkOut]]:
    track, _ = editable_track(request, track_id)
    base = signed_files.base_url(request)
    return {
        "items": [_share_link_out(row, base) for row in track.share_links.open().select_related("track", "made_by")]
    }


@router.post("/tracks/{track_id}/share-links", response={201: ShareLinkOut}, summary="Create a share link")
def create_share_link(request: HttpRequest, track_id: str, ask: ShareLinkIn) -> Status[ShareLinkOut]:
    """The link plays this one track to anyone who has it, without a key, until it expires or is revoked."""
    track, _ = editable_track(request, track_id)
    if ask.expires_in_days not in LIFETIMES:
        raise Problem(422, f"Choose one of {', '.join(map(str, LIFETIMES))} days.", "expires_in_days")
    link = sharing.share(track, user_of(request), ask.expires_in_days, allow_download=ask.allow_download)
    return Status(201, _share_link_out(link, signed_files.base_url(request)))


def _find_share_link(request: HttpRequest, public_id: str) -> ShareLink:
    link = (
        permissions.links(user_of(request))
        .select_related("track__project", "made_by")
        .filter(public_id=public_id)
        .first()
    )
    if link is None:
        raise Problem(404, "Share link not found. Only editors of its track have access to it.")
    return link


@router.get("/share-links/{share_link_id}", response=ShareLinkOut, summary="Get a share link")
def get_share_link(request: HttpRequest, share_link_id: str) -> ShareLinkOut:
    return _share_link_out(_find_share_link(request, share_link_id), signed_files.base_url(request))


@router.delete("/share-links/{share_link_id}", response={204: None}, summary="Revoke a share link")
def revoke_share_link(request: HttpRequest, share_link_id: str) -> Status[None]:
    sharing.revoke(_find_share_link(request, share_link_id), user_of(request))
    return Status(204, None)
