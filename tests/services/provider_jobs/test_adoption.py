"""A lost job is adopted only if it can belong to no other generation, and no job belongs to two."""

import asyncio
import datetime as dt
import json

import pytest
from asgiref.sync import async_to_sync
from django.db import IntegrityError, transaction
from django.utils import timezone

from generator.currency import dollars
from generator.models import Generation, MusicModel, Price, ProviderAccount, ProviderJob, State
from generator.providers import http
from generator.providers.base import Progress, Snapshot
from generator.services.billing import issue_resolution
from generator.services.billing import ledger as billing_ledger
from generator.services.generation import cancellation
from generator.services.provider_jobs import adoption, backoff, catalog, job_runner, poller
from tests.conftest import BGM, ended, ledger

HELD = {"hold": dollars("0.03")}
PAID = {"hold": dollars("0.03"), "charge": dollars("0.03")}


def due_now() -> None:
    Generation.objects.filter(due_at__isnull=False).update(due_at=timezone.now())


@pytest.fixture
def lost(paid_providers, ask):
    """Submit with a lost answer; the job is accepted, or never arrived."""

    def _lost(text: str = "warm lo-fi", *, accepted: bool, **asked) -> Generation:
        paid_providers.trouble("submit", "reset", accept=accepted)
        generation = ask(text, **{"model": BGM, **asked})
        poller.run(0.3)
        generation.refresh_from_db()
        assert generation.state == State.IN_DOUBT
        return generation

    return _lost


def look(*generations: Generation) -> None:
    due_now()
    poller.run(0.3)
    for one in generations:
        one.refresh_from_db()


async def look_while_the_other_is_sent(paid_providers, searching: Generation, sent: Generation) -> None:
    """Look for one generation's job after the other's was accepted, and before the other is answered."""
    async with http.client() as one, http.client() as two:
        sending = asyncio.create_task(job_runner.advance(sent, one))
        while not paid_providers.wavespeed.jobs:  # noqa: ASYNC110  the fake runs in a thread
            await asyncio.sleep(0.01)
        await job_runner.advance(searching, two)
        assert not sending.done()
        await sending


def test_the_job_of_a_run_that_is_answered_late_is_not_another_ones(paid_providers, ask, lost, run_background):
    never_arrived = lost(accepted=False)
    paid_providers.trouble("submit", "delay", seconds=0.6, accept=True)
    answered_late = ask("warm lo-fi", model=BGM)
    loaded = Generation.objects.select_related("model__provider", "prompt", "project", "author", "price")
    rows = loaded.get(pk=never_arrived.pk), loaded.get(pk=answered_late.pk)
    async_to_sync(look_while_the_other_is_sent)(paid_providers, *rows)
    never_arrived.refresh_from_db()
    assert (never_arrived.state, never_arrived.provider_job_id) == (State.IN_DOUBT, "")
    due_now()
    ended(answered_late, run_background)
    look(never_arrived)
    assert (never_arrived.state, never_arrived.provider_job_id) == (State.IN_DOUBT, "")
    assert never_arrived.due_at
    assert len(paid_providers.wavespeed.jobs) == 1
    assert (ledger(never_arrived), ledger(answered_late)) == (HELD, PAID)


def test_of_two_runs_that_could_have_it_neither_takes_the_job(paid_providers, lost):
    first, second = lost(accepted=False), lost(accepted=True)
    look(first, second)
    for one in (first, second):
        assert (one.state, one.provider_job_id, one.wait_reason) == (State.IN_DOUBT, "", "ambiguous")
        assert one.due_at > timezone.now()
        assert ledger(one) == HELD


@pytest.mark.parametrize("corrected_is_lost", [True, False])
def test_two_models_that_corrections_made_one_are_not_told_apart(paid_providers, lost, corrected_is_lost):
    row = MusicModel.objects.get(key="wavespeed/mureka-v8-bgm")
    row.corrections = {"path": "mureka-ai/mureka-v7.6/generate-bgm"}
    row.save()
    Price.objects.create(model=row, per_take=dollars("0.03"))
    first = lost(accepted=not corrected_is_lost)
    second = lost(accepted=corrected_is_lost, model=row.key)
    look(first, second)
    assert len(paid_providers.wavespeed.jobs) == 1
    for one in (first, second):
        assert (one.state, one.provider_job_id) == (State.IN_DOUBT, "")


@pytest.mark.parametrize("ahead", [dt.timedelta(minutes=15), dt.timedelta(hours=-12)])
def test_a_clock_that_is_wrong_gives_no_run_the_job_of_another(paid_providers, lost, ahead):
    first = lost(accepted=True)
    Generation.objects.filter(pk=first.pk).update(submit_attempted_at=timezone.now() - ahead)
    second = lost(accepted=False)  # by their clock, the first job began when this one was sent
    look(second)
    assert (second.state, second.provider_job_id, second.wait_reason) == (State.IN_DOUBT, "", "ambiguous")


def test_a_run_that_was_given_up_may_still_be_the_one_that_was_accepted(paid_providers, lost, user):
    given_up, other = lost(accepted=True), lost(accepted=False)
    issue_resolution.release(given_up, user, "not made")
    look(other)
    assert (other.state, other.provider_job_id) == (State.IN_DOUBT, "")


def test_a_run_that_was_refused_is_in_nobodys_way(paid_providers, ask, lost, run_background):
    paid_providers.trouble("submit", "status", status=400, body=b'{"code":400,"message":"not allowed"}')
    refused = ended(ask("warm lo-fi", model=BGM), run_background, State.FAILED)
    found = lost(accepted=True)
    due_now()
    ended(found, run_background)
    assert ledger(refused) == {"hold": dollars("0.03"), "release": dollars("0.03")}
    assert ledger(found) == PAID


@pytest.mark.parametrize("other", [{"text": "another text"}, {"takes": 2}, {"format": "wav"}])
def test_a_run_that_asked_for_something_else_is_in_nobodys_way(paid_providers, lost, other):
    first, second = lost(accepted=True), lost(accepted=True, **other)
    look(first, second)
    assert [first.provider_job_id, second.provider_job_id] == [job.id for job in paid_providers.wavespeed.jobs]


def test_a_job_that_somebody_else_made_with_the_same_key_leaves_it_in_doubt(paid_providers, lost):
    generation = lost(accepted=True)
    job = paid_providers.wavespeed.jobs[0]
    paid_providers.wavespeed.accept(job.model, job.inputs)
    look(generation)
    assert (generation.state, generation.provider_job_id, generation.wait_reason) == (State.IN_DOUBT, "", "ambiguous")


def test_two_runs_that_are_answered_with_one_id_are_not_both_charged(paid_providers, ask, run_background):
    first = ended(ask("the first", model=BGM), run_background)
    body = json.dumps({"code": 200, "data": {"id": first.provider_job_id, "status": "created"}}).encode()
    paid_providers.trouble("submit", "status", body=body)
    second = ask("the second", model=BGM)
    poller.run(0.4)
    second.refresh_from_db()
    assert (second.state, second.provider_job_id) == (State.IN_DOUBT, "")
    assert second.due_at
    assert ledger(second) == HELD
    assert billing_ledger.differences() == []


@pytest.fixture
def adopted(paid_providers, lost) -> Generation:
    """A generation for which a job was found in the list."""
    generation = lost(accepted=True)
    job = paid_providers.wavespeed.jobs[0]
    Generation.objects.filter(pk=generation.pk).update(due_at=timezone.now() + dt.timedelta(hours=1))
    assert adoption.adopt(
        generation, Snapshot(Progress.RUNNING, job.id), due_at=timezone.now(), **backoff.FOUND_COLUMNS
    )
    return generation


def test_an_answer_that_comes_after_another_job_was_adopted_is_right(adopted):
    before = Generation.objects.get(pk=adopted.pk)
    before.provider_job_id, before.state = "", State.SUBMITTING  # as the sender knew it
    job_runner._apply_snapshot(before, Snapshot(Progress.WAITING, "the-right-one"))
    adopted.refresh_from_db()
    assert (adopted.state, adopted.provider_job_id) == (State.RUNNING, "the-right-one")
    assert ProviderJob.objects.get().provider_job_id == "the-right-one"


def test_an_answer_that_comes_after_the_music_changes_nothing_and_is_told(paid_providers, adopted, run_background):
    due_now()
    ready = ended(adopted, run_background)
    before = Generation.objects.get(pk=ready.pk)
    before.provider_job_id, before.state = "", State.SUBMITTING
    job_runner._apply_snapshot(before, Snapshot(Progress.COMPLETED, "too-late"))
    ready.refresh_from_db()
    assert (ready.state, ready.provider_job_id) == (State.READY, paid_providers.wavespeed.jobs[0].id)
    assert ready.events.filter(text__contains="too-late").exists()
    assert ledger(ready) == PAID


def test_the_database_knows_one_generation_for_a_job(synced_catalog, ask):
    account = ProviderAccount.objects.get(key="fakepoll")
    ProviderJob.objects.create(account=account, provider_job_id="x", generation=ask())
    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderJob.objects.create(account=account, provider_job_id="x", generation=ask())


def test_a_cancel_asked_for_while_it_was_sent_and_refused_is_free(paid_providers, ask):
    generation = ask(model=BGM)
    paid_providers.trouble("submit", "status", status=429)
    assert job_runner._attempt(generation, catalog.provider_for(generation))
    cancellation.cancel(Generation.objects.get(pk=generation.pk), generation.author)
    Generation.objects.update(state=State.QUEUED, due_at=timezone.now())
    poller.run(0.4)
    generation.refresh_from_db()
    assert generation.state == State.CANCELLED
    assert ledger(generation) == {"hold": dollars("0.03"), "release": dollars("0.03")}
