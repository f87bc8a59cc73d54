"""Suspensions: whom they affect, what they say, and that everything else continues."""

import pytest

from generator.models import AuditLogEntry, Generation, State, Suspension
from generator.services.billing import suspensions
from generator.services.generation import comparisons
from generator.services.generation.submit import quote
from tests.conftest import COMPOSER, POLL, STREAM
from tests.refusals import refused


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ({"user": "user"}, "New generations are suspended for your account: too much in one night."),
        ({"project": "project"}, "New generations are suspended in Kitchen stories: too much in one night."),
        ({"provider_key": "fakepoll"}, "New generations with Fake poll are suspended: too much in one night."),
        ({}, "New generations are suspended for everyone: too much in one night."),
    ],
    ids=["person", "project", "provider", "everything"],
)
def test_a_stop_refuses_a_submit_and_the_form_says_so_before(user_client, ask, user, project, target, says):
    running = ask()
    known = {"user": user, "project": project, "fakepoll": "fakepoll"}
    stop = suspensions.suspend(user, "too much in one night.", **{name: known[value] for name, value in target.items()})
    assert says in quote(user, project, POLL, 1).refusal
    with refused("suspended"):
        ask()
    sent = {"text": "x", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    with refused("suspended"):
        comparisons.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    page = user_client.get(f"/projects/{project.public_id}/?model={POLL}").content.decode()
    assert says in page
    assert Generation.objects.get() == running
    assert Generation.objects.get().state == State.QUEUED
    suspensions.lift(stop, user)
    ask()


def test_a_stop_touches_nobody_else(ask, user, stranger, project):
    suspensions.suspend(user, "why", user=stranger)
    suspensions.suspend(user, "why", project=stranger.personal_project)
    suspensions.suspend(user, "why", provider_key="fakepoll")
    ask(model=STREAM)
    ask(model=COMPOSER)


def test_a_switch_is_thrown_once_and_says_who_and_why(user, project):
    first = suspensions.suspend(user, "why", project=project)
    with refused("already_suspended"):
        suspensions.suspend(user, "again", project=project)
    with refused("required", "reason"):
        suspensions.suspend(user, "  ")
    with refused("invalid_choice"):
        suspensions.suspend(user, "why", user=user, project=project)
    with refused("not_found", "provider"):
        suspensions.suspend(user, "why", provider_key="nobody")
    suspensions.suspend(user, "everything too")
    with refused("already_suspended"):
        suspensions.suspend(user, "twice")
    for _ in range(2):
        suspensions.lift(first, user)
    suspensions.suspend(user, "anew", project=project)
    assert Suspension.objects.count() == 3
    kinds = AuditLogEntry.objects.order_by("id").values_list("action", "actor")
    assert [*kinds] == [(action, user.pk) for action in ("suspended", "suspended", "suspension_lifted", "suspended")]
