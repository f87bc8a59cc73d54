"""The caps that stand before a hold: what each leaves, in whose way it is, and who may widen it.

    room = cap + what was granted for now − spent this month − held now

`rooms(..., lock=True)` is the one door a submit goes through; nothing is booked without it.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from generator import money
from generator.models import Budget, Entry, Generation, Project, Raise, Rollup, User
from generator.money import Micros
from generator.workflow.money import ENTRY_SPENT, local, month_of

LEVELS = (50, 80, 95)  # per cent of a cap at which people are told


@dataclass(frozen=True)
class Room:
    """What one cap leaves this month."""

    budget: Budget
    used: Micros  # spent this month + held now
    granted: Micros = money.ZERO  # on top of the cap, for a while
    until: dt.datetime | None = None  # when the first of the grants ends

    @property
    def cap(self) -> Micros:
        return Micros(self.budget.cap + self.granted)

    @property
    def left(self) -> Micros:
        return Micros(self.cap - self.used)

    @property
    def left_to_spend(self) -> Micros:
        """What is left, as it is shown: an overspent cap has nothing left."""
        return max(self.left, money.ZERO)

    @property
    def level(self) -> int:
        """The highest of LEVELS that is reached, 100 when nothing is left, else 0."""
        if self.left <= 0:
            return 100
        return max((level for level in LEVELS if self.used * 100 >= self.cap * level), default=0)


def rooms(user: User, project: Project, *provider_keys: str, lock: bool = False) -> list[Room]:
    """Every cap that applies to this person's work in this project at these providers, the tightest first.

    With `lock` the caps stay locked to the end of the transaction, so that parallel submits take turns
    (PostgreSQL: row locks, taken in one order by everybody; SQLite: the IMMEDIATE transaction is the lock).
    """
    applies = Budget.objects.filter(
        Q(provider_key="", user=user, project__isnull=True)
        | Q(provider_key="", user__isnull=True, project=project)
        | Q(provider_key="", user=user, project=project)
        | Q(provider_key__in=provider_keys, user__isnull=True, project__isnull=True, key__isnull=True)
        | Q(key__isnull=False, key=user.acting_with)
    ).exclude(provider_key="", user__isnull=True, project__isnull=True, key__isnull=True)
    if lock:
        applies = applies.select_for_update(of=("self",))
    budgets = list(applies.order_by("id"))
    return sorted(rooms_of(budgets), key=lambda room: room.left)


def rooms_of(budgets: Iterable[Budget]) -> list[Room]:
    """What each of these caps leaves, in their order."""
    budgets = list(budgets)
    grants: dict[int, list[Raise]] = {}
    if budgets:
        for grant in Raise.objects.in_force(timezone.now()).filter(budget__in=budgets):
            grants.setdefault(grant.budget_id, []).append(grant)
    return [_room(budget, grants.get(budget.pk, [])) for budget in budgets]


def _room(budget: Budget, grants: list[Raise]) -> Room:
    ends = [grant.expires_at for grant in grants if grant.expires_at]
    return Room(budget, used(budget), Micros(sum(grant.granted for grant in grants)), min(ends, default=None))


def used(budget: Budget) -> Micros:
    """What was spent this month and is held now of what a cap counts, in micro-dollars; it need not be stored."""
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
    """As `used`, from the entries: keys are no dimension of the roll-up."""
    spent = Entry.objects.filter(key=key, month=month_of(timezone.now())).aggregate(spent=Sum(ENTRY_SPENT, default=0))[
        "spent"
    ]
    unsettled = Generation.objects.unsettled().filter(key=key)
    held = unsettled.aggregate(held=Sum(F("price_per_take") * F("takes_asked"), default=0))["held"]
    return Micros(spent + held)


def no_room(room: Room, price: int) -> str:
    """Say which cap is in the way, until when, and what to do."""
    until = next_month(timezone.now())
    left = money.show(max(room.left, 0))
    further = "raise the key's cap" if room.budget.key_id else "ask for more"
    return (
        f"This would cost {money.show(price)}, but the monthly cap on {room.budget.target} has {left} left of "
        f"{money.show(room.cap)}. It starts afresh on {until:%-d %B}; to go on before then, {further}."
    )


def next_month(moment: dt.datetime) -> dt.date:
    first = local(moment).date().replace(day=1)
    return (first + dt.timedelta(days=32)).replace(day=1)


def last_day(moment: dt.datetime) -> int:
    """The number of the last day of a moment's billing month."""
    return (next_month(moment) - dt.timedelta(days=1)).day


def tightest(user: User, project: Project | None) -> Room | None:
    """The cap that leaves least of those on a person and on a project they work in; None: there is none."""
    found = rooms(user, project) if project else rooms_of(Budget.objects.filter(user=user, project=None))
    return min(found, key=lambda room: room.left, default=None)
