"""Signed upload addresses: a file is sent without a key, for an hour, as long as the key may upload."""

import datetime as dt
import io
from urllib.parse import urlsplit

import pytest
import soundfile
from django.test import Client

from generator.models import ApiKey, LedgerEntry, Scope, Track, TrackUpload
from generator.services.uploads import tickets
from tests.audio.signals import RATE, song

STATED = {"file_name": "My_theme.wav", "source": "bought", "license_text": "License 4711", "cost_usd": "29.00"}


def sound() -> bytes:
    out = io.BytesIO()
    soundfile.write(out, song(1.0), RATE, format="WAV")
    return out.getvalue()


def request_address(program, project, **fields) -> str:
    body = STATED | {"project": project.public_id} | fields
    reply = program(Scope.GENERATE).ask("POST", "upload-addresses", body)
    assert reply.status_code == 200, reply.content
    assert (reply.json()["method"], reply.json()["max_bytes"]) == ("PUT", 500_000_000)
    return urlsplit(reply.json()["url"]).path


def put(address: str, content: bytes):
    return Client().put(address, content, content_type="application/octet-stream")


def test_a_file_is_sent_without_a_key_and_becomes_a_track(program, project, run_background):
    address = request_address(program, project)
    reply = put(address, sound())
    assert (reply.status_code, reply.json()["name"], reply.json()["state"]) == (201, "My_theme.wav", "waiting")
    run_background()
    track = Track.objects.get()
    assert (track.title, track.project, track.generation.license.text) == ("My theme", project, "License 4711")
    assert LedgerEntry.objects.get().kind == "stated"
    assert program().get(f"uploads/{reply.json()['id']}")["state"] == "ready"
    again = put(address, sound())
    assert (again.status_code, TrackUpload.objects.count()) == (409, 1)


def test_an_address_ends_with_its_hour_and_with_its_key(program, project, monkeypatch):
    address = request_address(program, project)
    with monkeypatch.context() as an_hour_later:
        an_hour_later.setattr(tickets, "LIFETIME", dt.timedelta(seconds=-1))
        assert put(address, sound()).status_code == 403
    assert put(f"{address[:-3]}xyz", sound()).status_code == 403
    ApiKey.objects.update(revoked_at="2026-11-30T00:00Z")
    assert put(address, sound()).status_code == 403
    assert not TrackUpload.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"cost_usd": "much"}, "cost"), ({"bought_on": "soon"}, "bought_on"), ({"license_text": "x" * 2001}, None)],
)
def test_what_cannot_be_stated_gets_no_address(program, project, fields, field):
    reply = program(Scope.GENERATE).ask("POST", "upload-addresses", STATED | {"project": project.public_id} | fields)
    assert (reply.status_code, field in (None, reply.json().get("field"))) == (422, True)


def test_an_empty_file_and_another_method_are_refused(program, project):
    address = request_address(program, project)
    empty = put(address, b"")
    assert (empty.status_code, empty.json()["field"], TrackUpload.objects.exists()) == (422, "file", False)
    assert Client().get(address).status_code == 405
