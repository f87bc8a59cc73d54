"""The spend page: figures, a chart, the ledger lines behind each, and CSV."""

import calendar
import datetime as dt
import re

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from generator import access
from generator.billing import review
from generator.billing import spend as ledger
from generator.billing.export import csv_rows
from generator.billing.spend import Scope, Wanted
from generator.models import Entry
from generator.web import charts
from generator.web.htmx import Request
from generator.workflow.caps import last_day, next_month

LINES = 100
_ASKED = ("kind", "model", "provider", "of", "person", "day", "with")
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_NUMBER = re.compile(r"[0-9]{1,18}")


def scope_and_month(request: Request) -> tuple[Scope | None, str]:
    """Whose money, and of which month; no scope for what this person may not look at."""
    scope = ledger.scope_for(request.user, request.GET.get("project", "").replace("\x00", ""))
    asked = request.GET.get("month", "")
    return scope, asked if _MONTH.fullmatch(asked) else ledger.this_month()


def _scope(request: Request) -> tuple[Scope, str]:
    scope, month = scope_and_month(request)
    if scope is None:
        raise Http404("no such project")
    return scope, month


def _query(scope: Scope, month: str, **more: str) -> str:
    written = QueryDict(mutable=True)
    written.update({"month": month, **({"project": scope.project.ref} if scope.project else {}), **more})
    return written.urlencode()


def titled(month: str) -> str:
    """ "2026-11" → "November 2026"."""
    year, number = month.split("-")
    return f"{calendar.month_name[int(number)]} {year}"


@login_required
@require_safe
def spend(request: Request) -> HttpResponse:
    """What this month cost, mine or a project's, with a way into every figure."""
    scope, month = _scope(request)
    days = ledger.by_day(scope, month)
    months = sorted({month, ledger.this_month(), *ledger.months(scope)}, reverse=True)
    found = {
        "here": "spend",
        "project": scope.project,
        "scope": scope,
        "month": month,
        "month_title": titled(month),
        "months": [(one, titled(one)) for one in months],
        "figures": ledger.month(scope, month),
        "chart": charts.by_day(days, month),
        "days": days,
        "by_model": ledger.by_model(scope, month),
        "by_provider": review.by_provider(scope, month),
        "by_month": [(name, titled(name), spent, takes) for name, spent, takes in reversed(review.by_month(scope))],
        "by_project": [] if scope.project else ledger.by_project(scope, month),
        "by_person": ledger.by_person(scope, month) if scope.project else [],
        "by_key": ledger.by_key(scope, month),
        "caps": ledger.caps(scope),
        "resets": next_month(timezone.now()),
        "period": f"{titled(ledger.this_month())}, 1 to {last_day(timezone.now())}",
        "may_set_caps": bool(scope.project and scope.project in access.managed_projects(request.user)),
        "studio_zone": settings.TIME_ZONE,
        "projects": access.projects(request.user),
        "query": _query(scope, month),
    }
    return render(request, "spend/spend.html", found)


# --- lines ---


def _wanted(request: Request, month: str) -> Wanted:
    """Read the filters; what makes no sense is as if it had not been asked for."""
    asked = {name: request.GET.get(name, "").replace("\x00", "") for name in _ASKED}
    known = asked["kind"] in (*Entry.Kind.values, "spent", "held")
    return Wanted(
        kind=asked["kind"] if known else None,
        model=asked["model"] or None,
        provider=asked["provider"] or None,
        project=asked["of"] or None,
        person=int(asked["person"]) if _NUMBER.fullmatch(asked["person"]) else None,
        day=_day(month, asked["day"]),
        key=asked["with"] or None,
    )


def _day(month: str, number: str) -> dt.date | None:
    return next((day for day in charts.days_of_month(month) if str(day.day) == number), None)


def _params(wanted: Wanted) -> dict[str, str]:
    day = str(wanted.day.day) if wanted.day else ""
    person = str(wanted.person) if wanted.person is not None else ""
    asked = {"kind": wanted.kind, "model": wanted.model, "provider": wanted.provider, "of": wanted.project}
    asked |= {"person": person, "day": day, "with": wanted.key}
    return {name: value for name, value in asked.items() if value}


@login_required
@require_safe
def lines(request: Request) -> HttpResponseBase:
    """The ledger lines behind a figure, a hundred at a time; `format=csv` gives all of them."""
    scope, month = _scope(request)
    wanted = _wanted(request, month)
    entries = ledger.lines(scope, month, wanted)
    if request.GET.get("format") == "csv":
        return as_csv(entries, month)
    before = request.GET.get("before", "")
    rows = ledger.page_of(entries, int(before) if _NUMBER.fullmatch(before) else None, LINES + 1)
    following = _query(scope, month, **_params(wanted), before=str(rows[LINES - 1].pk)) if len(rows) > LINES else ""
    found = {"here": "spend", "scope": scope, "month": month, "month_title": titled(month), "wanted": wanted}
    found |= {"lines": _with_tracks(request, rows[:LINES]), "total": ledger.total(entries), "following": following}
    found |= {"query": _query(scope, month, **_params(wanted)), "plain_query": _query(scope, month)}
    found |= {"narrowed": _in_words(wanted, rows), "is_first": not before}
    return render(request, "spend/lines.html", found)


def as_csv(entries: QuerySet[Entry], month: str) -> HttpResponseBase:
    """All lines as a file, streamed; `month` (such as "2026-11") is in its name."""
    reply = StreamingHttpResponse(csv_rows(entries), content_type="text/csv; charset=utf-8")
    reply["Content-Disposition"] = f'attachment; filename="bgm-studio-spend-{month}.csv"'
    return reply


def _with_tracks(request: Request, entries: list[Entry]) -> list[tuple[Entry, str]]:
    """Each entry, with its words and its project, and the address of what it paid for where this person may go there.

    A blind candidate has no address here: beside it stands the model.
    """
    generations = {entry.generation_id for entry in entries}
    tracks = access.tracks(request.user).filter(generation__in=generations).order_by("-take")
    address = {track.generation_id: track.get_absolute_url() for track in tracks.only("ref", "generation")}
    for entry in entries:
        entry.about, entry.place = ledger.about(entry), ledger.place_of(entry)  # type: ignore[attr-defined]
    return [(entry, address.get(entry.generation_id or 0, "") if ledger.run_of(entry) else "") for entry in entries]


KINDS_IN_WORDS = {"spent": "what was spent", "held": "open holds"} | {
    kind.value: kind.label.lower() for kind in Entry.Kind
}


def _in_words(wanted: Wanted, rows: list[Entry]) -> list[str]:
    """The filters as a person would say them."""
    said = [KINDS_IN_WORDS[wanted.kind]] if wanted.kind else []
    said += [f"on {wanted.model}"] if wanted.model else []
    said += [f"at {wanted.provider}"] if wanted.provider else []
    said += [f"in {ledger.place_of(rows[0]) if rows else 'that project'}"] if wanted.project else []
    said += [f"by {rows[0].user if rows else 'that person'}"] if wanted.person is not None else []
    said += [f"with the {rows[0].key if rows else 'key'}"] if wanted.key else []
    said += [f"on {wanted.day:%-d %B}"] if wanted.day else []
    return said
