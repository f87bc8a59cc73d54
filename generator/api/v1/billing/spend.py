"""Spend of a month, the budgets, and the ledger entries behind the figures."""

import datetime as dt
import re
from typing import Literal, cast

from django.http import HttpRequest, HttpResponseBase
from ninja import Query, Router, Schema
from pydantic import Field

from generator.api.v1 import schemas, serializers
from generator.api.v1.auth import NO_PROJECT, user_of
from generator.api.v1.pagination import Page, PageContent, PageQuery, cursor_of, position_of
from generator.api.v1.problems import Problem
from generator.http.documents import lines_as_csv
from generator.models import LedgerEntry
from generator.services.billing.reports import spend
from generator.services.billing.reports.spend import Scope, Share

router = Router(tags=["Billing"])
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


class SpendScope(Schema):
    project: str = Field(
        "", max_length=16, description="Empty: your own spend in all projects; for a key of one project, that project."
    )
    month: str = Field("", max_length=7, description="Such as 2026-11; empty: the current month.")


class LedgerFilter(PageQuery, SpendScope):
    kind: str = Field("", description="hold, charge, release, credit, adjustment, spent, or held (open holds).")
    model: str = Field("", max_length=120)
    provider: str = Field("", max_length=50)
    api_key: str = Field("", max_length=16, description="The id of an API key.")
    day: dt.date | None = None
    format: Literal["json", "csv"] = Field("json", description="csv: all entries as a file, without pages.")


def scope_of(request: HttpRequest, query: SpendScope) -> tuple[Scope, str]:
    """Return whose money is requested, and of which month.

    Raises:
        Problem: this key has no such project, or the month is invalid.
    """
    scope = spend.scope_for(user_of(request), query.project)
    if scope is None:
        raise Problem(404, NO_PROJECT, "project")
    if query.month and not _MONTH.fullmatch(query.month):
        raise Problem(422, "Give the month as YYYY-MM, such as 2026-11.", "month")
    return scope, query.month or spend.this_month()


@router.get("/spend", response=schemas.SpendOut, summary="Get the spend of a month and the budgets")
def get_spend(request: HttpRequest, query: Query[SpendScope]) -> schemas.SpendOut:
    scope, month = scope_of(request, query)
    figures = spend.month(scope, month)
    names = ("spent", "held", "charged", "credited", "adjusted", "stated")
    amounts = {f"{name}_usd": getattr(figures, name) for name in names}
    return schemas.SpendOut(
        month=month,
        project=scope.project.public_id if scope.project else None,
        takes=figures.takes,
        by_model=_shares(spend.by_model(scope, month, with_kept=False)),
        by_project=[] if scope.project else _shares(spend.by_project(scope, month)),
        by_user=_shares(spend.by_person(scope, month)) if scope.project else [],
        by_api_key=_shares(spend.by_key(scope, month)),
        budgets=[
            schemas.BudgetUsageOut(
                target=status.budget.target,
                amount_usd=serializers.usd(status.cap),
                used_usd=serializers.usd(status.used),
                remaining_usd=serializers.usd(status.left),
            )
            for status in spend.budgets_of(scope)
        ],
        **{name: serializers.usd(amount) for name, amount in amounts.items()},
    )


def _shares(shares: list[Share]) -> list[schemas.SpendShareOut]:
    return [
        schemas.SpendShareOut(
            id=share.key, title=share.title, spent_usd=serializers.usd(share.spent), takes=share.takes
        )
        for share in shares
    ]


@router.api_operation(
    ["GET", "HEAD"],
    "/spend/ledger-entries",
    response=Page[schemas.LedgerEntryOut],
    openapi_extra={"responses": {200: {"content": {"text/csv": {}}}}},
    summary="List ledger entries, newest first",
)
def list_ledger_entries(
    request: HttpRequest, query: Query[LedgerFilter]
) -> PageContent[schemas.LedgerEntryOut] | HttpResponseBase:
    scope, month = scope_of(request, query)
    if query.kind and query.kind not in (*LedgerEntry.Kind.values, "spent", "held"):
        raise Problem(422, "Unknown kind of ledger entry.", "kind")
    filters = {name: getattr(query, name) or None for name in ("kind", "model", "provider", "day")}
    entries = spend.lines(scope, month, spend.Wanted(**filters, key=query.api_key or None))
    if query.format == "csv":
        return lines_as_csv(request, entries, month)
    rows = spend.page_of(entries, position_of(query.cursor), query.limit + 1)
    next_cursor = cursor_of(rows[query.limit - 1].pk) if len(rows) > query.limit else None
    return {"items": [_entry_out(row) for row in rows[: query.limit]], "next_cursor": next_cursor}


def _entry_out(row: LedgerEntry) -> schemas.LedgerEntryOut:
    return schemas.LedgerEntryOut(
        created_at=row.at,
        day=row.day,
        kind=cast(schemas.LedgerKind, row.kind),
        amount_usd=serializers.usd(row.amount),
        spent_usd=serializers.usd(spend.figures_of(row).moves_spent),
        held_usd=serializers.usd(spend.figures_of(row).moves_held),
        takes=row.takes,
        project=row.project.public_id,
        user=row.user.label,
        model=row.model_key,
        generation=spend.run_of(row) or None,
        api_key=row.key.public_id if row.key else None,
        reason=row.reason,
    )
