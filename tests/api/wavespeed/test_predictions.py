"""A prediction's life, in the vendor's shapes: asked for, looked at, listed, cancelled, hidden."""

import pytest

from generator.api.wavespeed.predictions import calm, id_of, ref_of
from generator.models import Generation
from tests.api.wavespeed.conftest import BGM_PATH
from tests.conftest import BGM, COMPOSER

FIELDS = {"id", "model", "outputs", "urls", "status", "created_at", "error", "timings"}


def test_the_whole_way(program, run_background, client, project):
    ours = program(stand_in=COMPOSER, project=project)
    body = {"prompt": "warm lo-fi, 6 s", "number_of_songs": 2, "output_format": "wav"}
    asked = ours.post(BGM_PATH, body)
    assert set(asked) == FIELDS
    assert (asked["status"], asked["outputs"], asked["error"]) == ("created", [], "")
    assert asked["model"] == BGM_PATH
    assert asked["timings"] == {"inference": 0}
    assert asked["urls"]["get"].endswith(f"/api/v3/predictions/{asked['id']}/result")
    run_background()
    done = ours.get(f"predictions/{asked['id']}/result")
    assert done == ours.get(f"predictions/{asked['id']}")
    assert (done["status"], len(done["outputs"])) == ("completed", 2)
    assert done["timings"]["inference"] > 0
    for address in done["outputs"]:
        assert address.startswith("http://testserver/o/")
        assert client.get(address.removeprefix("http://testserver"))["Content-Type"] == "audio/wav"
    made = Generation.objects.get()
    assert (made.model.key, made.project, made.key) == (COMPOSER, project, ours.key)
    listed = ours.post("predictions", include_inputs=True)
    assert (listed["page"], listed["total"]) == (1, 1)
    assert listed["items"] == [done | {"inputs": body}]
