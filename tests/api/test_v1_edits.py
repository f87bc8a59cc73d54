"""Edits through the API: made, polled, downloaded; what cannot be made is refused and leaves nothing behind."""

import io
import zipfile
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django_q.models import OrmQ

from generator.models import Edit, Scope
from tests.downloads import body, let_go

FADE = {"steps": [{"step": "fades", "in_s": 0.1}]}


def make(program, track, recipe=FADE, **format):
    body = {"recipe": recipe, "formats": [{"format": "mp3"} | format]}
    return program(Scope.GENERATE).ask("POST", f"tracks/{track.public_id}/edits", body)


def test_an_edit_is_made_and_downloaded(program, track, run_background):
    made = make(program, track, format="wav", rate=48_000, bits=24).json()
    assert (made["state"], made["files"][0]["size"]) == ("queued", None)
    assert made["title"]
    run_background()
    ready = program().get(f"edits/{made['id']}")
    assert (ready["state"], ready["error_code"]) == ("ready", "")
    reply = program().ask("GET", f"edits/{made['id']}/files/1")
    assert (reply.status_code, reply["Content-Type"]) == (200, "audio/wav")
    let_go(reply)


def test_several_edits_are_one_download(program, track, run_background):
    ids = [
        make(program, track, {"steps": [{"step": "fades", "in_s": at}]}, format="flac").json()["id"]
        for at in (0.1, 0.2)
    ]
    address = f"tracks/{track.public_id}/edits/archive"
    waiting = program().ask("GET", address)
    assert (waiting.status_code, waiting.headers["Retry-After"].isdecimal()) == (202, True)
    run_background()
    for chosen, count in (("", 2), (",".join(ids), 2), (ids[1], 1)):
        reply = program().ask("GET", f"{address}?edit_ids={chosen}")
        assert (reply.status_code, reply["Content-Type"]) == (200, "application/zip")
        assert len(zipfile.ZipFile(io.BytesIO(body(reply))).namelist()) == count
        let_go(reply)
    assert program().ask("GET", f"{address}?edit_ids={ids[0]},nothing").status_code == 404


@pytest.mark.parametrize(
    ("format", "field"),
    [
        ({"format": "mp3", "rate": 96_000}, "rate"),
        ({"format": "flac", "bits": 32}, "bits"),
        ({"format": "wav", "bit_rate": 128_000}, "bit_rate"),
        ({"format": "flac", "id3_version": 3}, "id3_version"),
        ({"format": "mp3", "starts_at_s": 3600.0}, "starts_at_s"),
        ({"format": "wav", "starts_at_s": 86_400.0}, "starts_at_s"),
    ],
)
def test_a_file_that_no_format_can_hold_is_refused_and_leaves_nothing(program, track, format, field):
    reply = make(program, track, **format)
    assert (reply.status_code, reply.json()["field"]) == (422, field)
    assert not Edit.objects.exists()
    assert not OrmQ.objects.exists()


def test_the_bar_grid_is_corrected_and_the_correction_undone(program, track):
    manage = program(Scope.GENERATE)
    body = manage.ask("PUT", f"tracks/{track.public_id}/grid", {"beat_shift": 1, "bpm": 90}).json()
    assert (body["correction"]["beat_shift"], body["correction"]["bpm"]) == (1, 90)
    assert manage.ask("PUT", f"tracks/{track.public_id}/grid", {"bpm": 1}).json()["field"] == "grid.bpm"
    edit = make(program, track, {"steps": [{"step": "cut", "regions": [[0, 0.3]]}]}).json()
    assert edit["recipe"]["grid"]["bpm"] == 90
    assert "grid" not in make(program, track).json()["recipe"]  # it has no use for beats
    assert manage.ask("DELETE", f"tracks/{track.public_id}/grid").status_code == 204
    assert manage.get(f"tracks/{track.public_id}/grid") == {"correction": None}
    assert manage.ask("DELETE", f"tracks/{track.public_id}/grid").status_code == 422


@pytest.mark.parametrize("way", ["form", "address"])
def test_a_voice_over_is_sent_and_a_track_turned_down_under_it(
    program, project, track, run_background, small_files, way
):
    ours = program(Scope.GENERATE)
    if way == "form":
        reply = ours.ask("POST", "voice-overs", {"project": project.public_id, "file": small_files[0]})
    else:
        wish = {"project": project.public_id, "file_name": "intro.wav", "kind": "voice_over"}
        address = ours.ask("POST", "upload-addresses", wish).json()
        assert address["max_bytes"] < 500_000_000
        reply = Client().put(urlsplit(address["url"]).path, small_files[0], content_type="application/octet-stream")
    assert (reply.status_code, reply.json()["project"]) == (200, project.public_id)
    step = {"step": "duck", "voice": reply.json()["voice"], "output": "mix"}
    made = make(program, track, {"steps": [step]}, format="wav", starts_at_s=3600.0).json()
    run_background()
    ready = program().get(f"edits/{made['id']}")
    assert (ready["state"], ready["error_code"], ready["files"][0]["format"]["starts_at_s"]) == ("ready", "", 3600.0)


def test_an_empty_voice_over_is_refused(program, project):
    reply = program(Scope.GENERATE).ask("POST", "voice-overs", {"project": project.public_id, "file": b""})
    assert (reply.status_code, reply.json()["field"]) == (422, "file")
