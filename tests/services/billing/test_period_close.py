"""A closed month is final: in the database, for every writer."""

import datetime as dt
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection, transaction

from generator.models import AuditLogEntry, ClosedMonth, LedgerEntry, Price, Rollup
from generator.services.billing import ledger, period_close
from tests.refusals import refused

NOW = "django.utils.timezone.now"
OCTOBER, NOVEMBER = "2026-10", "2026-11"


@pytest.fixture
def clock(synced_catalog):
    """A clock in the middle of October that can be moved: `clock(days=20)`."""
    Price.objects.update(valid_from=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    now = [dt.datetime(2026, 10, 15, 12, tzinfo=dt.UTC)]

    def move(**by) -> None:
        now[0] += dt.timedelta(**by)

    with patch(NOW, lambda: now[0]):
        yield move


@pytest.fixture
def closed(clock, ask, user) -> ClosedMonth:
    """October with one charge and one open hold, closed in November."""
    ledger.settle(ask(takes=2), 1, "1 of 2 takes delivered")
    ask()
    clock(days=20)
    return period_close.close(OCTOBER, user, "all agreed")


def test_closing_writes_down_what_the_month_came_to(closed, user):
    assert (closed.entries, closed.charged, closed.takes, closed.spent) == (4, 30_000, 1, 30_000)
    assert period_close.is_unchanged(closed)
    deed = AuditLogEntry.objects.get()
    assert (deed.actor, deed.action) == (user, "month_closed")


def _row(month: str, entry: LedgerEntry) -> LedgerEntry:
    entry.pk, entry.month = None, month
    entry.kind, entry.amount = "credit", 5
    return entry


def test_the_database_takes_no_entry_of_a_closed_month(closed):
    entry = LedgerEntry.objects.filter(month=OCTOBER).first()
    for day in (dt.date(2026, 10, 31), dt.date(2026, 11, 3)):  # its own day, or one that contradicts its month
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
    assert period_close.is_unchanged(closed)


def test_a_closed_month_is_not_opened_again(closed):
    for change in (closed.delete, lambda: ClosedMonth.objects.update(month="1999-01")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditLogEntry.objects.all().delete()


def test_work_that_was_open_and_later_corrections_go_into_the_open_month(closed, user, project):
    generation = LedgerEntry.objects.filter(kind="hold").order_by("-id").first().generation
    ledger.settle(generation, 1, "late")
    ledger.book(
        LedgerEntry.Kind.CREDIT,
        30_000,
        project=project,
        user=user,
        model_key="fakepoll/one",
        reason="October",
        actor=user,
    )
    assert LedgerEntry.objects.filter(month=NOVEMBER).count() == 2
    assert period_close.is_unchanged(closed)
    assert ledger.differences() == []


def test_a_month_is_closed_once_after_its_end_and_in_order(clock, ask, user):
    ask()
    with refused("month_not_over"):
        period_close.close(OCTOBER, user)
    clock(days=31)
    ask()
    with refused("nothing_booked"):
        period_close.close("2026-09", user)
    clock(days=31)
    with refused("earlier_month_open") as refusal:
        period_close.close(NOVEMBER, user)
    assert OCTOBER in refusal.value.sentence
    period_close.close(OCTOBER, user)
    with refused("already_closed"):
        period_close.close(OCTOBER, user)
    period_close.close(NOVEMBER, user)
    assert ClosedMonth.objects.count() == 2


def test_the_first_hour_after_a_month_is_left_to_what_is_being_booked(clock, ask, user):
    ask()
    clock(days=16, hours=12, minutes=30)
    with refused("month_not_over"):
        period_close.close(OCTOBER, user)
    clock(minutes=31)
    period_close.close(OCTOBER, user)


def test_a_month_whose_books_do_not_agree_is_not_closed(clock, ask, user):
    ask()
    Rollup.objects.update(charged=1)
    clock(days=20)
    with refused("ledger_differs"):
        period_close.close(OCTOBER, user)


def test_the_fingerprint_sees_a_single_micro_dollar(clock, ask, user):
    ask()
    before = period_close.fingerprint(OCTOBER)
    name = "generator_ledgerentry_no_update" if connection.vendor == "sqlite" else "generator_ledgerentry_append_only"
    table = "" if connection.vendor == "sqlite" else " ON generator_ledgerentry"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{table}")
        LedgerEntry.objects.update(amount=29_999)
        assert period_close.fingerprint(OCTOBER) != before
        transaction.set_rollback(True)
