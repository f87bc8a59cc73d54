"""The work list, one issue, and one generation with its full history; people comment and book here."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from generator.admin.review import work_list
from generator.admin.review.base import PAGE_SIZE, amount, must_book, page, review_page, user_of, whole
from generator.models import AuditLogEntry, Generation, ReconciliationIssue
from generator.services.billing import issue_resolution, reconciliation, saved_views
from generator.services.errors import UserError

What = AuditLogEntry.Action
SAYING = {"note": What.NOTED, "review": What.REVIEWED, "dispute": What.DISPUTED, "reopen": What.REOPENED}
_RELATED = ("author", "project", "prompt", "model__provider", "price")


@review_page
@require_http_methods(["GET", "POST"])
def work(request: HttpRequest) -> HttpResponseBase:
    """List open issues, newest first, filtered by kind, state and month; mark some or all of them as reviewed."""
    filters = work_list.filters_of(request.GET)
    if request.method == "POST":
        return work_list.mark(request, filters)
    rows = filters.limit(ReconciliationIssue.objects.all())
    before = whole(request.GET.get("before", ""))
    related = rows.select_related("generation", "account", "user", "bill")
    listed = list((related.filter(pk__lt=before) if before else related).order_by("-pk")[: PAGE_SIZE + 1])
    unanswered = rows.unanswered().aggregate(count=Count("pk"), amount=Sum("amount", default=0))
    context = {
        "filters": filters,
        "issues": listed[:PAGE_SIZE],
        "following": listed[PAGE_SIZE - 1].pk if len(listed) > PAGE_SIZE else None,
        "total": unanswered["count"],
        "affected": unanswered["amount"],
        "newest": rows.order_by("-pk").values_list("pk", flat=True).first(),
        "kinds": ReconciliationIssue.Kind.choices,
        "states": ReconciliationIssue.State.choices,
        "months": work_list.months_to_choose(filters.month),
        "saved_views": saved_views.views_of(user_of(request)),
    }
    return page(request, "issues", _("Work list"), context)


@review_page
@require_POST
def reconcile_now(request: HttpRequest) -> HttpResponseBase:
    """Run the reconciliation now, instead of waiting for its hourly run."""
    count = reconciliation.refresh()
    message = ngettext("Reconciliation done: {count} new issue.", "Reconciliation done: {count} new issues.", count)
    messages.success(request, message.format(count=count))
    return redirect("admin:review-issues")


@review_page
@require_http_methods(["GET", "POST"])
def issue(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show one issue: its subject, its history, and the possible actions."""
    rows = ReconciliationIssue.objects.select_related("account", "user", "bill", "generation")
    issue = get_object_or_404(rows, pk=pk)
    if request.method == "POST" and (reply := _perform_action(request, issue.generation, issue)):
        return reply
    context = {
        "issue": issue,
        "audit_log": issue.audit_log.select_related("actor", "entry"),
        **_generation_context(request, issue.generation),
    }
    status = 422 if request.method == "POST" else 200
    return page(request, "issue", issue.get_kind_display(), context, status)


@review_page
@require_http_methods(["GET", "POST"])
def run(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Show one generation: events, files, ledger entries, provider bills, and actions taken."""
    generation = get_object_or_404(Generation, public_id=public_id)
    if request.method == "POST" and (reply := _perform_action(request, generation, None)):
        return reply
    context = {
        "audit_log": AuditLogEntry.objects.filter(generation=generation).select_related("actor"),
        **_generation_context(request, generation),
    }
    title = _("Generation {id}").format(id=generation.public_id)
    return page(request, "generation", title, context, 422 if request.method == "POST" else 200)


def _generation_context(request: HttpRequest, generation: Generation | None) -> dict[str, Any]:
    if generation is None:
        return {"generation": None}
    generation = Generation.objects.select_related(*_RELATED).get(pk=generation.pk)
    return {
        "generation": generation,
        "events": generation.events.select_related("actor"),
        "entries": generation.entries.select_related("actor").order_by("id"),
        "tracks": generation.tracks.order_by("take").defer("peaks", "measured"),
        "bills": generation.bills.order_by("at"),
        "issues": ReconciliationIssue.objects.filter(generation=generation),
        "refundable": issue_resolution.refundable(generation),
        "can_decide": generation.settled_at is None
        and (
            not generation.is_active
            or ReconciliationIssue.objects.filter(generation=generation, kind="orphan").exists()
        ),
        "typed": request.POST,
    }


def _perform_action(
    request: HttpRequest, generation: Generation | None, issue: ReconciliationIssue | None
) -> HttpResponseBase | None:
    """Perform the posted action; return None if it was rejected and the page must be shown again."""
    action, text = request.POST.get("action", ""), request.POST.get("text", "")
    try:
        if issue and action in SAYING:
            issue_resolution.answer(issue, user_of(request), SAYING[action], text)
        elif generation and action in BOOKING:
            must_book(request)
            BOOKING[action](request, generation, text, issue)
        else:
            raise PermissionDenied(_("That action is not available. Nothing was changed."))
    except UserError as error:
        messages.error(request, error.sentence)
        return None
    messages.success(request, _("Done. The change was recorded in the audit log."))
    return redirect(reverse("admin:review-issue", args=[issue.pk]) if issue else request.path)


def _credit(request: HttpRequest, generation: Generation, text: str, about: ReconciliationIssue | None) -> None:
    issue_resolution.credit(generation, user_of(request), amount(request), text, about)


def _adjust(request: HttpRequest, generation: Generation, text: str, about: ReconciliationIssue | None) -> None:
    issue_resolution.adjust(generation, user_of(request), amount(request), text, about)


def _release(request: HttpRequest, generation: Generation, text: str, about: ReconciliationIssue | None) -> None:
    issue_resolution.release(generation, user_of(request), text, about)


def _charge(request: HttpRequest, generation: Generation, text: str, about: ReconciliationIssue | None) -> None:
    issue_resolution.charge(generation, user_of(request), text, about)


BOOKING: dict[str, Callable[[HttpRequest, Generation, str, ReconciliationIssue | None], None]] = {
    "credit": _credit,
    "adjust": _adjust,
    "release": _release,
    "charge": _charge,
}
