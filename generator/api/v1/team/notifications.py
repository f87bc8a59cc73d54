"""Notifications of the person behind a key, as the bell and its page show them."""

import datetime as dt
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from generator import permissions
from generator.api import signed_files
from generator.api.v1.auth import user_of
from generator.api.v1.pagination import MAX_LIMIT, Page, PageContent, PageQuery, page
from generator.api.v1.parsing import number
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, Strict
from generator.models import Notification, NotificationKind
from generator.services.team import notifications

router = Router(tags=["Notifications"])
# The pages that notifications link to, and what their public ID identifies.
LINK_TARGETS = {
    **{"studio": "project", "track": "track", "finish": "track", "compare": "comparison"},
    **{"webhook": "webhook", "pack": "pack"},
}


class NotificationOut(Schema):
    """A notification, and the object that it links to, if that has an id."""

    id: str
    kind: NotificationKind
    message: str
    project: Ref | None
    track: Ref | None
    comparison: Ref | None
    webhook: Ref | None
    pack: Ref | None
    page_url: str = Field(
        description="For a browser: marks the notification as read and redirects to the page it is about."
    )
    created_at: dt.datetime
    read: bool


class MarkReadIn(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"ids": ["17", "18"]}]})
    ids: list[str] | None = Field(None, max_length=MAX_LIMIT, description="null: all notifications.")


class MarkReadOut(Schema):
    marked: int = Field(description="Number of notifications that were unread before.")
    unread: int = Field(description="Number of notifications that are still unread.")


def _notification_out(row: Notification, base: str) -> NotificationOut:
    targets: dict[str, str | None] = dict.fromkeys(LINK_TARGETS.values())
    return NotificationOut(
        id=str(row.pk),
        kind=NotificationKind(row.kind),
        message=row.text,
        **targets | _link_target(row.link),
        page_url=base + reverse("notification", args=[row.pk]),
        created_at=row.created_at,
        read=row.read_at is not None,
    )


def _link_target(link: str) -> dict[str, str]:
    """Return what one of our links leads to: the kind of object → its public ID; empty if it has none."""
    try:
        match = resolve(urlsplit(link).path)
    except Resolver404:
        return {}
    return {LINK_TARGETS[match.url_name]: match.kwargs["public_id"]} if match.url_name in LINK_TARGETS else {}


@router.get("/notifications", response=Page[NotificationOut], summary="List notifications, newest first")
def list_notifications(
    request: HttpRequest, query: Query[PageQuery], unread: bool = Query(False, description="true: only unread ones.")
) -> PageContent[NotificationOut]:
    """Your own notifications, as far as this key can access them.

    A key of one project gets those that link to the project, its tracks, packs, comparisons and webhooks. Those that
    link elsewhere (billing, invitations) require a key of all projects, those about webhooks the scope `manage`.
    """
    rows, base = permissions.notifications(user_of(request)), signed_files.base_url(request)
    return page(rows.unread() if unread else rows, query, lambda row: _notification_out(row, base))


@router.post("/notifications/read", response=MarkReadOut, summary="Mark notifications as read")
def mark_notifications_read(request: HttpRequest, ask: MarkReadIn | None = None) -> MarkReadOut:
    """All notifications that `GET /notifications` lists for this key, or some of them."""
    rows = permissions.notifications(user_of(request))
    if ask and ask.ids is not None:
        rows = rows.filter(pk__in={number(public_id) for public_id in ask.ids})
        if rows.count() != len(set(ask.ids)):
            raise Problem(404, "Notification not found, or not accessible with this key.", "ids")
    marked = notifications.mark_read(user_of(request), rows.values_list("pk", flat=True))
    return MarkReadOut(marked=marked, unread=permissions.notifications(user_of(request)).unread().count())
