"""The shipped connectors against their vendors' contracts: submit, poll, fetch, find, cancel, and every trouble."""

import asyncio
import dataclasses
import json
import time
import uuid

import pytest

from generator.providers.base import CanceledJob, FileAccess, Progress, Request
from generator.providers.errors import Busy, Cause, InDoubt, OperatorMustAct, Rejected
from tests.fakes.connectors.texts import MODELS
from tests.providers.conftest import Caller

VENDORS = ("fal", "runware", "comfyui")


def brief(name: str, **changes) -> Request:
    request = Request(MODELS[name], "calm felt piano", 1, "mp3", {"seed": 7, "seconds": 30}, "7", "prj_1", "gen_1")
    return dataclasses.replace(request, **changes)


def polled(caller: Caller, job: str, times: int = 4):
    return [caller.poll(job) for _ in range(times)][-1]


# --- what is sent ---


def test_fal_gets_the_inputs_as_they_are(shops, connector):
    connector("fal").submit(brief("fal"))
    (sent,) = shops.requests("POST")
    assert sent.path == "/fal/fal-ai/minimax-music/v2.6"
    assert sent.json == {"prompt": "calm felt piano", "is_instrumental": True}
    assert sent.headers["authorization"] == f"Key {shops.fal.key}"


def test_runware_gets_an_array_of_one_task_under_our_uuid(shops, connector):
    job = connector("runware").submit(brief("runware", format="flac")).provider_job_id
    (sent,) = shops.requests("POST")
    assert uuid.UUID(job).version == 4
    assert sent.json == [
        {
            "taskType": "audioInference",
            "taskUUID": job,
            "model": "minimax:music@2.6",
            "positivePrompt": "calm felt piano",
            "numberResults": 1,
            "outputType": "URL",
            "outputFormat": "FLAC",
            "deliveryMethod": "async",
            "includeCost": True,
        }
    ]


def test_comfyui_gets_the_workflow_with_typed_values(shops, connector):
    job = connector("comfyui").submit(brief("comfyui")).provider_job_id
    (sent,) = shops.requests("POST")
    assert sent.json["prompt_id"] == job
    assert sent.json["prompt"]["3"]["inputs"] == {"tags": "calm felt piano", "seed": 7}
    assert sent.json["prompt"]["4"]["inputs"] == {"seconds": 30, "batch_size": 1}
    assert sent.json["prompt"]["9"]["inputs"]["audio"] == ["4", 0]


@pytest.mark.parametrize("name", VENDORS)
def test_the_dry_run_is_the_very_request_without_the_key(shops, connector, name):
    caller = connector(name)
    shown = asyncio.run(caller.provider.dry_run(brief(name)))
    assert shops.seen == []
    caller.submit(brief(name))
    (sent,) = shops.requests("POST")
    assert (shown.method, shown.url) == ("POST", shops.url + sent.path)
    assert shown.body == sent.json
    assert getattr(shops, name).key not in str(dict(shown.headers)) + shown.body_text()
    assert set(map(str.lower, shown.headers)) <= set(sent.headers)


# --- how a job goes ---


@pytest.mark.parametrize("name", VENDORS)
def test_a_job_is_followed_from_the_queue_to_its_file(shops, connector, name):
    shop = getattr(shops, name)
    shop.waits, shop.works = (0, 1) if name == "runware" else (1, 1)
    caller = connector(name)
    job = caller.submit(brief(name)).provider_job_id
    if name != "runware":
        waiting = caller.poll(job)
        assert (waiting.progress, waiting.position) == (Progress.WAITING, 1)
        shop.works = 2
    assert caller.poll(job).progress in (Progress.RUNNING, Progress.COMPLETED)
    done = polled(caller, job)
    assert done.progress == Progress.COMPLETED
    (output,) = done.outputs
    assert output.url.startswith(shops.url)
    assert shop.key not in str(done.raw)


@pytest.mark.parametrize("name", ["fal", "comfyui"])
def test_the_place_in_the_queue_is_counted_from_one(shops, connector, name):
    shop = getattr(shops, name)
    shop.waits = 50
    caller = connector(name)
    jobs = [caller.submit(brief(name, reference=f"gen_{number}")).provider_job_id for number in range(3)]
    assert [caller.poll(job).position for job in jobs] == [1, 2, 3]


def test_runware_says_what_a_job_cost(shops, connector):
    caller = connector("runware")
    assert polled(caller, caller.submit(brief("runware")).provider_job_id).cost == 150_000


@pytest.mark.parametrize("name", VENDORS)
def test_a_failure_is_told_with_the_vendors_words(shops, connector, name):
    getattr(shops, name).end = "failed"
    caller = connector(name)
    failed = polled(caller, caller.submit(brief(name)).provider_job_id)
    assert failed.progress == Progress.FAILED
    words = {"fal": "content policy", "runware": "It took too long.", "comfyui": "CUDA out of memory"}
    assert words[name] in failed.error


@pytest.mark.parametrize("name", VENDORS)
def test_a_success_without_a_file_has_no_outputs(shops, connector, name):
    getattr(shops, name).end = "nothing"
    caller = connector(name)
    done = polled(caller, caller.submit(brief(name)).provider_job_id)
    assert (done.progress, done.outputs) == (Progress.COMPLETED, ())


@pytest.mark.parametrize("name", ["fal", "comfyui"])
def test_an_unknown_job_is_not_one_that_waits(shops, connector, name):
    job = f"{shops.url}/fal/fal-ai/minimax-music/requests/none" if name == "fal" else str(uuid.uuid4())
    assert connector(name).poll(job) is None


def test_an_older_comfyui_chooses_its_own_id(shops, connector):
    shops.takes_our_id = False
    caller = connector("comfyui")
    job = caller.submit(brief("comfyui")).provider_job_id
    assert job == shops.comfyui.jobs[0].id
    assert polled(caller, job).progress == Progress.COMPLETED


# --- hosts ---


@pytest.mark.parametrize("host", ["https://elsewhere.example", "http://127.0.0.1:1", "https://fal.media.evil.example"])
@pytest.mark.parametrize("name", ["fal", "runware"])
def test_files_at_hosts_that_are_not_named_are_not_taken(shops, connector, name, host):
    shops.file_host = host
    caller = connector(name)
    job = caller.submit(brief(name)).provider_job_id
    caller.poll(job)
    refused = caller.refused("poll", job)
    assert isinstance(refused, Busy)
    assert refused.cause == Cause.UNUSABLE


def test_files_at_named_hosts_are_taken_without_the_key(shops, connector):
    shops.file_host = "https://v3.fal.media"
    caller = connector("fal")
    (output,) = polled(caller, caller.submit(brief("fal")).provider_job_id).outputs
    assert output.url.startswith("https://v3.fal.media/")
    assert caller.provider.access(output.url) == FileAccess()


@pytest.mark.parametrize("address", ["https://elsewhere.example/r/1", "http://10.0.0.1/r/1", "nothing", 7])
def test_an_address_as_id_at_another_host_is_no_id(shops, connector, address):
    shops.trouble("answer", "status", status=200, body=json.dumps({"response_url": address}).encode())
    assert isinstance(connector("fal").refused("submit", brief("fal")), InDoubt)


def test_only_a_private_connector_may_fetch_from_the_private_network(shops, connector):
    url = f"{shops.address('comfyui')}/view?filename=a"
    access = connector("comfyui").provider.access(url)
    assert access == FileAccess({"Authorization": f"Bearer {shops.comfyui.key}"}, private_ok=True)
    assert connector("comfyui").provider.access(f"{shops.url}.evil.example/view") == FileAccess()
    assert not connector("fal").provider.access(f"{shops.address('fal')}/files/a").private_ok


# --- trouble with a submit ---

DEFINITE = {
    "fal": [(401, {}, OperatorMustAct), (402, {}, OperatorMustAct), (422, {"detail": "no"}, Rejected), (429, {}, Busy)],
    "runware": [
        (401, {"errors": [{"code": "invalidApiKey"}]}, OperatorMustAct),
        (400, {"errors": [{"code": "invalidParameter", "message": "no"}]}, Rejected),
        (429, {}, Busy),
    ],
    "comfyui": [(401, {}, OperatorMustAct), (400, {"error": {"message": "no"}}, Rejected), (429, {}, Busy)],
}


@pytest.mark.parametrize(
    ("name", "status", "body", "error"), [(name, *row) for name, rows in DEFINITE.items() for row in rows]
)
def test_a_definite_refusal_is_what_the_connector_says(shops, connector, name, status, body, error):
    shops.trouble("submit", "status", status=status, body=json.dumps(body).encode())
    assert isinstance(connector(name).refused("submit", brief(name)), error)


@pytest.mark.parametrize(
    ("body", "suggestion"),
    [
        ({"suggested_prompt": " calm piano "}, {"text": "calm piano"}),
        ({"suggested_prompt": 7}, {}),
        ({"error": "no"}, {}),
    ],
)
def test_a_rejection_may_have_a_suggestion(shops, connector, body, suggestion):
    rows = [{"http": [422], "meaning": "rejected", "suggestion": "$.suggested_prompt"}]
    shops.trouble("submit", "status", status=422, body=json.dumps(body).encode())
    refused = connector("fal", errors=rows).refused("submit", brief("fal"))
    assert (type(refused), refused.suggestion) == (Rejected, suggestion)


@pytest.mark.parametrize(
    "how",
    [
        {"do": "status", "status": 500},
        {"do": "status", "status": 503, "accept": True},
        {"do": "status", "status": 409},
        {"do": "html", "status": 502, "accept": True},
        {"do": "garbage", "accept": True},
        {"do": "truncated", "accept": True},
        {"do": "reset", "accept": True},
        {"do": "cut"},
        {"do": "headers", "accept": True},
        {"do": "hang"},
        {"do": "redirect", "to": "https://elsewhere.example/"},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", VENDORS)
def test_every_other_answer_leaves_a_doubt_and_is_sent_once(shops, connector, name, how):
    do = dict(how).pop("do")
    shops.trouble("submit", **how)
    refused = connector(name).facing(do).refused("submit", brief(name))
    assert isinstance(refused, InDoubt)
    assert len(shops.requests("POST")) == 1
    assert getattr(shops, name).key not in refused.words + refused.sentence


def test_an_id_in_an_error_means_that_the_job_was_accepted(shops, connector):
    address = f"{shops.url}/fal/fal-ai/minimax-music/requests/1"
    shops.trouble("submit", "status", status=500, body=json.dumps({"response_url": address}).encode())
    assert connector("fal").submit(brief("fal")).provider_job_id == address


def test_a_second_submit_under_the_same_uuid_is_looked_up_and_not_refused(shops, connector):
    caller = connector("runware")
    caller.submit(brief("runware"))
    assert isinstance(caller.refused("submit", brief("runware")), InDoubt)
    assert len(shops.runware.jobs) == 1


def test_nothing_was_sent_if_there_is_no_connection(connector, shops):
    caller = connector("fal")
    shops.__exit__()
    refused = caller.refused("submit", brief("fal"))
    assert isinstance(refused, Busy)
    assert refused.cause == Cause.UNREACHABLE


# --- trouble with a poll ---


@pytest.mark.parametrize("do", ["status", "html", "garbage", "reset", "cut", "truncated", "hang", "endless"])
@pytest.mark.parametrize("name", VENDORS)
def test_trouble_with_a_poll_says_nothing_about_the_job(shops, connector, name, do):
    caller = connector(name)
    job = caller.submit(brief(name)).provider_job_id
    shops.trouble("status", do, status=503)
    assert isinstance(caller.facing(do).refused("poll", job), Busy)
    assert polled(caller, job).progress == Progress.COMPLETED


# --- looking a job up ---


@pytest.mark.parametrize("name", ["runware", "comfyui"])
def test_a_lost_submit_is_found_by_our_own_id(shops, connector, name):
    shops.trouble("submit", "reset", accept=True)
    caller = connector(name)
    caller.refused("submit", brief(name))
    found = caller.find(brief(name), 0.0)
    assert found.provider_job_id == getattr(shops, name).jobs[0].id
    assert found.is_certain


def test_what_was_never_accepted_is_not_found(shops, connector):
    refused = connector("runware").refused("find", brief("runware"), 0.0)
    assert isinstance(refused, Busy)  # an error that the connector does not know says nothing


def test_what_comfyui_never_got_is_certain_after_a_while(shops, connector):
    caller = connector("comfyui")
    assert caller.find(brief("comfyui"), time.time()) is None
    assert isinstance(caller.refused("find", brief("comfyui"), time.time() - 600), Rejected)


def test_fal_has_no_id_of_ours_to_look_up(shops, connector):
    assert connector("fal").find(brief("fal"), 0.0) is None
    assert shops.seen == []


# --- cancel ---


@pytest.mark.parametrize("name", ["fal", "comfyui"])
def test_a_cancel_is_accepted_until_the_end(shops, connector, name):
    getattr(shops, name).waits = 5
    caller = connector(name)
    job = caller.submit(brief(name)).provider_job_id
    assert caller.provider.canceled_job == CanceledJob.FREE
    assert caller.cancel(job)
    assert getattr(shops, name).jobs[0].is_canceled
    ended = caller.poll(job)
    assert ended is None or ended.progress == Progress.FAILED


@pytest.mark.parametrize("name", ["fal"])
def test_a_cancel_after_the_end_is_refused(shops, connector, name):
    caller = connector(name)
    job = caller.submit(brief(name)).provider_job_id
    polled(caller, job)
    assert not caller.cancel(job)


def test_an_older_comfyui_takes_what_waits_from_its_queue(shops, connector):
    shops.has_jobs, shops.comfyui.waits = False, 5
    caller = connector("comfyui")
    assert caller.cancel(caller.submit(brief("comfyui")).provider_job_id)
    assert shops.comfyui.jobs[0].is_canceled


def test_runware_cannot_cancel(connector):
    assert connector("runware").provider.canceled_job is None


# --- the account ---


def test_the_test_button_asks_what_is_free(shops, connector):
    assert connector("comfyui").test()
    assert connector("fal").test()
    assert [seen.path for seen in shops.seen] == ["/comfyui/system_stats"]


@pytest.mark.parametrize("address", ["http://93.184.216.34", "ftp://192.168.1.2", "http://user:pass@192.168.1.2", ""])
def test_a_public_server_is_not_reached_unencrypted(connector, address):
    caller = connector("comfyui")
    caller = Caller(caller.provider.using(dataclasses.replace(caller.provider._account, base_url=address)))
    assert isinstance(caller.refused("poll", str(uuid.uuid4())), OperatorMustAct)
