"""News: what the studio has told the person behind a key, as the bell and its list show it."""

import datetime as dt
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from generator import access, workflow
from generator.api import outputs
from generator.api.v1.caller import caller
from generator.api.v1.pages import MOST, Page, Wanted, page
from generator.api.v1.problems import Problem
from generator.api.v1.reading import number
from generator.api.v1.schemas import Ref, Strict
from generator.models import NewsKind, Notification

router = Router(tags=["News"])
# The pages that news leads to, and what their ref is of.
LEADS = {"studio": "project", "track": "track", "compare": "comparison", "webhook": "webhook"}


class NewsOut(Schema):
    """One piece of news, and the one thing it leads to, where that has an id."""

    id: str
    kind: NewsKind
    sentence: str
    project: Ref | None
    track: Ref | None
    comparison: Ref | None
    webhook: Ref | None
    page_url: str = Field(description="Leads on to the page it is about, for the person; it is read then.")
    at: dt.datetime
    read: bool


class ReadAsk(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"ids": ["17", "18"]}]})
    ids: list[str] | None = Field(None, max_length=MOST, description="null: all of it.")


class ReadOut(Schema):
    marked: int = Field(description="How many were unread until now.")
    unread: int = Field(description="How many still are.")


def _shown(row: Notification, base: str) -> NewsOut:
    leads: dict[str, str | None] = dict.fromkeys(LEADS.values())
    return NewsOut(
        id=str(row.pk),
        kind=NewsKind(row.kind),
        sentence=row.text,
        **leads | _leads(row.link),  # type: ignore[arg-type]
        page_url=base + reverse("news-follow", args=[row.pk]),
        at=row.created_at,
        read=row.read_at is not None,
    )


def _leads(link: str) -> dict[str, str]:
    """What a link of ours is to: the kind of thing → its ref; empty where it has none."""
    try:
        found = resolve(urlsplit(link).path)
    except Resolver404:
        return {}
    return {LEADS[found.url_name]: found.kwargs["ref"]} if found.url_name in LEADS else {}


@router.get("/news", response=Page[NewsOut], summary="What you were told, the newest first")
def list_news(request: HttpRequest, wanted: Query[Wanted], unread: bool = Query(False, description="Only that.")):
    """Your own news. A key of one project gets what leads to that project, its tracks, comparisons and webhooks.

    News does not know its project otherwise: what leads elsewhere (money, invitations) is only for a key of all
    projects. What leads to a webhook is for a key that may manage.
    """
    rows, base = access.news(caller(request)), outputs.base_url(request)
    return page(rows.unread() if unread else rows, wanted, lambda row: _shown(row, base))


@router.post("/news/read", response=ReadOut, summary="Mark it as read")
def read_news(request: HttpRequest, ask: ReadAsk | None = None):
    """All that `GET /news` shows this key, or some of it."""
    rows = access.news(caller(request))
    if ask and ask.ids is not None:
        rows = rows.filter(pk__in={number(ref) for ref in ask.ids})
        if rows.count() != len(set(ask.ids)):
            raise Problem(404, "There is no such news for this key.", "ids")
    marked = workflow.news.mark_read(caller(request), rows.values_list("pk", flat=True))
    return ReadOut(marked=marked, unread=access.news(caller(request)).unread().count())
