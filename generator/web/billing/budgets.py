"""Budget pages: an owner's page for a project and its members, budget requests and their answers."""

import datetime as dt

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from generator import currency, permissions
from generator.models import BudgetIncrease, Project
from generator.services.amount_confirmation import confirmed_amount
from generator.services.billing import budget_alerts, budget_requests, budgets
from generator.services.billing.ledger import local
from generator.services.date_input import end_of_billing_day
from generator.services.errors import UserError
from generator.web.site.htmx import Request

DEFAULT_GRANT = dt.timedelta(days=7)
MAX_LISTED = 50


# --- the owner's page ---


@login_required
@require_http_methods(["GET", "POST"])
def budget(request: Request, public_id: str) -> HttpResponse:
    """Show and set the budgets of a project and its members; list the budget requests to answer.

    Members who may not set them see those that limit their own work.
    """
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    if not permissions.can_manage(request.user, project) or project.personal_to_id:
        if request.method == "GET":
            return _own_budgets(request, project)
        raise PermissionDenied(_("Only the owners of a shared project can set its budgets."))
    if request.method == "GET":
        return _page(request, project)
    try:
        message = _set(request, project)
    except UserError as error:
        return _page(request, project, error, status=422)
    messages.success(request, message)
    return redirect("budget", project.public_id)


def _own_budgets(request: Request, project: Project) -> HttpResponse:
    context = {
        "project": project,
        "here": "project-budget",
        "statuses": budgets.statuses(request.user, project),
        "owners": permissions.owners(project),
        "resets": budgets.next_month(timezone.now()),
        "studio_zone": settings.TIME_ZONE,
    }
    return render(request, "budgets/own_budgets.html", context)


def _set(request: Request, project: Project) -> str:
    typed = request.POST.get("cap", "").strip()
    pk = request.POST.get("member", "")
    member = project.members.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 18 else None
    if pk and member is None:
        raise UserError(_("That person is no longer a member. Reload the page."), "member", code="not_a_member")
    cap = confirmed_amount(typed, "cap") if typed else None
    budget_requests.set_budget(project, cap, request.user, member)
    name = member.label if member else project.name
    if cap is None:
        return _("{name}: no budget.").format(name=name)
    return _("{name}: {amount} per month.").format(name=name, amount=currency.show(cap))


def _page(
    request: Request, project: Project, error: UserError | None = None, status: int = 200, answering: int | None = None
) -> HttpResponse:
    statuses = budgets.statuses_in(project)
    people = [(person, statuses.get(person.pk)) for person in budgets.members_of(project)]
    requests = permissions.answerable_requests(request.user).filter(budget__project=project)
    context = {
        "project": project,
        "here": "project-budget",
        "status": statuses.get(None),
        "people": people,
        "open": requests.open(),
        "answered": requests.exclude(state=BudgetIncrease.State.OPEN).select_related("answered_by")[:MAX_LISTED],
        "error": error,
        "answering": answering,
        "typed": request.POST,
        "resets": budgets.next_month(timezone.now()),
        "studio_zone": settings.TIME_ZONE,
        "usual_end": local(timezone.now()).date() + DEFAULT_GRANT,
    }
    return render(request, "budgets/budget.html", context, status=status)


@login_required
@require_POST
def answer(request: Request, pk: int) -> HttpResponse:
    """Grant a budget request for a limited time, or decline it with a reason."""
    increase = get_object_or_404(permissions.answerable_requests(request.user), pk=pk)
    project = increase.budget.project
    assert project is not None  # staff answer the others
    typed = {name: request.POST.get(name, "") for name in ("grant", "until", "answer")}
    try:
        if "decline" in request.POST:
            budget_requests.decline(increase, request.user, typed["answer"])
        else:
            granted, until = confirmed_amount(typed["grant"], "grant"), end_of_billing_day(typed["until"])
            budget_requests.grant(increase, request.user, granted, until, typed["answer"])
    except UserError as error:
        return _page(request, project, error, status=422, answering=increase.pk)
    messages.success(request, f"{increase.requested_by.label}: {budget_requests.describe(increase)}.")
    return redirect("budget", project.public_id)


# --- budget requests ---


@login_required
@require_http_methods(["GET", "POST"])
def request_increase(request: Request, pk: int) -> HttpResponse:
    """Request more than a budget leaves, with an amount and a reason."""
    cap = get_object_or_404(permissions.budgets(request.user), pk=pk)
    error, status = None, 200
    if request.method == "POST":
        try:
            amount = confirmed_amount(request.POST.get("amount", ""), "amount")
            budget_requests.request_increase(cap, request.user, amount, request.POST.get("reason", ""))
            messages.success(request, _("Request sent. We’ll notify you when it’s granted or declined."))
            return redirect("request-increase", cap.pk)
        except UserError as problem:
            error, status = problem, 422
    own = cap.increases.filter(requested_by=request.user).select_related("answered_by")
    context = {
        "here": "spend",
        "cap": cap,
        "status": budgets.statuses_of([cap])[0],
        "open": own.open().first(),
        "earlier": own.exclude(state=BudgetIncrease.State.OPEN)[:MAX_LISTED],
        "deciders": budget_alerts.deciders(cap),
        "error": error,
        "typed": request.POST,
        "resets": budgets.next_month(timezone.now()),
        "studio_zone": settings.TIME_ZONE,
    }
    return render(request, "budgets/request_increase.html", context, status=status)
