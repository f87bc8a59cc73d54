"""What controllers book: each once, within what was charged, with a reason, and written down."""

import pytest
from django.db import DatabaseError, transaction

from generator.models import Deed, Entry, Generation, Matter, State
from generator.money import dollars
from generator.workflow import Refused, money, reviewing, watch

What = Deed.What


@pytest.fixture
def charged(ask) -> Generation:
    generation = ask(takes=2)
    Generation.objects.update(state=State.READY)
    money.settle(generation, 2, "done")
    return Generation.objects.get()


@pytest.fixture
def doubtful(ask) -> Matter:
    ask(takes=2)
    Generation.objects.update(state=State.IN_DOUBT)
    watch.refresh()
    return Matter.objects.get()


def test_a_credit_gives_back_what_was_charged_and_no_more(charged, user):
    reviewing.credit(charged, user, dollars("0.02"), "a faulty take")
    with pytest.raises(Refused, match=r"\$0.04 can be credited"):
        reviewing.credit(charged, user, dollars("0.05"), "greedy")
    entry = reviewing.credit(charged, user, dollars("0.04"), "the rest")
    assert (reviewing.refundable(charged), entry.actor, entry.reason) == (0, user, "the rest")
    with pytest.raises(Refused):
        reviewing.credit(charged, user, 1, "more")
    assert money.differences() == []
    assert [deed.what for deed in Deed.objects.filter(generation=charged)] == ["credited", "credited"]


@pytest.mark.parametrize(("amount", "reason"), [(0, "why"), (-5, "why"), (5, "  ")])
def test_a_credit_needs_an_amount_and_a_reason(charged, user, amount, reason):
    with pytest.raises(Refused):
        reviewing.credit(charged, user, amount, reason)
    assert not Deed.objects.exists()


def test_a_correction_goes_either_way_but_nothing_costs_less_than_nothing(charged, user):
    reviewing.adjust(charged, user, 15_000, "their invoice said so")
    reviewing.adjust(charged, user, -75_000, "a gift")
    with pytest.raises(Refused):
        reviewing.adjust(charged, user, -1, "below nothing")
    with pytest.raises(Refused):
        reviewing.adjust(charged, user, 0, "nothing")
    assert reviewing.refundable(charged) == 0
    assert money.differences() == []


@pytest.mark.parametrize(
    ("decide", "kinds"), [(reviewing.release, ["hold", "release"]), (reviewing.charge, ["hold", "charge"])]
)
def test_what_is_in_doubt_is_decided_once(doubtful, user, decide, kinds):
    generation = doubtful.generation
    decide(generation, user, "asked them by telephone", doubtful)
    generation.refresh_from_db()
    doubtful.refresh_from_db()
    assert (generation.state, doubtful.state) == (State.FAILED, "reviewed")
    assert [*generation.entries.order_by("id").values_list("kind", flat=True)] == kinds
    assert "asked them by telephone" in generation.entries.order_by("id").last().reason
    for again in (reviewing.release, reviewing.charge):
        with pytest.raises(Refused, match="settled already"):
            again(generation, user, "once more", doubtful)
    assert money.differences() == []


def test_what_is_under_way_is_not_decided(ask, user):
    with pytest.raises(Refused, match="still under way"):
        reviewing.release(ask(), user, "impatience")
    assert Entry.objects.count() == 1


def test_a_matter_is_noted_disputed_reviewed_and_opened_again(doubtful, user):
    for what, state in ((What.NOTED, "open"), (What.DISPUTED, "disputed"), (What.REVIEWED, "reviewed"),
                        (What.REOPENED, "open")):  # fmt: skip
        reviewing.say(doubtful, user, what, "hm")
        doubtful.refresh_from_db()
        assert doubtful.state == state
    assert doubtful.deeds.count() == 4
    for what in (What.NOTED, What.DISPUTED):
        with pytest.raises(Refused, match="Write a word"):
            reviewing.say(doubtful, user, what, " ")


def test_a_reviewed_matter_stays_reviewed_when_it_is_found_again(doubtful, user):
    reviewing.say(doubtful, user, What.REVIEWED, "known")
    assert watch.refresh() == 0
    doubtful.refresh_from_db()
    assert doubtful.state == "reviewed"


def test_a_deed_is_never_changed(charged, user):
    reviewing.credit(charged, user, 5, "why")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Deed.objects.update(text="forged")
