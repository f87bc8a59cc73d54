"""Held connections are counted before anything is requested, and released however they end."""

import gc
from contextlib import ExitStack

import pytest

from generator.api.long_polling import NoFreeSlot, open_connection, stream_response
from generator.http import connection_slots
from generator.models import Generation, State
from generator.services.team import api_keys


@pytest.fixture(autouse=True)
def two_seats(settings):
    settings.STUDIO_STREAMS = 2
    yield
    gc.collect()
    assert connection_slots.stream_slots_taken() == 0


@pytest.fixture
def ended(ask) -> Generation:
    """A generation that has nothing more to send."""
    generation = ask()
    Generation.objects.filter(pk=generation.pk).update(state=State.READY, percent=100)
    return generation


def test_it_tells_what_follow_tells(ended):
    with open_connection(lambda: ended) as held:
        assert [seen.state for seen in held] == [State.READY]
        assert held.generation == ended


def test_without_a_place_nothing_is_asked(ended):
    asked = []
    with open_connection(lambda: ended), open_connection(lambda: ended), pytest.raises(NoFreeSlot):
        open_connection(lambda: asked.append(ended))
    assert asked == []


def test_a_refusal_gives_the_place_back():
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            open_connection(lambda: 1 / 0)


def test_a_reply_nobody_reads_gives_its_place_back(ended):
    held = open_connection(lambda: ended)
    reply = stream_response(held, (b"" for _ in held), "text/plain")
    reply.close()
    assert connection_slots.stream_slots_taken() == 0
    assert reply["X-Accel-Buffering"] == "no"


def test_one_that_is_forgotten_gives_its_place_back(ended):
    open_connection(lambda: ended)
    assert connection_slots.stream_slots_taken() == 0


def test_one_key_has_a_share_of_the_places(ended, user, settings):
    settings.STUDIO_STREAMS = 40
    user.api_key = api_keys.make(user, "greedy")[0]
    with ExitStack() as stack:
        for _ in range(connection_slots.share()):
            stack.enter_context(open_connection(lambda: ended, user=user))
        with pytest.raises(NoFreeSlot):
            open_connection(lambda: ended, user=user)
        user.api_key = api_keys.make(user, "modest")[0]
        stack.enter_context(open_connection(lambda: ended, user=user))
