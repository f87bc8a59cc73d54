"""WaveSpeed's replies as data: the printed samples, tolerated spellings, hostile values, signed webhooks."""

import datetime as dt
import hashlib
import hmac
import time

import pytest

from generator.currency import micros_of
from generator.providers.base import Progress
from generator.providers.errors import WebhookRefused
from generator.providers.wavespeed.protocol import envelope, moment, prediction, verify_webhook
from tests.fakes.failing_server import LiveHandler, Troubled

SUBMITTED = {
    "code": 200,
    "message": "success",
    "data": {
        "id": "3f0c9b7a5d1e4c2f8a6b0d9e7c5a1b34",
        "model": "mureka-ai/mureka-v7.6/generate-bgm",
        "outputs": [],
        "urls": {"get": "https://api.wavespeed.ai/api/v3/predictions/3f0c9b7a5d1e4c2f8a6b0d9e7c5a1b34/result"},
        "status": "created",
        "created_at": "2023-04-01T12:34:56.789Z",
        "error": "",
        "timings": {"inference": 0},
    },
}


def test_the_reply_of_the_page_parses_as_printed():
    opened = envelope(SUBMITTED)
    job = prediction(opened.data)
    assert (opened.code, opened.message) == (200, "success")
    assert job.id == "3f0c9b7a5d1e4c2f8a6b0d9e7c5a1b34"
    assert job.created == dt.datetime(2023, 4, 1, 12, 34, 56, 789_000, tzinfo=dt.UTC)
    snapshot = job.snapshot()
    assert (snapshot.progress, snapshot.outputs, snapshot.error) == (Progress.WAITING, (), "")
    assert snapshot.raw == SUBMITTED["data"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T09:15:15.948268264Z", dt.datetime(2026, 3, 2, 9, 15, 15, 948_268, tzinfo=dt.UTC)),
        ("2026-03-02T09:15:15Z", dt.datetime(2026, 3, 2, 9, 15, 15, tzinfo=dt.UTC)),
        ("2026-03-02 09:15:15.1", dt.datetime(2026, 3, 2, 9, 15, 15, 100_000, tzinfo=dt.UTC)),
        ("2026-03-02T10:15:15+01:00", dt.datetime(2026, 3, 2, 9, 15, 15, tzinfo=dt.UTC)),
        ("2026-02-30T10:15:15Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1677610602, None),
    ],
)
def test_times_with_nine_digits_and_less_are_read(text, expected):
    assert moment(text) == expected


@pytest.mark.parametrize(
    ("outputs", "addresses", "registered"),
    [
        (["https://c.example/a.mp3", "https://c.example/b.mp3"], 2, ""),
        (["https://c.example/a.mp3", "https://c.example/a.mp3"], 1, ""),
        ("https://c.example/a.mp3", 1, ""),
        ('["https://c.example/a.mp3"]', 1, ""),
        ("[broken", 0, ""),
        ({"url": "https://c.example/a.mp3"}, 1, ""),
        ([{"url": "https://c.example/a.mp3", "id": "5"}], 1, ""),
        ([{"id": "140567225040898", "purpose": "audio", "audio_id": "140567225040898"}], 0, "140567225040898"),
        ([{"audio_id": 77}], 0, "77"),
        (None, 0, ""),
        ([], 0, ""),
        ([None, 1, True, "", " https://c.example/a", "ftp://c.example/a", "//c.example/a", "https://"], 0, ""),
        (["https://[broken", "https://c.example/\n", "data:audio/mpeg;base64,AAAA"], 0, ""),
    ],
)
def test_outputs_are_read_whatever_form_they_have(outputs, addresses, registered):
    job = prediction({"id": "a", "status": "completed", "outputs": outputs})
    assert (len(job.outputs), job.registered_id) == (addresses, registered)


@pytest.mark.parametrize("id", ["", None, " ", "a b", "..", "x" * 201, "a\nb", True, 1.5, [], {}, "a\x00b", "\ud800"])
def test_an_id_that_could_do_harm_is_none(id):
    job = prediction({"id": id, "status": "created"})
    assert job.id == ""


@pytest.mark.parametrize("body", [None, [], "text", 5, {}, {"status": None}])
def test_what_is_no_prediction_is_none(body):
    assert prediction(body) is None


@pytest.mark.parametrize("body", [None, [], {}, {"detail": "x"}])
def test_what_is_no_envelope_is_none(body):
    assert envelope(body) is None


def test_what_is_kept_of_a_reply_holds_no_key_and_nothing_a_database_refuses():
    hostile = {
        "id": "a",
        "status": "failed",
        "error": "denied for sk-123\x00\ud800",
        "inputs": {"authorization": "Bearer x", "Api_Key": "y", "prompt": "p" * 9000},
        "big": 10**40,
        "many": list(range(999)),
        "deep": [[[[[[[[[[["x"]]]]]]]]]]],
    }
    job = prediction(hostile, "sk-123")
    assert job.error == "denied for •••?"
    assert "sk-123" not in str(job.raw)
    assert job.raw["inputs"]["authorization"] == job.raw["inputs"]["Api_Key"] == "•••"
    assert len(job.raw["inputs"]["prompt"]) == 4000
    assert len(job.raw["many"]) == 200
    assert job.raw["big"] == str(10**40)
    assert "…" in str(job.raw["deep"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.03, 30_000),
        (0.1 + 0.2, 300_000),
        ("0.045", 45_000),
        (3, 3_000_000),
        (-0.03, -30_000),
        (True, None),
        (None, None),
        ("lots", None),
        ("NaN", None),
        ("Infinity", None),
        (1e30, None),
    ],
)
def test_amounts_are_exact_or_none(value, expected):
    assert micros_of(value) == expected


# --- webhooks ---

BODY = b'{"id":"abc","status":"completed"}'
SIGNATURE = "0bf424dabf7e5137dad26be7bab909f6784b05d95637d20790da8522a54dbed4"
HEADERS = {"webhook-id": "evt_1", "webhook-timestamp": "1758798328", "webhook-signature": f"v3,{SIGNATURE}"}
NOW = 1758798328.0
SECRET = "whsec_demo-secret"


def test_the_test_vector_holds():
    notice = verify_webhook(HEADERS, BODY, SECRET, NOW)
    assert (notice.event, notice.once) == ("evt_1", "abc:completed")
    assert (notice.snapshot.provider_job_id, notice.snapshot.progress) == ("abc", Progress.COMPLETED)


@pytest.mark.parametrize(
    ("headers", "now", "secret"),
    [
        ({}, NOW + 300, SECRET),
        ({}, NOW - 300, SECRET),
        ({}, NOW, "demo-secret"),
        ({}, NOW, " whsec_demo-secret\n"),
        ({"webhook-signature": f"v2,xyz v3,{SIGNATURE}"}, NOW, SECRET),
    ],
    ids=["five minutes late", "five minutes early", "secret without prefix", "secret with blanks", "several pairs"],
)
def test_a_delivery_that_holds(headers, now, secret):
    changed = {**HEADERS, **headers}
    titled = {name.title(): value for name, value in changed.items()}
    assert verify_webhook(titled, BODY, secret, now).snapshot.provider_job_id == "abc"


@pytest.mark.parametrize(
    ("headers", "body", "now", "secret"),
    [
        ({}, BODY, NOW + 301, SECRET),
        ({}, BODY, NOW - 301, SECRET),
        ({}, BODY + b" ", NOW, SECRET),
        ({}, BODY, NOW, "whsec_other"),
        ({}, BODY, NOW, ""),
        ({}, BODY, NOW, "whsec_"),
        ({"webhook-id": "evt_2"}, BODY, NOW, SECRET),
        ({"webhook-id": ""}, BODY, NOW, SECRET),
        ({"webhook-timestamp": "1758798329"}, BODY, NOW, SECRET),
        ({"webhook-timestamp": "soon"}, BODY, NOW, SECRET),
        ({"webhook-timestamp": "١٧٥٨٧٩٨٣٢٨"}, BODY, NOW, SECRET),
        ({"webhook-timestamp": "9" * 400}, BODY, NOW, SECRET),
        ({"webhook-signature": SIGNATURE}, BODY, NOW, SECRET),
        ({"webhook-signature": f"v1,{SIGNATURE}"}, BODY, NOW, SECRET),
        ({"webhook-signature": f"v3,{SIGNATURE.upper()}"}, BODY, NOW, SECRET),
        ({"webhook-signature": "v3,é"}, BODY, NOW, SECRET),
        ({"webhook-signature": ""}, BODY, NOW, SECRET),
        ({"webhook-signature": "v3,"}, BODY, NOW, SECRET),
    ],
)
def test_a_delivery_that_does_not_hold_is_refused_without_a_secret_in_the_words(headers, body, now, secret):
    with pytest.raises(WebhookRefused) as refused:
        verify_webhook({**HEADERS, **headers}, body, secret, now)
    assert "demo-secret" not in str(refused.value)
    assert SIGNATURE not in str(refused.value)


def test_a_missing_header_is_refused():
    for name in HEADERS:
        with pytest.raises(WebhookRefused):
            verify_webhook({other: value for other, value in HEADERS.items() if other != name}, BODY, SECRET, NOW)


@pytest.mark.parametrize(
    "body",
    [b"not json", b"[]", b'{"status":"completed"}', b'{"id":"../x y"}', b"\xff", b"x" * 1_000_001],
    ids=["text", "list", "no id", "bad id", "not UTF-8", "too large"],
)
def test_a_signed_body_that_is_no_prediction_is_refused(body):
    signature = hmac.new(b"demo-secret", b"evt_1.1758798328." + body, hashlib.sha256).hexdigest()
    with pytest.raises(WebhookRefused):
        verify_webhook({**HEADERS, "webhook-signature": f"v3,{signature}"}, body, SECRET, NOW)


def test_what_the_live_fake_signs_holds(vendors):
    job = vendors.wavespeed.accept("mureka-ai/mureka-v7.6/generate-bgm", {"prompt": "x"})
    headers, body = vendors.wavespeed.signed(job, vendors.url)
    assert verify_webhook(headers, body, SECRET, time.time()).snapshot.provider_job_id == job.id


class Receiver(Troubled):
    """A studio's webhook address that records when it was called."""

    class handler(LiveHandler):
        def route(self) -> None:
            self.send_json(200, {})


@pytest.mark.parametrize(("early", "times"), [(True, 1), (False, 2)], ids=["before the submit is answered", "twice"])
def test_deliveries_of_the_live_fake_hold_however_they_come(vendors, wavespeed, early, times):
    shop = vendors.wavespeed
    shop.hook_times, shop.polls = times, 0
    with Receiver() as studio:
        job = shop.accept("mureka-ai/mureka-v7.6/generate-bgm", {"prompt": "x"}, f"{studio.url}/hooks/ws")
        if early:
            shop.deliver_hook(job, vendors.url)
        wavespeed.poll(job.id)
        assert vendors.settled()
        notices = [verify_webhook(seen.headers, seen.body, SECRET, time.time()) for seen in studio.seen]
    assert {notice.snapshot.provider_job_id for notice in notices} == {job.id}
    assert len({notice.once for notice in notices}) == (2 if early else 1)
    assert len(notices) == 2
