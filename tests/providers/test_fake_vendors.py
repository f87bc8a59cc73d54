"""The live fake follows the vendors' contracts, so that tests against it are meaningful."""

import json

import httpx
import pytest

V3 = "/api/v3"
BGM_PATH = f"{V3}/mureka-ai/mureka-v7.6/generate-bgm"


@pytest.fixture
def ws(vendors):
    with httpx.Client(base_url=vendors.url, headers={"Authorization": f"Bearer {vendors.wavespeed.key}"}) as client:
        yield client


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "KEY"}, {"Authorization": "Bearer wrong"}])
def test_only_the_bearer_key_opens_it(vendors, headers):
    sent = {name: value.replace("KEY", vendors.wavespeed.key) for name, value in headers.items()}
    reply = httpx.post(vendors.url + BGM_PATH, json={"prompt": "x"}, headers=sent)
    assert (reply.status_code, reply.json()["code"]) == (401, 401)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"prompt": "x"}, 200),
        ({"prompt": "x" * 1024, "number_of_songs": 3, "output_format": "flac", "instrumental_id": "1"}, 200),
        ({}, 400),
        ({"prompt": "x" * 1025}, 400),
        ({"prompt": "x", "n": 2}, 400),
        ({"prompt": "x", "number_of_songs": 4}, 400),
        ({"prompt": "x", "number_of_songs": "1"}, 400),
        ({"prompt": "x", "output_format": "ogg"}, 400),
    ],
)
def test_a_submit_is_checked_like_the_vendors(ws, body, status):
    reply = ws.post(BGM_PATH, json=body)
    assert (reply.status_code, reply.json()["code"]) == (status, status)
    assert "error" not in reply.json()


def test_a_job_is_readable_at_both_addresses_and_its_files_without_a_key(vendors, ws):
    job = ws.post(BGM_PATH, json={"prompt": "x", "number_of_songs": 2}).json()["data"]
    assert (job["status"], job["outputs"], job["error"]) == ("created", [], "")
    assert ws.get(f"{V3}/predictions/{job['id']}").json()["data"]["status"] == "processing"
    done = ws.get(f"{V3}/predictions/{job['id']}/result").json()["data"]
    assert len(done["outputs"]) == 2
    assert httpx.get(done["outputs"][0]).headers["content-type"] == "audio/mpeg"
    assert ws.get(f"{V3}/predictions/unknown/result").status_code == 404


@pytest.mark.parametrize("path", ["models", "balance", "webhook/secret"])
def test_what_is_read_is_enveloped(ws, path):
    assert ws.get(f"{V3}/{path}").json().keys() == {"code", "message", "data"}


def test_its_books_follow_what_was_accepted(vendors, ws):
    ws.post(BGM_PATH, json={"prompt": "x", "number_of_songs": 3})
    assert ws.get(f"{V3}/balance").json()["data"]["balance"] == 9.91
    vendors.wavespeed.balance = 0.01
    assert ws.post(BGM_PATH, json={"prompt": "x"}).status_code == 402
    usage = ws.post(f"{V3}/user/usage_stats", json={}).json()["data"]["daily_usage"][0]
    assert (usage["amount"], usage["count"]) == (0.09, 1)


def test_an_uploaded_sound_can_be_fetched_where_the_ticket_says(ws):
    ticket = ws.post(f"{V3}/media/uploads", json={"filename": "a.mp3", "size": 3, "content_type": "audio/mpeg"}).json()
    httpx.put(ticket["data"]["upload"]["url"], content=b"ID3")
    assert httpx.get(ticket["data"]["download_url"]).content == b"ID3"


def test_the_stream_has_the_vendors_ten_keys_and_one_end(vendors):
    headers = {"Authorization": f"Bearer {vendors.soundverse.key}"}
    body = {"userId": "u", "projectId": "p", "prompt": "x"}
    bare = httpx.post(f"{vendors.url}/v5/generate/music-gen", json=body, headers=headers).text
    chunks = [json.loads(line) for line in bare.split("\n") if line]
    keys = {"content", "isComplete", "chunkIndex", "tokens", "totalTokens", "task_id", "status", "album_art"}
    assert all(chunk.keys() - {"audio_url"} == keys | {"song_name", "error"} for chunk in chunks)
    assert [chunk["isComplete"] for chunk in chunks] == [False, False, False, True]
    assert ["audio_url" in chunk for chunk in chunks] == [False, False, False, True]
    headers["Accept"] = "text/event-stream"
    framed = httpx.post(f"{vendors.url}/v5/generate/music-gen", json=body, headers=headers).text
    assert framed.startswith(": ping\n\ndata: {")
