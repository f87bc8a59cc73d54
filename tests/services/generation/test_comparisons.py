"""One prompt to several models: every hold or none, once per key, and each model gets only the fields it has."""

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.currency import dollars
from generator.models import (
    Budget,
    Comparison,
    Generation,
    LedgerEntry,
    MusicModel,
    Prompt,
    ProviderAccount,
    Star,
    State,
)
from generator.services.billing import ledger
from generator.services.errors import UserError
from generator.services.generation import comparisons
from generator.services.generation.comparisons import submit_many
from generator.services.generation.submit import Wanted, quote_many
from generator.services.provider_jobs.provider_actions import retry
from tests.conftest import COMPOSER, POLL, STREAM
from tests.refusals import amounts, refused

ALL = (COMPOSER, POLL, STREAM)


@pytest.fixture
def compare(user, project):
    """Send a prompt to several models: `compare(POLL, STREAM, takes=2)`."""

    def _compare(*models, **changes) -> Comparison:
        asked = {
            "user": user,
            "project": project,
            "model_keys": models or ALL,
            "text": "warm lo-fi, 5 s",
            "takes": 1,
            "format": "wav",
            "raw": {},
            "idempotency_key": "once",
        }
        return submit_many(**asked | changes)

    return _compare


def nothing_is_left_behind() -> bool:
    made = (Comparison, Generation, Prompt, LedgerEntry)
    return not any(model.objects.exists() for model in made) and ledger.differences() == []


def test_every_model_gets_the_brief_and_a_hold_of_its_own(compare):
    comparison = compare(takes=2)
    made = comparison.generations.order_by("place")
    assert {one.model.key for one in made} == set(ALL)
    assert [one.place for one in made] == [0, 1, 2]
    assert [one.letter for one in made] == ["A", "B", "C"]
    assert {one.prompt.text for one in made} == {comparison.text}
    holds = dict(LedgerEntry.objects.filter(kind="hold").values_list("generation__model__key", "amount"))
    assert holds == {COMPOSER: 0, POLL: dollars("0.06"), STREAM: dollars("0.06")}
    assert ledger.differences() == []


def test_places_are_drawn_by_lot_not_by_the_order_of_the_form(compare):
    orders = {
        tuple(compare(idempotency_key=f"{n}").generations.order_by("place").values_list("model__key", flat=True))
        for n in range(40)
    }
    assert len(orders) > 1  # fails by chance once in 6³⁹


def test_each_model_gets_only_what_it_has(compare):
    raw = {"length": "45", "loop": "on", "takes": "3", "admin": "1", "model": POLL}
    comparison = compare(COMPOSER, POLL, format="flac", raw=raw, takes=3)
    asked = {one.model.key: one.prompt.settings for one in comparison.generations.all()}
    assert asked[POLL] == {"takes": 3, "format": "wav"}
    asked[COMPOSER].pop("seed")
    assert asked[COMPOSER] == {"length": 45.0, "loop": True, "bed": False, "takes": 3, "format": "flac"}


def test_a_choice_of_another_model_leaves_it_to_the_text(compare):
    comparison = compare(COMPOSER, POLL, raw={"style": "somebody else’s style"})
    composed = comparison.generations.get(model__key=COMPOSER)
    assert "style" not in composed.prompt.settings


def test_the_same_press_again_returns_the_first(compare):
    first, second = compare(), compare(text="something else entirely")
    assert first == second
    assert Generation.objects.count() == LedgerEntry.objects.count() == 3


def test_the_key_of_a_batch_is_not_the_key_of_a_single_submit(compare, ask):
    alone = ask(idempotency_key="once")
    assert compare().generations.count() == 3
    assert ask(idempotency_key="once") == alone


@pytest.mark.parametrize("models", [(), (POLL,), (POLL, POLL), (*ALL, "x/1", "x/2")])
def test_it_takes_two_to_four_different_models(user, project, models):
    with refused("out_of_range", "model"):
        submit_many(
            user=user, project=project, model_keys=models, text="a", takes=1, format="wav", raw={}, idempotency_key="k"
        )
    assert nothing_is_left_behind()


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize("trouble", ["off", "resting", "gone", "dearer"])
def test_one_model_that_cannot_be_used_stops_all_and_is_named(compare, at, trouble):
    rows = MusicModel.objects.filter(key=ALL[at])
    title = rows.get().title
    if trouble == "off":
        rows.update(enabled=False)
    elif trouble == "resting":
        ProviderAccount.objects.filter(models=rows.get()).update(resting_until="2099-01-01T00:00Z")
    elif trouble == "dearer":
        rows.update(quoted_at="2099-01-01T00:00Z")
    else:
        rows.update(key="gone/one")
    with pytest.raises(UserError) as refusal:
        compare()
    assert trouble == "gone" or title in refusal.value.sentence
    assert nothing_is_left_behind()


@pytest.mark.parametrize(
    ("changes", "code", "field", "is_named"),
    [
        ({"text": "  "}, "required", "text", False),
        ({"text": "x" * 201}, "too_long", "text", True),
        ({"text": "a\x00b"}, "invalid_text", "text", False),
        ({"takes": 0}, "out_of_range", "takes", True),
        ({"raw": {"length": "9999"}}, "out_of_range", "length", True),
        ({"raw": {"bpm": "x"}}, "invalid_number", "bpm", True),
        ({"idempotency_key": ""}, "form_expired", None, False),
    ],
)
def test_a_refusal_names_the_model_it_is_about_and_leaves_nothing(compare, changes, code, field, is_named):
    with refused(code, field) as refusal:
        compare(**changes)
    titles = MusicModel.objects.filter(key__in=ALL).values_list("title", flat=True)
    assert any(title in refusal.value.sentence for title in titles) == is_named
    assert nothing_is_left_behind()


# --- budgets ---


@pytest.mark.parametrize("target", ["user", "project", "member"])
@pytest.mark.parametrize(("cap", "fits"), [("0.05", False), ("0.06", True)])
def test_caps_are_asked_for_the_total(compare, user, project, target, cap, fits):
    Budget.objects.create(
        cap=dollars(cap),
        user=user if target != "project" else None,
        project=project if target != "user" else None,
    )
    if fits:
        assert compare().generations.count() == 3
        return
    with refused("budget_exceeded") as refusal:
        compare()
    assert amounts(refusal.value.sentence) == ["$0.06", "$0.05", "$0.05"]
    assert nothing_is_left_behind()


@pytest.mark.parametrize(("cap", "fits"), [("0.02", False), ("0.03", True)])
def test_a_providers_ceiling_is_asked_for_its_share_only(compare, cap, fits):
    Budget.objects.create(cap=dollars(cap), provider_key="fakestream")
    if fits:
        assert compare()
        return
    with refused("budget_exceeded") as refusal:
        compare()
    assert amounts(refusal.value.sentence) == ["$0.03", "$0.02", "$0.02"]
    assert nothing_is_left_behind()


def test_the_quote_is_what_the_ledger_books_and_what_it_leaves(compare, user, project):
    Budget.objects.create(cap=dollars("1"), project=project)
    Budget.objects.create(cap=dollars("0.08"), provider_key="fakepoll")
    shown = quote_many(user, project, [Wanted(key, 2) for key in ALL])
    assert (shown.total, shown.left, shown.left_after) == (dollars("0.12"), dollars("0.08"), dollars("0.02"))
    assert shown.refusal == ""
    compare(takes=2)
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == shown.total
    again = quote_many(user, project, [Wanted(key, 2) for key in ALL])
    assert again.refusal
    assert (again.blocked_by.provider_key, again.left) == ("fakepoll", dollars("0.02"))


def test_a_failure_in_the_middle_of_the_booking_leaves_nothing(compare, monkeypatch):
    booked = []

    def set_aside(run):
        booked.append(run)
        if len(booked) == 3:
            raise RuntimeError("the machine went away")
        return original(run)

    original = comparisons.place_hold
    monkeypatch.setattr(comparisons, "place_hold", set_aside)
    with pytest.raises(RuntimeError), transaction.atomic():
        compare()
    assert nothing_is_left_behind()


def test_the_loser_of_a_race_gets_what_the_winner_made(compare, monkeypatch):
    won = []

    def order(*asked, **who):
        monkeypatch.setattr(comparisons, "_build_order", original)
        won.append(won[0] if won else compare())
        return original(*asked, **who)

    original = comparisons._build_order
    monkeypatch.setattr(comparisons, "_build_order", order)
    assert compare() == won[0]
    assert Generation.objects.count() == LedgerEntry.objects.count() == 3
    assert ledger.differences() == []


# --- afterwards ---


def test_a_candidate_that_is_tried_again_takes_its_place(compare, user):
    comparison = compare(POLL, STREAM)
    failed = comparison.generations.get(place=1)
    Generation.objects.filter(pk=failed.pk).update(state=State.FAILED)
    again = retry(Generation.objects.get(pk=failed.pk), user, "again")
    assert [one.pk for one in comparisons.candidates(comparison)] == [comparison.generations.get(place=0).pk, again.pk]
    assert again.letter == "B"


def test_a_pick_reveals_stars_and_is_final(compare, user, stranger, make_track):
    comparison = compare(POLL, STREAM)
    first, second = (make_track(generation=one) for one in comparisons.candidates(comparison))
    comparisons.pick(comparison, first, user)
    comparisons.pick(comparison, first, user)
    comparison.refresh_from_db()
    assert comparison.picked == first
    assert not comparison.is_blind
    assert list(Star.objects.values_list("user", "track")) == [(user.pk, first.pk)]
    with refused("already_picked"):
        comparisons.pick(comparison, second, user)


def test_only_its_own_takes_can_be_picked(compare, user, track):
    comparison = compare(POLL, STREAM)
    for other in (track, None):
        with refused("not_found"):
            comparisons.pick(comparison, other, user)
    comparison.refresh_from_db()
    assert comparison.is_blind


def test_it_can_be_revealed_without_a_pick_and_picked_afterwards(compare, user, make_track):
    comparison = compare(POLL, STREAM)
    take = make_track(generation=comparisons.candidates(comparison)[0])
    comparisons.reveal(comparison)
    comparison.refresh_from_db()
    revealed = comparison.revealed_at
    assert revealed
    assert comparison.picked is None
    comparisons.pick(comparison, take, user)
    comparison.refresh_from_db()
    assert (comparison.revealed_at, comparison.picked) == (revealed, take)


def test_a_single_submit_belongs_to_no_comparison(ask):
    made = ask()
    assert (made.comparison, made.place, made.letter, made.is_blind) == (None, None, "", False)


# --- all of a request, or nothing ---


@settings(max_examples=60, deadline=None)
@given(
    models=st.lists(st.sampled_from((*ALL * 4, "gone/one")), min_size=1, max_size=4),
    takes=st.integers(0, 4),
    caps=st.lists(
        st.tuples(st.sampled_from(("user", "project", "fakepoll")), st.integers(0, 20)), unique_by=lambda c: c[0]
    ),
    off=st.sampled_from((None, None, None, *ALL)),
)
def test_the_ledger_has_every_hold_or_none(user, project, models, takes, caps, off):
    with transaction.atomic():
        MusicModel.objects.filter(key=off).update(enabled=False)
        for target, cents in caps:
            Budget.objects.create(
                cap=cents * dollars("0.01"),
                user=user if target == "user" else None,
                project=project if target == "project" else None,
                provider_key=target if target == "fakepoll" else "",
            )
        asked = {"text": "warm lo-fi, 5 s", "takes": takes, "format": "wav", "raw": {}, "idempotency_key": "k"}
        try:
            comparison = submit_many(user=user, project=project, model_keys=models, **asked)
        except UserError:
            assert nothing_is_left_behind()
        else:
            held = {run.model.key: run.price_total for run in comparison.generations.all()}
            assert set(held) == set(models)
            amounts = LedgerEntry.objects.order_by("id").values_list("amount", flat=True)
            assert list(amounts) == [held[key] for key in sorted(held)]
            limits = dict(caps)
            assert sum(held.values()) <= min(limits.get("user", 99), limits.get("project", 99)) * dollars("0.01")
            assert held.get(POLL, 0) <= limits.get("fakepoll", 99) * dollars("0.01")
            assert ledger.differences() == []
        transaction.set_rollback(True)
