"""The same contract at /api/v2, which ComfyUI's nodes poll and upload to, and the oldest SDK uses."""

import pytest

from generator.api.compat.wavespeed.urls import urlpatterns
from generator.models import Scope
from tests.api.wavespeed.conftest import BGM_PATH
from tests.conftest import COMPOSER

SHORT = {"prompt": "warm lo-fi, 6 s"}


def test_a_prediction_that_was_asked_at_v3_is_polled_at_v2(program, run_background):
    ours = program(model_override=COMPOSER)
    asked = ours.post(BGM_PATH, SHORT | {"enable_base64_output": False})
    assert (asked["has_nsfw_contents"], asked["executionTime"]) == ([], 0)
    run_background()
    for path in (f"/api/v2/predictions/{asked['id']}/result", f"/api/v2/predictions/{asked['id']}"):
        done = ours.get(path)
        assert done == ours.get(f"predictions/{asked['id']}")
        assert (done["status"], done["has_nsfw_contents"]) == ("completed", [False])
        assert done["executionTime"] == done["timings"]["inference"] > 0
        assert "/api/v3/" in done["urls"]["get"]


@pytest.mark.parametrize(("method", "path"), [("GET", "models"), ("GET", "balance"), ("POST", f"{BGM_PATH}/")])
def test_v2_answers_as_v3_does(program, synced_catalog, method, path):
    ours = program(model_override=COMPOSER)
    body = SHORT if method == "POST" else None
    status, said = ours(method, f"/api/v2/{path}", body)
    assert status == 200
    assert said["data"]
    assert program(Scope.READ)("POST", f"/api/v2/{BGM_PATH}", SHORT)[0] == 403


def test_every_address_is_there_twice(client):
    names = [pattern.name for pattern in urlpatterns]
    assert len(names) == len(set(names))
    for path in ("openapi.json", "media/files/x/y", "media/stems/x/y"):
        v2, v3 = client.get(f"/api/v2/{path}"), client.get(f"/api/v3/{path}")
        assert v2.status_code == v3.status_code


def test_a_key_for_another_request_is_refused(program):
    ours = program(model_override=COMPOSER)
    first = ours("POST", BGM_PATH, SHORT, idempotency_key="one")
    assert ours("POST", BGM_PATH, SHORT, idempotency_key="one")[1]["data"]["id"] == first[1]["data"]["id"]
    assert ours("POST", BGM_PATH, SHORT | {"number_of_songs": 2}, idempotency_key="one")[0] == 409
    assert ours("POST", "composer/studio", SHORT, idempotency_key="one")[0] == 409
