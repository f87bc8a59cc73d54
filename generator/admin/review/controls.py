"""Controls of the billing review: month close, suspensions, budget requests, and the audit log."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from generator.admin.review.base import PAGE_SIZE, amount, must_book, page, review_page, user_of, whole
from generator.models import (
    AuditLogEntry,
    BudgetIncrease,
    ClosedMonth,
    Project,
    ProviderAccount,
    ReconciliationIssue,
    Suspension,
    User,
)
from generator.services.billing import budget_requests, budgets, period_close, suspensions
from generator.services.billing.ledger import local
from generator.services.billing.reports import overview, spend
from generator.services.billing.reports.spend import titled
from generator.services.date_input import end_of_billing_day
from generator.services.errors import UserError

DEFAULT_GRANT = dt.timedelta(days=7)

ACTIONS = [action for action in AuditLogEntry.Action.choices if action[0] not in AuditLogEntry.Action.of_projects()]


@review_page
@require_http_methods(["GET", "POST"])
def months(request: HttpRequest) -> HttpResponseBase:
    """List the months, with who closed each or why it cannot be closed yet; close or verify one."""
    if request.method == "POST":
        must_book(request)
        try:
            month = request.POST.get("month", "")
            if "prove" in request.POST:
                _prove(request, get_object_or_404(ClosedMonth, month=month))
            else:
                closed_month = period_close.close(month, user_of(request), request.POST.get("note", ""))
                messages.success(request, _("{month} is closed.").format(month=titled(closed_month.month)))
        except UserError as error:
            messages.error(request, error.sentence)
        return redirect("admin:review-months")
    closed = {row.month: row for row in ClosedMonth.objects.select_related("closed_by")}
    names = spend.months(overview.EVERYTHING)
    figures = [(name, titled(name), spend.month(overview.EVERYTHING, name), closed.get(name)) for name in names]
    first_open = period_close.first_open_month()
    context = {
        "rows": figures,
        "next": first_open,
        "why_not": period_close.why_not_closable(first_open) if first_open else "",
        "next_title": titled(first_open) if first_open else "",
        "left": ReconciliationIssue.objects.unanswered().filter(month__lte=first_open).count(),
    }
    return page(request, "months", _("Months"), context)


def _prove(request: HttpRequest, closed: ClosedMonth) -> None:
    if period_close.is_unchanged(closed):
        message = ngettext(
            "{month}: {count} entry, unchanged.", "{month}: {count} entries, all unchanged.", closed.entries
        )
        messages.success(request, message.format(month=titled(closed.month), count=closed.entries))
    else:
        message = _("{month}: the entries have changed since the month was closed.")
        messages.error(request, message.format(month=titled(closed.month)))


@review_page
@require_http_methods(["GET", "POST"])
def suspensions_page(request: HttpRequest) -> HttpResponseBase:
    """List the suspensions in force, with a form for a new one."""
    if request.method == "POST":
        must_book(request)
        try:
            _change_suspension(request)
        except UserError as error:
            messages.error(request, error.sentence)
        return redirect("admin:review-suspensions")
    rows = Suspension.objects.select_related("user", "project", "by", "lifted_by")
    context = {
        "suspensions": [(suspension, suspensions.message(suspension)) for suspension in rows.in_force()],
        "earlier": rows.exclude(lifted_at=None)[:PAGE_SIZE],
        "people": User.objects.filter(is_active=True).order_by("email"),
        "projects": Project.objects.filter(archived_at=None).order_by("name"),
        "providers": ProviderAccount.objects.order_by("title"),
    }
    return page(request, "suspensions", _("Suspensions"), context)


def _change_suspension(request: HttpRequest) -> None:
    if lifted := whole(request.POST.get("lift", "")):
        suspension = get_object_or_404(Suspension.objects.select_related("user", "project"), pk=lifted)
        suspensions.lift(suspension, user_of(request))
        messages.success(request, _("Suspension lifted: {target}.").format(target=suspension.target))
        return
    kind, _separator, target_id = request.POST.get("target", "").partition(" ")
    target: dict[str, Any] = {}
    if kind == "user":
        target = {"user": get_object_or_404(User, pk=whole(target_id) or 0)}
    elif kind == "project":
        target = {"project": get_object_or_404(Project, pk=whole(target_id) or 0)}
    elif kind == "provider":
        target = {"provider_key": target_id}
    elif kind != "everything":
        raise UserError(_("Choose what to suspend."))
    new_suspension = suspensions.suspend(user_of(request), request.POST.get("reason", ""), **target)
    messages.success(request, _("Suspended: {target}.").format(target=new_suspension.target))


@review_page
@require_http_methods(["GET", "POST"])
def requests(request: HttpRequest) -> HttpResponseBase:
    """List budget requests; grant one for a limited time, or decline it. A rejected answer keeps what was typed."""
    if request.method == "POST":
        must_book(request)
        try:
            _answer_request(request)
        except UserError as error:
            messages.error(request, error.sentence)
        else:
            return redirect("admin:review-budget-requests")
    rows = BudgetIncrease.objects.select_related("budget__user", "budget__project", "requested_by", "answered_by")
    waiting = list(rows.open())
    context = {
        "open": [(increase, budgets.statuses_of([increase.budget])[0]) for increase in waiting],
        "answered": rows.exclude(state=BudgetIncrease.State.OPEN)[:PAGE_SIZE],
        "studio_zone": settings.TIME_ZONE,
        "usual_end": local(timezone.now()).date() + DEFAULT_GRANT,
        "typed": request.POST,
        "answering": whole(request.POST.get("request", "")),
    }
    return page(request, "budget_requests", _("Budget requests"), context, 422 if request.method == "POST" else 200)


def _answer_request(request: HttpRequest) -> None:
    increase = get_object_or_404(
        BudgetIncrease.objects.select_related("budget"), pk=whole(request.POST.get("request", "")) or 0
    )
    text = request.POST.get("answer", "")
    if "decline" in request.POST:
        budget_requests.decline(increase, user_of(request), text)
    else:
        until = end_of_billing_day(request.POST.get("until", ""))
        budget_requests.grant(increase, user_of(request), amount(request, "grant"), until, text)
    messages.success(request, f"{increase.requested_by}: {budget_requests.describe(increase)}.")


@review_page
@require_safe
def audit_log(request: HttpRequest) -> HttpResponseBase:
    """Show the audit log of billing, newest first."""
    action = request.GET.get("action", "")
    rows = AuditLogEntry.objects.billing_changes()
    rows = rows.select_related("actor", "generation", "issue", "user", "project")
    rows = rows.filter(action=action) if action in AuditLogEntry.Action.values else rows
    before = whole(request.GET.get("before", ""))
    entries = list((rows.filter(pk__lt=before) if before else rows).order_by("-pk")[: PAGE_SIZE + 1])
    following = entries[PAGE_SIZE - 1].pk if len(entries) > PAGE_SIZE else None
    context = {"audit_log": entries[:PAGE_SIZE], "following": following, "action": action, "actions": ACTIONS}
    return page(request, "audit_log", _("Audit log"), context)
