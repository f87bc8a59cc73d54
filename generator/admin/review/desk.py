"""The desk: closing months, stop switches, requests for more, and who did what, when."""

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from generator.admin.review.frame import PAGE, amount, must_book, page, review_page, titled, whole
from generator.billing import review, spend
from generator.models import ClosedMonth, Deed, Matter, Project, ProviderAccount, Raise, Stop, User
from generator.workflow import Refused, caps, closing, raising
from generator.workflow import stops as switches
from generator.workflow.days import end_of_day

USUAL_GRANT = dt.timedelta(days=7)


@review_page
@require_http_methods(["GET", "POST"])
def months(request: HttpRequest) -> HttpResponseBase:
    """Every month: open, closed by whom, and why it cannot be closed yet."""
    if request.method == "POST":
        must_book(request)
        try:
            asked = request.POST.get("month", "")
            if "prove" in request.POST:
                _prove(request, get_object_or_404(ClosedMonth, month=asked))
            else:
                made = closing.close(asked, request.user, request.POST.get("note", ""))  # type: ignore[arg-type]
                messages.success(request, f"{titled(made.month)} is closed.")
        except Refused as refused:
            messages.error(request, refused.sentence)
        return redirect("admin:review-months")
    closed = {one.month: one for one in ClosedMonth.objects.select_related("closed_by")}
    names = spend.months(review.EVERYTHING)
    figures = [(one, titled(one), spend.month(review.EVERYTHING, one), closed.get(one)) for one in names]
    first_open = min((one for one in names if one not in closed), default="")
    context = {
        "rows": figures,
        "next": first_open,
        "why_not": closing.why_not(first_open) if first_open else "",
        "left": Matter.objects.unanswered().filter(month__lte=first_open).exists(),
    }
    return page(request, "months", "Months", context)


def _prove(request: HttpRequest, closed: ClosedMonth) -> None:
    if closing.is_unchanged(closed):
        messages.success(request, f"{titled(closed.month)}: all {closed.entries} entries say what they said.")
    else:
        messages.error(request, f"{titled(closed.month)}: its entries are not what they were when it was closed.")


@review_page
@require_http_methods(["GET", "POST"])
def stops(request: HttpRequest) -> HttpResponseBase:
    """The switches that are thrown, and a form for another."""
    if request.method == "POST":
        must_book(request)
        try:
            _throw(request)
        except Refused as refused:
            messages.error(request, refused.sentence)
        return redirect("admin:review-stops")
    rows = Stop.objects.select_related("user", "project", "by", "lifted_by")
    context = {
        "stops": [(one, switches.sentence(one)) for one in rows.in_force()],
        "earlier": rows.exclude(lifted_at=None)[:PAGE],
        "people": User.objects.filter(is_active=True).order_by("email"),
        "projects": Project.objects.filter(archived_at=None).order_by("name"),
        "providers": ProviderAccount.objects.order_by("title"),
    }
    return page(request, "stops", "Stop switches", context)


def _throw(request: HttpRequest) -> None:
    if lifted := whole(request.POST.get("lift", "")):
        one = get_object_or_404(Stop.objects.select_related("user", "project"), pk=lifted)
        switches.lift(one, request.user)  # type: ignore[arg-type]
        messages.success(request, f"{one.target} may go on.")
        return
    kind, _, which = request.POST.get("target", "").partition(" ")
    target: dict[str, object] = {}
    if kind == "user":
        target = {"user": get_object_or_404(User, pk=whole(which) or 0)}
    elif kind == "project":
        target = {"project": get_object_or_404(Project, pk=whole(which) or 0)}
    elif kind == "provider":
        target = {"provider_key": which}
    elif kind != "everything":
        raise Refused("Choose what to stop.")
    made = switches.stop(request.user, request.POST.get("reason", ""), **target)  # type: ignore[arg-type]
    messages.success(request, f"Stopped: {made.target}.")


@review_page
@require_http_methods(["GET", "POST"])
def requests(request: HttpRequest) -> HttpResponseBase:
    """The requests for more, to grant for a while or to decline; a refused answer is shown as it was typed."""
    if request.method == "POST":
        must_book(request)
        try:
            _answer(request)
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            return redirect("admin:review-requests")
    rows = Raise.objects.select_related("budget__user", "budget__project", "asked_by", "answered_by")
    waiting = list(rows.open())
    context = {
        "open": [(one, caps.rooms_of([one.budget])[0]) for one in waiting],
        "answered": rows.exclude(state=Raise.State.OPEN)[:PAGE],
        "usual_end": timezone.localdate() + USUAL_GRANT,
        "typed": request.POST,
        "answering": whole(request.POST.get("request", "")),
    }
    return page(request, "requests", "Requests for more", context, 422 if request.method == "POST" else 200)


def _answer(request: HttpRequest) -> None:
    asked = get_object_or_404(Raise.objects.select_related("budget"), pk=whole(request.POST.get("request", "")) or 0)
    words = request.POST.get("answer", "")
    if "decline" in request.POST:
        raising.decline(asked, request.user, words)  # type: ignore[arg-type]
    else:
        until = end_of_day(request.POST.get("until", ""))
        raising.grant(asked, request.user, amount(request, "grant"), until, words)  # type: ignore[arg-type]
    messages.success(request, f"{asked.asked_by}: {raising.in_words(asked)}.")


@review_page
@require_safe
def deeds(request: HttpRequest) -> HttpResponseBase:
    """Who did what with money, the newest first."""
    what = request.GET.get("what", "")
    rows = Deed.objects.select_related("actor", "generation", "matter", "user", "project")
    rows = rows.filter(what=what) if what in Deed.What.values else rows
    before = whole(request.GET.get("before", ""))
    found = list((rows.filter(pk__lt=before) if before else rows).order_by("-pk")[: PAGE + 1])
    following = found[PAGE - 1].pk if len(found) > PAGE else None
    context = {"deeds": found[:PAGE], "following": following, "what": what, "whats": Deed.What.choices}
    return page(request, "deeds", "Who did what", context)
