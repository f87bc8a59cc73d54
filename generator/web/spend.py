"""The spend page: figures, a chart, the ledger lines behind each, and CSV."""

import calendar
import re
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from generator import access
from generator.billing import spend as ledger
from generator.billing.spend import LINES, Scope
from generator.models import Project
from generator.workflow.money import next_month

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
WIDTH, HEIGHT, GAP = 620, 140, 3


@dataclass(frozen=True)
class Bar:
    """One day of the chart, in the SVG's own units."""

    day: int
    x: float
    y: float
    width: float
    height: float
    amount: int


def _scope(request: HttpRequest) -> tuple[Scope, str]:
    scope = ledger.scope_for(request.user, request.GET.get("project", ""))
    if scope is None:
        raise Http404("no such project")
    asked = request.GET.get("month", "")
    return scope, asked if _MONTH.fullmatch(asked) else ledger.this_month()


def _query(scope: Scope, month: str, **more: str) -> str:
    written = QueryDict(mutable=True)
    written.update({"month": month, **({"project": scope.project.ref} if scope.project else {}), **more})
    return written.urlencode()


@login_required
@require_GET
def spend(request: HttpRequest) -> HttpResponse:
    """What this month cost, mine or a project's, with a way into every figure."""
    scope, month = _scope(request)
    project = scope.project or Project.objects.personal_for(request.user)
    days = ledger.by_day(scope, month)
    found = {
        "here": "spend",
        "scope": scope,
        "month": month,
        "months": sorted({month, ledger.this_month(), *ledger.months(scope)}, reverse=True),
        "figures": ledger.month(scope, month),
        "bars": chart(days, month),
        "chart_size": (WIDTH, HEIGHT),
        "by_model": ledger.by_model(scope, month),
        "by_project": [] if scope.project else ledger.by_project(scope, month),
        "by_person": ledger.by_person(scope, month) if scope.project else [],
        "caps": ledger.caps(request.user, project),
        "resets": next_month(timezone.now()),
        "projects": access.projects(request.user),
        "query": _query(scope, month),
    }
    return render(request, "spend/spend.html", found)


def chart(days: dict[int, int], month: str) -> list[Bar]:
    """Lay out one bar a day of the month; negative days (credits) show as nothing above the line."""
    year, number = (int(part) for part in month.split("-"))
    count = calendar.monthrange(year, number)[1]
    most = max([*days.values(), 1])
    step = WIDTH / count
    bars = []
    for day in range(1, count + 1):
        amount = days.get(day, 0)
        height = max(0.0, amount / most * (HEIGHT - 20))
        bars.append(
            Bar(
                day,
                round((day - 1) * step, 1),
                round(HEIGHT - height, 1),
                round(step - GAP, 1),
                round(height, 1),
                amount,
            )
        )
    return bars


@login_required
@require_GET
def lines(request: HttpRequest) -> HttpResponseBase:
    """The ledger lines behind a figure, a hundred at a time; `format=csv` gives all of them."""
    scope, month = _scope(request)
    wanted = {name: request.GET[name] for name in ("model", "of", "person", "day", "kind") if request.GET.get(name)}
    entries = ledger.lines(scope, month, wanted)
    if request.GET.get("format") == "csv":
        reply = StreamingHttpResponse(ledger.csv_rows(entries), content_type="text/csv; charset=utf-8")
        reply["Content-Disposition"] = f'attachment; filename="spend-{month}.csv"'
        return reply
    before = request.GET.get("before", "")
    page = entries.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else entries
    rows = list(page.order_by("-id")[: LINES + 1])
    following = _query(scope, month, before=str(rows[LINES - 1].pk), **wanted) if len(rows) > LINES else ""
    found = {"here": "spend", "scope": scope, "month": month, "entries": rows[:LINES], "wanted": wanted}
    found |= {"following": following, "query": _query(scope, month, **wanted), "plain_query": _query(scope, month)}
    return render(request, "spend/lines.html", found)
