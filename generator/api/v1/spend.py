"""Money: what a month came to, the caps, and the ledger lines behind the figures."""

import datetime as dt
import re
from typing import Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from generator.api.v1 import schemas, shown
from generator.api.v1.caller import caller
from generator.api.v1.pages import Page, Wanted, cursor_of, place_of
from generator.api.v1.problems import Problem
from generator.billing import spend
from generator.billing.spend import Scope, Share
from generator.models import Entry
from generator.web.spend import as_csv

router = Router(tags=["Money"])
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


class Whose(Schema):
    project: str = Field(
        "", max_length=16, description="Empty: yours, in every project; the key's own where it has one."
    )
    month: str = Field("", max_length=7, description="Such as 2026-11; empty: this one.")


class Lines(Wanted, Whose):
    kind: str = Field(
        "", description="hold, charge, release, credit, adjustment; or “spent”, or “held” for open holds."
    )
    model: str = Field("", max_length=120)
    provider: str = Field("", max_length=50)
    key: str = Field("", max_length=16, description="The id of an API key.")
    day: dt.date | None = None
    format: Literal["json", "csv"] = Field("json", description="csv: all of them as a file, whatever the page.")


def scope_of(request: HttpRequest, wanted: Whose) -> tuple[Scope, str]:
    """Whose money is asked for, and of which month.

    Raises:
        Problem: no such project for this key, or no month.
    """
    scope = spend.scope_for(caller(request), wanted.project)
    if scope is None:
        raise Problem(404, "There is no such project for this key.", "project")
    if wanted.month and not _MONTH.fullmatch(wanted.month):
        raise Problem(422, "Name the month like 2026-11.", "month")
    return scope, wanted.month or spend.this_month()


@router.get("/spend", response=schemas.SpendOut, summary="What a month came to, and the caps")
def get_spend(request: HttpRequest, wanted: Query[Whose]):
    scope, month = scope_of(request, wanted)
    figures = spend.month(scope, month)
    amounts = {f"{name}_usd": getattr(figures, name) for name in ("spent", "held", "charged", "credited", "adjusted")}
    return schemas.SpendOut(
        month=month,
        project=scope.project.ref if scope.project else None,
        takes=figures.takes,
        by_model=_shares(spend.by_model(scope, month, with_kept=False)),
        by_project=[] if scope.project else _shares(spend.by_project(scope, month)),
        by_person=_shares(spend.by_person(scope, month)) if scope.project else [],
        by_key=_shares(spend.by_key(scope, month)),
        caps=[
            schemas.CapOut(
                on=room.budget.target,
                cap_usd=shown.usd(room.cap),
                used_usd=shown.usd(room.used),
                left_usd=shown.usd(room.left),
            )
            for room in spend.caps(scope)
        ],
        **{name: shown.usd(amount) for name, amount in amounts.items()},
    )


def _shares(shares: list[Share]) -> list[schemas.ShareOut]:
    return [
        schemas.ShareOut(key=one.key, title=one.title, spent_usd=shown.usd(one.spent), takes=one.takes)
        for one in shares
    ]


@router.get(
    "/spend/lines",
    response=Page[schemas.LineOut],
    openapi_extra={"responses": {200: {"content": {"text/csv": {}}}}},
    summary="The ledger lines behind a figure",
)
def list_lines(request: HttpRequest, wanted: Query[Lines]):
    scope, month = scope_of(request, wanted)
    if wanted.kind and wanted.kind not in (*Entry.Kind.values, "spent", "held"):
        raise Problem(422, "There is no such kind of line.", "kind")
    narrow = {name: getattr(wanted, name) or None for name in ("kind", "model", "provider", "key", "day")}
    entries = spend.lines(scope, month, spend.Wanted(**narrow))
    if wanted.format == "csv":
        return as_csv(entries, month)
    rows = spend.page_of(entries, place_of(wanted.cursor), wanted.limit + 1)
    following = cursor_of(rows[wanted.limit - 1].pk) if len(rows) > wanted.limit else None
    return {"items": [_line(row) for row in rows[: wanted.limit]], "next": following}


def _line(row: Entry) -> schemas.LineOut:
    return schemas.LineOut(
        at=row.at,
        day=row.day,
        kind=row.kind,  # type: ignore[arg-type]
        amount_usd=shown.usd(row.amount),
        spent_usd=shown.usd(row.moves_spent),  # type: ignore[attr-defined]
        held_usd=shown.usd(row.moves_held),  # type: ignore[attr-defined]
        takes=row.takes,
        project=row.project.ref,
        person=row.user.label,
        model=row.model_key,
        generation=spend.run_of(row) or None,
        key=row.key.ref if row.key else None,
        reason=row.reason,
    )
