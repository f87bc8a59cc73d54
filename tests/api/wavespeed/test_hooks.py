"""Request webhooks: `?webhook=` is stored with the submit, and the message is signed as the vendor signs."""

import time
from urllib.parse import quote

import pytest
import requests

from generator.models import Generation, LedgerEntry, WebhookDelivery
from generator.providers.base import Progress
from generator.providers.wavespeed.protocol import verify_webhook
from tests.api.wavespeed.conftest import BGM_PATH
from tests.api.wavespeed.test_refusals import refused
from tests.conftest import COMPOSER
from tests.fakes.receiver import Receiver
from tests.management.tree import wait_for

SHORT = {"prompt": "warm lo-fi, 5 s"}
PLACE = "https://app.example.com/hooks/ws?a=b"


def test_it_is_written_down_with_the_submit(program):
    ours = program(model_override=COMPOSER)
    ours.post(f"{BGM_PATH}?webhook={quote(PLACE)}", SHORT)
    ours.post(BGM_PATH, SHORT | {"webhook_url": PLACE})
    assert [message.url for message in WebhookDelivery.objects.all()] == [PLACE, PLACE]
    assert "webhook_url" not in Generation.objects.last().client_request.inputs


def test_asked_for_twice_with_one_idempotency_key_it_is_told_once(program):
    ours = program(model_override=COMPOSER)
    for _ in range(2):
        ours.good(ours("POST", f"{BGM_PATH}?webhook={quote(PLACE)}", SHORT, **{"idempotency-key": "one"}))
    assert WebhookDelivery.objects.count() == 1


@pytest.mark.parametrize("place", ["ftp://x.example/", "nonsense", "https://user:word@x.example/", "https://"])
def test_with_an_address_that_cannot_be_told_nothing_is_made(program, place):
    refused(program(model_override=COMPOSER)("POST", f"{BGM_PATH}?webhook={quote(place)}", SHORT), 400)
    assert not Generation.objects.exists()
    assert not LedgerEntry.objects.exists()


@pytest.mark.live
@pytest.mark.xdist_group("wavespeed")
def test_a_receiver_written_for_the_vendor_believes_what_comes(live):
    signed = {"Authorization": f"Bearer {live.free}"}
    with Receiver() as receiver:
        place = f"{live.url}/api/v3/{BGM_PATH}?webhook={quote(receiver.url + '/hooks', safe='')}"
        asked = requests.post(place, json=SHORT, headers=signed, timeout=30).json()["data"]
        wait_for(lambda: receiver.seen, 60, "the webhook comes")
        (came,) = receiver.seen
    secret = requests.get(f"{live.url}/api/v3/webhook/secret", headers=signed, timeout=30).json()["data"]["secret"]
    notice = verify_webhook(came.headers, came.body, secret, time.time())
    assert (notice.snapshot.provider_job_id, notice.snapshot.progress) == (asked["id"], Progress.COMPLETED)
    assert {"code", "message", "data"}.isdisjoint(came.json)
    assert came.json["input"] == SHORT
    assert came.json["model"] == BGM_PATH
    assert came.json["urls"]["get"].startswith(live.url)
    assert requests.get(came.json["outputs"][0], timeout=30).status_code == 200
