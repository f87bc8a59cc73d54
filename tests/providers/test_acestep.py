"""ACE-Step's API server on a machine of the operator's: the adapter's calls, and whole generations."""

import dataclasses
import json

import pytest
from django.urls import reverse

from generator.models import Generation, MusicModel, ProviderAccount, State, Track, User
from generator.providers import http
from generator.providers.acestep.client import AceStep
from generator.providers.base import FileAccess, Progress, ProviderConfig, Request
from generator.providers.errors import Busy, Cause, OperatorMustAct, Rejected
from generator.services.provider_jobs import catalog, poller, provider_accounts
from tests.conftest import ended, ledger
from tests.fakes.acestep import AceStepServer
from tests.providers.conftest import CALM, Caller

MODEL = "acestep/ace-step-1.5"
KEY = "sk-acestep-0123456789"


@pytest.fixture
def server():
    with AceStepServer(key=KEY) as running:
        yield running


@pytest.fixture
def caller(server) -> Caller:
    return Caller(AceStep(ProviderConfig(server.url, KEY, patience=CALM)))


def brief(**changes) -> Request:
    settings = changes.pop("settings", {"duration": 60, "bpm": 80, "key": "C minor", "meter": "4", "seed": 7})
    return dataclasses.replace(Request(MODEL, "calm felt piano", 2, "wav", settings, "7", "prj_1", "gen_1"), **changes)


# --- calls ---


def test_a_request_says_everything_that_the_server_would_decide_by_itself(server, caller):
    caller.submit(brief())
    assert server.jobs[0].body == {
        "prompt": "calm felt piano",
        "lyrics": "[inst]",
        "bpm": 80,
        "key_scale": "C minor",
        "time_signature": "4",
        "audio_duration": 60,
        "seed": 7,
        "use_random_seed": False,
        "batch_size": 2,
        "audio_format": "wav",
        "use_cot_caption": False,
        "thinking": False,
    }
    (sent,) = server.requests("POST", "/release_task")
    assert sent.headers["authorization"] == f"Bearer {KEY}"


def test_a_job_is_followed_to_its_files(server, caller):
    first = caller.submit(brief())
    assert first.progress == Progress.WAITING
    running = caller.poll(first.provider_job_id)
    assert (running.progress, running.percent) == (Progress.RUNNING, 50)
    done = caller.poll(first.provider_job_id)
    assert done.progress == Progress.COMPLETED
    assert [output.url.startswith(f"{server.url}/v1/audio?path=") for output in done.outputs] == [True, True]


def test_an_unknown_job_is_not_one_that_waits_for_ever(server, caller):
    assert caller.poll("job-9") is None


def test_a_restart_forgets_what_waited_and_ends_what_ran(server, caller):
    running, waiting = (caller.submit(brief()).provider_job_id for _ in range(2))
    server.polls, server.phantoms = 5, 1
    assert caller.poll(running).progress == Progress.RUNNING
    server.restart()
    assert caller.poll(running).progress == Progress.FAILED
    assert caller.poll(waiting) is None


def test_a_job_that_ends_between_two_calls_is_delivered(server, caller):
    job = caller.submit(brief()).provider_job_id
    caller.poll(job)
    server.jobs[0].is_frozen = True  # the statistics no longer count it, and its next state is the end
    server.jobs[0].status = 1
    assert caller.poll(job).progress == Progress.COMPLETED


@pytest.mark.parametrize(
    "error", ["", "Traceback (most recent call last):\n  File x\nRuntimeError: CUDA out of memory"]
)
def test_a_failure_is_told_in_a_line(server, caller, error):
    server.polls, server.end, server.error = 0, 2, error
    failed = caller.poll(caller.submit(brief()).provider_job_id)
    assert failed.progress == Progress.FAILED
    assert "Traceback" not in failed.error
    assert ("CUDA" in failed.error) == bool(error)


def test_a_success_without_a_file_is_a_failure(server, caller):
    server.polls, server.deliver = 0, 0
    assert caller.poll(caller.submit(brief()).provider_job_id).progress == Progress.FAILED


def test_files_outside_the_servers_own_address_are_not_taken(server, caller):
    server.polls = 0
    job = caller.submit(brief()).provider_job_id
    for file in (
        "http://10.0.0.1/x.wav",
        "/etc/passwd",
        "//elsewhere.example/v1/audio?path=x",
        "/v1/audio?a\nb",
        7,
        None,
    ):
        item = f'[{{"file": {json.dumps(file)}, "status": 1}}]'
        row = {"task_id": job, "status": 1, "result": item}
        server.trouble("query", "status", status=200, body=json.dumps({"data": [row], "code": 200}).encode())
        assert caller.poll(job).progress == Progress.FAILED


@pytest.mark.parametrize(
    ("how", "error", "cause"),
    [
        ({"do": "status", "status": 401}, OperatorMustAct, Cause.KEY_REFUSED),
        ({"do": "status", "status": 429}, Busy, Cause.NONE),
        ({"do": "status", "status": 415}, Rejected, Cause.NONE),
        ({"do": "status", "status": 200, "body": b'{"code": 400, "error": "no", "data": null}'}, Rejected, Cause.NONE),
        ({"do": "status", "status": 500, "body": b"Internal Server Error"}, Busy, Cause.NO_ANSWER),
        ({"do": "html", "status": 502}, Busy, Cause.NO_ANSWER),
        ({"do": "garbage"}, Busy, Cause.UNUSABLE),
        ({"do": "reset"}, Busy, Cause.NO_ANSWER),
        ({"do": "cut"}, Busy, Cause.NO_ANSWER),
        ({"do": "endless"}, Busy, Cause.UNUSABLE),
        ({"do": "hang"}, Busy, Cause.NO_ANSWER),
    ],
)
def test_trouble_with_a_submit_never_leaves_a_doubt(server, caller, how, error, cause):
    do = how.pop("do")
    server.trouble("submit", do, **how)
    refused = caller.facing(do).refused("submit", brief())
    assert isinstance(refused, error)
    assert refused.cause == cause
    assert KEY not in refused.words + refused.sentence


@pytest.mark.parametrize("do", ["status", "html", "garbage", "reset", "cut", "truncated", "hang"])
@pytest.mark.parametrize("route", ["query", "stats"])
def test_trouble_with_a_poll_says_nothing_about_the_job(server, caller, route, do):
    job = caller.submit(brief()).provider_job_id
    server.polls = 5
    server.trouble(route, do, status=503)
    patient = caller.facing(do)
    if (route, do) in (("stats", "status"), ("stats", "html"), ("stats", "garbage")):
        assert patient.poll(job).progress == Progress.RUNNING  # what the statistics say is only a hint
    else:
        assert isinstance(patient.refused("poll", job), Busy)


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("http://127.0.0.1:8001", True),
        ("http://192.168.1.20:8001/", True),
        ("https://music.example.com", True),
        ("http://93.184.216.34", False),
        ("ftp://192.168.1.20", False),
        ("http://user:pass@192.168.1.20", False),
        ("192.168.1.20:8001", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_plain_http_stays_inside_the_network(monkeypatch, address, fine):
    caller = Caller(AceStep(ProviderConfig(address, patience=dataclasses.replace(CALM, connect=0.05, poll=0.05))))
    refused = caller.refused("poll", "job-1")
    assert isinstance(refused, Busy if fine else OperatorMustAct)


# --- files ---


def test_only_the_servers_own_files_are_fetched_with_the_key(server, caller, tmp_path):
    access = caller.provider.access(f"{server.url}/v1/audio?path=%2Ftmp%2Fapi_audio%2Fa.wav")
    assert access == FileAccess({"Authorization": f"Bearer {KEY}"}, private_ok=True)
    for other in (f"{server.url}/v1/stats", "https://elsewhere.example/v1/audio?path=x", f"{server.url}.evil.example/"):
        assert caller.provider.access(other) == FileAccess()


def test_a_redirect_gets_neither_the_key_nor_the_private_network(server, caller, tmp_path, vendors):
    url = f"{server.url}/v1/audio?path=%2Ftmp%2Fapi_audio%2Fa.wav"
    server.trouble("file", "redirect", to=f"{vendors.url}/cdn/a-1.wav")
    with pytest.raises(http.DownloadFailed) as refused:
        http.download(url, tmp_path / "a.wav", access=caller.provider.access(url))
    assert refused.value.gone
    assert vendors.seen == []
    http.download(url, tmp_path / "a.wav", access=caller.provider.access(url))
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RIFF"


# --- through the studio ---


@pytest.fixture
def connected(server, db, settings, fast_polling, monkeypatch) -> AceStepServer:
    settings.STUDIO_PROVIDERS = ["generator.providers.builtin", "generator.providers.acestep"]
    settings.STUDIO_PRIVATE_DOWNLOADS = False
    monkeypatch.setenv("ACESTEP_BASE_URL", server.url)
    monkeypatch.setenv("ACESTEP_API_KEY", KEY)
    catalog.registry.cache_clear()
    catalog.sync()
    yield server
    catalog.registry.cache_clear()


def test_takes_come_from_a_private_address_for_nothing(connected, ask, run_background):
    generation = ended(ask(model=MODEL, takes=2, format="flac", settings={"duration": 20, "seed": 3}), run_background)
    assert Track.objects.filter(generation=generation).count() == 2
    assert ledger(generation) == {"hold": 0, "charge": 0}
    generation.refresh_from_db()
    assert generation.machine_from > generation.started_at
    assert 0 <= generation.machine_ms <= 60_000
    assert connected.requests("GET", "/v1/audio")[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_lost_answer_is_sent_again(connected, ask, run_background):
    connected.trouble("submit", "reset", accept=True)
    generation = ask(model=MODEL, format="flac")
    poller.run(0.5)
    Generation.objects.update(due_at=generation.created_at)
    ProviderAccount.objects.update(resting_until=None)
    ended(generation, run_background)
    assert len(connected.jobs) == 2


def test_a_failure_costs_nothing_and_can_be_tried_again(connected, ask, run_background):
    connected.end = 2
    generation = ended(ask(model=MODEL, format="flac"), run_background, State.FAILED)
    assert ledger(generation) == {"hold": 0, "release": 0}


def test_it_is_offered_once_it_has_an_address_and_tested_with_a_button(connected, monkeypatch):
    account = ProviderAccount.objects.get(key="acestep")
    assert catalog.choice(MODEL).available
    assert provider_accounts.test(account)[0]
    connected.key = "another"
    assert not provider_accounts.test(account)[0]
    monkeypatch.delenv("ACESTEP_BASE_URL")
    assert catalog.choice(MODEL) is None
    account.refresh_from_db()
    account.base_url, account.halt_code = connected.url, ""
    account.save()
    connected.key = ""
    assert provider_accounts.test(account)[0]
    assert catalog.choice(MODEL).available  # an address is enough


def test_the_model_is_free(connected):
    assert MusicModel.objects.get(key=MODEL).prices.get().per_take == 0


@pytest.fixture
def desk(connected, client):
    client.force_login(User.objects.create_superuser("boss@example.com", "a long enough password", name="Boss"))
    return client


@pytest.mark.parametrize("typed", [{"base_url": "http://192.168.1.20:8001"}, {"base_url": "", "secret": KEY}])
def test_the_admin_takes_an_address_without_a_key(desk, typed):
    account = ProviderAccount.objects.get(key="acestep")
    page = reverse("admin:generator_provideraccount_change", args=[account.pk])
    form = {"enabled": "on", "secret": "", "base_url": "", "extra": "{}", "webhook_secret": ""} | typed
    assert desk.post(page, form).status_code == 302
    account.refresh_from_db()
    assert (account.base_url, account.secret) == (typed["base_url"], typed.get("secret", ""))
    assert desk.get(page).status_code == 200
