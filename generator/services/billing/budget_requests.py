"""Budgets and budget requests: set a budget, request an increase, grant or decline it once.

request ──► granted: the budget is higher by that amount until the grant expires │ declined: with a reason
"""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from generator import currency
from generator.models import AuditLogEntry, Budget, BudgetIncrease, Project, User
from generator.services.audit_log import record
from generator.services.billing import budget_alerts
from generator.services.billing.ledger import local
from generator.services.errors import UserError

MAX_REASON_CHARS = 300
MAX_GRANT = dt.timedelta(days=92)


def set_budget(project: Project, amount: int | None, actor: User, member: User | None = None) -> Budget | None:
    """Set, change or (with None) remove the monthly budget of a project, or of one member within it.

    Raises:
        UserError: the amount is negative, or the person is not a member of the project.
    """
    if amount is not None and amount < 0:
        raise UserError(_("A budget cannot be negative."), "cap", code="invalid_amount")
    if member and not project.memberships.filter(user=member).exists():
        sentence = _("{person} is not a member of {project}.").format(person=member.label, project=project.name)
        raise UserError(sentence, "member", code="not_a_member")
    about: dict[str, Any] = {"project": project, "user": member, "provider_key": ""}
    with transaction.atomic():
        was = Budget.objects.filter(**about).first()
        if amount is None:
            if was:
                record_budget(actor, was, None)
                was.delete()
            return None
        budget = Budget.objects.update_or_create(**about, defaults={"cap": amount})[0]
        if was is None or was.cap != amount:
            record_budget(actor, budget, amount)
    return budget


def record_budget(actor: User, budget: Budget, amount: int | None) -> None:
    """Record a new budget amount in the audit log; None means that the budget was removed."""
    per_month = f"{currency.show(budget.cap if amount is None else amount)} per month"
    now = f"none (was {per_month})" if amount is None else per_month
    record(
        actor,
        AuditLogEntry.Action.BUDGET_SET,
        f"Budget for {budget.target}: {now}",
        user=budget.user,
        project=budget.project,
    )


def request_increase(budget: Budget, user: User, amount: int, reason: str) -> BudgetIncrease:
    """Request an increase of a budget and notify those who may grant it.

    Raises:
        UserError: the amount is not positive, no reason is given, or an earlier request is still open.
    """
    reason = reason.strip()
    if amount <= 0:
        raise UserError(_("Enter an amount above zero, such as 5."), "amount", code="invalid_amount")
    if not reason:
        sentence = _("Enter a reason. The people who review the request will see it.")
        raise UserError(sentence, "reason", code="required")
    try:
        with transaction.atomic():
            request = BudgetIncrease.objects.create(
                budget=budget, requested_by=user, requested=amount, reason=reason[:MAX_REASON_CHARS]
            )
            about = {"user": budget.user, "project": budget.project}
            text = f"Requested {currency.show(amount)} more for {budget.target}: {request.reason}"
            record(user, AuditLogEntry.Action.INCREASE_REQUESTED, text, **about)
            budget_alerts.notify_of_request(request)
    except IntegrityError:
        sentence = _("You already have an open request for this budget. Wait until it is granted or declined.")
        raise UserError(sentence, code="already_requested") from None
    return request


def grant(request: BudgetIncrease, actor: User, amount: int, until: dt.datetime, answer: str = "") -> None:
    """Grant a request once: raise the budget by an amount until a given time.

    Raises:
        UserError: the amount is not positive, the end is out of range, or the request was already answered.
    """
    now = timezone.now()
    if amount <= 0:
        sentence = _("Enter an amount above zero, or decline the request with a reason.")
        raise UserError(sentence, "amount", code="invalid_amount")
    if not now < until <= now + MAX_GRANT:
        sentence = _("Choose an end date from tomorrow to {days} days from now.").format(days=MAX_GRANT.days)
        raise UserError(sentence, "until", code="invalid_date")
    _answer(request, actor, BudgetIncrease.State.GRANTED, answer, granted=amount, expires_at=until)


def decline(request: BudgetIncrease, actor: User, answer: str) -> None:
    """Decline a request once, with a reason.

    Raises:
        UserError: no reason is given, or the request was already answered.
    """
    if not answer.strip():
        sentence = _("Enter a reason so that the person who made the request knows what to do instead.")
        raise UserError(sentence, "answer", code="required")
    _answer(request, actor, BudgetIncrease.State.DECLINED, answer)


def _answer(request: BudgetIncrease, actor: User, state: BudgetIncrease.State, answer: str, **changes: object) -> None:
    columns = {
        "state": state,
        "answer": answer.strip()[:MAX_REASON_CHARS],
        "answered_by": actor,
        "answered_at": timezone.now(),
    }
    with transaction.atomic():
        if not BudgetIncrease.objects.open().filter(pk=request.pk).update(**columns, **changes):
            raise UserError(_("This request has already been granted or declined."), code="already_answered")
        request.refresh_from_db()
        action = (
            AuditLogEntry.Action.INCREASE_GRANTED
            if state == BudgetIncrease.State.GRANTED
            else AuditLogEntry.Action.INCREASE_DECLINED
        )
        outcome = f"declined: {request.answer}"
        if state == BudgetIncrease.State.GRANTED and request.expires_at:
            outcome = f"{currency.show(request.granted)} granted until {local(request.expires_at):%B %-d, %Y}"
        text = f"{request.requested_by} for {request.budget.target}: {outcome}"
        record(actor, action, text, user=request.requested_by, project=request.budget.project)
        budget_alerts.notify_of_answer(request)


def describe(request: BudgetIncrease) -> str:
    """Return the state or answer of a request as a short phrase."""
    if request.state == BudgetIncrease.State.GRANTED and request.expires_at:
        until = date_format(local(request.expires_at))
        return _("{amount} granted until {date}").format(amount=currency.show(request.granted), date=until)
    if request.state == BudgetIncrease.State.DECLINED:
        return _("declined: {reason}").format(reason=request.answer)
    return _("pending")
