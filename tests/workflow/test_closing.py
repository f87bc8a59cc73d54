"""A closed month is final: in the database, whoever writes to it."""

import datetime as dt
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection, transaction

from generator.models import ClosedMonth, Deed, Entry, Price, Rollup
from generator.workflow import Refused, closing, money

NOW = "django.utils.timezone.now"
OCTOBER, NOVEMBER = "2026-10", "2026-11"


@pytest.fixture
def clock(offered):
    """A clock that stands in the middle of October, to be moved: `clock(days=20)`."""
    Price.objects.update(valid_from=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    now = [dt.datetime(2026, 10, 15, 12, tzinfo=dt.UTC)]

    def move(**by) -> None:
        now[0] += dt.timedelta(**by)

    with patch(NOW, lambda: now[0]):
        yield move


@pytest.fixture
def closed(clock, ask, user) -> ClosedMonth:
    """October with one charge and one hold that was still open, closed in November."""
    money.settle(ask(takes=2), 1, "1 of 2 takes delivered")
    ask()
    clock(days=20)
    return closing.close(OCTOBER, user, "all agreed")


def test_closing_writes_down_what_the_month_came_to(closed, user):
    assert (closed.entries, closed.charged, closed.takes, closed.spent) == (4, 30_000, 1, 30_000)
    assert closing.is_unchanged(closed)
    deed = Deed.objects.get()
    assert (deed.actor, deed.what) == (user, "closed")


def _row(month: str, entry: Entry) -> Entry:
    entry.pk, entry.month = None, month
    entry.kind, entry.amount = "credit", 5
    return entry


def test_the_database_takes_no_entry_of_a_closed_month(closed):
    entry = Entry.objects.filter(month=OCTOBER).first()
    for day in (dt.date(2026, 10, 31), dt.date(2026, 11, 3)):  # its own day, or one that lies about its month
        entry.day = day
        with pytest.raises(DatabaseError, match="month is closed"), transaction.atomic():
            _row(OCTOBER, entry).save(force_insert=True)
    with pytest.raises(DatabaseError, match="month is closed"), transaction.atomic():
        Rollup.objects.filter(month=OCTOBER).update(charged=0)
    with pytest.raises(DatabaseError, match="month is closed"), transaction.atomic():
        Rollup.objects.filter(month=OCTOBER).delete()
    cell = Rollup.objects.get(month=OCTOBER)
    cell.pk, cell.model_key = None, "another/model"
    with pytest.raises(DatabaseError, match="month is closed"), transaction.atomic():
        cell.save(force_insert=True)
    assert closing.is_unchanged(closed)


def test_a_closed_month_is_not_opened_again(closed):
    for change in (closed.delete, lambda: ClosedMonth.objects.update(month="1999-01")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Deed.objects.all().delete()


def test_work_that_was_open_and_later_corrections_go_into_the_open_month(closed, user, project):
    generation = Entry.objects.filter(kind="hold").order_by("-id").first().generation
    money.settle(generation, 1, "late")
    money.book(
        Entry.Kind.CREDIT, 30_000, project=project, user=user, model_key="fakepoll/one", reason="October", actor=user
    )
    assert Entry.objects.filter(month=NOVEMBER).count() == 2
    assert closing.is_unchanged(closed)
    assert money.differences() == []


def test_a_month_is_closed_once_after_its_end_and_in_order(clock, ask, user):
    ask()
    with pytest.raises(Refused, match="an hour after it has ended"):
        closing.close(OCTOBER, user)
    clock(days=31)
    ask()
    with pytest.raises(Refused, match="Nothing was booked"):
        closing.close("2026-09", user)
    clock(days=31)
    with pytest.raises(Refused, match="Close 2026-10 first"):
        closing.close(NOVEMBER, user)
    closing.close(OCTOBER, user)
    with pytest.raises(Refused, match="closed already"):
        closing.close(OCTOBER, user)
    closing.close(NOVEMBER, user)
    assert ClosedMonth.objects.count() == 2


def test_the_first_hour_after_a_month_is_left_to_what_is_being_booked(clock, ask, user):
    ask()
    clock(days=16, hours=12, minutes=30)
    with pytest.raises(Refused, match="an hour after"):
        closing.close(OCTOBER, user)
    clock(minutes=31)
    closing.close(OCTOBER, user)


def test_a_month_whose_books_do_not_agree_is_not_closed(clock, ask, user):
    ask()
    Rollup.objects.update(charged=1)
    clock(days=20)
    with pytest.raises(Refused, match="do not agree"):
        closing.close(OCTOBER, user)


def test_the_fingerprint_sees_a_single_micro_dollar(clock, ask, user):
    ask()
    before = closing.fingerprint(OCTOBER)
    name = "generator_entry_no_update" if connection.vendor == "sqlite" else "generator_entry_append_only"
    table = "" if connection.vendor == "sqlite" else " ON generator_entry"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{table}")
        Entry.objects.update(amount=29_999)
        assert closing.fingerprint(OCTOBER) != before
        transaction.set_rollback(True)
