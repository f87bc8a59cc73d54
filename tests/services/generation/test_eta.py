"""The displayed time left never increases, and becomes words when it is over."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from generator.models import Generation, MusicModel, ProviderAccount, State
from generator.services.generation import eta
from tests.conftest import COMPOSER, POLL

FLAC = {"length": 60.0, "seed": 5}


@given(
    expected=st.none() | st.integers(1, 10_000_000),
    looks=st.lists(st.tuples(st.floats(0.1, 600), st.integers(0, 99)), min_size=2, max_size=40),
)
def test_time_left_never_goes_up_whatever_progress_says(expected, looks):
    begun = timezone.now()
    one = Generation(
        model=MusicModel(key=COMPOSER, provider=ProviderAccount(key="composer")),
        state=State.RUNNING,
        started_at=begun,
        expected_ms=expected,
    )
    now, before, was_late = begun, None, False
    for wait, percent in looks:
        now += dt.timedelta(seconds=wait)
        one.percent = percent
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(eta.timezone, "now", lambda at=now: at)
            said = eta.progress(one)
        assert said.seconds_left is None or said.seconds_left > 0
        if before is not None and said.seconds_left is not None:
            assert said.seconds_left == pytest.approx(before - wait, abs=0.01)
        assert not (was_late and not said.is_overdue), "late stays late"
        assert not (said.is_overdue and said.seconds_left)
        before, was_late = said.seconds_left, said.is_overdue


def test_a_local_run_is_expected_to_take_as_long_as_runs_of_its_length(ask, make_track):
    now = timezone.now()

    def run(length: float, seconds: float) -> None:
        generation = ask(model=COMPOSER, settings={"length": length})
        make_track(f"{length}", generation=generation, take=1, length_ms=round(length * 1000))
        times = {"started_at": now, "finished_at": now + dt.timedelta(seconds=seconds), "settled_at": now}
        Generation.objects.filter(pk=generation.pk).update(state=State.READY, due_at=None, **times)

    for _ in range(3):
        run(10, 1)
        run(600, 12)
    MusicModel.objects.filter(key=COMPOSER).update(usual_ms=100)
    long, short, other = (ask(model=COMPOSER, settings={"length": length}) for length in (500.0, 8.0, 60.0))
    assert eta.expected_ms(long) == 12_000
    assert eta.expected_ms(short) == 1_000
    assert eta.expected_ms(other) == 7_000, "a length that nobody asked for yet: by the minute"


def test_the_expectation_is_set_once_when_the_run_begins(ask, fake, run_background, fast_polling):
    MusicModel.objects.filter(key=POLL).update(usual_ms=30_000)
    generation = ask()
    assert eta.progress(generation).seconds_left is None
    run_background()
    generation.refresh_from_db()
    assert generation.expected_ms == 30_000


def test_a_card_that_is_late_says_so_in_words(user_client, ask, project):
    generation = ask(model=COMPOSER, settings=FLAC)
    long_ago = timezone.now() - dt.timedelta(minutes=5)
    Generation.objects.filter(pk=generation.pk).update(
        state=State.RUNNING, started_at=long_ago, expected_ms=20_000, percent=90
    )
    page = user_client.get(f"/projects/{project.public_id}/running/")
    text = page.content.decode()
    assert "s left" not in text
    assert "longer than usual" in text
