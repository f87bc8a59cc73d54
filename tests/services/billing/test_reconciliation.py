"""The work list: each kind of issue is found once, and disappears automatically only when it is over."""

import datetime as dt
from unittest.mock import patch

import pytest
from django.utils import timezone

from generator.currency import dollars
from generator.models import (
    AuditLogEntry,
    BalanceReading,
    Generation,
    LedgerEntry,
    MusicModel,
    Price,
    ProviderAccount,
    ProviderBill,
    ReconciliationIssue,
    State,
)
from generator.services.billing import ledger, reconciliation
from tests.conftest import POLL

NOW = "django.utils.timezone.now"


@pytest.fixture
def account(synced_catalog) -> ProviderAccount:
    Price.objects.update(valid_from=timezone.now() - dt.timedelta(days=300))
    return ProviderAccount.objects.get(key="fakepoll")


@pytest.fixture
def bill(account):
    """A line of the provider's billing records: `bill("deduct", "0.03", generation)`."""

    def _bill(
        kind: str, amount: str, generation: Generation | None = None, *, hours: float = 2, **more
    ) -> ProviderBill:
        at = timezone.now() - dt.timedelta(hours=hours)
        facts = {"provider_job_id": "job-1", "at": at, "seen_at": at} | more
        uuid = f"b{ProviderBill.objects.count()}"
        return ProviderBill.objects.create(
            account=account, uuid=uuid, kind=kind, amount=dollars(amount), generation=generation, **facts
        )

    return _bill


def found(kind: str) -> list[ReconciliationIssue]:
    reconciliation.refresh()
    return list(ReconciliationIssue.objects.filter(kind=kind))


def ended(generation: Generation, state: State, **columns) -> Generation:
    Generation.objects.filter(pk=generation.pk).update(state=state, due_at=None, **columns)
    generation.refresh_from_db()
    return generation


def test_books_in_order_put_nothing_on_the_list(ask, bill):
    good = ended(ask(), State.READY, finished_at=timezone.now())
    ledger.settle(good, 1, "done")
    bill("deduct", "0.03", good)
    ask()
    assert reconciliation.refresh() == 0
    assert not ReconciliationIssue.objects.exists()


def test_what_is_in_doubt_is_found_once_and_goes_when_it_is_found_again(ask):
    generation = ended(ask(), State.IN_DOUBT)
    for _ in range(2):
        (issue,) = found("doubt")
    assert (issue.generation, issue.amount, issue.state) == (generation, 30_000, "open")
    ended(generation, State.RUNNING)
    (issue,) = found("doubt")
    assert issue.state == "gone"
    assert AuditLogEntry.objects.get().action == "settled"


def test_a_hold_that_was_forgotten_is_found(ask):
    left = ended(ask(), State.FAILED)
    old = ask()
    Generation.objects.filter(pk=old.pk).update(created_at=timezone.now() - dt.timedelta(days=4))
    ask()
    assert {issue.generation for issue in found("orphan")} == {left, old}
    ledger.settle(left, 0, "by hand")
    assert {issue.generation for issue in found("orphan") if issue.state == "open"} == {old}


def test_a_refund_is_awaited_from_the_bill_to_its_refund(ask, bill):
    generation = ended(ask(), State.FAILED)
    ledger.settle(generation, 0, "failed")
    assert found("refund") == []
    bill("deduct", "0.03", generation)
    (issue,) = found("refund")
    assert (issue.generation, issue.state) == (generation, "open")
    bill("refund", "0.03", generation)
    assert found("refund")[0].state == "gone"


def test_a_failed_run_that_was_charged_for_some_takes_awaits_nothing(ask, bill):
    generation = ended(ask(takes=2), State.FAILED)
    ledger.settle(generation, 1, "one arrived")
    bill("deduct", "0.06", generation)
    assert found("refund") == []


def test_a_bill_at_another_price_is_found_whatever_its_sign(ask, bill):
    dear, fine, minus = (ended(ask(), State.READY, finished_at=timezone.now()) for _ in range(3))
    bill("deduct", "0.04", dear)
    bill("deduct", "0.03", fine)
    bill("deduct", "-0.03", minus)
    (issue,) = found("price")
    assert (issue.generation, issue.amount) == (dear, 10_000)
    assert "billed $0.04 for a generation with a hold of $0.03" in issue.sentence


def test_a_price_the_provider_quotes_is_found(account):
    Price.objects.update(created_at=timezone.now() - dt.timedelta(days=1))
    MusicModel.objects.filter(key=POLL).update(quoted=45_000, quoted_at=timezone.now())
    (issue,) = found("price")
    assert "quotes $0.045 per take" in issue.sentence


def test_only_faults_of_paid_sounds_are_found(ask, make_track):
    paid = ask()
    fault = [{"code": "silence", "severity": "fault", "sentence": "It is silent."}]
    make_track(generation=paid, findings=fault)
    make_track("free", findings=fault)
    make_track(generation=ask(), findings=[{"code": "x", "severity": "note", "sentence": "Hm."}])
    (issue,) = found("gate")
    assert (issue.generation, "It is silent." in issue.sentence) == (paid, True)


def test_a_day_far_above_the_usual_is_found(ask, account, user, priced):
    Price.objects.filter(model__key=POLL).update(per_take=dollars("0.20"))
    today = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    for back in range(5, 0, -1):
        with patch(NOW, lambda back=back: today - dt.timedelta(days=back)):
            ledger.settle(ask(), 1, "done")
    with patch(NOW, lambda: today):
        for _ in range(5):
            ask()
        assert found("spike") == []  # five times the usual, and at most a dollar
        ask()
        (issue,) = found("spike")
    assert (issue.user, issue.amount, issue.subject) == (user, dollars("1.20"), f"{user.pk} 2026-11-20")
    assert "the daily average is $0.20" in issue.sentence


def test_a_bill_that_is_none_of_ours_is_found_after_an_hour(bill, ask):
    bill("deduct", "0.03", hours=0.5)
    assert found("unknown") == []
    ProviderBill.objects.update(seen_at=timezone.now() - dt.timedelta(hours=2))
    (issue,) = found("unknown")
    assert issue.amount == 30_000
    ProviderBill.objects.update(generation=ask())
    assert found("unknown")[0].state == "gone"


def test_a_charge_without_a_bill_is_found_a_day_later(ask, bill, account):
    first = ended(ask(), State.READY, finished_at=timezone.now())
    bill("deduct", "0.03", first, hours=60)
    second = ended(ask(), State.READY, finished_at=timezone.now())
    ledger.settle(second, 1, "done")
    assert found("unbilled") == []
    Generation.objects.filter(pk=second.pk).update(finished_at=timezone.now() - dt.timedelta(hours=25))
    (issue,) = found("unbilled")
    assert issue.generation == second


@pytest.mark.parametrize(("fell", "expected"), [("0.03", []), ("0.05", [20_000]), ("0.00", [])])
def test_a_balance_that_fell_further_than_the_ledger_says_is_found(ask, account, fell, expected):
    now = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    day = dt.datetime(2026, 11, 19, tzinfo=dt.UTC)
    BalanceReading.objects.create(account=account, balance=dollars("10"), at=day + dt.timedelta(hours=1))
    with patch(NOW, lambda: day + dt.timedelta(hours=5)):
        ledger.settle(ask(), 1, "done")
    BalanceReading.objects.create(
        account=account, balance=dollars("10") - dollars(fell), at=day + dt.timedelta(hours=20)
    )
    with patch(NOW, lambda: now):
        assert [issue.amount for issue in found("balance")] == expected


def test_what_was_paid_in_is_no_fall_and_what_is_on_its_way_is_allowed_for(ask, account, bill):
    now = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    day = dt.datetime(2026, 11, 19, tzinfo=dt.UTC)
    BalanceReading.objects.create(account=account, balance=dollars("10"), at=day + dt.timedelta(hours=1))
    bill("topup", "5", at=day + dt.timedelta(hours=3), provider_job_id="")
    with patch(NOW, lambda: day + dt.timedelta(hours=23, minutes=30)):
        ask()  # requested after the last reading, billed before it
    BalanceReading.objects.create(account=account, balance=dollars("14.97"), at=day + dt.timedelta(hours=23))
    with patch(NOW, lambda: now):
        assert found("balance") == []
        moved = reconciliation.movement(account, day.date(), now.date())
    assert (moved.fell, moved.booked, moved.on_its_way) == (30_000, 0, 30_000)
    assert LedgerEntry.objects.count() == 1


def test_takes_that_were_billed_and_never_came_are_found(ask, bill):
    for kinds in (("deduct",), ("deduct", "refund")):
        generation = ended(ask(takes=3), State.READY, finished_at=timezone.now())
        ledger.settle(generation, 2, "2 of 3")
        for kind in kinds:
            bill(kind, "0.09" if kind == "deduct" else "0.03", generation)
    whole = ended(ask(), State.READY, finished_at=timezone.now())
    ledger.settle(whole, 1, "done")
    bill("deduct", "0.03", whole)
    (issue,) = found("short")
    assert (issue.amount, issue.month) == (30_000, f"{timezone.now():%Y-%m}")
    assert "billed 3 takes" in issue.sentence
