"""Budgets: one alert per threshold, requests for more, granted once and for a while, never exceeded."""

import datetime as dt
from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from generator.currency import dollars
from generator.models import Budget, BudgetAlert, BudgetIncrease, LedgerEntry, Price, Role, User
from generator.services.billing import budget_alerts, budget_requests, budgets, ledger
from generator.services.errors import UserError
from generator.services.generation.submit import quote
from tests.conftest import POLL
from tests.refusals import amounts, refused

NOW = "django.utils.timezone.now"


@pytest.fixture
def cap(project) -> Budget:
    """A project budget for ten takes of POLL."""
    return Budget.objects.create(project=project, cap=dollars("0.30"))


@pytest.fixture
def editor(member) -> User:
    return member(Role.EDITOR)


@pytest.fixture
def run_mail(db, settings) -> Callable[[], None]:
    """Run the queued tasks that notify people; generations stay where they are."""
    settings.EMAIL_CONFIGURED = True

    def _run() -> None:
        for row in OrmQ.objects.order_by("id"):
            task = SignedPackage.loads(row.payload)
            row.delete()
            if task["func"] in (budget_alerts.TASK, budget_alerts.NOTIFY_TASK):
                import_string(task["func"])(*task["args"])

    return _run


def later(days: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(days=days)


# --- alerts ---


def test_each_threshold_is_told_once_a_month_and_again_in_the_next(ask, cap, run_mail):
    clock = [dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)]
    Price.objects.update(valid_from=clock[0].replace(year=2020))
    with patch(NOW, lambda: clock[0]):
        told = []
        for _ in range(10):
            ledger.settle(ask(), 1, "done")
            run_mail()
            told.append([message.subject for message in mail.outbox])
        assert [len(subjects) for subjects in told] == [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]
        assert [subject.partition("%")[0] for subject in told[-1]] == ["50", "80", "95"]
        clock[0] += dt.timedelta(days=30)
        for _ in range(5):
            ledger.settle(ask(), 1, "done")
        run_mail()
    assert len(mail.outbox) == 4
    assert set(BudgetAlert.objects.values_list("month", "percent")) == {
        ("2026-11", 50), ("2026-11", 80), ("2026-11", 95), ("2026-12", 50),
    }  # fmt: skip


def test_a_leap_over_several_thresholds_is_one_message_about_the_highest(ask, cap, run_mail):
    for _ in range(4):
        ask()
    for _ in range(2):
        ask(takes=3)
    run_mail()
    subjects = [message.subject for message in mail.outbox]
    assert [subject.partition("%")[0] for subject in subjects] == ["50", "95"]
    assert amounts(mail.outbox[-1].body) == ["$0.30", "$0.00", "$0.30"]


def test_a_submit_that_rolls_back_warns_nobody(ask, cap, run_mail):
    with transaction.atomic():
        for _ in range(6):
            ask()
        assert BudgetAlert.objects.exists()
        transaction.set_rollback(True)
    run_mail()
    assert (mail.outbox, BudgetAlert.objects.count()) == ([], 0)


def test_a_cap_is_told_to_those_it_is_about(user, project, editor, stranger):
    def told(**target) -> list[User]:
        return budget_alerts.recipients_of(Budget(cap=1, **target))

    assert told(user=editor) == [editor]
    assert told(project=project) == [user]
    assert told(user=editor, project=project) == [editor, user]
    boss = User.objects.create_superuser("boss@example.com", "a long enough password")
    assert told(provider_key="fakepoll") == [boss]


# --- requests and answers ---


def test_a_grant_widens_the_cap_until_it_ends(ask, cap, user, project, editor):
    for _ in range(10):
        ask()
    with refused("budget_exceeded") as refusal:
        ask()
    assert amounts(refusal.value.sentence) == ["$0.03", "$0.00", "$0.30"]
    asked = budget_requests.request_increase(cap, editor, dollars("0.60"), "the spring campaign")
    budget_requests.grant(asked, user, dollars("0.03"), later(2), "only one")
    ask()
    with refused("budget_exceeded") as refusal:
        ask()
    assert amounts(refusal.value.sentence) == ["$0.03", "$0.00", "$0.33"]
    room = budgets.statuses(user, project)[0]
    assert (room.left, room.granted, room.until) == (0, dollars("0.03"), asked.expires_at)
    over = later(3)
    with patch(NOW, lambda: over):
        room = budgets.statuses(user, project)[0]
        assert (room.granted, room.until, room.cap) == (0, None, dollars("0.30"))


def test_a_request_is_answered_once(cap, user, editor):
    asked = budget_requests.request_increase(cap, editor, 1_000_000, "more of it")
    budget_requests.decline(asked, user, "not this month")
    for again in (
        lambda: budget_requests.grant(asked, user, 1, later(1)),
        lambda: budget_requests.decline(asked, user, "no"),
    ):
        with refused("already_answered"):
            again()
    asked.refresh_from_db()
    assert (asked.state, asked.answer, asked.granted) == (BudgetIncrease.State.DECLINED, "not this month", 0)
    assert budgets.statuses_of([cap])[0].granted == 0


def test_one_request_waits_at_a_time(cap, user, editor):
    first = budget_requests.request_increase(cap, editor, 1_000_000, "more of it")
    with refused("already_requested"):
        budget_requests.request_increase(cap, editor, 2_000_000, "even more")
    budget_requests.request_increase(cap, user, 1_000_000, "me too")
    budget_requests.decline(first, user, "no")
    budget_requests.request_increase(cap, editor, 2_000_000, "but now")


@pytest.mark.parametrize(
    ("amount", "days", "field"),
    [(0, 1, "amount"), (-5, 1, "amount"), (5, -1, "until"), (5, 0, "until"), (5, 93, "until")],
)
def test_a_grant_that_makes_no_sense_is_refused(cap, user, editor, amount, days, field):
    asked = budget_requests.request_increase(cap, editor, 1_000_000, "more")
    with refused({"amount": "invalid_amount", "until": "invalid_date"}[field], field):
        budget_requests.grant(asked, user, amount, later(days))
    assert BudgetIncrease.objects.open().get() == asked


@pytest.mark.parametrize(("amount", "reason"), [(0, "why not"), (-1, "why not"), (1, "   ")])
def test_a_request_has_an_amount_and_a_reason(cap, user, amount, reason):
    with pytest.raises(UserError):
        budget_requests.request_increase(cap, user, amount, reason)
    assert not BudgetIncrease.objects.exists()


def test_the_database_keeps_grants_from_being_endless(cap, user):
    asked = budget_requests.request_increase(cap, user, 5, "more")
    with pytest.raises(IntegrityError), transaction.atomic():
        BudgetIncrease.objects.filter(pk=asked.pk).update(state="granted", granted=5)


def test_both_sides_are_told_by_mail(cap, user, editor, run_mail):
    asked = budget_requests.request_increase(cap, editor, dollars("5"), "the spring campaign")
    run_mail()
    assert (mail.outbox[0].to, "$5.00" in mail.outbox[0].body) == ([user.email], True)
    budget_requests.grant(asked, user, dollars("2"), later(5))
    run_mail()
    assert [told.kind for told in user.notifications.all()] == ["budget"]
    assert (mail.outbox[1].to, "$2.00" in mail.outbox[1].body) == ([editor.email], True)


def test_the_cap_on_a_personal_project_is_not_its_owners_to_widen(user, project):
    boss = User.objects.create_superuser("boss@example.com", "a long enough password")
    assert budget_alerts.deciders(Budget(project=user.personal_project, cap=1)) == [boss]
    assert budget_alerts.deciders(Budget(project=project, cap=1)) == [user]
    assert budget_alerts.deciders(Budget(user=user, cap=1)) == [boss]


# --- setting budgets ---


def test_caps_are_set_changed_and_taken_away(user, project, editor):
    budget_requests.set_budget(project, dollars("5"), user)
    budget_requests.set_budget(project, dollars("6"), user)
    budget_requests.set_budget(project, dollars("1"), user, editor)
    assert set(Budget.objects.values_list("user", "cap")) == {(None, dollars("6")), (editor.pk, dollars("1"))}
    budget_requests.set_budget(project, None, user)
    assert Budget.objects.get().user == editor


def test_a_cap_is_for_members_and_not_below_zero(user, project, stranger):
    for wrong in (
        lambda: budget_requests.set_budget(project, -1, user),
        lambda: budget_requests.set_budget(project, 1, user, stranger),
    ):
        with pytest.raises(UserError):
            wrong()


def test_a_quote_says_which_cap_is_in_the_way(ask, cap, user, project):
    mine = Budget.objects.create(user=user, cap=dollars("0.05"))
    assert quote(user, project, POLL, 1).blocked_by is None
    blocked = quote(user, project, POLL, 2)
    assert blocked.blocked_by == mine
    assert "To continue before then, request an increase." in blocked.refusal
    assert LedgerEntry.objects.count() == 0
