"""Every error the contract prints, and malformed requests."""

import json
import socket

import httpx
import pytest

from generator.api import auth
from generator.services.team import api_keys
from tests.api.soundverse.conftest import PAYLOAD, STREAM, SYNC

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("soundverse")]

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
INVALID_KEY = {"error": "INVALID_API_KEY", "message": "invalid or revoked API key"}


@pytest.mark.parametrize("path", [STREAM, SYNC])
@pytest.mark.parametrize("head", [{}, {"Authorization": "Bearer bgm_00000000_nothing"}, {"Authorization": "Basic x"}])
def test_a_key_that_opens_nothing(served, path, head):
    reply = httpx.post(served.url + path, json=PAYLOAD, headers=head)
    assert (reply.status_code, reply.json()) == (401, INVALID_KEY)


@pytest.mark.parametrize("path", [STREAM, SYNC])
@pytest.mark.parametrize("prompt", ["", " \n\t"])
def test_an_empty_prompt(served, path, prompt):
    reply = served.post(path, prompt=prompt)
    assert (reply.status_code, reply.json()) == (400, {"detail": "Invalid or empty prompt provided"})


def test_a_prompt_that_is_too_long_is_told_so(served):
    reply = served.post(SYNC, prompt="x" * 30_000)
    assert reply.status_code == 400
    assert "2,000" in reply.json()["detail"]


@pytest.mark.parametrize("path", [STREAM, SYNC])
def test_a_budget_in_the_way(served, path):
    before = len(served.vendors.soundverse.jobs)
    reply = served.post(path, "poor")
    expected = {"success": False, "message": "Insufficient balance for this operation."}
    assert (reply.status_code, reply.json()) == (402, expected)
    assert len(served.vendors.soundverse.jobs) == before


def test_a_key_that_may_only_look(served):
    reply = served.post(SYNC, "reader")
    assert (reply.status_code, reply.json()["success"]) == (403, False)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"prompt": None}, ["body", "prompt"]),
        ({"prompt": 7}, ["body", "prompt"]),
        ({"userId": 7}, ["body", "userId"]),
        ({"duration": "long"}, ["body", "duration"]),
        ({"duration": 0}, ["body", "duration"]),
        ({"duration": 601}, ["body", "duration"]),
        ({"duration": 1.5}, ["body", "duration"]),
        ({"duration": 10**30}, ["body", "duration"]),
        ({"parameters": []}, ["body", "parameters"]),
        ({"parameters": {"bpm": 9000}}, ["body", "parameters", "bpm"]),
        ({"parameters": {"bpm": [90]}}, ["body", "parameters", "bpm"]),
        ({"parameters": {"format": "aac"}}, ["body", "parameters", "format"]),
        ({"prompt": "a\0b"}, ["body"]),
        ({"model": "composer/studio", "parameters": {"mood": "calm"}}, ["body", "parameters", "mood"]),
    ],
)
def test_a_body_that_is_not_the_contracts(served, changes, where):
    reply = served.post(SYNC, **changes)
    assert reply.status_code == 422, reply.text
    (problem,) = reply.json()["detail"]
    assert problem["loc"] == where
    assert problem["msg"]
    assert problem["type"]


def test_what_is_missing_is_named(served):
    with served.client() as client:
        reply = client.post(STREAM, json={})
    assert reply.status_code == 422
    assert [one["loc"][1] for one in reply.json()["detail"]] == ["userId", "projectId", "prompt"]


def test_parameters_meant_for_another_model_are_left_out_by_a_stand_in(served):
    reply = served.post(SYNC, parameters={"mood": "calm"}, duration=8)
    assert reply.json()["status"] == "COMPLETED"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"prompt": "\\ud800"}', b"[" * 5000, b'{"prompt": NaN}'],
)
def test_what_is_no_json_object(served, body):
    with served.client() as client:
        reply = client.post(SYNC, content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 422, reply.text
    assert reply.json()["detail"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_another_content_type(served, kind):
    with served.client() as client:
        reply = client.post(SYNC, content=json.dumps(PAYLOAD).encode(), headers={"Content-Type": kind})
    assert (reply.status_code, reply.json()["detail"][0]["loc"]) == (422, ["body"])


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_huge_body(served, kind):
    """Read from the socket: the answer may arrive before everything was sent."""
    head = f"POST {SYNC} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {served.keys['composer']}\r\n"
    head += f"Content-Type: {kind}\r\nContent-Length: 50000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.studio.port), timeout=20) as line:
        line.sendall(head.encode() + b" " * 100_000)
        answer = line.recv(65_536)
    code = int(answer.split()[1])
    assert code == 413, answer


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method(served, method):
    with served.client() as client:
        reply = client.request(method, STREAM)
    assert (reply.status_code, reply.json(), reply.headers["allow"]) == (
        405,
        {"detail": "Method Not Allowed"},
        "POST, OPTIONS",
    )


@pytest.mark.parametrize("path", ["/v5/", "/v5/generate/song-gen", "/v5/generate/song-gen/", "/v5/%00"])
def test_no_such_address_and_no_way_round(served, path):
    """A redirected POST would lose its body."""
    with served.client() as client:
        reply = client.post(path, json=PAYLOAD)
    assert reply.status_code in (404, 400)
    assert not reply.has_redirect_location


def test_a_slash_at_the_end_changes_nothing(served):
    with served.client() as client:
        assert client.post(f"{SYNC}/?from=here", json=PAYLOAD).json()["status"] == "COMPLETED"


def test_a_strangers_project_is_no_project_at_all(served):
    hers, nobodys = (
        served.post(SYNC, projectId=public_id, duration=8)
        for public_id in (served.public_ids["hers"], "your_project_id")
    )
    home = served.row(nobodys.json()["messageId"])["project"]
    assert served.row(hers.json()["messageId"])["project"] == home != served.public_ids["hers"]


def test_no_model_answers(client, user):
    """The studio has no account at the vendor, and the key no stand-in."""
    _, token = api_keys.make(user, "plain")
    head = {"Authorization": f"Bearer {token}"}
    reply = client.post(STREAM, PAYLOAD, content_type="application/json", headers=head)
    (problem,) = reply.json()["detail"]
    assert (reply.status_code, problem["loc"]) == (422, ["body", "model"])
    assert "composer/studio" in problem["msg"]


@pytest.mark.parametrize("length", [256, 1000])
def test_an_idempotency_key_is_too_long(client, user, length):
    _, token = api_keys.make(user, "plain", model_override="composer/studio")
    head = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k" * length}
    reply = client.post(STREAM, PAYLOAD, content_type="application/json", headers=head)
    assert (reply.status_code, reply.json().keys()) == (400, {"detail"})


def test_a_key_that_asks_too_often(client, user, settings):
    settings.STUDIO_API_RATE = 1
    _, token = api_keys.make(user, "plain")
    replies = [client.post(STREAM, headers={"Authorization": f"Bearer {token}"}) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [422, 429]
    assert replies[1].json() == {"success": False, "message": "Rate limits have been passed for the user."}
    assert 0 < int(replies[1]["Retry-After"]) <= 60


def test_a_defect_is_still_the_contracts_json(client, user, monkeypatch):
    _, token = api_keys.make(user, "plain", model_override="composer/studio")
    monkeypatch.setattr(auth, "submit_generation", lambda *_, **__: 1 / 0)
    head = {"Authorization": f"Bearer {token}"}
    reply = client.post(STREAM, PAYLOAD, content_type="application/json", headers=head)
    assert (reply.status_code, reply.json()) == (500, {"detail": "Internal Server Error"})
