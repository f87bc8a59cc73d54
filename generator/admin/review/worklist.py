"""The work list, one matter of it, and one run with everything known about it: where people note and book."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from generator.admin.review.frame import PAGE, amount, is_month, must_book, page, review_page, titled, whole
from generator.models import Deed, Generation, Matter
from generator.models.matter import MatterQuerySet
from generator.workflow import Refused, reviewing, watch

What = Deed.What
SAYING = {"note": What.NOTED, "review": What.REVIEWED, "dispute": What.DISPUTED, "reopen": What.REOPENED}
_RELATED = ("author", "project", "prompt", "model__provider", "price")


@review_page
@require_http_methods(["GET", "POST"])
def work(request: HttpRequest) -> HttpResponseBase:
    """What waits for a person, the newest first; by kind, state and month. Several, or all listed, can be marked."""
    rows, chosen = _narrowed(request)
    if request.method == "POST":
        marked = _mark(request, rows)
        messages.success(request, f"{marked} marked as reviewed.")
        return redirect(request.get_full_path())
    before = whole(request.GET.get("before", ""))
    related = rows.select_related("generation", "account", "user", "bill")
    found = list((related.filter(pk__lt=before) if before else related).order_by("-pk")[: PAGE + 1])
    newest = rows.order_by("-pk").values_list("pk", flat=True).first()
    months = Matter.objects.order_by("-month").values_list("month", flat=True).distinct()
    context = {
        **chosen,
        "matters": found[:PAGE],
        "following": found[PAGE - 1].pk if len(found) > PAGE else None,
        "total": rows.unanswered().count(),
        "newest": newest,
        "kinds": Matter.Kind.choices,
        "states": Matter.State.choices,
        "months": [(month, titled(month)) for month in months],
    }
    return page(request, "work", "Work list", context)


def _narrowed(request: HttpRequest) -> tuple[MatterQuerySet, dict[str, str]]:
    """The issues the address asks for: of a kind, in a state, of a month and those before it."""
    chosen = {name: request.GET.get(name, "") for name in ("kind", "state", "through")}
    rows = Matter.objects.all()
    rows = rows.filter(state=chosen["state"]) if chosen["state"] in Matter.State.values else rows.unanswered()
    rows = rows.filter(kind=chosen["kind"]) if chosen["kind"] in Matter.Kind.values else rows
    rows = rows.filter(month__lte=chosen["through"]) if is_month(chosen["through"]) else rows
    return rows, chosen


def _mark(request: HttpRequest, rows: MatterQuerySet) -> int:
    """Mark the picked issues as reviewed, or all that were listed when the page was made; how many there were."""
    if request.POST.get("all") == "1":
        rows = rows.filter(pk__lte=whole(request.POST.get("newest", "")) or 0)
    else:
        rows = Matter.objects.filter(pk__in=[pk for pk in map(whole, request.POST.getlist("matter")) if pk])
    issues = list(rows.unanswered().select_related("generation", "user"))
    for issue in issues:
        reviewing.say(issue, request.user, What.REVIEWED, request.POST.get("text", ""))  # type: ignore[arg-type]
    return len(issues)


@review_page
@require_POST
def look(request: HttpRequest) -> HttpResponseBase:
    """Go through the books now instead of at the next hour."""
    fresh = watch.refresh()
    messages.success(request, f"Looked: {fresh or 'nothing'} new.")
    return redirect("admin:review-work")


@review_page
@require_http_methods(["GET", "POST"])
def matter(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One matter: what it is about, what was done, and what can be done."""
    rows = Matter.objects.select_related("account", "user", "bill", "generation")
    found = get_object_or_404(rows, pk=pk)
    if request.method == "POST" and (reply := _acted(request, found.generation, found)):
        return reply
    context = {"matter": found, "deeds": found.deeds.select_related("actor", "entry"), **_of(request, found.generation)}
    status = 422 if request.method == "POST" else 200
    return page(request, "matter", found.get_kind_display(), context, status)


@review_page
@require_http_methods(["GET", "POST"])
def run(request: HttpRequest, ref: str) -> HttpResponseBase:
    """One run: events, files, ledger lines, the provider's bills, and what people did about it."""
    found = get_object_or_404(Generation, ref=ref)
    if request.method == "POST" and (reply := _acted(request, found, None)):
        return reply
    context = {"deeds": Deed.objects.filter(generation=found).select_related("actor"), **_of(request, found)}
    return page(request, "run", f"Run {found.ref}", context, 422 if request.method == "POST" else 200)


def _of(request: HttpRequest, generation: Generation | None) -> dict[str, Any]:
    if generation is None:
        return {"generation": None}
    generation = Generation.objects.select_related(*_RELATED).get(pk=generation.pk)
    return {
        "generation": generation,
        "events": generation.events.select_related("actor"),
        "entries": generation.entries.select_related("actor").order_by("id"),
        "tracks": generation.tracks.order_by("take").defer("peaks", "measured"),
        "bills": generation.bills.order_by("at"),
        "matters": Matter.objects.filter(generation=generation),
        "refundable": reviewing.refundable(generation),
        "can_decide": generation.settled_at is None
        and (not generation.is_active or Matter.objects.filter(generation=generation, kind="orphan").exists()),
        "typed": request.POST,
    }


def _acted(request: HttpRequest, generation: Generation | None, about: Matter | None) -> HttpResponseBase | None:
    """Do what the pressed button says; None when it was refused and the page is to be shown again."""
    action, text = request.POST.get("action", ""), request.POST.get("text", "")
    try:
        if about and action in SAYING:
            reviewing.say(about, request.user, SAYING[action], text)  # type: ignore[arg-type]
        elif generation and action in BOOKING:
            must_book(request)
            BOOKING[action](request, generation, text, about)
        else:
            raise PermissionDenied("There is no such action.")
    except Refused as refused:
        messages.error(request, refused.sentence)
        return None
    messages.success(request, "Done, and written down.")
    return redirect(reverse("admin:review-matter", args=[about.pk]) if about else request.path)


def _credit(request: HttpRequest, generation: Generation, text: str, about: Matter | None) -> None:
    reviewing.credit(generation, request.user, amount(request), text, about)  # type: ignore[arg-type]


def _adjust(request: HttpRequest, generation: Generation, text: str, about: Matter | None) -> None:
    reviewing.adjust(generation, request.user, amount(request), text, about)  # type: ignore[arg-type]


def _release(request: HttpRequest, generation: Generation, text: str, about: Matter | None) -> None:
    reviewing.release(generation, request.user, text, about)  # type: ignore[arg-type]


def _charge(request: HttpRequest, generation: Generation, text: str, about: Matter | None) -> None:
    reviewing.charge(generation, request.user, text, about)  # type: ignore[arg-type]


BOOKING: dict[str, Callable[[HttpRequest, Generation, str, Matter | None], None]] = {
    "credit": _credit,
    "adjust": _adjust,
    "release": _release,
    "charge": _charge,
}
