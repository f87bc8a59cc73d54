"""Budgets checked before a hold: which ones apply, what is left of each, and what to do when one is exhausted.

    left = budget + grants in force − spent this month − held now

What uploaded tracks cost, as people stated it, is in no budget: it was spent elsewhere, before, and stops nobody here.

Every submission calls `statuses(..., lock=True)`; nothing is booked without it.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from generator import currency
from generator.currency import Micros
from generator.models import Budget, BudgetIncrease, Generation, LedgerEntry, Project, Rollup, User
from generator.page_memory import is_remembering, remembered
from generator.services.billing.ledger import ENTRY_SPENT, local, month_of

ALERT_PERCENTAGES = (50, 80, 95)  # percent of a budget at which people are notified


@dataclass(frozen=True)
class BudgetStatus:
    """One budget's figures for the current month."""

    budget: Budget
    used: Micros  # spent this month + held now
    granted: Micros = currency.ZERO  # temporary increase on top of the budget
    until: dt.datetime | None = None  # when the first grant expires

    @property
    def cap(self) -> Micros:
        return Micros(self.budget.cap + self.granted)

    @property
    def left(self) -> Micros:
        return Micros(self.cap - self.used)

    @property
    def left_to_spend(self) -> Micros:
        """Return what is left for display; zero when the budget is overspent."""
        return max(self.left, currency.ZERO)

    @property
    def level(self) -> int:
        """Return the highest of ALERT_PERCENTAGES reached, 100 when nothing is left, otherwise 0."""
        if self.left <= 0:
            return 100
        return max((level for level in ALERT_PERCENTAGES if self.used * 100 >= self.cap * level), default=0)


def statuses(user: User, project: Project, *provider_keys: str, lock: bool = False) -> list[BudgetStatus]:
    """Return every budget that applies to this person, project and providers, the one with the least left first.

    With `lock`, the budgets stay locked until the transaction ends, so that parallel submissions are serialized
    (PostgreSQL: row locks, always taken in the same order; SQLite: the IMMEDIATE transaction is the lock).
    """
    if is_remembering() and not lock:
        own = [budget for budget in _readable(user, project) if budget.provider_key in ("", *provider_keys)]
        return sorted(_remembered_statuses(tuple(own)), key=lambda status: status.left)
    applies = _applying(user, project, Q(provider_key__in=provider_keys))
    if lock:
        applies = applies.select_for_update(of=("self",))
    return sorted(statuses_of(applies.order_by("id")), key=lambda status: status.left)


@remembered
def _readable(user: User, project: Project) -> list[Budget]:
    """Return the budgets that apply with any provider."""
    return list(_applying(user, project, ~Q(provider_key="")).order_by("id"))


@remembered
def _remembered_statuses(budgets: tuple[Budget, ...]) -> list[BudgetStatus]:
    return statuses_of(budgets)


def _applying(user: User, project: Project, of_providers: Q) -> QuerySet[Budget]:
    return Budget.objects.filter(
        Q(provider_key="", user=user, project__isnull=True)
        | Q(provider_key="", user__isnull=True, project=project)
        | Q(provider_key="", user=user, project=project)
        | of_providers & Q(user__isnull=True, project__isnull=True, key__isnull=True)
        | Q(key__isnull=False, key=user.api_key)
    ).exclude(provider_key="", user__isnull=True, project__isnull=True, key__isnull=True)


def statuses_of(budgets: Iterable[Budget]) -> list[BudgetStatus]:
    """Return the figures of each of these budgets, in the given order."""
    budgets = list(budgets)
    grants: dict[int, list[BudgetIncrease]] = {}
    if budgets:
        for grant in BudgetIncrease.objects.in_force(timezone.now()).filter(budget__in=budgets):
            grants.setdefault(grant.budget_id, []).append(grant)
    return [_status(budget, grants.get(budget.pk, [])) for budget in budgets]


def statuses_in(project: Project) -> dict[int | None, BudgetStatus]:
    """Map each member's primary key to their budget in a project; None is the key of the project's own budget."""
    caps = Budget.objects.filter(project=project, provider_key="").select_related("user", "project")
    return {status.budget.user_id: status for status in statuses_of(caps)}


def members_of(project: Project) -> list[User]:
    """Return the members of a project whose accounts are active, by name."""
    return list(project.members.filter(is_active=True).order_by("name", "email"))


def _status(budget: Budget, grants: list[BudgetIncrease]) -> BudgetStatus:
    ends = [grant.expires_at for grant in grants if grant.expires_at]
    return BudgetStatus(budget, used(budget), Micros(sum(grant.granted for grant in grants)), min(ends, default=None))


def used(budget: Budget) -> Micros:
    """Return what a budget has spent this month and holds now, in micro-dollars. The budget may be unsaved."""
    if budget.key_id:
        return _used_by_key(budget.key_id)
    cells: QuerySet[Rollup] = Rollup.objects.all()
    if budget.user_id:
        cells = cells.filter(user=budget.user_id)
    if budget.project_id:
        cells = cells.filter(project=budget.project_id)
    if budget.provider_key:
        cells = cells.filter(provider_key=budget.provider_key)
    spent = F("charged") + F("adjusted") - F("credited")
    now = month_of(timezone.now())
    totals = cells.aggregate(spent=Sum(spent, filter=Q(month=now), default=0), held=Sum("held", default=0))
    return Micros(totals["spent"] + totals["held"])


def _used_by_key(key: int) -> Micros:
    """Return the same as `used` for an API key, from the ledger entries: roll-ups have no key dimension."""
    booked = LedgerEntry.objects.filter(key=key, month=month_of(timezone.now()))
    spent = booked.exclude(kind=LedgerEntry.Kind.STATED).aggregate(spent=Sum(ENTRY_SPENT, default=0))["spent"]
    unsettled = Generation.objects.unsettled().filter(key=key)
    held = unsettled.aggregate(held=Sum("price_total", default=0))["held"]
    return Micros(spent + held)


def exceeded_message(status: BudgetStatus, price: int) -> str:
    """Return the message that names the exhausted budget, when it resets, and what to do."""
    if status.budget.key_id:
        hint = _("To continue before then, raise the key’s budget.")
    else:
        hint = _("To continue before then, request an increase.")
    sentence = _(
        "This would cost {price}, but the monthly budget for {target} has {left} of {budget} left. It resets on "
        "{date}. {hint}"
    )
    return sentence.format(
        price=currency.show(price),
        target=status.budget.target,
        left=currency.show(max(status.left, 0)),
        budget=currency.show(status.cap),
        date=date_format(next_month(timezone.now()), "MONTH_DAY_FORMAT"),
        hint=hint,
    )


def next_month(moment: dt.datetime) -> dt.date:
    first = local(moment).date().replace(day=1)
    return (first + dt.timedelta(days=32)).replace(day=1)


def last_day(moment: dt.datetime) -> dt.date:
    """Return the last day of the billing month that contains a moment."""
    return next_month(moment) - dt.timedelta(days=1)


def tightest(user: User, project: Project | None) -> BudgetStatus | None:
    """Return the budget with the least left for a person, in a project if given; None when none applies."""
    budgets = statuses(user, project) if project else statuses_of(Budget.objects.filter(user=user, project=None))
    return min(budgets, key=lambda status: status.left, default=None)
