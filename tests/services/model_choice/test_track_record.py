"""The track record of models in a project: exact money, kept takes, and blind comparisons that stay blind."""

from fractions import Fraction

import pytest
from django.core.cache import cache
from django.db.models import F
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from generator.models import Generation, Rollup, State, Track
from generator.services.billing import issue_resolution, ledger
from generator.services.generation import comparisons
from generator.services.library import tracks, transfer
from generator.services.model_choice import track_record
from generator.services.model_choice.track_record import Decision, expected_score, rated
from tests.conftest import COMPOSER, POLL, STREAM


def record(project, key=POLL):
    cache.clear()
    return track_record.records_of(project).get(key, track_record.TrackRecord())


def delivered(ask, make_track, model=POLL, takes=1, **changes) -> list[Track]:
    """Return the takes of a generation that was paid and delivered."""
    generation = ask(model=model, takes=takes, **changes)
    made = [make_track(f"{model} {take}", generation=generation, take=take) for take in range(1, takes + 1)]
    finish(generation, takes)
    return made


def finish(generation: Generation, takes: int = 1) -> None:
    Generation.objects.filter(pk=generation.pk).update(state=State.READY, finished_at=timezone.now())
    ledger.settle(generation, takes, "done")


@pytest.fixture
def compared(user, project, make_track):
    """Submit a comparison and deliver one take each: `compared(POLL, STREAM)` → comparison, model → track."""
    numbers = iter(range(100))

    def _compared(*models, failed=()):
        comparison = comparisons.submit_many(
            user=user, project=project, model_keys=models, text="a tune", takes=1, format="wav", raw={},
            idempotency_key=f"compared-{next(numbers)}",
        )  # fmt: skip
        made = {}
        for generation in comparison.generations.select_related("model", "prompt", "project", "author"):
            if generation.model.key in failed:
                Generation.objects.filter(pk=generation.pk).update(state=State.FAILED)
                ledger.settle(generation, 0, "failed")
            else:
                made[generation.model.key] = make_track(generation=generation)
                finish(generation)
        return comparison, made

    return _compared


# --- takes and money ---


def test_a_kept_track_costs_what_all_takes_cost(ask, make_track, project, user):
    made = [track for _ in range(4) for track in delivered(ask, make_track)]
    tracks.trash_tracks(Track.objects.filter(pk=made[0].pk), user)
    found = record(project)
    assert (found.takes, found.kept, found.spent) == (4, 3, 120_000)
    assert found.per_kept == Fraction(120_000, 3)
    tracks.restore(Track.objects.filter(pk=made[0].pk))
    assert record(project).cost_per_kept == 30_000


def test_credits_and_corrections_count_and_holds_do_not(ask, make_track, project, user):
    made = [delivered(ask, make_track)[0] for _ in range(3)]
    issue_resolution.credit(made[0].generation, user, 7, "a fault")
    issue_resolution.adjust(made[1].generation, user, 2, "agreed")
    ask()  # still on hold
    found = record(project)
    assert found.spent == 90_000 - 7 + 2
    assert found.per_kept == Fraction(89_995, 3)
    assert found.cost_per_kept == 29_999  # rounded up, for display


def test_few_takes_are_not_judged(ask, make_track, project):
    delivered(ask, make_track, takes=2)
    assert record(project).has_few_takes
    assert record(project).per_kept is None
    delivered(ask, make_track)
    assert record(project).per_kept == 30_000


def test_nothing_kept_has_no_cost_per_track(ask, make_track, project, user):
    delivered(ask, make_track, takes=3)
    tracks.trash_tracks(Track.objects.all(), user)
    assert record(project).cost_per_kept is None


def test_a_moved_track_is_kept_where_it_was_paid_and_a_copy_nowhere(ask, make_track, project, user):
    moved, copied, _ = delivered(ask, make_track, takes=3)
    other = user.personal_project
    transfer.move(Track.objects.filter(pk=moved.pk), other, user)
    transfer.copy(Track.objects.filter(pk=copied.pk), other, user)
    assert record(project).kept == 3
    assert record(other).is_empty


def test_another_projects_takes_do_not_count(ask, make_track, project, user):
    delivered(ask, make_track, project=user.personal_project)
    assert record(project).is_empty
    assert record(project, COMPOSER).is_empty


# --- comparisons ---


def test_nothing_of_a_blind_comparison_is_told(compared, project, user):
    comparison, made = compared(POLL, STREAM)
    assert record(project).is_empty
    assert record(project, STREAM).is_empty
    tracks.trash_tracks(Track.objects.filter(pk=made[POLL].pk), user)
    assert record(project) == record(project, STREAM)  # a discarded candidate does not show its model
    comparisons.reveal(comparison)
    assert (record(project).takes, record(project).kept, record(project, STREAM).kept) == (1, 0, 1)


def test_a_failed_blind_candidate_does_not_show_its_model(compared, project):
    compared(POLL, STREAM, failed=(POLL,))
    assert record(project) == record(project, STREAM)


def test_only_blind_picks_are_rated(compared, project, user):
    blind, made = compared(POLL, STREAM)
    comparisons.pick(blind, made[POLL], user)
    seen, made = compared(POLL, STREAM)
    comparisons.reveal(seen)
    comparisons.pick(seen, made[STREAM], user)
    assert (record(project).decided, record(project).won) == (1, 1)
    assert (record(project, STREAM).decided, record(project, STREAM).won) == (1, 0)


def test_there_is_no_rating_before_three_decided_comparisons(compared, project, user):
    for number in range(1, 4):
        comparison, made = compared(POLL, STREAM)
        comparisons.pick(comparison, made[POLL], user)
        assert (record(project).elo is None) == (number < track_record.MIN_DECIDED)
    # by hand: 1516.0, then E = 1 / (1 + 10^(-32/400)) and so on
    assert (record(project).elo, record(project, STREAM).elo) == (1544, 1456)


def test_a_candidate_that_did_not_deliver_has_not_lost(compared, project, user):
    comparison, made = compared(POLL, STREAM, COMPOSER, failed=(STREAM,))
    comparisons.pick(comparison, made[POLL], user)
    assert record(project, STREAM).decided == 0
    assert record(project, COMPOSER).decided == 1


def test_a_single_candidate_decides_nothing(compared, project, user):
    comparison, made = compared(POLL, STREAM, failed=(STREAM,))
    comparisons.pick(comparison, made[POLL], user)
    assert record(project).decided == 0


def test_a_pick_of_four_is_three_wins_of_one_period():
    ratings = rated([Decision("a", ["b", "c", "d"])])
    assert ratings["a"] == 1500 + 3 * 16
    assert {ratings[key] for key in "bcd"} == {1484}


def test_the_expected_score_is_elos():
    assert expected_score(1500, 1500) == 0.5
    assert expected_score(1900, 1500) == pytest.approx(10 / 11)
    assert expected_score(1500, 1900) == pytest.approx(1 / 11)


KEYS = st.lists(st.sampled_from("abcd"), min_size=2, max_size=4, unique=True)


@given(st.lists(KEYS, max_size=40))
def test_points_are_only_passed_on(compared_keys):
    ratings = rated(Decision(keys[0], keys[1:]) for keys in compared_keys)
    assert sum(ratings.values()) == pytest.approx(1500 * len(ratings))


# --- reading it often ---


def test_it_is_counted_once_a_minute(ask, make_track, project, django_assert_max_num_queries):
    delivered(ask, make_track)
    first = track_record.records_of(project)
    with django_assert_max_num_queries(1):  # the cache
        assert track_record.records_of(project) == first
    Rollup.objects.update(takes=F("takes") + 1)
    assert track_record.records_of(project) == first
    cache.clear()
    assert track_record.records_of(project) != first


def test_counting_takes_the_same_queries_for_any_number(ask, make_track, project, compared, django_assert_num_queries):
    compared(POLL, STREAM)
    for _ in range(3):
        delivered(ask, make_track, takes=3)
    with django_assert_num_queries(6):
        track_record._count(project)


def test_the_price_of_a_free_model_is_nothing(ask, make_track, project):
    delivered(ask, make_track, model=COMPOSER, takes=3, text="piano, 5 s")
    found = record(project, COMPOSER)
    assert (found.spent, found.cost_per_kept) == (0, 0)
