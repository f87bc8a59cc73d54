"""The spend pages: figures, charts, the ledger entries behind them, and CSV export."""

import datetime as dt
import re

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from generator import permissions
from generator.http import chart_geometry
from generator.http.documents import lines_as_csv
from generator.models import LedgerEntry
from generator.services.billing.budgets import last_day, next_month
from generator.services.billing.reports import overview
from generator.services.billing.reports import spend as reports_spend
from generator.services.billing.reports.spend import Scope, Wanted, titled
from generator.web.site.htmx import Request

MAX_LINES = 100
_FILTERS = ("kind", "model", "provider", "of", "person", "day", "with")
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_NUMBER = re.compile(r"[0-9]{1,18}")


def scope_and_month(request: Request) -> tuple[Scope | None, str]:
    """Return the requested scope and month; the scope is None if the user may not see it."""
    scope = reports_spend.scope_for(request.user, request.GET.get("project", "").replace("\x00", ""))
    name = request.GET.get("month", "")
    return scope, name if _MONTH.fullmatch(name) else reports_spend.this_month()


def _scope(request: Request) -> tuple[Scope, str]:
    scope, month = scope_and_month(request)
    if scope is None:
        raise Http404("no such project")
    return scope, month


def _query(scope: Scope, month: str, **filters: str) -> str:
    written = QueryDict(mutable=True)
    written.update({"month": month, **({"project": scope.project.public_id} if scope.project else {}), **filters})
    return written.urlencode()


def _billing_period() -> str:
    last = last_day(timezone.now())
    first_day = date_format(last.replace(day=1), "MONTH_DAY_FORMAT")
    return _("{first_day} to {last_day}").format(first_day=first_day, last_day=date_format(last))


@login_required
@require_safe
def spend(request: Request) -> HttpResponse:
    """Show the spend of a month, the user's own or a project's; every figure links to its entries."""
    scope, month = _scope(request)
    days = reports_spend.by_day(scope, month)
    months = sorted({month, reports_spend.this_month(), *reports_spend.months(scope)}, reverse=True)
    context = {
        "here": "spend",
        "project": scope.project,
        "scope": scope,
        "month": month,
        "month_title": titled(month),
        "months": [(name, titled(name)) for name in months],
        "figures": reports_spend.month(scope, month),
        "chart": chart_geometry.by_day(days, month),
        "days": days,
        "by_model": reports_spend.by_model(scope, month),
        "by_provider": overview.by_provider(scope, month),
        "by_month": [(name, titled(name), spent, takes) for name, spent, takes in reversed(overview.by_month(scope))],
        "by_project": [] if scope.project else reports_spend.by_project(scope, month),
        "by_person": reports_spend.by_person(scope, month) if scope.project else [],
        "by_key": reports_spend.by_key(scope, month),
        "caps": reports_spend.budgets_of(scope),
        "resets": next_month(timezone.now()),
        "period": _billing_period(),
        "may_set_caps": bool(scope.project and scope.project in permissions.managed_projects(request.user)),
        "studio_zone": settings.TIME_ZONE,
        "projects": permissions.projects(request.user),
        "query": _query(scope, month),
    }
    return render(request, "spend/spend.html", context)


# --- entries ---


def _read_filters(request: Request, month: str) -> Wanted:
    """Return the filters of the URL; invalid ones are ignored."""
    values = {name: request.GET.get(name, "").replace("\x00", "") for name in _FILTERS}
    is_known_kind = values["kind"] in (*LedgerEntry.Kind.values, "spent", "held")
    return Wanted(
        kind=values["kind"] if is_known_kind else None,
        model=values["model"] or None,
        provider=values["provider"] or None,
        project=values["of"] or None,
        person=int(values["person"]) if _NUMBER.fullmatch(values["person"]) else None,
        day=_day(month, values["day"]),
        key=values["with"] or None,
    )


def _day(month: str, number: str) -> dt.date | None:
    return next((day for day in chart_geometry.days_of_month(month) if str(day.day) == number), None)


def _params(selection: Wanted) -> dict[str, str]:
    day = str(selection.day.day) if selection.day else ""
    person = str(selection.person) if selection.person is not None else ""
    params = {"kind": selection.kind, "model": selection.model, "provider": selection.provider, "of": selection.project}
    params |= {"person": person, "day": day, "with": selection.key}
    return {name: value for name, value in params.items() if value}


@login_required
@require_safe
def lines(request: Request) -> HttpResponseBase:
    """Show the ledger entries behind a figure, MAX_LINES per page; `format=csv` returns all of them."""
    scope, month = _scope(request)
    selection = _read_filters(request, month)
    entries = reports_spend.lines(scope, month, selection)
    if request.GET.get("format") == "csv":
        return lines_as_csv(request, entries, month)
    before = request.GET.get("before", "")
    rows = reports_spend.page_of(entries, int(before) if _NUMBER.fullmatch(before) else None, MAX_LINES + 1)
    following = (
        _query(scope, month, **_params(selection), before=str(rows[MAX_LINES - 1].pk)) if len(rows) > MAX_LINES else ""
    )
    context = {"here": "spend", "scope": scope, "month": month, "month_title": titled(month), "selection": selection}
    context |= {
        "lines": _with_tracks(request, rows[:MAX_LINES]),
        "total": reports_spend.total(entries),
        "following": following,
    }
    context |= {"query": _query(scope, month, **_params(selection)), "plain_query": _query(scope, month)}
    context |= {"narrowed": _in_words(selection, rows), "is_first": not before}
    return render(request, "spend/ledger_entries.html", context)


def _with_tracks(request: Request, entries: list[LedgerEntry]) -> list[tuple[LedgerEntry, str]]:
    """Return each entry, with its description and project set, and the URL of its track if the user may open it.

    A blind candidate has no URL here, because the entry shows the model.
    """
    generations = {entry.generation_id for entry in entries}
    tracks = permissions.tracks(request.user).filter(generation__in=generations).order_by("-take")
    address = {track.generation_id: track.get_absolute_url() for track in tracks.only("public_id", "generation")}
    for entry in entries:
        entry.about = reports_spend.describe(entry)  # type: ignore[attr-defined]  # for the template
        entry.place = reports_spend.place_of(entry)  # type: ignore[attr-defined]  # for the template
    return [
        (entry, address.get(entry.generation_id or 0, "") if reports_spend.run_of(entry) else "") for entry in entries
    ]


def kind_in_words(kind: str) -> str:
    """Return a kind of ledger entries, or a sum of kinds, as a phrase for display."""
    sums = {"spent": _("what was spent"), "held": _("open holds")}
    return sums.get(kind) or str(LedgerEntry.Kind(kind).label).lower()


def _in_words(selection: Wanted, rows: list[LedgerEntry]) -> list[str]:
    """Return the filters as phrases for display."""
    phrases = [kind_in_words(selection.kind)] if selection.kind else []
    phrases += [_("on {model}").format(model=selection.model)] if selection.model else []
    phrases += [_("at {provider}").format(provider=selection.provider)] if selection.provider else []
    first_entry = rows[0] if rows else None
    place = reports_spend.place_of(first_entry) if first_entry else _("that project")
    phrases += [_("in {project}").format(project=place)] if selection.project else []
    person = first_entry.user if first_entry else _("that person")
    phrases += [_("by {person}").format(person=person)] if selection.person is not None else []
    key = first_entry.key if first_entry else _("that key")
    phrases += [_("with {key}").format(key=key)] if selection.key else []
    phrases += [_("on {date}").format(date=date_format(selection.day, "MONTH_DAY_FORMAT"))] if selection.day else []
    return phrases
