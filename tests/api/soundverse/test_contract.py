"""The vendor's sample as printed, both framings with both kinds of parser, and the results."""

import json
import threading

import httpx
import pytest
import requests

from tests.api.soundverse.conftest import PAYLOAD, STREAM, SYNC

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("soundverse")]

# The vendor's own, verbatim.
SAMPLE = """
import requests
import json

url = "https://api.soundverse.ai/v5/generate/music-gen"
headers = {
    "Authorization": "Bearer your_api_key_here",
    "Content-Type": "application/json"
}
payload = {
    "userId": "your_user_id",
    "projectId": "your_project_id",
    "prompt": "Upbeat electronic dance music with synth melodies and a driving bassline",
    "duration": 30,
    "style": "electronic"
}

response = requests.post(url, json=payload, headers=headers, stream=True)

# Process streaming response
for line in response.iter_lines():
    if line:
        data = json.loads(line.decode('utf-8'))
        print(data)
"""
KEYS = [
    "content",
    "isComplete",
    "chunkIndex",
    "tokens",
    "totalTokens",
    "task_id",
    "status",
    "album_art",
    "song_name",
    "error",
]


def as_bare_lines(lines: list[bytes]) -> list[dict]:
    """Parse lines as the vendor's sample does."""
    return [json.loads(line.decode("utf-8")) for line in lines if line]


def as_events(lines: list[bytes]) -> list[dict]:
    """Parse lines as the vendor's later samples do."""
    return [json.loads(line.decode("utf-8")[6:]) for line in lines if line.startswith(b"data: ")]


def check_chunks(chunks: list[dict]) -> dict:
    """Check that the chunks follow the contract; return the last."""
    *early, last = chunks
    assert early
    assert [chunk["chunkIndex"] for chunk in chunks] == list(range(1, len(chunks) + 1))
    for chunk in early:
        assert list(chunk) == KEYS
        assert chunk["isComplete"] is False
        assert chunk["error"] is False
        assert [chunk[key] for key in ("task_id", "status", "album_art", "song_name")] == [None] * 4
        assert isinstance(chunk["content"], str)
        assert 0 <= chunk["tokens"] <= chunk["totalTokens"]
    assert set(last) == {*KEYS, "audio_url"}
    assert (last["isComplete"], last["status"], last["error"]) == (True, "COMPLETED", False)
    assert last["tokens"] == last["totalTokens"] == 500
    assert [chunk["tokens"] for chunk in chunks] == sorted(chunk["tokens"] for chunk in chunks)
    return last


def check_files(body: dict) -> None:
    """Check that the audio and the cover can be downloaded by address, without a key."""
    audio, cover = httpx.get(body["audio_url"], timeout=30), httpx.get(body["album_art"], timeout=30)
    assert (audio.status_code, audio.headers["content-type"]) == (200, "audio/mpeg")
    assert len(audio.content) > 10_000
    assert (cover.status_code, cover.headers["content-type"]) == (200, "image/webp")
    assert body["song_name"]


@pytest.mark.parametrize("key", ["composer", "vendor"])
def test_the_sample_works_as_printed(served, capsys, key):
    code = SAMPLE.replace("https://api.soundverse.ai", served.url).replace("your_api_key_here", served.keys[key])
    said: list[dict] = []
    exec(compile(code, "sample", "exec"), {"print": said.append})
    last = check_chunks(said)
    check_files(last)
    row = served.row(last["task_id"])
    assert (row["state"], row["tracks"]) == ("ready", 1)
    assert row["model"] == {"composer": "composer/studio", "vendor": "soundverse/music"}[key]


@pytest.mark.parametrize("key", ["composer", "vendor"])
def test_the_sample_works_against_sync(served, key):
    headers = {"Authorization": f"Bearer {served.keys[key]}", "Content-Type": "application/json"}
    response = requests.post(served.url + SYNC, json=PAYLOAD, headers=headers, timeout=60)
    body = response.json()
    assert response.status_code == 200
    assert list(body) == ["success", "messageId", "audio_url", "album_art", "song_name", "status"]
    assert (body["success"], body["status"]) == (True, "COMPLETED")
    check_files(body)


@pytest.mark.parametrize(
    ("path", "accept", "read", "kind"),
    [
        (STREAM, "*/*", as_bare_lines, "application/x-ndjson"),
        (STREAM, "text/event-stream", as_events, "text/event-stream"),
    ],
)
def test_a_client_gets_the_framing_it_can_read(served, path, accept, read, kind):
    headers = {"Authorization": f"Bearer {served.keys['composer']}", "Accept": accept}
    body = PAYLOAD | {"duration": 8}
    response = requests.post(served.url + path, json=body, headers=headers, stream=True, timeout=60)
    assert response.headers["content-type"].startswith(kind)
    assert response.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in response.headers
    lines = list(response.iter_lines())
    check_chunks(read(lines))
    other = as_events if read is as_bare_lines else as_bare_lines
    if other is as_events:
        assert as_events(lines) == []  # no stream satisfies both
    else:
        with pytest.raises(json.JSONDecodeError):
            as_bare_lines(lines)


def test_the_later_spelling_wants_a_prompt_only_and_is_always_events(served):
    headers = {"Authorization": f"Bearer {served.keys['composer']}"}
    body = {"prompt": "calm piano", "style": "ambient", "duration": 8}
    response = requests.post(f"{served.url}/v5/generate/music", json=body, headers=headers, timeout=60)
    chunks = as_events(response.content.split(b"\n"))
    assert {chunk["message_id"] for chunk in chunks} == {response.headers["x-generation"]}
    assert (chunks[-1]["progress"], chunks[-1]["isComplete"]) == (100, True)
    single = requests.post(f"{served.url}/v5/generate/music/sync", json=body, headers=headers, timeout=60).json()
    assert single["status"] == "COMPLETED"


def test_chunks_come_as_they_happen(served):
    """The first chunk arrives before the vendor has answered; nothing buffers it."""
    gate = threading.Event()
    served.vendors.soundverse.gates[:] = [gate]
    with served.client("vendor") as client, client.stream("POST", STREAM, json=PAYLOAD) as response:
        lines = response.iter_lines()
        first = json.loads(next(lines))
        assert first["content"] == "Starting music generation..."
        gate.set()
        last = [json.loads(line) for line in lines if line][-1]
    assert last["status"] == "COMPLETED"


def test_what_is_asked_reaches_the_model(served):
    response = served.post(SYNC, projectId=served.public_ids["team"], duration=12, style="Jazz", parameters={"bpm": 90})
    row = served.row(response.json()["messageId"])
    assert row["project"] == served.public_ids["team"]
    assert (row["settings"]["length"], row["settings"]["bpm"], row["settings"]["format"]) == (12.0, 90.0, "mp3")
    served.post(SYNC, "vendor", model="mureka-8", parameters={"mood": "calm"})
    sent = served.vendors.soundverse.jobs[-1].inputs
    assert (sent["model"], sent["parameters"], sent["duration"], sent["style"]) == (
        "mureka-8",
        {"mood": "calm"},
        30,
        "electronic",
    )


def test_a_model_of_the_studio_can_be_named(served):
    response = served.post(SYNC, "vendor", model="composer/studio", duration=8, parameters={"format": "wav"})
    body = response.json()
    assert served.row(body["messageId"])["model"] == "composer/studio"
    assert body["audio_url"].endswith(".wav")


def test_the_same_idempotency_key_is_told_of_the_same_track(served):
    first, again = (served.post(SYNC, head={"Idempotency-Key": "k-1"}, duration=8).json() for _ in range(2))
    assert first["messageId"] == again["messageId"]
    assert again["status"] == "COMPLETED"
    assert served.post(SYNC, head={"Idempotency-Key": "k-1"}, duration=9).status_code == 409


def test_a_failure_is_the_last_chunk(served):
    served.vendors.soundverse.end = "failed"
    lines = served.post(STREAM, "vendor").content.split(b"\n")
    last = as_bare_lines(lines)[-1]
    assert (last["isComplete"], last["error"], last["status"]) == (True, True, "FAILED")
    assert "audio_url" not in last
    assert served.row(last["task_id"])["state"] == "failed"
    single = served.post(SYNC, "vendor").json()
    assert (single["success"], single["status"], single["audio_url"]) == (False, "FAILED", None)
    assert single["message"]
