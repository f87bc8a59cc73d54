"""Caps: warned once a threshold, asked for more, granted once and for a while, never passed."""

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

from generator.models import Budget, Entry, Price, Raise, Role, User, Warned
from generator.money import dollars
from generator.workflow import Refused, caps, money, quote, raising, warnings
from tests.conftest import POLL

NOW = "django.utils.timezone.now"


@pytest.fixture
def cap(project) -> Budget:
    """Room for ten takes of POLL in the project."""
    return Budget.objects.create(project=project, cap=dollars("0.30"))


@pytest.fixture
def editor(member) -> User:
    return member(Role.EDITOR)


@pytest.fixture
def run_mail(db, settings) -> Callable[[], None]:
    """Run the queued tasks that tell people something; the work itself stays where it is."""
    settings.EMAIL_CONFIGURED = True

    def _run() -> None:
        for row in OrmQ.objects.order_by("id"):
            task = SignedPackage.loads(row.payload)
            row.delete()
            if task["func"] in (warnings.TASK, warnings.TOLD):
                import_string(task["func"])(*task["args"])

    return _run


def later(days: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(days=days)


# --- warnings ---


def test_each_threshold_is_told_once_a_month_and_again_in_the_next(ask, cap, run_mail):
    clock = [dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)]
    Price.objects.update(valid_from=clock[0].replace(year=2020))
    with patch(NOW, lambda: clock[0]):
        told = []
        for _ in range(10):
            money.settle(ask(), 1, "done")
            run_mail()
            told.append([message.subject for message in mail.outbox])
        assert [len(subjects) for subjects in told] == [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]
        assert [subject[:4] for subject in told[-1]] == ["50 %", "80 %", "95 %"]
        clock[0] += dt.timedelta(days=30)
        for _ in range(5):
            money.settle(ask(), 1, "done")
        run_mail()
    assert len(mail.outbox) == 4
    assert set(Warned.objects.values_list("month", "percent")) == {
        ("2026-11", 50), ("2026-11", 80), ("2026-11", 95), ("2026-12", 50),
    }  # fmt: skip


def test_a_leap_over_several_thresholds_is_one_message_about_the_highest(ask, cap, run_mail):
    for _ in range(4):
        ask()
    for _ in range(2):
        ask(takes=3)
    run_mail()
    subjects = [message.subject for message in mail.outbox]
    assert [subject.partition(" %")[0] for subject in subjects] == ["50", "95"]
    assert "$0.00 is left of $0.30" in mail.outbox[-1].body


def test_a_submit_that_rolls_back_warns_nobody(ask, cap, run_mail):
    with transaction.atomic():
        for _ in range(6):
            ask()
        assert Warned.objects.exists()
        transaction.set_rollback(True)
    run_mail()
    assert (mail.outbox, Warned.objects.count()) == ([], 0)


def test_a_cap_is_told_to_those_it_is_about(user, project, editor, stranger):
    def told(**target) -> list[User]:
        return warnings.concerned(Budget(cap=1, **target))

    assert told(user=editor) == [editor]
    assert told(project=project) == [user]
    assert told(user=editor, project=project) == [editor, user]
    boss = User.objects.create_superuser("boss@example.com", "a long enough password")
    assert told(provider_key="fakepoll") == [boss]


# --- asking and answering ---


def test_a_grant_widens_the_cap_until_it_ends(ask, cap, user, project, editor):
    for _ in range(10):
        ask()
    with pytest.raises(Refused, match=r"has \$0.00 left of \$0.30"):
        ask()
    asked = raising.ask_for_more(cap, editor, dollars("0.60"), "the spring campaign")
    raising.grant(asked, user, dollars("0.03"), later(2), "only one")
    ask()
    with pytest.raises(Refused, match=r"has \$0.00 left of \$0.33"):
        ask()
    room = caps.rooms(user, project)[0]
    assert (room.left, room.granted, room.until) == (0, dollars("0.03"), asked.expires_at)
    over = later(3)
    with patch(NOW, lambda: over):
        room = caps.rooms(user, project)[0]
        assert (room.granted, room.until, room.cap) == (0, None, dollars("0.30"))


def test_a_request_is_answered_once(cap, user, editor):
    asked = raising.ask_for_more(cap, editor, 1_000_000, "more of it")
    raising.decline(asked, user, "not this month")
    for again in (lambda: raising.grant(asked, user, 1, later(1)), lambda: raising.decline(asked, user, "no")):
        with pytest.raises(Refused, match="answered this already"):
            again()
    asked.refresh_from_db()
    assert (asked.state, asked.answer, asked.granted) == (Raise.State.DECLINED, "not this month", 0)
    assert caps.rooms_of([cap])[0].granted == 0


def test_one_request_waits_at_a_time(cap, user, editor):
    first = raising.ask_for_more(cap, editor, 1_000_000, "more of it")
    with pytest.raises(Refused, match="waiting for an answer"):
        raising.ask_for_more(cap, editor, 2_000_000, "even more")
    raising.ask_for_more(cap, user, 1_000_000, "me too")
    raising.decline(first, user, "no")
    raising.ask_for_more(cap, editor, 2_000_000, "but now")


@pytest.mark.parametrize(
    ("amount", "days", "wrong"),
    [(0, 1, "above zero"), (-5, 1, "above zero"), (5, -1, "A grant ends"), (5, 0, "A grant ends"), (5, 93, "ends")],
)
def test_a_grant_that_makes_no_sense_is_refused(cap, user, editor, amount, days, wrong):
    asked = raising.ask_for_more(cap, editor, 1_000_000, "more")
    with pytest.raises(Refused, match=wrong):
        raising.grant(asked, user, amount, later(days))
    assert Raise.objects.open().get() == asked


@pytest.mark.parametrize(("amount", "reason"), [(0, "why not"), (-1, "why not"), (1, "   ")])
def test_a_request_has_an_amount_and_a_reason(cap, user, amount, reason):
    with pytest.raises(Refused):
        raising.ask_for_more(cap, user, amount, reason)
    assert not Raise.objects.exists()


def test_the_database_keeps_grants_from_being_endless(cap, user):
    asked = raising.ask_for_more(cap, user, 5, "more")
    with pytest.raises(IntegrityError), transaction.atomic():
        Raise.objects.filter(pk=asked.pk).update(state="granted", granted=5)


def test_both_sides_are_told_by_mail(cap, user, editor, run_mail):
    asked = raising.ask_for_more(cap, editor, dollars("5"), "the spring campaign")
    run_mail()
    assert (mail.outbox[0].to, "asks for $5.00 more" in mail.outbox[0].body) == ([user.email], True)
    raising.grant(asked, user, dollars("2"), later(5))
    run_mail()
    assert [told.kind for told in user.notifications.all()] == ["budget"]
    assert (mail.outbox[1].to, "$2.00 more" in mail.outbox[1].body) == ([editor.email], True)


def test_the_cap_on_a_personal_project_is_not_its_owners_to_widen(user, project):
    boss = User.objects.create_superuser("boss@example.com", "a long enough password")
    assert warnings.deciders(Budget(project=user.personal_project, cap=1)) == [boss]
    assert warnings.deciders(Budget(project=project, cap=1)) == [user]
    assert warnings.deciders(Budget(user=user, cap=1)) == [boss]


# --- setting ---


def test_caps_are_set_changed_and_taken_away(user, project, editor):
    raising.set_cap(project, dollars("5"), user)
    raising.set_cap(project, dollars("6"), user)
    raising.set_cap(project, dollars("1"), user, editor)
    assert set(Budget.objects.values_list("user", "cap")) == {(None, dollars("6")), (editor.pk, dollars("1"))}
    raising.set_cap(project, None, user)
    assert Budget.objects.get().user == editor


def test_a_cap_is_for_members_and_not_below_zero(user, project, stranger):
    for wrong in (lambda: raising.set_cap(project, -1, user), lambda: raising.set_cap(project, 1, user, stranger)):
        with pytest.raises(Refused):
            wrong()


def test_a_quote_says_which_cap_is_in_the_way(ask, cap, user, project):
    mine = Budget.objects.create(user=user, cap=dollars("0.05"))
    assert quote(user, project, POLL, 1).blocked_by is None
    blocked = quote(user, project, POLL, 2)
    assert blocked.blocked_by == mine
    assert "ask for more" in blocked.refusal
    assert Entry.objects.count() == 0
