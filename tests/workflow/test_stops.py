"""Stop switches: whom they stop, what they say, and that everything else goes on."""

import pytest

from generator import workflow
from generator.models import Deed, Generation, State, Stop
from generator.workflow import Refused, quote, stops
from tests.conftest import COMPOSER, POLL, STREAM


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ({"user": "user"}, "New music is stopped for your account: too much in one night."),
        ({"project": "project"}, "New music is stopped in Kitchen stories: too much in one night."),
        ({"provider_key": "fakepoll"}, "Nothing is sent to Fake poll at present: too much in one night."),
        ({}, "New music is stopped for everybody at present: too much in one night."),
    ],
    ids=["person", "project", "provider", "everything"],
)
def test_a_stop_refuses_a_submit_and_the_form_says_so_before(browser, ask, user, project, target, says):
    running = ask()
    known = {"user": user, "project": project, "fakepoll": "fakepoll"}
    stop = stops.stop(user, "too much in one night.", **{name: known[value] for name, value in target.items()})
    assert says in quote(user, project, POLL, 1).refusal
    with pytest.raises(Refused, match=says[:40]):
        ask()
    sent = {"text": "x", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    with pytest.raises(Refused, match=says[:40]):
        workflow.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    page = browser.get(f"/p/{project.ref}/?model={POLL}").content.decode()
    assert says in page
    assert Generation.objects.get() == running
    assert Generation.objects.get().state == State.QUEUED
    stops.lift(stop, user)
    ask()


def test_a_stop_touches_nobody_else(ask, user, stranger, project):
    stops.stop(user, "why", user=stranger)
    stops.stop(user, "why", project=stranger.personal_project)
    stops.stop(user, "why", provider_key="fakepoll")
    ask(model=STREAM)
    ask(model=COMPOSER)


def test_a_switch_is_thrown_once_and_says_who_and_why(user, project):
    first = stops.stop(user, "why", project=project)
    with pytest.raises(Refused, match="stopped already"):
        stops.stop(user, "again", project=project)
    with pytest.raises(Refused, match="Say why"):
        stops.stop(user, "  ")
    with pytest.raises(Refused, match="not several"):
        stops.stop(user, "why", user=user, project=project)
    with pytest.raises(Refused, match="no such provider"):
        stops.stop(user, "why", provider_key="nobody")
    stops.stop(user, "everything too")
    with pytest.raises(Refused, match="stopped already"):
        stops.stop(user, "twice")
    for _ in range(2):
        stops.lift(first, user)
    stops.stop(user, "anew", project=project)
    assert Stop.objects.count() == 3
    kinds = Deed.objects.order_by("id").values_list("what", "actor")
    assert [*kinds] == [("stopped", user.pk), ("stopped", user.pk), ("lifted", user.pk), ("stopped", user.pk)]
