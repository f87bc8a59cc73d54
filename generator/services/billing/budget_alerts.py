"""Notifications about budgets: thresholds reached, budget requests and their answers. `notifications` delivers them.

An alert is a row and a task, both created in the transaction of the hold. Each threshold of a budget is therefore
announced once per month, even after a rollback or a crash.
"""

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from generator import currency
from generator.models import Budget, BudgetAlert, BudgetIncrease, NotificationKind, Project, ProviderAccount, Role, User
from generator.services.billing.budgets import ALERT_PERCENTAGES, BudgetStatus, next_month, statuses, statuses_of
from generator.services.billing.ledger import month_of
from generator.services.team import notifications
from generator.services.webhooks import events

TASK = "generator.services.background.tasks.send_budget_alerts"
NOTIFY_TASK = "generator.services.background.tasks.send_notifications"


def notify_people(
    people: Iterable[User], subject: str, text: str, project: Project | None = None, link: str = ""
) -> None:
    """Notify people, each through their chosen channels. One unreachable address does not block the others.

    `link` is the page to open; the default is the Spend page.
    """
    for person in people:
        notifications.notify(
            person, NotificationKind.BUDGET, text, link or reverse("spend"), subject=subject, project=project
        )


def record_thresholds(user: User, project: Project, *provider_keys: str) -> None:
    """Record every threshold that was just reached. Call it in the transaction that booked the hold."""
    month = month_of(timezone.now())
    for status in statuses(user, project, *provider_keys):
        passed = [level for level in ALERT_PERCENTAGES if status.level >= level]
        if not passed or status.cap <= 0:
            continue
        recorded = set(BudgetAlert.objects.filter(budget=status.budget, month=month).values_list("percent", flat=True))
        new_levels = [level for level in passed if level not in recorded]
        rows = [
            BudgetAlert.objects.get_or_create(budget=status.budget, month=month, percent=level)[0]
            for level in new_levels
        ]
        if rows:
            async_task(TASK, rows[-1].pk)  # when several are reached at once, only the highest is sent
            _notify_webhooks(status, rows[-1].percent)


def _notify_webhooks(status: BudgetStatus, percent: int) -> None:
    """Send `budget.alert` for a budget within a project. Other budgets are private to their recipients."""
    if status.budget.project:
        figures = {
            "amount": currency.plain(status.cap),
            "used": currency.plain(status.used),
            "remaining": currency.plain(max(status.left, 0)),
        }
        payload = {"target": str(status.budget.target), "percent": percent, "currency": "USD", **figures}
        events.publish(status.budget.project, "budget.alert", budget=payload)


def send(alert_id: int) -> None:
    """Send one budget alert, once."""
    alert = (
        BudgetAlert.objects.select_related("budget__user", "budget__project", "budget__key__user")
        .filter(pk=alert_id, sent_at=None)
        .first()
    )
    if alert is None or not BudgetAlert.objects.filter(pk=alert.pk, sent_at=None).update(sent_at=timezone.now()):
        return
    status = statuses_of([alert.budget])[0]
    sentence = _(
        "{used} of the monthly budget for {target} is spent or on hold; {left} of {budget} is left.\nThe budget "
        "resets on {date}. {hint}"
    )
    text = sentence.format(
        used=currency.show(status.used),
        target=alert.budget.target,
        left=currency.show(max(status.left, 0)),
        budget=currency.show(status.cap),
        date=date_format(next_month(timezone.now()), "MONTH_DAY_FORMAT"),
        hint=_("To raise it before then, edit the API key.")
        if alert.budget.key
        else _("To raise it before then, request an increase on the Spend page."),
    )
    subject = _("{percent}% of the budget for {target} is used").format(
        percent=alert.percent, target=alert.budget.target
    )
    notify_people(recipients_of(alert.budget), subject, text, alert.budget.project)


def recipients_of(budget: Budget) -> list[User]:
    """Return the recipients of a budget's alerts.

    These are its person and the owners of its project; for a key, its creator; otherwise, its deciders.
    """
    if budget.key:
        return [budget.key.user] if budget.key.user.is_active else []
    recipients: dict[int, User] = {}
    if budget.user and budget.user.is_active:
        recipients[budget.user.pk] = budget.user
    if budget.project:
        recipients |= {person.pk: person for person in owners(budget.project)}
    return [*recipients.values()] or deciders(budget)


def owners(project: Project) -> list[User]:
    members = User.objects.filter(memberships__project=project, memberships__role=Role.OWNER, is_active=True)
    return list(members.order_by("id"))


def is_decided_by_owner(budget: Budget) -> bool:
    """Return whether project owners may raise a budget: it covers a shared project, or a member within one."""
    return budget.project is not None and budget.project.personal_to_id is None


def deciders(budget: Budget) -> list[User]:
    """Return who may answer a budget request: the project's owners, or else the staff with permission to book money."""
    if is_decided_by_owner(budget) and budget.project:
        return owners(budget.project)
    return staff_who_may("manage_billing")


def staff_who_may(permission: str) -> list[User]:
    right = Q(groups__permissions__codename=permission) | Q(user_permissions__codename=permission)
    staff = User.objects.filter(is_active=True, is_staff=True)
    return list(staff.filter(right | Q(is_superuser=True)).distinct().order_by("id"))


def notify_of_halt(account: ProviderAccount, problem: str) -> None:
    """Notify the staff who can change the provider account that its queued work waits for them."""
    people = [person.pk for person in staff_who_may("change_provideraccount")]
    sentence = _("{problem} Queued work for {provider} waits until this is fixed; nothing is sent in the meantime.")
    text = sentence.format(problem=problem, provider=account.title)
    link = reverse("admin:generator_provideraccount_change", args=[account.pk])
    async_task(
        NOTIFY_TASK, people, _("{provider} needs your attention").format(provider=account.title), text, None, link
    )


def notify_of_request(request: BudgetIncrease) -> None:
    sentence = _("{person} requested {amount} on top of the monthly budget for {target}: {reason}").format(
        person=request.requested_by.label,
        amount=currency.show(request.requested),
        target=request.budget.target,
        reason=request.reason,
    )
    by_owner = is_decided_by_owner(request.budget)
    hint = (
        _("Grant or decline it on the project’s budget page.")
        if by_owner
        else _("Grant or decline it in the billing review.")
    )
    subject = _("{person} requested a budget increase").format(person=request.requested_by.label)
    _enqueue_notification(request.budget, deciders(request.budget), subject, f"{sentence}\n{hint}")


def notify_of_answer(request: BudgetIncrease) -> None:
    if request.state == BudgetIncrease.State.GRANTED and request.expires_at:
        sentence = _("The budget for {target} was raised by {amount} until {date}. {answer}")
        until = date_format(timezone.localtime(request.expires_at))
        values = {"target": request.budget.target, "amount": currency.show(request.granted), "date": until}
        text = sentence.format(answer=request.answer, **values).strip()
        _enqueue_notification(request.budget, [request.requested_by], _("Your budget request was granted"), text)
    else:
        sentence = _("The budget for {target} was not raised: {answer}")
        text = sentence.format(target=request.budget.target, answer=request.answer)
        _enqueue_notification(request.budget, [request.requested_by], _("Your budget request was declined"), text)


def _enqueue_notification(budget: Budget, people: Iterable[User], subject: str, text: str) -> None:
    """Enqueue the notification for a worker, to run after this transaction commits."""
    async_task(NOTIFY_TASK, [person.pk for person in people], subject, text, _project_of(budget))


def _project_of(budget: Budget) -> int | None:
    """Return the id of the shared project that a budget belongs to, which limits its recipients; otherwise None."""
    return budget.project_id if is_decided_by_owner(budget) else None


def deliver(people: list[int], subject: str, text: str, project_id: int | None = None, link: str = "") -> None:
    project = Project.objects.filter(pk=project_id).first() if project_id else None
    notify_people(User.objects.filter(pk__in=people, is_active=True).order_by("pk"), subject, text, project, link)
