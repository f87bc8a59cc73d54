"""A program's own `?webhook=`: one prediction when it has ended, signed as WaveSpeed signs it."""

import json
import time

import pytest

from generator import workflow
from generator.models import State, User, WebhookMessage
from generator.providers.errors import WebhookRefused
from generator.providers.wavespeed import verify_webhook
from generator.workflow import Refused, keys
from generator.workflow.webhooks import ask_for, sending
from tests.conftest import POLL, ended
from tests.fakes.live import Seen
from tests.workflow.webhooks.conftest import later

BASE = "https://studio.example"


@pytest.fixture
def program(user) -> User:
    """Ada's program, acting with a key."""
    caller = keys.caller(keys.make(user, "render farm")[1])
    assert caller is not None
    return caller


@pytest.fixture
def asked(ask, program, receiver):
    """Work that was asked for with a webhook."""
    generation = ask(user=program, model=POLL)
    ask_for(generation, f"{receiver.url}/in?job=7", BASE)
    return generation


def believed(seen: Seen, secret: str):
    return verify_webhook(seen.headers, seen.body, secret, time.time())


def test_it_is_told_when_it_is_done_and_our_own_verifier_believes_it(
    fake, hasty_looks, asked, receiver, program, run_background
):
    generation = ended(asked, run_background)
    (seen,) = receiver.seen
    notice = believed(seen, program.acting_with.webhook_secret)
    said = json.loads(seen.body)
    assert seen.path == "/in?job=7"
    assert notice.once.endswith(":completed")
    assert said["id"] == generation.ref.encode().hex()
    assert "data" not in said  # bare, without the envelope
    assert [address.startswith(f"{BASE}/o/") for address in said["outputs"]] == [True]


def test_a_failure_is_told_too(fake, hasty_looks, asked, receiver, run_background):
    fake.script.end = "failed"
    ended(asked, run_background, State.FAILED)
    said = json.loads(receiver.seen[0].body)
    assert (said["status"], said["outputs"]) == ("failed", [])
    assert said["error"]


def test_nobody_is_told_before_the_end(asked, receiver):
    sending.run()
    assert receiver.seen == []


def test_asked_for_after_the_end_it_is_told_at_once(fake, hasty_looks, ask, program, receiver, run_background):
    generation = ended(ask(user=program), run_background)
    ask_for(generation, receiver.url, BASE)
    run_background()
    assert len(receiver.seen) == 1


def test_asking_twice_is_asking_once(asked, receiver):
    ask_for(asked, f"{receiver.url}/in?job=7", BASE)
    assert WebhookMessage.objects.count() == 1


def test_what_is_not_taken_is_told_again_under_the_same_id(fake, hasty_looks, asked, receiver, run_background, program):
    receiver.trouble("hook", "status", status=500)
    ended(asked, run_background)
    later()
    sending.run()
    first, second = (believed(seen, program.acting_with.webhook_secret) for seen in receiver.seen)
    assert (first.event, first.once) == (second.event, second.once)


@pytest.mark.parametrize(
    "change",
    [
        lambda seen, secret: (seen, "whsec_another"),
        lambda seen, secret: (Seen(seen.method, seen.path, seen.headers, seen.body + b" "), secret),
    ],
    ids=["another secret", "another body"],
)
def test_what_was_changed_on_the_way_is_not_believed(asked, user, receiver, program, change):
    workflow.cancel(asked, user)
    sending.run()
    seen, secret = change(receiver.seen[0], program.acting_with.webhook_secret)
    with pytest.raises(WebhookRefused):
        believed(seen, secret)


@pytest.mark.parametrize(
    "url",
    ["", "ftp://example.com/", "example.com", "http://", "https://a b/", "https://me:x@a.example/", "https://[x/"],
)
def test_what_is_no_web_address_is_refused(ask, program, url):
    with pytest.raises(Refused) as refused:
        ask_for(ask(user=program), url, BASE)
    assert refused.value.field == "webhook"


def test_plain_http_is_refused_unless_it_was_opened(ask, program, settings):
    settings.STUDIO_PRIVATE_WEBHOOKS = False
    with pytest.raises(Refused):
        ask_for(ask(user=program), "http://example.com/", BASE)


def test_what_the_pages_asked_for_has_no_secret_to_sign_with(ask):
    with pytest.raises(Refused):
        ask_for(ask(), "https://example.com/", BASE)
