"""Soundverse over real sockets: the stream, the single answer, live progress, refusals, and broken answers."""

import asyncio
import contextlib
import json
import threading

import pytest

from generator.providers import http
from generator.providers.base import Configurable, Output, Progress, StreamProvider
from generator.providers.errors import Busy, Failed, InDoubt, OperatorMustAct, Rejected
from generator.providers.soundverse import client
from generator.providers.soundverse.client import MUSIC, Soundverse
from tests.providers.conftest import Caller, listen, tune, with_short_timeouts

SYNC_SAMPLE = {
    "success": True,
    "messageId": "6937bbb3d86e0fd7b969dbf1",
    "audio_url": "https://storage.soundverse.ai/x-one/69344de79f665b78cb97f347/userData/audios/music_1765054186.mp3",
    "album_art": "https://storage.soundverse.ai/x-one/69344de79f665b78cb97f347/userData/album-arts/album_art_1.webp",
    "song_name": "Electronic Dreams",
    "status": "COMPLETED",
}
FIRST_CHUNK = {
    "content": "Starting music generation...",
    "isComplete": False,
    "chunkIndex": 1,
    "tokens": 10,
    "totalTokens": 10,
    "task_id": None,
    "status": None,
    "album_art": None,
    "song_name": None,
    "error": False,
}
LAST_CHUNK = {
    "content": "✅ Music generation completed successfully!",
    "isComplete": True,
    "chunkIndex": 5,
    "tokens": 150,
    "totalTokens": 500,
    "task_id": "123456789",
    "status": "COMPLETED",
    "album_art": "https://storage.soundverse.ai/x-one/69344de79f665b78cb97f347/userData/album-arts/album_art_1.webp",
    "song_name": "Electronic Dreams",
    "audio_url": "https://storage.soundverse.ai/x-one/69344de79f665b78cb97f347/userData/audios/music_1765054186.mp3",
    "error": False,
}


def line(chunk: dict, **changes) -> bytes:
    return json.dumps({**chunk, **changes}, ensure_ascii=False).encode() + b"\n"


def hear(vendors, soundverse, *pieces: bytes, **extra: str):
    vendors.soundverse.wire = list(pieces)
    return listen(soundverse(**extra), tune())


# --- the normal case ---


def test_it_is_a_stream_provider_that_takes_an_account():
    assert isinstance(Soundverse(), StreamProvider)
    assert isinstance(Soundverse(), Configurable)


@pytest.mark.parametrize("framing", ["bare", "sse"])
def test_progress_is_told_as_it_comes_and_the_end_has_everything(vendors, soundverse, framing):
    vendors.soundverse.framing = framing
    told, error = listen(soundverse(), tune())
    assert error is None
    assert [snapshot.stage for snapshot in told[:3]] == [
        "Starting music generation...",
        "Composing the melody",
        "✅ Almost there: 80%",
    ]
    assert [snapshot.percent for snapshot in told] == [None, None, 80, None]
    end = told[-1]
    assert (end.progress, end.provider_job_id) == (Progress.COMPLETED, "123456789")
    cover = f"{vendors.url}/cdn/123456789-cover.png"
    assert end.outputs == (Output(f"{vendors.url}/cdn/123456789-1.mp3", "Paper Lanterns", cover),)
    assert len(vendors.soundverse.jobs) == 1


@pytest.mark.parametrize("mode", ["sync", " Blocking"])
def test_the_single_answer_is_a_stream_of_one(vendors, soundverse, mode):
    told, error = listen(soundverse(mode=mode), tune())
    assert error is None
    assert [snapshot.progress for snapshot in told] == [Progress.COMPLETED]
    assert told[0].provider_job_id == vendors.soundverse.jobs[0].message_id
    assert vendors.seen[0].path == "/v5/generate/music-gen/sync"


def test_the_samples_of_the_page_parse_as_printed(vendors, soundverse):
    told, error = hear(vendors, soundverse, line(FIRST_CHUNK), line(LAST_CHUNK))
    assert error is None
    assert [snapshot.progress for snapshot in told] == [Progress.RUNNING, Progress.COMPLETED]
    assert told[1].outputs == (Output(LAST_CHUNK["audio_url"], "Electronic Dreams", LAST_CHUNK["album_art"]),)
    assert told[1].provider_job_id == "123456789"
    told, error = hear(vendors, soundverse, json.dumps(SYNC_SAMPLE, indent=2).encode())
    assert error is None
    assert told[0].outputs == (Output(SYNC_SAMPLE["audio_url"], "Electronic Dreams", SYNC_SAMPLE["album_art"]),)
    assert told[0].provider_job_id == "6937bbb3d86e0fd7b969dbf1"


# --- what is sent ---


def test_every_field_of_the_contract_is_sent(vendors, soundverse):
    more = {"duration": 45, "style": " jazz ", "engine": "mureka-8", "parameters": '{"mood": "calm", "n": [1]}'}
    listen(soundverse(), tune("  piano ", more))
    assert vendors.seen[0].json == {
        "userId": "7",
        "projectId": "prj_1",
        "prompt": "piano",
        "duration": 45,
        "style": "jazz",
        "model": "mureka-8",
        "parameters": {"mood": "calm", "n": [1]},
    }
    assert vendors.seen[0].headers["authorization"] == f"Bearer {vendors.soundverse.key}"
    assert vendors.seen[0].headers["idempotency-key"] == "gen_1"


def test_what_was_not_said_has_the_contracts_defaults(vendors, soundverse):
    listen(soundverse(), tune())
    sent = vendors.seen[0].json
    assert (sent["duration"], sent["model"]) == (30, "mureka-7.5")
    assert not {"style", "parameters"} & sent.keys()


def test_paths_and_bodies_of_other_versions_are_a_matter_of_settings(vendors, soundverse):
    told, error = listen(soundverse(path="/v6/generate/music", fields="prompt, style"), tune("x", {"style": "jazz"}))
    assert error is None
    assert told[-1].progress == Progress.COMPLETED
    assert (vendors.seen[0].path, vendors.seen[0].json) == ("/v6/generate/music", {"prompt": "x", "style": "jazz"})
    listen(soundverse(fields="text=prompt,prompt,userId,projectId", user_id="acme", project_id="main"), tune("y"))
    assert vendors.seen[1].json == {"text": "y", "prompt": "y", "userId": "acme", "projectId": "main"}
    listen(soundverse(mode="sync", sync_path="v5/generate/music/sync", fields="prompt"), tune())
    assert vendors.seen[2].path == "/v5/generate/music/sync"


@pytest.mark.parametrize(
    ("prompt", "settings", "extra", "error"),
    [
        (" ", {}, {}, Rejected),
        ("x" * 1025, {}, {}, Rejected),
        ("x", {"parameters": "mood=calm"}, {}, Rejected),
        ("x", {"parameters": "[1]"}, {}, Rejected),
        ("x", {"parameters": '{"n": NaN}'}, {}, Rejected),
        ("x", {"parameters": "[" * 100_000}, {}, Rejected),
        ("x", {"engine": "a b; drop"}, {}, Rejected),
        ("x", {}, {"fields": "prompt,tempo"}, OperatorMustAct),
        ("x", {}, {"key": ""}, OperatorMustAct),
        ("x", {}, {"key": "a\nb"}, OperatorMustAct),
    ],
)
def test_what_could_never_be_accepted_is_refused_before_anything_is_sent(
    vendors, soundverse, prompt, settings, extra, error
):
    told, raised = listen(soundverse(**extra), tune(prompt, settings))
    assert (told, type(raised)) == ([], error)
    assert vendors.seen == []


# --- refusals ---

PRINTED = [
    ("rate limit", 429, {"success": False, "message": "Rate limits have been passed for the user."}, Busy),
    ("balance", 402, {"success": False, "message": "Insufficient balance for this operation."}, OperatorMustAct),
    ("prompt", 400, {"detail": "Invalid or empty prompt provided"}, Rejected),
    ("a word", 400, {"success": False, "message": "NSFW word found in the prompt"}, Rejected),
    ("an artist", 400, {"success": False, "message": "Artist name found in the prompt"}, Rejected),
    ("generation", 500, {"Detail": "Generation failed"}, Failed),
    ("key", 401, {"error": "INVALID_API_KEY", "message": "invalid or revoked API key"}, OperatorMustAct),
]
BY_TEXT = [(f"{name}, HTTP {code}", code, body, error) for name, _, body, error in PRINTED for code in (200, 400)]
INFERRED = [
    ("rate limit as 503", 503, {"success": False, "message": "Rate limits have been passed for the user."}, Busy),
    ("a text that quotes ours", 400, {"detail": "No: 'balance of the API key rate limit'"}, Rejected),
    ("schema", 422, {"detail": [{"loc": ["body", "prompt"], "msg": "Field required"}]}, Rejected),
    ("not found", 404, {"detail": "Not Found"}, OperatorMustAct),
    ("method", 405, {"detail": "Method Not Allowed"}, OperatorMustAct),
    ("forbidden", 403, {"detail": "Forbidden"}, OperatorMustAct),
    ("too large", 413, "too large", Rejected),
    ("moved", 308, "", OperatorMustAct),
    ("see other", 303, "", InDoubt),
    ("server error", 500, {"detail": "Internal Server Error"}, InDoubt),
    ("server error that speaks of limits", 500, {"detail": "rate limit store is down"}, InDoubt),
    ("server error as text", 500, "Internal Server Error", InDoubt),
    ("bad gateway", 502, "<html>bad gateway</html>", InDoubt),
    ("unavailable", 503, "", InDoubt),
    ("gateway time-out", 504, "", InDoubt),
    ("request time-out", 408, "", InDoubt),
    ("unknown refusal at 200", 200, {"success": False, "message": "Something else"}, Failed),
    ("success false as text", 200, {"success": "false", "message": "Something else"}, Failed),
    ("plain page at 200", 200, "<html>hello</html>", InDoubt),
    ("nothing at 200", 200, "", InDoubt),
    ("nothing at 204", 204, "", InDoubt),
]
REFUSALS = PRINTED + BY_TEXT + INFERRED


@pytest.mark.parametrize("mode", ["stream", "sync"])
@pytest.mark.parametrize(("code", "body", "error"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_a_refusal_becomes_the_right_error_and_sentence(vendors, soundverse, mode, code, body, error):
    sent = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    vendors.trouble(mode, "status", status=code, body=sent)
    told, raised = listen(soundverse(mode=mode), tune())
    assert told == []
    assert type(raised) is error
    assert raised.sentence.endswith(".")
    assert len(vendors.seen) == 1
    if isinstance(body, dict) and "message" in body:
        assert body["message"] in raised.words


@pytest.mark.parametrize("mode", ["stream", "sync"])
@pytest.mark.parametrize("status", [400, 402, 404, 429, 500])
def test_an_answer_that_names_the_job_is_an_acceptance_whatever_its_status(vendors, soundverse, mode, status):
    body = b'{"success": false, "message": "Insufficient balance", "message_id": "abc"}'
    vendors.trouble(mode, "status", status=status, body=body)
    (told,), error = listen(soundverse(mode=mode), tune())
    assert (told.provider_job_id, told.progress, error) == ("abc", Progress.RUNNING, None)


def test_what_is_wrong_with_the_fields_is_kept_in_words(vendors, soundverse):
    _, raised = listen(soundverse(fields="prompt"), tune())
    assert raised.words == "userId: Field required; projectId: Field required"


def test_a_busy_vendor_says_when_to_come_back(vendors, soundverse):
    vendors.trouble("stream", "status", status=429, headers={"retry-after": "9"})
    assert listen(soundverse(), tune())[1].retry_after == 9


# --- what a chunk means ---


@pytest.mark.parametrize(
    "chunk",
    [
        {"error": True, "content": "The engine gave up"},
        {"error": "The engine gave up"},
        {"status": "FAILED", "content": "The engine gave up"},
        {"status": "rejected", "content": "The engine gave up"},
        {"error": True, "isComplete": True, "status": "FAILED", "message": "The engine gave up"},
        {"success": False, "message": "The engine gave up"},
    ],
)
def test_a_failure_in_the_stream_ends_it_with_the_vendors_words(vendors, soundverse, chunk):
    told, error = hear(vendors, soundverse, line(FIRST_CHUNK, task_id="5"), line(chunk), line(LAST_CHUNK))
    assert error is None
    assert (told[-1].progress, told[-1].error, told[-1].provider_job_id) == (Progress.FAILED, "The engine gave up", "5")


def test_an_error_in_the_first_chunk_never_has_the_request_sent_again(vendors, soundverse):
    busy = "Rate limits have been passed for the user."
    told, error = hear(vendors, soundverse, line(FIRST_CHUNK, error=True, content=busy))
    assert (told, type(error), error.words) == ([], Failed, busy)
    told, error = hear(vendors, soundverse, line({"success": False, "message": busy}))
    assert (told, type(error)) == ([], Busy)


@pytest.mark.parametrize("error", [False, "", None, "false", "None", 0])
def test_no_error_is_no_error_however_it_is_written(vendors, soundverse, error):
    told, raised = hear(vendors, soundverse, line(FIRST_CHUNK, error=error), line(LAST_CHUNK, error=error))
    assert raised is None
    assert told[-1].progress == Progress.COMPLETED


@pytest.mark.parametrize("name", ["message_id", "messageId", "task_id", "job_id"])
def test_the_first_id_is_told_at_once_and_stays(vendors, soundverse, name):
    first = {"type": "job_created", name: "first-1"}
    told, _ = hear(vendors, soundverse, line(first), line(FIRST_CHUNK, task_id="other"), line(LAST_CHUNK))
    assert [snapshot.provider_job_id for snapshot in told] == ["first-1"] * 3


@pytest.mark.parametrize(
    ("chunk", "percent"),
    [
        ({"progress": 42}, 42),
        ({"progress": 12.7}, 12),
        ({"progress": 400}, None),
        ({"content": "at 37 %"}, 37),
        ({}, None),
    ],
)
def test_percent_is_what_is_stated_and_tokens_are_no_measure(vendors, soundverse, chunk, percent):
    told, _ = hear(vendors, soundverse, line(FIRST_CHUNK, **chunk), line(LAST_CHUNK))
    assert told[0].percent == percent


def test_a_chunk_without_news_is_not_told_twice(vendors, soundverse):
    told, _ = hear(vendors, soundverse, line(FIRST_CHUNK) * 5, line(FIRST_CHUNK, chunkIndex=6), line(LAST_CHUNK))
    assert len(told) == 2


def step_by_step(vendors, provider) -> list[str]:
    """Return the stages as reported; each piece of the stream is sent only after a report of the one before."""
    vendors.soundverse.gates = [threading.Event() for _ in range(8)]
    waiting = iter(vendors.soundverse.gates)
    stages = []

    async def follow() -> None:
        async with http.client() as connection:
            async for snapshot in provider.stream(tune(), connection):
                stages.append(snapshot.stage)
                next(waiting).set()

    asyncio.run(follow())
    return stages


def test_each_step_is_told_before_the_next_is_sent(vendors, soundverse):
    assert len(step_by_step(vendors, soundverse())) == 4


def test_a_quiet_stream_is_told_again_so_that_the_job_keeps_its_claim(vendors, soundverse, monkeypatch):
    monkeypatch.setattr(client, "KEEPALIVE_INTERVAL_S", -1.0)
    vendors.soundverse.wire = [line(FIRST_CHUNK), b": ping\n", line(LAST_CHUNK)]
    stages = step_by_step(vendors, soundverse())
    assert len(stages) > 2
    assert set(stages[:-1]) == {FIRST_CHUNK["content"]}


def test_a_stream_that_only_pings_ends_in_doubt(vendors, soundverse):
    told, error = hear(vendors, soundverse, line(FIRST_CHUNK), *[b": ping\n"] * 3)
    assert (len(told), type(error)) == (1, InDoubt)


def test_a_stream_that_never_ends_is_left_in_time(vendors, soundverse):
    vendors.trouble("sync", "drip", accept=True, seconds=0.05)
    told, error = listen(with_short_timeouts(soundverse(mode="sync")), tune())
    assert (told, type(error)) == ([], InDoubt)


def test_whoever_stops_listening_closes_the_connection(vendors, soundverse):
    async def first() -> str:
        async with http.client() as connection, contextlib.aclosing(soundverse().stream(tune(), connection)) as told:
            async for snapshot in told:
                return snapshot.stage
        return ""

    assert asyncio.run(first()) == "Starting music generation..."
    assert vendors.settled()


@pytest.mark.parametrize("address", [None, "", "javascript:alert(1)", "https://", 5])
def test_finished_without_usable_audio_is_in_doubt_not_finished(vendors, soundverse, address):
    told, error = hear(vendors, soundverse, line(LAST_CHUNK, audio_url=address))
    assert type(error) is InDoubt
    assert (told[-1].progress, told[-1].provider_job_id) == (Progress.RUNNING, "123456789")


def test_a_result_with_a_detail_is_a_result(vendors, soundverse):
    told, error = hear(vendors, soundverse, line(SYNC_SAMPLE, detail="fine"))
    assert error is None
    assert told[-1].progress == Progress.COMPLETED


def test_an_early_address_is_not_the_end(vendors, soundverse):
    early = line(FIRST_CHUNK, audio_url="https://c.example/part.mp3", status="streaming")
    told, error = hear(vendors, soundverse, early, line(LAST_CHUNK))
    assert error is None
    assert [bool(snapshot.outputs) for snapshot in told] == [False, True]


def test_a_later_version_that_ends_with_a_status_is_understood(vendors, soundverse):
    end = {"message_id": "m1", "status": "completed", "audio_url": "https://c.example/a.mp3", "error": ""}
    told, error = hear(vendors, soundverse, b"data: " + line(end) + b"\n")
    assert error is None
    assert told[-1].progress == Progress.COMPLETED


def test_nothing_hostile_in_a_chunk_gets_through(vendors, soundverse):
    nasty = {"song_name": "../../etc\x00/passwd\ud800" + "x" * 500, "album_art": "file:///etc/passwd", "task_id": "a b"}
    chunk = json.dumps({**LAST_CHUNK, **nasty, "note": f"key {vendors.soundverse.key}"}).encode() + b"\n"
    told, _ = hear(vendors, soundverse, chunk)
    output = told[-1].outputs[0]
    assert len(output.title) <= 200
    assert "\x00" not in output.title
    assert output.title.encode()
    assert (output.cover_url, told[-1].provider_job_id) == ("", "")
    assert vendors.soundverse.key not in str(told[-1])


# --- broken answers ---


@pytest.mark.parametrize("size", [0, 40, 700])
def test_a_stream_that_breaks_off_is_in_doubt_and_what_was_told_stays_told(vendors, soundverse, size):
    vendors.soundverse.early_id = True
    vendors.trouble("stream", "drop", size=size)
    told, error = listen(soundverse(), tune())
    assert type(error) is InDoubt
    assert [snapshot.provider_job_id for snapshot in told] == ["123456789"] * {0: 0, 40: 0, 700: 3}[size]
    assert len(vendors.requests("POST")) == 1


@pytest.mark.parametrize(
    ("do", "how"),
    [
        ("reset", {"accept": True}),
        ("cut", {}),
        ("headers", {"accept": True}),
        ("hang", {}),
        ("html", {}),
        ("garbage", {}),
    ],
)
@pytest.mark.parametrize("mode", ["stream", "sync"])
def test_an_answer_that_never_was_one_is_in_doubt(vendors, soundverse, mode, do, how):
    vendors.trouble(mode, do, **how)
    told, error = listen(Caller(soundverse(mode=mode)).facing(do).provider, tune())
    assert (told, type(error)) == ([], InDoubt)
    assert len(vendors.requests("POST")) == 1


def test_a_stream_that_just_ends_is_in_doubt(vendors, soundverse):
    vendors.soundverse.end = "none"
    told, error = listen(soundverse(), tune())
    assert len(told) == 3
    assert type(error) is InDoubt


def test_more_than_twenty_useless_lines_in_a_row_are_not_this_api(vendors, soundverse):
    told, error = hear(vendors, soundverse, line(FIRST_CHUNK), b"x\n" * 21, line(LAST_CHUNK))
    assert len(told) == 1
    assert type(error) is InDoubt


def test_a_few_useless_lines_are_passed_over(vendors, soundverse):
    told, error = hear(vendors, soundverse, b"x\n" * 20, line(FIRST_CHUNK), b"y\n" * 20, line(LAST_CHUNK))
    assert error is None
    assert told[-1].progress == Progress.COMPLETED


def test_an_end_without_a_newline_counts_even_when_the_line_is_cut(vendors, soundverse):
    size = len(line(FIRST_CHUNK) + line(LAST_CHUNK)) - 1
    vendors.soundverse.wire = [line(FIRST_CHUNK), line(LAST_CHUNK)]
    vendors.trouble("stream", "drop", size=size)
    told, error = listen(soundverse(), tune())
    assert error is None
    assert told[-1].progress == Progress.COMPLETED


def test_a_single_answer_that_is_not_finished_leaves_the_job_running(vendors, soundverse):
    vendors.soundverse.end = "none"
    told, error = listen(soundverse(mode="sync"), tune())
    assert error is None
    assert [(snapshot.progress, bool(snapshot.provider_job_id)) for snapshot in told] == [(Progress.RUNNING, True)]


def test_a_connection_that_was_never_made_is_only_busy(vendors, soundverse):
    provider = soundverse()
    vendors.__exit__()
    told, error = listen(provider, tune())
    assert (told, type(error)) == ([], Busy)


# --- retries ---


def test_without_a_status_path_nothing_can_be_asked(vendors, soundverse):
    assert Caller(soundverse()).recover("5") is None
    assert vendors.seen == []


def test_with_a_status_path_a_lost_job_is_found_again(vendors, soundverse):
    vendors.soundverse.early_id = True
    vendors.trouble("stream", "drop", size=700)
    provider = soundverse(status_path="/v5/status?message_id={id}")
    told, _ = listen(provider, tune())
    found = Caller(provider).recover(told[-1].provider_job_id)
    assert (found.progress, found.provider_job_id, len(found.outputs)) == (Progress.COMPLETED, "123456789", 1)
    assert Caller(provider).recover("unknown") is None


STATUSES = [
    ({"status": "PROCESSING"}, Progress.RUNNING),
    ({"data": {"status": "queued"}}, Progress.RUNNING),
    ({"status": "SUCCESSFUL", "audio_url": "https://c.example/a.mp3"}, Progress.COMPLETED),
    (
        {"status": "completed", "audioData": [{"audioUrl": "https://c.example/a.mp3", "songName": "S"}]},
        Progress.COMPLETED,
    ),
    ({"status": "FAILED", "message": "no"}, Progress.FAILED),
    ({"status": "Rejected"}, Progress.FAILED),
    ({"status": "cancelled"}, Progress.FAILED),
]


@pytest.mark.parametrize(("body", "progress"), STATUSES)
def test_a_status_answer_is_read_in_all_its_words(vendors, soundverse, body, progress):
    vendors.soundverse.accept({})
    vendors.trouble("status", "status", body=json.dumps(body).encode())
    found = Caller(soundverse(status_path="/v5/status?message_id={id}")).recover("123456789")
    assert (found.progress, found.provider_job_id) == (progress, "123456789")


@pytest.mark.parametrize(
    ("do", "how", "error"),
    [
        ("status", {"status": 500}, Busy),
        ("status", {"status": 429}, Busy),
        ("html", {}, Busy),
        ("reset", {}, Busy),
        ("hang", {}, Busy),
        ("status", {"body": b'{"success": false, "message": "try later"}'}, Busy),
        ("status", {"status": 401, "body": b"{}"}, OperatorMustAct),
    ],
)
def test_a_bad_status_answer_says_nothing_about_the_job(vendors, soundverse, do, how, error):
    vendors.soundverse.accept({})
    vendors.trouble("status", do, **how)
    provider = soundverse(status_path="/v5/status?message_id={id}")
    assert type(Caller(provider).facing(do).refused("recover", "123456789")) is error


def test_the_spec_says_that_its_price_is_an_estimate():
    assert MUSIC.price_is_estimate
    assert "estimate" in MUSIC.unverified
    assert MUSIC.field("duration").default == 30
    assert MUSIC.field("engine").default == "mureka-7.5"
