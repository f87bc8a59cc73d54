"""Webhooks from WaveSpeed: accepted when signed, and only a reason to poll."""

import time

import pytest
from django.utils import timezone

from generator.models import Generation, ProviderAccount, ProviderWebhookEvent, State
from generator.services.provider_jobs import backoff, poller
from tests.conftest import BGM
from tests.fakes.wavespeed import SECRET

HOOK = "/provider-webhooks/wavespeed/"
LATER = timezone.now() + timezone.timedelta(hours=1)


@pytest.fixture
def listening(paid_providers, synced_catalog):
    """The vendors' fake, whose messages the studio can verify."""
    ProviderAccount.objects.get(key="wavespeed")
    found = ProviderAccount.objects.get(key="wavespeed")
    found.webhook_secret = SECRET
    found.save()
    return paid_providers


@pytest.fixture
def running(listening, ask) -> Generation:
    """A job at the vendor that is due to be polled in an hour."""
    listening.wavespeed.polls = 1000
    generation = ask(model=BGM)
    poller.run(0.3)
    Generation.objects.update(due_at=LATER)
    generation.refresh_from_db()
    assert generation.state == State.RUNNING
    return generation


def message(paid_providers, event: str = "evt_1") -> tuple[dict[str, str], bytes]:
    return paid_providers.wavespeed.signed(paid_providers.wavespeed.jobs[0], paid_providers.url, event)


def send(client, headers: dict[str, str], body: bytes, address: str = HOOK):
    named = {name: value for name, value in headers.items() if name.startswith("webhook-")}
    return client.post(address, body, content_type="application/json", headers=named)


def due(generation: Generation):
    generation.refresh_from_db()
    return generation.due_at


def test_a_signed_message_makes_a_running_job_due(listening, running, client):
    listening.wavespeed.jobs[0].status = "completed"
    assert send(client, *message(listening)).status_code == 200
    assert due(running) <= timezone.now()


def test_the_job_is_asked_about_and_the_message_is_not_believed_about_it(listening, running, client, run_background):
    """The message says completed, but the vendor's answer to the poll says failed: the answer counts."""
    job = listening.wavespeed.jobs[0]
    job.status = "completed"
    signed = message(listening)
    job.status, job.error = "failed", "no"
    send(client, *signed)
    run_background()
    running.refresh_from_db()
    assert running.state == State.FAILED


def test_the_same_news_twice_is_taken_once(listening, running, client):
    assert send(client, *message(listening, "evt_1")).status_code == 200
    Generation.objects.update(due_at=LATER)
    assert send(client, *message(listening, "evt_1")).status_code == 200
    assert send(client, *message(listening, "evt_2")).status_code == 200
    assert due(running) == LATER
    assert ProviderWebhookEvent.objects.count() == 1


def test_a_message_that_comes_before_the_id_is_stored_is_remembered(listening, ask, client, monkeypatch):
    monkeypatch.setattr(backoff, "next_poll", lambda generation, now: 3600)
    listening.wavespeed.polls = 0
    accept = listening.wavespeed.accept

    def accepted(*asked):
        job = accept(*asked)
        send(client, *listening.wavespeed.signed(job, listening.url))
        return job

    generation = ask(model=BGM)
    monkeypatch.setattr(listening.wavespeed, "accept", accepted)
    job = listening.wavespeed.accept("mureka-ai/mureka-v7.6/generate-bgm", {"prompt": "x", "number_of_songs": 1})
    monkeypatch.setattr(listening.wavespeed, "accept", lambda *asked: job)
    for _ in range(8):  # a busy machine may need more than one turn
        poller.run(0.5)
        generation.refresh_from_db()
        if generation.state == State.COLLECTING:
            break
    assert generation.provider_job_id == job.id
    assert generation.state == State.COLLECTING, "it was asked about at once, not in an hour"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers, body: ({**headers, "webhook-signature": "v3," + "0" * 64}, body),
        lambda headers, body: ({**headers, "webhook-signature": ""}, body),
        lambda headers, body: ({**headers, "webhook-timestamp": str(int(time.time()) - 301)}, body),
        lambda headers, body: ({**headers, "webhook-timestamp": str(int(time.time()) + 400)}, body),
        lambda headers, body: ({**headers, "webhook-id": "evt_other"}, body),
        lambda headers, body: (headers, body + b" "),
        lambda headers, body: ({}, body),
        lambda headers, body: ({**headers, "webhook-id": ""}, body),
    ],
    ids=["wrong", "empty", "old", "from the future", "another id", "changed body", "no headers", "no id"],
)
def test_a_message_that_cannot_be_believed_changes_nothing(listening, running, client, spoil):
    reply = send(client, *spoil(*message(listening)))
    assert reply.status_code == 400
    assert due(running) == LATER
    assert not ProviderWebhookEvent.objects.exists()


def test_without_a_secret_no_message_is_believed(listening, running, client):
    signed = message(listening)
    ProviderAccount.objects.filter(key="wavespeed").update(webhook_secret="")
    assert send(client, *signed).status_code == 400
    assert due(running) == LATER


def test_a_huge_body_is_refused_unread(listening, running, client):
    headers, _ = message(listening)
    assert send(client, headers, b"x" * 1_000_001).status_code == 400
    assert due(running) == LATER


def test_a_message_for_a_provider_that_sends_none_is_refused(listening, client, running):
    assert send(client, *message(listening), "/provider-webhooks/soundverse/").status_code == 400
    assert send(client, *message(listening), "/provider-webhooks/nobody/").status_code == 404
    assert client.get(HOOK).status_code == 405


def test_a_message_about_a_job_of_somebody_else_changes_nothing(listening, running, client):
    Generation.objects.update(provider_job_id="another")
    assert send(client, *message(listening)).status_code == 200
    assert due(running) == LATER
