"""A month at a glance, and the ledger lines behind each of its figures."""

import datetime as dt

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from generator.admin.review.charts import bars, columns
from generator.admin.review.frame import (
    PAGE,
    bounds,
    month_of,
    narrowed,
    page,
    query,
    review_page,
    titled,
    whole,
)
from generator.billing import review, spend
from generator.billing.export import csv_rows
from generator.billing.spend import Wanted
from generator.models import ClosedMonth, Entry, Matter, ProviderAccount, Raise, Stop

_KINDS = (*Entry.Kind.values, "spent", "held")


@review_page
@require_safe
def glance(request: HttpRequest) -> HttpResponseBase:
    """What a month came to, for everybody or for whoever the page is narrowed to; each figure leads to its lines."""
    month, scope = month_of(request), narrowed(request)
    figures = spend.month(scope, month)
    kept = review.kept(scope, *bounds(month))
    months = review.by_month(scope)
    known = sorted({month, spend.this_month(), *spend.months(review.EVERYTHING)}, reverse=True)
    breakdowns = (
        ("By person", "person", spend.by_person(scope, month)),
        ("By project", "project", spend.by_project(scope, month)),
        ("By provider", "provider", review.by_provider(scope, month)),
        ("By model", "model", spend.by_model(scope, month, with_kept=False)),
    )
    found = {
        "month": month,
        "month_title": titled(month),
        "months": [(one, titled(one)) for one in known],
        "figures": figures,
        "kept": kept,
        "per_kept": spend.average(figures.spent, kept.kept),
        "days": bars(spend.by_day(scope, month), month),
        "history": columns([(name, titled(name), spent) for name, spent, _ in months]),
        "breakdowns": breakdowns,
        "by_key": spend.by_key(scope, month),
        "scope": scope,
        "narrowed": scope.words,
        "query": query(month, scope),
        "closed": ClosedMonth.objects.filter(month=month).first(),
        "to_do": [(Matter.Kind(kind), count) for kind, count in sorted(review.to_do().items())],
        "stops": Stop.objects.in_force().count(),
        "requests": Raise.objects.open().count(),
        "accounts": ProviderAccount.objects.exclude(balance_at=None),
    }
    return page(request, "glance", f"Billing review: {titled(month)}", found)


@review_page
@require_safe
def lines(request: HttpRequest) -> HttpResponseBase:
    """Ledger lines, the newest first, a page at a time; `format=csv` gives all of them."""
    month, scope = month_of(request), narrowed(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in _KINDS else ""
    day = _day(month, request.GET.get("day", ""))
    key = request.GET.get("with", "").replace("\x00", "")[:16]
    entries = spend.lines(scope, month, Wanted(kind=kind or None, day=day, key=key or None))
    if request.GET.get("format") == "csv":
        reply = StreamingHttpResponse(csv_rows(entries), content_type="text/csv; charset=utf-8")
        reply["Content-Disposition"] = f'attachment; filename="bgm-studio-ledger-{month}.csv"'
        return reply
    before = whole(request.GET.get("before", ""))
    rows = spend.page_of(entries, before, PAGE + 1)
    more = {"kind": kind, "day": str(day.day) if day else "", "with": key}
    following = query(month, scope, **more, before=str(rows[PAGE - 1].pk)) if len(rows) > PAGE else ""
    found = {
        "month": month,
        "month_title": titled(month),
        "lines": rows[:PAGE],
        "total": spend.total(entries) if not before else None,
        "following": following,
        "narrowed": [
            *scope.words,
            *([kind] if kind else []),
            *([f"{day:%-d %B}"] if day else []),
            *_key_in_words(key, rows),
        ],
        "query": query(month, scope, **more),
        "plain": query(month, scope),
    }
    return page(request, "lines", f"Ledger lines of {titled(month)}", found)


def _key_in_words(ref: str, rows: list[Entry]) -> list[str]:
    return [f"the {rows[0].key}" if rows else "that key"] if ref else []


def _day(month: str, number: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(f"{month}-{int(number):02d}") if whole(number) else None
    except ValueError:
        return None
