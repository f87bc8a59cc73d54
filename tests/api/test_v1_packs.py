"""Packs through the API: made, polled, downloaded and shared; what cannot be made is refused and leaves nothing."""

import pytest
from django.test import Client

from generator.models import Pack, Scope
from tests.downloads import let_go

WHOLE = {"preset": "social", "pieces": ["full"], "cuts": [], "formats": ["mp3"]}


def test_a_pack_is_made_once_downloaded_and_shared(program, project, track, run_background):
    studio = program(Scope.GENERATE)
    body = WHOLE | {"project": project.public_id, "tracks": [track.public_id]}
    headers = {"Idempotency-Key": "k"}
    made = studio.ask("POST", "packs", body, headers=headers).json()
    assert (made["state"], made["url"], made["files_total"]) == ("queued", None, 1)
    assert studio.ask("POST", "packs", body, headers=headers).json()["id"] == made["id"]
    run_background()
    ready = studio.get(f"packs/{made['id']}")
    assert (ready["state"], ready["percent"], ready["error_code"]) == ("ready", 100, "")
    assert [one["piece"] for one in ready["tracks"][0]["files"]] == ["full"]
    reply = studio.ask("GET", f"packs/{made['id']}/file")
    assert (reply.status_code, reply["Content-Type"]) == (200, "application/zip")
    let_go(reply)
    link = studio.ask("POST", f"packs/{made['id']}/share", {}).json()["share_url"]
    assert Client().get(link.partition("testserver")[2]).status_code == 200
    assert studio.ask("DELETE", f"packs/{made['id']}").status_code == 204
    assert not Pack.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"preset": "cinema"}, "preset"),
        ({"tracks": ["missing"]}, "tracks"),
        ({"cuts": [1]}, "cuts"),
        ({"formats": ["aiff"]}, "formats"),
        ({"destination": "moon"}, "destination"),
        ({"pieces": []}, "pieces"),
    ],
)
def test_a_pack_that_cannot_be_made_is_refused_and_names_the_field(program, project, track, changes, field):
    body = WHOLE | {"project": project.public_id} | changes
    reply = program(Scope.GENERATE).ask("POST", "packs", body)
    assert (reply.status_code, reply.json()["field"]) == (422, field)
    assert not Pack.objects.exists()
