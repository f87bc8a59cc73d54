"""Lists a page at a time: by key, the newest first, so that what is added meanwhile moves nothing."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from ninja import Query, Schema
from pydantic import Field

from generator.api.v1.problems import Problem

MOST, USUAL = 100, 50
Item = TypeVar("Item")
Row = TypeVar("Row", bound=Model)


class Page(Schema, Generic[Item]):
    items: list[Item]
    next: str | None = Field(None, description="Give it as `cursor` for the next page; null at the end.")


class Wanted(Schema):
    """What every list takes."""

    limit: int = Field(USUAL, ge=1, le=MOST, description="How many at most.")
    cursor: str = Field("", max_length=500, description="The `next` of the page before.")


Paging = Query(...)


def cursor_of(value: object) -> str:
    """An opaque word for a place in a list."""
    return base64.urlsafe_b64encode(str(value).encode()).decode().rstrip("=")


def place_of(cursor: str) -> int | None:
    """The whole number behind a cursor; None: the beginning.

    Raises:
        Problem: it is none of ours.
    """
    if not cursor:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    if not text.isdecimal() or len(text) > 18 or cursor != cursor_of(text):
        raise Problem(422, "This cursor is none. Begin without one.", "cursor")
    return int(text)


def page(rows: QuerySet[Row], wanted: Wanted, show: Callable[[Row], Item]) -> dict[str, Any]:
    """One page of rows, the newest first."""
    before = place_of(wanted.cursor)
    found = rows.order_by("-id") if before is None else rows.order_by("-id").filter(pk__lt=before)
    shown = list(found[: wanted.limit + 1])
    more = len(shown) > wanted.limit
    following = cursor_of(shown[wanted.limit - 1].pk) if more else None
    return {"items": [show(row) for row in shown[: wanted.limit]], "next": following}
