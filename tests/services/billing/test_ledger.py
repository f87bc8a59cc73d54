"""The ledger: append-only, settled once, equal to its roll-ups at all times."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import currency
from generator.models import LedgerEntry, Rollup
from generator.services.billing import ledger


@given(st.integers(-(10**15), 10**15))
def test_amounts_survive_being_shown_and_read(amount):
    assert currency.dollars(currency.plain(amount)) == amount
    assert currency.dollars(currency.show(amount).replace("−", "-")) == amount


@pytest.mark.parametrize(
    ("amount", "shown"), [(45_000, "$0.045"), (30_000, "$0.03"), (0, "$0.00"), (-1_200_000, "−$1.20")]
)
def test_amounts_have_the_digits_they_need(amount, shown):
    assert currency.show(amount) == shown


@pytest.mark.parametrize("text", ["", "abc", "1.0000001", "1e3", "٣", "NaN"])
def test_what_is_not_an_amount_is_refused(text):
    with pytest.raises(ValueError, match="amount"):
        currency.dollars(text)


def test_the_database_refuses_to_change_or_delete_an_entry(ask):
    entry = ask().entries.get()
    for change in (lambda: LedgerEntry.objects.filter(pk=entry.pk).update(amount=1), entry.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_the_database_refuses_a_second_hold(ask):
    generation = ask()
    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.hold(generation)


def _book(generation, kind, amount):
    return ledger.book(
        kind,
        amount,
        project=generation.project,
        user=generation.author,
        generation=generation,
        model_key=generation.model.key,
        reason="test",
    )


def test_the_database_refuses_to_charge_or_release_beyond_the_hold(ask):
    generation = ask(takes=2)
    with pytest.raises(DatabaseError, match="needs its hold"), transaction.atomic():
        _book(generation, LedgerEntry.Kind.CHARGE, generation.price_total + 1)
    _book(generation, LedgerEntry.Kind.CHARGE, generation.price_total)
    with pytest.raises(DatabaseError, match="needs its hold"), transaction.atomic():
        _book(generation, LedgerEntry.Kind.RELEASE, 1)


def test_a_second_settlement_does_nothing(ask):
    generation = ask(takes=2)
    assert ledger.settle(generation, 1, "first")
    assert not ledger.settle(generation, 2, "second")
    assert sorted(generation.entries.values_list("kind", flat=True)) == ["charge", "hold", "release"]


STEPS = st.lists(
    st.tuples(st.sampled_from(["submit", "settle", "credit", "adjust"]), st.integers(0, 5), st.integers(0, 3)),
    max_size=25,
)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_any_course_of_events_keeps_rollups_and_entries_equal(ask, steps):
    """Holds, settlements, credits and corrections in any order: no sum and no open hold ever differs."""
    with transaction.atomic():
        generations = []
        for what, which, takes in steps:
            if what == "submit":
                generations.append(ask(takes=max(1, takes)))
            elif generations:
                generation = generations[which % len(generations)]
                if what == "settle":
                    ledger.settle(generation, takes, "test")
                elif what == "credit":
                    _book(generation, LedgerEntry.Kind.CREDIT, takes * 10_000)
                else:
                    _book(generation, LedgerEntry.Kind.ADJUSTMENT, (takes - 1) * 7_000)
            assert ledger.differences() == []
        for generation in generations:
            ledger.settle(generation, 0, "end")
        assert sum(Rollup.objects.values_list("held", flat=True)) == 0
        transaction.set_rollback(True)
