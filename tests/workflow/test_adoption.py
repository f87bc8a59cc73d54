"""Whose a provider's job is: a lost one is adopted only when it can be no other run's, and no job is two runs'."""

import asyncio
import datetime as dt
import json
from importlib import import_module

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone

from generator.models import Generation, ProviderAccount, ProviderJob, State
from generator.money import dollars
from generator.providers import http
from generator.providers.base import Progress, Snapshot
from generator.workflow import adoption, attend, control, looking, money, reviewing, sweep
from tests.conftest import BGM, ended, ledger

HELD = {"hold": dollars("0.03")}
PAID = {"hold": dollars("0.03"), "charge": dollars("0.03")}


def due_now() -> None:
    Generation.objects.filter(due_at__isnull=False).update(due_at=timezone.now())


@pytest.fixture
def lost(shops, ask):
    """Submit with an answer that is lost; the job is accepted, or never arrived."""

    def _lost(text: str = "warm lo-fi", *, accepted: bool, **asked) -> Generation:
        shops.trouble("submit", "reset", accept=accepted)
        generation = ask(text, model=BGM, **asked)
        sweep.run(0.3)
        generation.refresh_from_db()
        assert generation.state == State.IN_DOUBT
        return generation

    return _lost


def look(*generations: Generation) -> None:
    due_now()
    sweep.run(0.3)
    for one in generations:
        one.refresh_from_db()


async def look_while_the_other_is_sent(shops, searching: Generation, sent: Generation) -> None:
    """Look for one's job after the other's was accepted, and before the other is answered."""
    async with http.client() as one, http.client() as two:
        sending = asyncio.create_task(attend.attend(sent, one))
        while not shops.wavespeed.jobs:  # noqa: ASYNC110  the fake runs in a thread
            await asyncio.sleep(0.01)
        await attend.attend(searching, two)
        assert not sending.done()
        await sending


def test_the_job_of_a_run_that_is_answered_late_is_not_another_ones(shops, ask, lost, run_background):
    never_arrived = lost(accepted=False)
    shops.trouble("submit", "delay", seconds=0.6, accept=True)
    answered_late = ask("warm lo-fi", model=BGM)
    loaded = Generation.objects.select_related("model__provider", "prompt", "project", "author", "price")
    rows = loaded.get(pk=never_arrived.pk), loaded.get(pk=answered_late.pk)
    async_to_sync(look_while_the_other_is_sent)(shops, *rows)
    never_arrived.refresh_from_db()
    assert (never_arrived.state, never_arrived.handle) == (State.IN_DOUBT, "")
    due_now()
    ended(answered_late, run_background)
    look(never_arrived)
    assert (never_arrived.state, never_arrived.handle) == (State.IN_DOUBT, "")
    assert never_arrived.due_at
    assert len(shops.wavespeed.jobs) == 1
    assert (ledger(never_arrived), ledger(answered_late)) == (HELD, PAID)


def test_of_two_runs_that_could_have_it_neither_takes_the_job(shops, lost):
    first, second = lost(accepted=False), lost(accepted=True)
    look(first, second)
    for one in (first, second):
        assert (one.state, one.handle, one.wait_reason) == (State.IN_DOUBT, "", "ambiguous")
        assert one.due_at > timezone.now()
        assert ledger(one) == HELD


@pytest.mark.parametrize("ahead", [dt.timedelta(minutes=15), dt.timedelta(hours=-12)])
def test_a_clock_that_is_wrong_gives_no_run_the_job_of_another(shops, lost, ahead):
    first = lost(accepted=True)
    Generation.objects.filter(pk=first.pk).update(submit_attempted_at=timezone.now() - ahead)
    second = lost(accepted=False)  # by their clock, the first one's job began when this was sent
    look(second)
    assert (second.state, second.handle, second.wait_reason) == (State.IN_DOUBT, "", "ambiguous")


def test_a_run_that_was_given_up_may_still_be_the_one_that_was_accepted(shops, lost, user):
    given_up, other = lost(accepted=True), lost(accepted=False)
    reviewing.release(given_up, user, "not made")
    look(other)
    assert (other.state, other.handle) == (State.IN_DOUBT, "")


def test_a_run_that_was_refused_is_in_nobodys_way(shops, ask, lost, run_background):
    shops.trouble("submit", "status", status=400, body=b'{"code":400,"message":"not allowed"}')
    refused = ended(ask("warm lo-fi", model=BGM), run_background, State.FAILED)
    found = lost(accepted=True)
    due_now()
    ended(found, run_background)
    assert ledger(refused) == {"hold": dollars("0.03"), "release": dollars("0.03")}
    assert ledger(found) == PAID


@pytest.mark.parametrize("other", [{"text": "another text"}, {"takes": 2}, {"format": "wav"}])
def test_a_run_that_asked_for_something_else_is_in_nobodys_way(shops, lost, other):
    first, second = lost(accepted=True), lost(accepted=True, **other)
    look(first, second)
    assert [first.handle, second.handle] == [job.id for job in shops.wavespeed.jobs]


def test_a_job_that_somebody_else_made_with_the_same_key_leaves_it_in_doubt(shops, lost):
    generation = lost(accepted=True)
    job = shops.wavespeed.jobs[0]
    shops.wavespeed.accept(job.model, job.inputs)
    look(generation)
    assert (generation.state, generation.handle, generation.wait_reason) == (State.IN_DOUBT, "", "ambiguous")


def test_two_runs_that_are_answered_with_one_id_are_not_both_charged(shops, ask, run_background):
    first = ended(ask("the first", model=BGM), run_background)
    body = json.dumps({"code": 200, "data": {"id": first.handle, "status": "created"}}).encode()
    shops.trouble("submit", "status", body=body)
    second = ask("the second", model=BGM)
    sweep.run(0.4)
    second.refresh_from_db()
    assert (second.state, second.handle) == (State.IN_DOUBT, "")
    assert second.due_at
    assert ledger(second) == HELD
    assert money.differences() == []


@pytest.fixture
def adopted(shops, lost) -> Generation:
    """A run for which a job was found in the list."""
    generation = lost(accepted=True)
    job = shops.wavespeed.jobs[0]
    Generation.objects.filter(pk=generation.pk).update(due_at=timezone.now() + dt.timedelta(hours=1))
    assert adoption.adopt(generation, Snapshot(Progress.RUNNING, job.id), due_at=timezone.now(), **looking.FOUND)
    return generation


def test_an_answer_that_comes_after_another_job_was_adopted_is_right(adopted):
    before = Generation.objects.get(pk=adopted.pk)
    before.handle, before.state = "", State.SUBMITTING  # as whoever sent it knew it
    attend._heard(before, Snapshot(Progress.WAITING, "the-right-one"))
    adopted.refresh_from_db()
    assert (adopted.state, adopted.handle) == (State.RUNNING, "the-right-one")
    assert ProviderJob.objects.get().handle == "the-right-one"


def test_an_answer_that_comes_after_the_music_changes_nothing_and_is_told(shops, adopted, run_background):
    due_now()
    ready = ended(adopted, run_background)
    before = Generation.objects.get(pk=ready.pk)
    before.handle, before.state = "", State.SUBMITTING
    attend._heard(before, Snapshot(Progress.COMPLETED, "too-late"))
    ready.refresh_from_db()
    assert (ready.state, ready.handle) == (State.READY, shops.wavespeed.jobs[0].id)
    assert ready.events.filter(text__contains="too-late").exists()
    assert ledger(ready) == PAID


def test_the_database_knows_one_generation_for_a_job(offered, ask):
    account = ProviderAccount.objects.get(key="fakepoll")
    ProviderJob.objects.create(account=account, handle="x", generation=ask())
    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderJob.objects.create(account=account, handle="x", generation=ask())


def test_an_existing_studio_keeps_each_job_with_the_first_that_had_it(offered, ask):
    first, second, third = ask(), ask(), ask()
    Generation.objects.filter(pk__in=(first.pk, second.pk)).update(handle="one")
    Generation.objects.filter(pk=third.pk).update(handle="two")
    import_module("generator.migrations.0043_provider_jobs").give_each_job_to_its_first_generation(apps, None)
    assert dict(ProviderJob.objects.values_list("handle", "generation")) == {"one": first.pk, "two": third.pk}


def test_a_cancel_asked_for_while_it_was_sent_and_refused_is_free(shops, ask):
    generation = ask(model=BGM)
    shops.trouble("submit", "status", status=429)
    assert attend._attempt(generation)
    control.cancel(Generation.objects.get(pk=generation.pk), generation.author)
    Generation.objects.update(state=State.QUEUED, due_at=timezone.now())
    sweep.run(0.4)
    generation.refresh_from_db()
    assert generation.state == State.CANCELLED
    assert ledger(generation) == {"hold": dollars("0.03"), "release": dollars("0.03")}
