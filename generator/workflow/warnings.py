"""Telling people about money: a cap that fills up, a request for more and its answer. `news` has how they hear of it.

A warning is a row made in the hold's own transaction and a task beside it, so each threshold of a cap is told once a
month, and neither a rollback nor a dead process changes that.
"""

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django_q.tasks import async_task

from generator import money
from generator.models import Budget, NewsKind, Project, ProviderAccount, Raise, Role, User, Warned
from generator.workflow import news
from generator.workflow.caps import LEVELS, Room, next_month, rooms, rooms_of
from generator.workflow.money import month_of
from generator.workflow.webhooks import events

TASK = "generator.workflow.tasks.warn"
TOLD = "generator.workflow.tasks.tell"


def tell(people: Iterable[User], subject: str, text: str, project: Project | None = None, link: str = "") -> None:
    """Tell people, each by the ways they chose; somebody without a working address never stops the others.

    `link`: the page where it can be looked at; otherwise what they spend.
    """
    for person in people:
        news.tell(person, NewsKind.BUDGET, text, link or reverse("spend"), subject=subject, project=project)


def look(user: User, project: Project, *provider_keys: str) -> None:
    """Note every threshold that has just been passed; call it in the transaction that booked the hold."""
    month = month_of(timezone.now())
    for room in rooms(user, project, *provider_keys):
        passed = [level for level in LEVELS if room.level >= level]
        if not passed or room.cap <= 0:
            continue
        known = set(Warned.objects.filter(budget=room.budget, month=month).values_list("percent", flat=True))
        fresh = [level for level in passed if level not in known]
        rows = [Warned.objects.get_or_create(budget=room.budget, month=month, percent=level)[0] for level in fresh]
        if rows:
            async_task(TASK, rows[-1].pk)  # of several at once the highest says it all
            _tell_webhooks(room, rows[-1].percent)


def _tell_webhooks(room: Room, percent: int) -> None:
    """What fills up inside a project is told there; caps on people, keys and providers are nobody else's."""
    if room.budget.project:
        figures = {"cap": money.plain(room.cap), "used": money.plain(room.used), "left": money.plain(max(room.left, 0))}
        about = {"target": str(room.budget.target), "percent": percent, "currency": "USD", **figures}
        events.tell(room.budget.project, "budget.warning", budget=about)


def send(warned_id: int) -> None:
    """Mail one warning, once."""
    row = (
        Warned.objects.select_related("budget__user", "budget__project", "budget__key__user")
        .filter(pk=warned_id, sent_at=None)
        .first()
    )
    if row is None or not Warned.objects.filter(pk=row.pk, sent_at=None).update(sent_at=timezone.now()):
        return
    room = rooms_of([row.budget])[0]
    text = (
        f"{money.show(room.used)} of the monthly cap on {row.budget.target} is spent or held; "
        f"{money.show(max(room.left, 0))} is left of {money.show(room.cap)}.\n"
        f"The cap starts afresh on {next_month(timezone.now()):%-d %B}. Before then, "
        + ("it can be raised where the key was made." if row.budget.key else "more can be asked for on the Spend page.")
    )
    tell(concerned(row.budget), f"{row.percent} % of the cap on {row.budget.target} is used", text, row.budget.project)


def concerned(budget: Budget) -> list[User]:
    """Whom a cap is about: the person, the owners of the project; for a provider those who may lift it.

    A key's cap is about whoever made the key.
    """
    if budget.key:
        return [budget.key.user] if budget.key.user.is_active else []
    found: dict[int, User] = {}
    if budget.user and budget.user.is_active:
        found[budget.user.pk] = budget.user
    if budget.project:
        found |= {person.pk: person for person in owners(budget.project)}
    return [*found.values()] or deciders(budget)


def owners(project: Project) -> list[User]:
    mine = User.objects.filter(memberships__project=project, memberships__role=Role.OWNER, is_active=True)
    return list(mine.order_by("id"))


def decided_by_owner(budget: Budget) -> bool:
    """Whether a cap is the owner's to widen: that of a shared project, or of a member inside one."""
    return budget.project is not None and budget.project.personal_to_id is None


def deciders(budget: Budget) -> list[User]:
    """Who may answer a request for more: the project's owners, else the people who book money in the admin."""
    if decided_by_owner(budget) and budget.project:
        return owners(budget.project)
    return staff_who_may("book_money")


def staff_who_may(permission: str) -> list[User]:
    right = Q(groups__permissions__codename=permission) | Q(user_permissions__codename=permission)
    staff = User.objects.filter(is_active=True, is_staff=True)
    return list(staff.filter(right | Q(is_superuser=True)).distinct().order_by("id"))


def tell_of_halt(account: ProviderAccount, why: str) -> None:
    """Tell those who can mend it that work for a provider waits for them."""
    people = [person.pk for person in staff_who_may("change_provideraccount")]
    text = f"{why} What is queued for {account.title} waits until that is mended; nothing is sent meanwhile."
    where = reverse("admin:generator_provideraccount_change", args=[account.pk])
    async_task(TOLD, people, f"{account.title} needs the administrator", text, None, where)


def tell_of_request(asked: Raise) -> None:
    text = (
        f"{asked.asked_by.label} asks for {money.show(asked.asked)} more than the monthly cap on "
        f"{asked.budget.target}: {asked.reason}"
    )
    where = "the project's budget page" if decided_by_owner(asked.budget) else "the billing review"
    _later(asked.budget, deciders(asked.budget), f"{asked.asked_by.label} asks for more", f"{text}\nAnswer on {where}.")


def tell_of_answer(asked: Raise) -> None:
    if asked.state == Raise.State.GRANTED and asked.expires_at:
        until = f"{timezone.localtime(asked.expires_at):%-d %B %Y}"
        text = f"{money.show(asked.granted)} more on {asked.budget.target}, until {until}. {asked.answer}".strip()
        _later(asked.budget, [asked.asked_by], "Your request for more was granted", text)
    else:
        text = f"About the cap on {asked.budget.target}: {asked.answer}"
        _later(asked.budget, [asked.asked_by], "Your request for more was declined", text)


def _later(budget: Budget, people: Iterable[User], subject: str, text: str) -> None:
    """Tell from a worker, once this transaction is through."""
    async_task(TOLD, [person.pk for person in people], subject, text, _project_of(budget))


def _project_of(budget: Budget) -> int | None:
    """The project whose members alone hear of a cap; a personal one's is its owner's and the staff's."""
    return budget.project_id if decided_by_owner(budget) else None


def deliver(people: list[int], subject: str, text: str, project_id: int | None = None, link: str = "") -> None:
    project = Project.objects.filter(pk=project_id).first() if project_id else None
    tell(User.objects.filter(pk__in=people, is_active=True).order_by("pk"), subject, text, project, link)
