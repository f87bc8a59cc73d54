"""Holding a connection: counted before anything is asked, and given back however it ends."""

import gc
from contextlib import ExitStack

import pytest

from generator.api.holding import Full, hold, streamed
from generator.models import Generation, State
from generator.web import places
from generator.workflow import keys


@pytest.fixture(autouse=True)
def two_seats(settings):
    settings.STUDIO_STREAMS = 2
    yield
    gc.collect()
    assert places.seats_taken() == 0


@pytest.fixture
def ended(ask) -> Generation:
    """A generation that has nothing more to tell."""
    generation = ask()
    Generation.objects.filter(pk=generation.pk).update(state=State.READY, percent=100)
    return generation


def test_it_tells_what_follow_tells(ended):
    with hold(lambda: ended) as held:
        assert [seen.state for seen in held] == [State.READY]
        assert held.generation == ended


def test_without_a_place_nothing_is_asked(ended):
    asked = []
    with hold(lambda: ended), hold(lambda: ended), pytest.raises(Full):
        hold(lambda: asked.append(ended))
    assert asked == []


def test_a_refusal_gives_the_place_back():
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            hold(lambda: 1 / 0)


def test_a_reply_nobody_reads_gives_its_place_back(ended):
    held = hold(lambda: ended)
    reply = streamed(held, (b"" for _ in held), "text/plain")
    reply.close()
    assert places.seats_taken() == 0
    assert reply["X-Accel-Buffering"] == "no"


def test_one_that_is_forgotten_gives_its_place_back(ended):
    hold(lambda: ended)
    assert places.seats_taken() == 0


def test_one_key_has_a_share_of_the_places(ended, user, settings):
    settings.STUDIO_STREAMS = 40
    user.acting_with = keys.make(user, "greedy")[0]
    with ExitStack() as stack:
        for _ in range(places.share()):
            stack.enter_context(hold(lambda: ended, user=user))
        with pytest.raises(Full):
            hold(lambda: ended, user=user)
        user.acting_with = keys.make(user, "modest")[0]
        stack.enter_context(hold(lambda: ended, user=user))
