"""What controllers book: each booking once, within what was charged, with a reason, and logged."""

import pytest
from django.db import DatabaseError, transaction

from generator.currency import dollars
from generator.models import AuditLogEntry, Generation, LedgerEntry, ReconciliationIssue, State
from generator.services.billing import issue_resolution, ledger, reconciliation
from generator.services.errors import UserError
from tests.refusals import amounts, refused

What = AuditLogEntry.Action


@pytest.fixture
def charged(ask) -> Generation:
    generation = ask(takes=2)
    Generation.objects.update(state=State.READY)
    ledger.settle(generation, 2, "done")
    return Generation.objects.get()


@pytest.fixture
def doubtful(ask) -> ReconciliationIssue:
    ask(takes=2)
    Generation.objects.update(state=State.IN_DOUBT)
    reconciliation.refresh()
    return ReconciliationIssue.objects.get()


def test_a_credit_gives_back_what_was_charged_and_no_more(charged, user):
    issue_resolution.credit(charged, user, dollars("0.02"), "a faulty take")
    with refused("out_of_range", "amount") as refusal:
        issue_resolution.credit(charged, user, dollars("0.05"), "greedy")
    assert amounts(refusal.value.sentence) == ["$0.000001", "$0.04"]
    entry = issue_resolution.credit(charged, user, dollars("0.04"), "the rest")
    assert (issue_resolution.refundable(charged), entry.actor, entry.reason) == (0, user, "the rest")
    with pytest.raises(UserError):
        issue_resolution.credit(charged, user, 1, "more")
    assert ledger.differences() == []
    assert [entry.action for entry in AuditLogEntry.objects.filter(generation=charged)] == ["credited", "credited"]


@pytest.mark.parametrize(("amount", "reason"), [(0, "why"), (-5, "why"), (5, "  ")])
def test_a_credit_needs_an_amount_and_a_reason(charged, user, amount, reason):
    with pytest.raises(UserError):
        issue_resolution.credit(charged, user, amount, reason)
    assert not AuditLogEntry.objects.exists()


def test_a_correction_goes_either_way_but_nothing_costs_less_than_nothing(charged, user):
    issue_resolution.adjust(charged, user, 15_000, "their invoice said so")
    issue_resolution.adjust(charged, user, -75_000, "a gift")
    with pytest.raises(UserError):
        issue_resolution.adjust(charged, user, -1, "below nothing")
    with pytest.raises(UserError):
        issue_resolution.adjust(charged, user, 0, "nothing")
    assert issue_resolution.refundable(charged) == 0
    assert ledger.differences() == []


@pytest.mark.parametrize(
    ("decide", "kinds"),
    [(issue_resolution.release, ["hold", "release"]), (issue_resolution.charge, ["hold", "charge"])],
)
def test_what_is_in_doubt_is_decided_once(doubtful, user, decide, kinds):
    generation = doubtful.generation
    decide(generation, user, "asked them by telephone", doubtful)
    generation.refresh_from_db()
    doubtful.refresh_from_db()
    assert (generation.state, doubtful.state) == (State.FAILED, "reviewed")
    assert [*generation.entries.order_by("id").values_list("kind", flat=True)] == kinds
    assert "asked them by telephone" in generation.entries.order_by("id").last().reason
    for again in (issue_resolution.release, issue_resolution.charge):
        with refused("already_settled"):
            again(generation, user, "once more", doubtful)
    assert ledger.differences() == []


def test_what_is_under_way_is_not_decided(ask, user):
    with refused("not_finished"):
        issue_resolution.release(ask(), user, "impatience")
    assert LedgerEntry.objects.count() == 1


def test_a_matter_is_noted_disputed_reviewed_and_opened_again(doubtful, user):
    for what, state in ((What.NOTED, "open"), (What.DISPUTED, "disputed"), (What.REVIEWED, "reviewed"),
                        (What.REOPENED, "open")):  # fmt: skip
        issue_resolution.answer(doubtful, user, what, "hm")
        doubtful.refresh_from_db()
        assert doubtful.state == state
    assert doubtful.audit_log.count() == 4
    for what in (What.NOTED, What.DISPUTED):
        with refused("required", "text"):
            issue_resolution.answer(doubtful, user, what, " ")


def test_a_reviewed_matter_stays_reviewed_when_it_is_found_again(doubtful, user):
    issue_resolution.answer(doubtful, user, What.REVIEWED, "known")
    assert reconciliation.refresh() == 0
    doubtful.refresh_from_db()
    assert doubtful.state == "reviewed"


def test_a_deed_is_never_changed(charged, user):
    issue_resolution.credit(charged, user, 5, "why")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditLogEntry.objects.update(text="forged")
