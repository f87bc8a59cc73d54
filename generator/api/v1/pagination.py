"""Cursor pagination by key, newest first, so that additions do not shift the pages."""

import base64
import binascii
from collections.abc import Callable
from typing import Generic, TypedDict, TypeVar

from django.db.models import Model, QuerySet
from ninja import Query, Schema
from pydantic import Field

from generator.api.v1.problems import Problem

MAX_LIMIT, DEFAULT_LIMIT = 100, 50
Item = TypeVar("Item")
Row = TypeVar("Row", bound=Model)


class Page(Schema, Generic[Item]):
    items: list[Item]
    next_cursor: str | None = Field(None, description="The `cursor` of the next page; null on the last page.")


class PageContent(TypedDict, Generic[Item]):
    """What the view of a list returns, for `Page`."""

    items: list[Item]
    next_cursor: str | None


class PageQuery(Schema):
    """The parameters of every list."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Maximum number of items.")
    cursor: str = Field("", max_length=500, description="The `next_cursor` of the previous page.")


Paging = Query(...)


def cursor_of(value: object) -> str:
    """Return an opaque cursor for a place in a list."""
    return base64.urlsafe_b64encode(str(value).encode()).decode().rstrip("=")


def position_of(cursor: str) -> int | None:
    """Return the whole number behind a cursor; None: the beginning.

    Raises:
        Problem: it is not one of our cursors.
    """
    if not cursor:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    if not text.isdecimal() or len(text) > 18 or cursor != cursor_of(text):
        raise Problem(422, "Invalid cursor. Start again without one.", "cursor")
    return int(text)


def page(rows: QuerySet[Row], query: PageQuery, show: Callable[[Row], Item]) -> PageContent[Item]:
    """Return one page of rows, newest first."""
    before = position_of(query.cursor)
    matching = rows.order_by("-id") if before is None else rows.order_by("-id").filter(pk__lt=before)
    items = list(matching[: query.limit + 1])
    has_more = len(items) > query.limit
    next_cursor = cursor_of(items[query.limit - 1].pk) if has_more else None
    return {"items": [show(row) for row in items[: query.limit]], "next_cursor": next_cursor}
