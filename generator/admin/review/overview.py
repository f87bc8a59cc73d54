"""The monthly overview, and the ledger entries behind its figures."""

import datetime as dt

from django.http import HttpRequest, HttpResponseBase
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from generator.admin.review import charts
from generator.admin.review.base import PAGE_SIZE, bounds, month_of, narrowed, page, query, review_page, whole
from generator.http.file_responses import as_csv
from generator.models import BudgetIncrease, ClosedMonth, LedgerEntry, ProviderAccount, ReconciliationIssue, Suspension
from generator.services.billing import period_close
from generator.services.billing.reports import overview, spend
from generator.services.billing.reports.exports import csv_rows
from generator.services.billing.reports.spend import Wanted, titled

_KINDS = (*LedgerEntry.Kind.values, "spent", "held")


@review_page
@require_safe
def overview_page(request: HttpRequest) -> HttpResponseBase:
    """Show the totals of a month, for everyone or as filtered; each figure links to its entries."""
    month, scope = month_of(request), narrowed(request)
    figures = spend.month(scope, month)
    kept_takes = overview.kept(scope, *bounds(month))
    months = overview.by_month(scope)
    month_names = sorted({month, spend.this_month(), *spend.months(overview.EVERYTHING)}, reverse=True)
    breakdowns = (
        (_("By person"), "person", spend.by_person(scope, month)),
        (_("By project"), "project", spend.by_project(scope, month)),
        (_("By provider"), "provider", overview.by_provider(scope, month)),
        (_("By model"), "model", spend.by_model(scope, month, with_kept=False)),
    )
    context = {
        "month": month,
        "month_title": titled(month),
        "months": [(name, titled(name)) for name in month_names],
        "figures": figures,
        "kept": kept_takes,
        "per_kept": spend.average(figures.spent, kept_takes.kept),
        "days": charts.by_day(spend.by_day(scope, month), month),
        "history": charts.by_month([(name, spent) for name, spent, _ in months]),
        "breakdowns": breakdowns,
        "by_key": spend.by_key(scope, month),
        "scope": scope,
        "narrowed": scope.words,
        "query": query(month, scope),
        "to_close": _month_to_close(),
        "closed": ClosedMonth.objects.filter(month=month).first(),
        "to_do": [(ReconciliationIssue.Kind(kind), count) for kind, count in sorted(overview.to_do().items())],
        "suspensions": Suspension.objects.in_force().count(),
        "requests": BudgetIncrease.objects.open().count(),
        "accounts": ProviderAccount.objects.exclude(balance_at=None),
    }
    return page(request, "overview", _("Billing review: {month}").format(month=titled(month)), context)


def _month_to_close() -> str:
    """Return the title of the first open month if it is over, or an empty string."""
    first = period_close.first_open_month()
    return titled(first) if first and first < spend.this_month() else ""


@review_page
@require_safe
def lines(request: HttpRequest) -> HttpResponseBase:
    """Show ledger entries, newest first, in pages; `format=csv` returns all of them."""
    month, scope = month_of(request), narrowed(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in _KINDS else ""
    day = _day(month, request.GET.get("day", ""))
    key = request.GET.get("with", "").replace("\x00", "")[:16]
    entries = spend.lines(scope, month, Wanted(kind=kind or None, day=day, key=key or None))
    if request.GET.get("format") == "csv":
        return as_csv(request, csv_rows(entries), f"bgm-studio-ledger-{month}.csv")
    before = whole(request.GET.get("before", ""))
    rows = spend.page_of(entries, before, PAGE_SIZE + 1)
    filters = {"kind": kind, "day": str(day.day) if day else "", "with": key}
    following = query(month, scope, **filters, before=str(rows[PAGE_SIZE - 1].pk)) if len(rows) > PAGE_SIZE else ""
    context = {
        "month": month,
        "month_title": titled(month),
        "lines": rows[:PAGE_SIZE],
        "total": spend.total(entries) if not before else None,
        "following": following,
        "narrowed": [
            *scope.words,
            *([kind] if kind else []),
            *([date_format(day, "MONTH_DAY_FORMAT")] if day else []),
            *_key_in_words(key, rows),
        ],
        "query": query(month, scope, **filters),
        "plain": query(month, scope),
    }
    return page(request, "ledger_entries", _("Ledger entries for {month}").format(month=titled(month)), context)


def _key_in_words(public_id: str, rows: list[LedgerEntry]) -> list[str]:
    return [str(rows[0].key) if rows else _("that key")] if public_id else []


def _day(month: str, number: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(f"{month}-{int(number):02d}") if whole(number) else None
    except ValueError:
        return None
