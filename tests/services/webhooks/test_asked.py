"""A request's own `?webhook=`: one prediction when it has ended, signed as WaveSpeed signs it."""

import json
import time

import pytest

from generator.models import State, User, WebhookDelivery
from generator.providers.errors import WebhookRefused
from generator.providers.wavespeed.protocol import verify_webhook
from generator.services.errors import UserError
from generator.services.generation import cancellation
from generator.services.team import api_keys
from generator.services.webhooks import delivery
from generator.services.webhooks.events import request_delivery
from tests.conftest import POLL, ended
from tests.fakes.failing_server import Seen
from tests.services.webhooks.conftest import later

BASE = "https://studio.example"


@pytest.fixture
def program(user) -> User:
    """Ada's program, acting with a key."""
    caller = api_keys.user_for_token(api_keys.make(user, "render farm")[1])
    assert caller is not None
    return caller


@pytest.fixture
def asked(ask, program, receiver):
    """A generation requested with a webhook."""
    generation = ask(user=program, model=POLL)
    request_delivery(generation, f"{receiver.url}/in?job=7", BASE)
    return generation


def believed(seen: Seen, secret: str):
    return verify_webhook(seen.headers, seen.body, secret, time.time())


def test_it_is_told_when_it_is_done_and_our_own_verifier_believes_it(
    fake, fast_polling, asked, receiver, program, run_background
):
    generation = ended(asked, run_background)
    (seen,) = receiver.seen
    notice = believed(seen, program.api_key.webhook_secret)
    said = json.loads(seen.body)
    assert seen.path == "/in?job=7"
    assert notice.once.endswith(":completed")
    assert said["id"] == generation.public_id.encode().hex()
    assert "data" not in said  # bare, without the envelope
    assert [address.startswith(f"{BASE}/o/") for address in said["outputs"]] == [True]


def test_a_failure_is_told_too(fake, fast_polling, asked, receiver, run_background):
    fake.script.end = "failed"
    ended(asked, run_background, State.FAILED)
    said = json.loads(receiver.seen[0].body)
    assert (said["status"], said["outputs"]) == ("failed", [])
    assert said["error"]


def test_nobody_is_told_before_the_end(asked, receiver):
    delivery.run()
    assert receiver.seen == []


def test_asked_for_after_the_end_it_is_told_at_once(fake, fast_polling, ask, program, receiver, run_background):
    generation = ended(ask(user=program), run_background)
    request_delivery(generation, receiver.url, BASE)
    run_background()
    assert len(receiver.seen) == 1


def test_asking_twice_is_asking_once(asked, receiver):
    request_delivery(asked, f"{receiver.url}/in?job=7", BASE)
    assert WebhookDelivery.objects.count() == 1


def test_what_is_not_taken_is_told_again_under_the_same_id(
    fake, fast_polling, asked, receiver, run_background, program
):
    receiver.trouble("hook", "status", status=500)
    ended(asked, run_background)
    later()
    delivery.run()
    first, second = (believed(seen, program.api_key.webhook_secret) for seen in receiver.seen)
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
    cancellation.cancel(asked, user)
    delivery.run()
    seen, secret = change(receiver.seen[0], program.api_key.webhook_secret)
    with pytest.raises(WebhookRefused):
        believed(seen, secret)


@pytest.mark.parametrize(
    "url",
    ["", "ftp://example.com/", "example.com", "http://", "https://a b/", "https://me:x@a.example/", "https://[x/"],
)
def test_what_is_no_web_address_is_refused(ask, program, url):
    with pytest.raises(UserError) as refused:
        request_delivery(ask(user=program), url, BASE)
    assert refused.value.field == "webhook"


def test_plain_http_is_refused_unless_it_was_opened(ask, program, settings):
    settings.STUDIO_PRIVATE_WEBHOOKS = False
    with pytest.raises(UserError):
        request_delivery(ask(user=program), "http://example.com/", BASE)


def test_what_the_pages_asked_for_has_no_secret_to_sign_with(ask):
    with pytest.raises(UserError):
        request_delivery(ask(), "https://example.com/", BASE)
