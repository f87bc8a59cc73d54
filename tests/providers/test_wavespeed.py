"""WaveSpeed over real sockets: what is sent, what is sent again (nothing), and the meaning of each answer."""

import gzip
import json
import socket

import pytest

from generator.providers.base import Configurable, PollProvider, Progress, ProviderConfig
from generator.providers.errors import Busy, Failed, InDoubt, OperatorMustAct, Rejected
from generator.providers.wavespeed.client import WaveSpeed
from tests.fakes.failing_server import Row
from tests.providers.conftest import BGM, SHORT_PATIENCE, Caller, brief

BGM_PATH = "mureka-ai/mureka-v7.6/generate-bgm"


def submits(vendors) -> list:
    return vendors.requests("POST", "/generate-bgm")


# --- the normal case ---


def test_it_is_a_poll_provider_that_takes_an_account():
    assert isinstance(WaveSpeed(), PollProvider)
    assert isinstance(WaveSpeed(), Configurable)


def test_a_job_is_submitted_polled_and_delivered(vendors, wavespeed):
    began = wavespeed.submit(brief(takes=2, format="wav"))
    assert began.progress == Progress.WAITING
    assert wavespeed.poll(began.provider_job_id).progress == Progress.RUNNING
    ended = wavespeed.poll(began.provider_job_id)
    assert ended.progress == Progress.COMPLETED
    assert [output.url for output in ended.outputs] == [
        f"{vendors.url}/cdn/{began.provider_job_id}-{n}.wav" for n in (1, 2)
    ]
    assert len(submits(vendors)) == 1


def test_every_field_of_the_contract_is_sent_and_nothing_else(vendors, wavespeed):
    settings = {"instrumental_id": " 140567225040898 ", "duration": 30, "style": "jazz"}
    wavespeed.submit(brief(prompt="  calm \n piano ", takes=3, format="flac", settings=settings))
    assert submits(vendors)[0].json == {
        "prompt": "calm \n piano",
        "number_of_songs": 3,
        "output_format": "flac",
        "instrumental_id": "140567225040898",
    }
    assert submits(vendors)[0].headers["authorization"] == f"Bearer {vendors.wavespeed.key}"


@pytest.mark.parametrize(
    ("model", "settings", "path", "fields"),
    [
        ("mureka-v7.6-bgm", {}, "mureka-v7.6/generate-bgm", {"prompt", "number_of_songs", "output_format"}),
        ("mureka-v8-bgm", {}, "mureka-v8/generate-bgm", {"prompt", "number_of_songs", "output_format"}),
        (
            "mureka-v9-bgm",
            {"instrumental_id": "1"},
            "mureka-v9/generate-bgm",
            {"prompt", "number_of_songs", "output_format", "instrumental_id"},
        ),
        ("mureka-v9.5-bgm", {"instrumental_id": "1"}, "mureka-v9.5/generate-bgm", {"prompt", "output_format"}),
        (
            "mureka-v7.6-song",
            {"lyrics": "la la", "vocal_id": "5"},
            "mureka-v7.6/generate-song",
            {"prompt", "number_of_songs", "output_format", "lyrics", "vocal_id"},
        ),
        (
            "stem-song",
            {"audio": "https://cdn.example/a.mp3", "model": "audio-separation-2"},
            "stem-song",
            {"audio", "model"},
        ),
    ],
)
def test_each_model_is_asked_at_its_own_path_with_its_own_fields(vendors, wavespeed, model, settings, path, fields):
    wavespeed.submit(brief(f"wavespeed/{model}", settings=settings))
    sent = vendors.requests("POST")[-1]
    assert sent.path == f"/api/v3/mureka-ai/{path}"
    assert sent.json.keys() == fields


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"prompt": "   "}, "few words"),
        ({"prompt": "é" * 1025}, "1 characters over"),
        ({"takes": 4}, "1 to 3 takes"),
        ({"takes": 0}, "1 to 3 takes"),
        ({"format": "ogg"}, "mp3, wav, flac"),
        ({"settings": {"instrumental_id": "../../x"}}, "“../../x”"),
        ({"model": "wavespeed/mureka-v7.6-song"}, "lyrics"),
        ({"model": "wavespeed/stem-song"}, "audio to process"),
    ],
)
def test_what_could_never_be_accepted_is_refused_before_anything_is_sent(vendors, wavespeed, changes, sentence):
    error = wavespeed.refused("submit", brief(**changes))
    assert isinstance(error, Rejected)
    assert sentence in error.sentence
    assert vendors.seen == []


@pytest.mark.parametrize("prompt", ["🎹" * 1024, "  " + "a" * 1024 + "\n"], ids=["code points", "trimmed"])
def test_a_prompt_is_counted_in_code_points_after_trimming(vendors, wavespeed, prompt):
    assert wavespeed.submit(brief(prompt=prompt)).provider_job_id


def test_a_webhook_address_goes_into_the_query_only_when_it_is_https(vendors, account):
    for address, expected in [
        ("https://app.example/hooks/ws?a=1", "?webhook=https%3A%2F%2Fapp.example%2Fhooks%2Fws%3Fa%3D1"),
        ("http://app.example/hooks/ws", ""),
    ]:
        config = ProviderConfig(account.base_url, account.key, {"webhook_url": address}, private_ok=True)
        Caller(WaveSpeed(config)).submit(brief())
        assert submits(vendors)[-1].path == f"/api/v3/mureka-ai/mureka-v7.6/generate-bgm{expected}"


# --- what a submit's answer means; each row is sent exactly once ---


def envelope(code: int, message: str, **data) -> bytes:
    return json.dumps({"code": code, "message": message, "data": data or None}).encode()


ANSWERS = [
    ("bad field", {"status": 400, "body": envelope(400, "prompt is required")}, Rejected),
    ("unknown key in body", {"status": 400, "body": envelope(400, "additional property n")}, Rejected),
    ("content policy", {"status": 400, "body": envelope(400, "content policy violation")}, Rejected),
    ("no balance as 400", {"status": 400, "body": envelope(400, "Insufficient credits")}, OperatorMustAct),
    (
        "a text that speaks of credits",
        {"status": 400, "body": envelope(400, "invalid prompt: 'end credits'")},
        Rejected,
    ),
    ("bad key", {"status": 401, "body": envelope(401, "Unauthorized")}, OperatorMustAct),
    ("no balance", {"status": 402, "body": envelope(402, "Insufficient balance")}, OperatorMustAct),
    ("role", {"status": 403, "body": envelope(403, "role viewer lacks permission")}, OperatorMustAct),
    ("no balance as 403", {"status": 403, "body": envelope(403, "insufficient balance")}, OperatorMustAct),
    ("unknown model", {"status": 404, "body": envelope(404, "model not found")}, Rejected),
    ("too big", {"status": 413, "body": b"<html>too large</html>"}, Rejected),
    ("schema", {"status": 422, "body": envelope(422, "unprocessable")}, Rejected),
    ("tier limit", {"status": 429, "body": envelope(429, "Too many requests")}, Busy),
    ("too early", {"status": 425}, Busy),
    ("request time-out", {"status": 408}, InDoubt),
    ("server error", {"status": 500, "body": envelope(500, "internal error")}, InDoubt),
    ("bad gateway", {"status": 502, "body": b"<html>502</html>"}, InDoubt),
    ("unavailable", {"status": 503}, InDoubt),
    ("gateway time-out", {"status": 504}, InDoubt),
    ("edge error", {"status": 520}, InDoubt),
    ("moved", {"status": 308, "headers": {"location": "https://elsewhere.example/"}}, OperatorMustAct),
    ("see other", {"status": 303, "headers": {"location": "https://elsewhere.example/"}}, InDoubt),
    ("200 with code 401", {"body": envelope(401, "Unauthorized")}, OperatorMustAct),
    ("200 with code 400", {"body": envelope(400, "prompt is required")}, Rejected),
    ("200 with code 429", {"body": envelope(429, "slow down")}, Busy),
    ("200 with code 500", {"body": envelope(500, "oops")}, InDoubt),
    ("200 with an unknown code", {"body": envelope(1234, "?")}, InDoubt),
    ("200 without data", {"body": b'{"code":200,"message":"success","data":null}'}, InDoubt),
    ("200 without an id", {"body": envelope(200, "success", id="", status="created")}, InDoubt),
    ("200 with a list", {"body": b"[]"}, InDoubt),
    ("200 with nothing", {"body": b""}, InDoubt),
    ("200 with NaN", {"body": b'{"code":200,"data":{"id":NaN}}'}, InDoubt),
    ("200 nested without end", {"body": b"[" * 100_000}, InDoubt),
    ("200 and failed at once", {"body": envelope(200, "success", id="", status="failed", error="no gpu")}, Failed),
    ("202 without an id", {"status": 202, "body": b"{}"}, InDoubt),
]


@pytest.mark.parametrize(("how", "error"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_an_answer_to_a_submit_becomes_the_right_error(vendors, wavespeed, how, error):
    vendors.trouble("submit", "status", **how)
    raised = wavespeed.refused("submit", brief())
    assert type(raised) is error
    assert raised.sentence.endswith(".")
    assert len(submits(vendors)) == 1
    assert vendors.wavespeed.jobs == []


BROKEN = [
    ("reset before the headers", "reset", {"accept": True}),
    ("end of line before the headers", "cut", {}),
    ("reset after the headers", "headers", {"accept": True}),
    ("answer cut in half", "truncated", {"accept": True}),
    ("no answer in time", "hang", {}),
    ("garbage", "garbage", {"accept": True}),
    ("a page of something in between", "html", {"accept": True}),
    ("an answer without end", "endless", {"accept": True}),
    ("an answer byte by byte", "drip", {"accept": True, "seconds": 0.05}),
    ("a broken encoding", "status", {"accept": True, "body": b"{}", "headers": {"content-encoding": "gzip"}}),
]


@pytest.mark.parametrize(("do", "how"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_lost_answer_is_in_doubt_and_never_sent_again(vendors, wavespeed, do, how):
    vendors.trouble("submit", do, **how)
    assert type(wavespeed.facing(do).refused("submit", brief())) is InDoubt
    assert len(submits(vendors)) == 1
    assert len(vendors.wavespeed.jobs) == bool(how)


@pytest.mark.parametrize(
    "body",
    [
        {"code": 504, "message": "sync mode timed out", "data": {"id": "abc", "status": "processing"}},
        {"code": 200, "data": {"id": "abc", "status": "processing", "code": 5004, "error": "Sync mode timed out"}},
        {"data": {"id": "abc", "status": "queued"}},
        {"code": "200", "data": {"id": "abc", "status": "created", "outputs": None, "error": None}},
    ],
    ids=["ambiguous code", "sync time-out", "no code", "code as text"],
)
def test_an_id_is_an_acceptance_whatever_else_the_answer_says(vendors, wavespeed, body):
    vendors.trouble("submit", "status", body=json.dumps(body).encode())
    assert wavespeed.submit(brief()).provider_job_id == "abc"


@pytest.mark.parametrize("status", [400, 401, 402, 404, 409, 422, 429, 500, 504])
@pytest.mark.parametrize(
    "body",
    [
        envelope(504, "timed out", id="abc", status="processing"),
        envelope(400, "prompt is required", id="abc", status="failed"),
        b'{"code": 429, "message": "slow down", "id": "abc"}',
        b'{"id": "abc", "status": "created"}',
        b'{"code": 200, "data": {"id": "abc", "timings": NaN}} and more',
    ],
    ids=["processing", "failed", "beside the code", "bare", "broken"],
)
def test_an_answer_that_names_the_job_is_an_acceptance_whatever_its_status(vendors, wavespeed, status, body):
    vendors.trouble("submit", "status", status=status, body=body)
    accepted = wavespeed.submit(brief())
    assert (accepted.provider_job_id, accepted.progress, accepted.outputs) == ("abc", Progress.RUNNING, ())


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ({}, 60, 60),
        ({"retry-after": "7"}, 7, 7),
        ({"retry-after": "0"}, 1, 1),
        ({"retry-after": "86400"}, 600, 600),
        ({"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"}, 600, 600),
        ({"retry-after": "Fri, 01 Jan 2010 00:00:00 GMT"}, 1, 1),
        ({"retry-after": "soon"}, 60, 60),
        ({"retry-after": "-5"}, 60, 60),
    ],
)
def test_a_busy_vendor_says_when_to_come_back_within_reason(vendors, wavespeed, header, least, most):
    vendors.trouble("submit", "status", status=429, headers=header)
    assert least <= wavespeed.refused("submit", brief()).retry_after <= most


def unreachable() -> list[str]:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return [f"http://127.0.0.1:{closed.getsockname()[1]}", "https://nowhere.invalid"]


@pytest.mark.parametrize("address", unreachable(), ids=["refused", "unknown name"])
def test_a_connection_that_was_never_made_is_only_busy(vendors, account, address):
    provider = WaveSpeed(ProviderConfig(address, account.key, patience=account.patience))
    assert type(Caller(provider).refused("submit", brief())) is Busy


def test_a_connection_that_takes_too_long_to_make_is_only_busy():
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        address = f"http://127.0.0.1:{full.getsockname()[1]}"
        provider = WaveSpeed(ProviderConfig(address, "k", patience=SHORT_PATIENCE))
        assert type(Caller(provider).refused("submit", brief())) is Busy


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"key": ""}, "no API key"),
        ({"key": "two words"}, "characters"),
        ({"key": "abc\ndef"}, "characters"),
        ({"key": "schlüssel"}, "characters"),
        ({"base_url": "http://api.example", "private_ok": False}, "secure web address"),
        ({"base_url": "https://user:secret@api.example"}, "secure web address"),
        ({"base_url": "ftp://api.example"}, "secure web address"),
        ({"base_url": "https://[broken"}, "secure web address"),
        ({"base_url": "api.example"}, "secure web address"),
    ],
)
def test_an_account_that_cannot_work_is_for_the_operator(account, changes, sentence):
    provider = WaveSpeed(ProviderConfig(**{"base_url": account.base_url, "key": "k", **changes}))
    for call in (("submit", brief()), ("poll", "abc"), ("balance",)):
        error = Caller(provider).refused(*call)
        assert type(error) is OperatorMustAct
        assert sentence in error.sentence
        assert not changes.get("key") or changes["key"] not in f"{error!r} {error.words}"


def test_the_environment_is_the_account_when_none_was_handed_in(vendors, monkeypatch):
    assert "no API key" in Caller(WaveSpeed()).refused("submit", brief()).sentence
    monkeypatch.setenv("WAVESPEED_API_KEY", vendors.wavespeed.key)
    monkeypatch.setenv("WAVESPEED_BASE_URL", f"{vendors.url}/api/v3/")
    assert Caller(WaveSpeed()).submit(brief()).provider_job_id


# --- polling ---


@pytest.mark.parametrize(
    ("status", "progress"),
    [
        ("created", Progress.WAITING),
        ("queued", Progress.WAITING),
        ("processing", Progress.RUNNING),
        ("finalizing", Progress.RUNNING),
        ("COMPLETED", Progress.COMPLETED),
        ("succeeded", Progress.COMPLETED),
        ("failed", Progress.FAILED),
        ("error", Progress.FAILED),
        ("cancelled", Progress.FAILED),
        ("canceled", Progress.FAILED),
        ("timeout", Progress.FAILED),
        ("deleted", Progress.FAILED),
    ],
)
def test_every_status_the_vendor_has_used_is_understood(vendors, wavespeed, status, progress):
    vendors.wavespeed.end, vendors.wavespeed.polls = status, 0
    snapshot = wavespeed.poll(wavespeed.submit(brief()).provider_job_id)
    assert snapshot.progress == progress
    assert bool(snapshot.error) == (progress == Progress.FAILED)


def test_a_failure_brings_the_vendors_words(vendors, wavespeed):
    vendors.wavespeed.end, vendors.wavespeed.polls = "failed", 0
    assert wavespeed.poll(wavespeed.submit(brief()).provider_job_id).error == "the model ran out of ideas"


POLLS = [
    ("server error", "status", {"status": 500}, Busy),
    ("bad gateway", "html", {"status": 502}, Busy),
    ("gateway time-out", "status", {"status": 504}, Busy),
    ("rate limit", "status", {"status": 429}, Busy),
    ("bad request", "status", {"status": 400, "body": envelope(400, "?")}, Busy),
    ("page with 200", "html", {}, Busy),
    ("page with 404", "html", {"status": 404}, Busy),
    ("no data", "status", {"body": b'{"code":200,"message":"success","data":null}'}, Busy),
    ("no status", "status", {"body": envelope(200, "success", id="x")}, Busy),
    ("200 with code 500", "status", {"body": envelope(500, "oops", id="x", status="failed")}, Busy),
    ("somebody else's job", "status", {"body": envelope(200, "success", id="other", status="failed")}, Busy),
    ("garbage", "garbage", {}, Busy),
    ("cut in half", "truncated", {}, Busy),
    ("reset", "reset", {}, Busy),
    ("silence", "hang", {}, Busy),
    ("moved", "redirect", {"to": "https://elsewhere.example/"}, Busy),
    ("too large", "endless", {}, Busy),
    ("byte by byte", "drip", {"seconds": 0.05}, Busy),
    ("broken encoding", "status", {"body": b"{}", "headers": {"content-encoding": "gzip"}}, Busy),
    ("key gone", "status", {"status": 401, "body": envelope(401, "Unauthorized")}, OperatorMustAct),
    ("no leave", "status", {"status": 403, "body": envelope(403, "role")}, OperatorMustAct),
]


@pytest.mark.parametrize(("do", "how", "error"), [row[1:] for row in POLLS], ids=[row[0] for row in POLLS])
def test_a_bad_answer_to_a_poll_says_nothing_about_the_job(vendors, wavespeed, do, how, error):
    provider_job_id = wavespeed.submit(brief()).provider_job_id
    vendors.trouble("result", do, **how)
    assert type(wavespeed.facing(do).refused("poll", provider_job_id)) is error
    assert wavespeed.poll(provider_job_id).provider_job_id == provider_job_id


def test_an_answer_that_was_packed_all_the_same_is_unpacked(vendors, wavespeed):
    body = gzip.compress(envelope(200, "success", id="abc", status="processing"))
    vendors.trouble("result", "status", body=body, headers={"content-encoding": "gzip"})
    assert wavespeed.poll("abc").progress == Progress.RUNNING


@pytest.mark.parametrize(("padding", "readable"), [(0, True), (900_000, True), (1_000_000, False)])
def test_an_answer_is_read_up_to_a_megabyte(vendors, wavespeed, padding, readable):
    body = envelope(200, "success", id="abc", status="processing") + b" " * padding
    vendors.trouble("result", "status", body=body)
    if readable:
        assert wavespeed.poll("abc").provider_job_id == "abc"
    else:
        assert type(wavespeed.refused("poll", "abc")) is Busy


def test_a_job_the_vendor_does_not_know_is_none_only_when_both_addresses_say_so(vendors, wavespeed):
    assert wavespeed.poll("f" * 32) is None
    provider_job_id = wavespeed.submit(brief()).provider_job_id
    vendors.trouble("result", "status", status=404, body=envelope(404, "prediction not found"))
    assert wavespeed.poll(provider_job_id).provider_job_id == provider_job_id


def test_the_address_in_the_reply_is_never_followed(vendors, wavespeed):
    provider_job_id = wavespeed.submit(brief()).provider_job_id
    wavespeed.poll(provider_job_id)
    assert vendors.requests("GET")[-1].path == f"/api/v3/predictions/{provider_job_id}/result"


def test_an_id_cannot_lead_a_poll_elsewhere(vendors, wavespeed):
    assert wavespeed.poll("../../../put/x") is None
    assert all(seen.path.startswith("/api/v3/predictions/..%2F") for seen in vendors.requests("GET"))


def test_fewer_outputs_than_asked_are_what_there_is(vendors, wavespeed):
    vendors.wavespeed.deliver, vendors.wavespeed.polls = 2, 0
    assert len(wavespeed.poll(wavespeed.submit(brief(takes=3)).provider_job_id).outputs) == 2


def test_finished_without_any_output_is_finished_with_nothing(vendors, wavespeed):
    vendors.wavespeed.outputs, vendors.wavespeed.polls = [None, "", 7, "javascript:alert(1)", {"x": 1}], 0
    ended = wavespeed.poll(wavespeed.submit(brief()).provider_job_id)
    assert (ended.progress, ended.outputs) == (Progress.COMPLETED, ())


# --- looking for a job whose answer was lost ---


def test_a_job_whose_answer_was_lost_is_found_by_what_was_asked(vendors, wavespeed):
    vendors.trouble("submit", "cut", accept=True)
    wavespeed.refused("submit", brief())
    job = vendors.wavespeed.jobs[0]
    assert wavespeed.find(brief(), job.created).provider_job_id == job.id


@pytest.mark.parametrize(
    ("request_", "shift"),
    [
        (brief(prompt="another text"), 0),
        (brief(takes=2), 0),
        (brief(format="wav"), 0),
        (brief(settings={"instrumental_id": "2"}), 0),
        (brief("wavespeed/mureka-v8-bgm"), 0),
        (brief(), 600),
        (brief(), -600),
    ],
    ids=["prompt", "takes", "format", "reference", "model", "began before", "began long after"],
)
def test_a_job_that_is_not_ours_is_never_adopted(vendors, wavespeed, request_, shift):
    wavespeed.submit(brief(settings={"instrumental_id": "1"}))
    assert wavespeed.find(request_, vendors.wavespeed.jobs[0].created + shift) is None


def test_a_job_that_belongs_to_another_generation_is_left_alone(vendors, wavespeed):
    theirs = wavespeed.submit(brief()).provider_job_id
    vendors.trouble("submit", "cut", accept=True)
    wavespeed.refused("submit", brief())
    since = vendors.wavespeed.jobs[0].created
    assert wavespeed.find(brief(), since, known={theirs}).provider_job_id == vendors.wavespeed.jobs[1].id
    assert wavespeed.find(brief(), since, known={job.id for job in vendors.wavespeed.jobs}) is None


def test_of_several_twins_none_is_taken(vendors, wavespeed):
    for _ in range(3):
        vendors.trouble("submit", "cut", accept=True)
        wavespeed.refused("submit", brief())
    jobs = vendors.wavespeed.jobs
    assert type(wavespeed.refused("find", brief(), jobs[1].created)) is InDoubt
    assert wavespeed.find(brief(), jobs[1].created, known={jobs[0].id, jobs[2].id}).provider_job_id == jobs[1].id


def test_a_list_that_does_not_tell_what_was_asked_is_no_proof(vendors, wavespeed):
    vendors.wavespeed.inputs_listed = False
    wavespeed.submit(brief())
    assert wavespeed.find(brief(), vendors.wavespeed.jobs[0].created) is None


def test_the_list_is_read_page_by_page(vendors, wavespeed):
    first = wavespeed.submit(brief(prompt="the first")).provider_job_id
    now = vendors.wavespeed.jobs[0].created
    for _ in range(120):
        vendors.wavespeed.accept("mureka-ai/mureka-v7.6/generate-bgm", {"prompt": "others"})
    assert wavespeed.find(brief(prompt="the first"), now).provider_job_id == first
    assert len(vendors.requests("POST", "/predictions")) == 2


def test_only_jobs_of_its_time_are_asked_for_however_many_came_later(vendors, wavespeed):
    provider_job_id = wavespeed.submit(brief(prompt="early")).provider_job_id
    early = vendors.wavespeed.jobs[0]
    early.created -= 3600
    for _ in range(150):
        vendors.wavespeed.accept("mureka-ai/mureka-v7.6/generate-bgm", {"prompt": "others"})
    assert wavespeed.find(brief(prompt="early"), early.created).provider_job_id == provider_job_id
    assert len(vendors.requests("POST", "/predictions")) == 1


def test_a_job_on_a_readable_page_is_not_taken_while_the_next_page_is_unknown(vendors, wavespeed, monkeypatch):
    rows = iter((None, Row("list", "status", status=503), None, None))
    for _ in range(100):
        vendors.wavespeed.accept("mureka-ai/mureka-v7.6/generate-bgm", {"prompt": "others"})
    last = wavespeed.submit(brief(prompt="the last")).provider_job_id
    since = vendors.wavespeed.jobs[-1].created
    monkeypatch.setattr(vendors, "take", lambda on: next(rows) if on == "list" else None)
    assert type(wavespeed.refused("find", brief(prompt="the last"), since)) is Busy
    assert wavespeed.find(brief(prompt="the last"), since).provider_job_id == last


def test_of_a_list_longer_than_is_read_nothing_is_taken(vendors, wavespeed, monkeypatch):
    monkeypatch.setattr("generator.providers.wavespeed.client.MAX_PAGES", 1)
    vendors.wavespeed.jobs = [vendors.wavespeed.accept(BGM_PATH, {"prompt": "others"}) for _ in range(100)]
    wavespeed.submit(brief(prompt="the last"))
    since = vendors.wavespeed.jobs[-1].created
    assert type(wavespeed.refused("find", brief(prompt="the last"), since)) is InDoubt


def test_a_list_that_cannot_be_read_is_asked_for_again_later(vendors, wavespeed):
    vendors.trouble("list", "status", status=503)
    assert type(wavespeed.refused("find", brief(), 0.0)) is Busy


def test_a_lost_registration_is_found_by_its_sound(vendors, wavespeed):
    sound = "https://cdn.example/reference.mp3"
    vendors.trouble("submit", "cut", accept=True)
    registration = brief("wavespeed/create-upload-id", "", settings={"audio": sound, "purpose": "instrumental"})
    wavespeed.refused("submit", registration)
    found = wavespeed.find(registration, vendors.wavespeed.jobs[0].created)
    assert found.provider_job_id == vendors.wavespeed.jobs[0].id


def test_the_specs_say_what_the_seed_says():
    spec = next(spec for spec in WaveSpeed.models if spec.key == BGM)
    assert (spec.prompt_limit, spec.takes_max, spec.takes_default) == (1024, 3, 1)
    assert (spec.formats, spec.list_price) == (("mp3", "wav", "flac"), 30_000)
    prices = {spec.key.partition("/")[2]: spec.list_price for spec in WaveSpeed.models if not spec.unverified}
    assert prices == {"mureka-v7.6-bgm": 30_000, "mureka-v8-bgm": 45_000, "mureka-v9.5-bgm": 225_000}
