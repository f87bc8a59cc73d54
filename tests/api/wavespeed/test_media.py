"""Uploads in the vendor's three ways, the references they become, and actions on existing audio."""

import datetime as dt
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from generator.api.compat.wavespeed import files, media
from generator.models import Generation, Reference, Scope, Upload
from generator.services.team import api_keys
from tests.api.wavespeed.conftest import REGISTER_PATH, STEMS_PATH
from tests.api.wavespeed.test_refusals import refused
from tests.audio.signals import RATE, tone


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> bytes:
    from generator.audio import encode

    file = tmp_path_factory.mktemp("sound") / "tone.mp3"
    encode(tone(440, 2, -12), RATE, file, format="mp3")
    return file.read_bytes()


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch) -> None:
    monkeypatch.setattr(files, "READ_TIMEOUT_S", 0)
    monkeypatch.setattr(files, "PUBLIC_READ_TIMEOUT_S", 0)


def send(ours, path: str, **form) -> tuple[int, dict]:
    address = path if path.startswith("/") else f"/api/v3/{path}"
    reply = Client().post(address, form, headers={"authorization": f"Bearer {ours.token}"})
    return reply.status_code, reply.json()


def put(address: str, content: bytes) -> tuple[int, dict]:
    reply = Client().put(urlsplit(address).path, content, content_type="audio/mpeg")
    return reply.status_code, reply.json()


def fetched(address: str):
    return Client().get(urlsplit(address).path)


def uploaded(ours, sound: bytes) -> str:
    return ours.good(send(ours, "media/upload/binary", file=SimpleUploadedFile("My theme.mp3", sound)))["download_url"]


def test_a_ticket_takes_the_bytes_without_a_key(program, sound, run_background, project):
    ours = program(project=project)
    ticket = ours.post("media/uploads", filename="a/b/My theme.mp3", size=len(sound), content_type="audio/mpeg")
    assert (ticket["type"], ticket["filename"], ticket["size"]) == ("audio", "My theme.mp3", len(sound))
    instruction = ticket["upload"]
    assert (instruction["method"], instruction["headers"]) == ("PUT", {"Content-Type": "audio/mpeg"})
    assert fetched(ticket["download_url"]).status_code == 404
    assert put(instruction["url"], sound)[0] == 200
    assert fetched(ticket["download_url"]).status_code == 503  # not decoded yet
    run_background()
    reply = fetched(ticket["download_url"])
    assert (reply.status_code, reply["Content-Type"]) == (200, "audio/mpeg")
    reference = Reference.objects.get()
    assert (reference.project, reference.title) == (project, "My theme")
    assert put(instruction["url"], sound)[0] == 200  # repeating it is harmless
    assert Reference.objects.count() == 1


@pytest.mark.parametrize("path", ["media/upload/binary", "upload", "uploads", "/api/v2/media/upload/binary"])
def test_a_form_with_a_file(program, sound, run_background, path):
    ours = program()
    told = ours.good(send(ours, path, file=SimpleUploadedFile("theme.mp3", sound)))
    assert told["url"] == told["download_url"]
    assert (told["filename"], told["size"]) == ("theme.mp3", len(sound))
    run_background()
    assert fetched(told["download_url"]).status_code == 200


def test_what_is_no_sound_is_never_served(program, run_background):
    ours = program()
    address = uploaded(ours, b"<script>alert(1)</script>")
    run_background()
    reply = fetched(address)
    assert reply.status_code == 404
    assert "cannot be used" in reply.json()["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"filename": "a.mp3"}, 400),
        ({"filename": "a.mp3", "size": 0}, 400),
        ({"filename": "a.mp3", "size": -1}, 400),
        ({"filename": "a.mp3", "size": "10"}, 400),
        ({"filename": 7, "size": 10}, 400),
        ({"filename": "a.mp3", "size": media.MAX_UPLOAD_BYTES + 1}, 413),
    ],
)
def test_a_ticket_that_is_not_given(program, body, status):
    refused(program()("POST", "media/uploads", body), status)
    assert not Upload.objects.exists()


def test_a_ticket_is_for_its_size_its_time_and_its_key(program, sound, user, monkeypatch):
    ours = program()
    place = ours.post("media/uploads", filename="a.mp3", size=len(sound))["upload"]["url"]
    refused(put(place, sound + b"x"), 400, "exactly")
    refused(put(place.rpartition("~")[0] + "~x/", sound), 403)
    api_keys.revoke(ours.key, user)
    refused(put(place, sound), 403, "key")
    monkeypatch.setattr(media, "TICKET_LIFETIME", dt.timedelta(seconds=-1))
    refused(put(place, sound), 403, "expired")
    assert not Reference.objects.exists()


def test_tickets_are_not_hoarded(program, monkeypatch):
    monkeypatch.setattr(media, "MAX_PENDING_UPLOADS", 2)
    ours = program()
    for _ in range(2):
        ours.post("media/uploads", filename="a.mp3", size=10)
    refused(ours("POST", "media/uploads", {"filename": "a.mp3", "size": 10}), 400, "unfinished")


def test_a_form_that_cannot_be_used(program, monkeypatch):
    ours = program()
    refused(send(ours, "media/upload/binary"), 400, "file")
    refused(send(ours, "media/upload/binary", other=SimpleUploadedFile("a.mp3", b"x")), 400, "file")
    refused(ours("POST", "upload", {}), 415, "multipart")
    refused(send(program(Scope.READ), "upload", file=SimpleUploadedFile("a.mp3", b"x")), 403)
    refused(send(ours, "upload", file=SimpleUploadedFile("a.mp3", b"")), 400, "empty")
    monkeypatch.setattr("generator.http.uploads.MAX_UPLOAD_BYTES", 100)
    refused(send(ours, "upload", file=SimpleUploadedFile("a.mp3", b"x" * 101)), 413, "larger")
    broken = {"content_type": "multipart/form-data; boundary=", "headers": {"authorization": f"Bearer {ours.token}"}}
    reply = Client().generic("POST", "/api/v3/upload", b"--", **broken)
    refused((reply.status_code, reply.json()), 400)


def test_addresses_end_after_a_week_and_their_rows_too(program, sound, run_background, monkeypatch):
    ours = program()
    address = uploaded(ours, sound)
    run_background()
    Upload.objects.update(created_at=timezone.now() - dt.timedelta(days=8))
    ours.post("media/uploads", filename="a.mp3", size=10)
    assert Upload.objects.count() == 1
    assert Reference.objects.count() == 1
    monkeypatch.setattr(files, "URL_LIFETIME", dt.timedelta(seconds=-1))
    assert fetched(address).status_code == 404


# --- actions ---


def test_an_upload_is_given_an_id_that_steers(program, paid_providers, sound, run_background):
    ours = program()
    address = uploaded(ours, sound)
    refused(ours("POST", REGISTER_PATH, {"audio": address}), 400, "still being processed")
    run_background()
    asked = ours.post(REGISTER_PATH, audio=address, purpose="instrumental")
    assert (asked["model"], asked["outputs"]) == (REGISTER_PATH, [])
    run_background()
    done = ours.get(f"predictions/{asked['id']}")
    (known,) = done["outputs"]
    assert (done["status"], known["purpose"]) == ("completed", "instrumental")
    assert known["id"] == known["audio_id"] == Reference.objects.get().provider_references.get().registered_id
    again = ours.post(REGISTER_PATH, audio=address, purpose="instrumental")
    assert again["id"] == asked["id"]  # not paid twice
    ours.post("predictions/delete", ids=[asked["id"]])
    assert ours.post(REGISTER_PATH, audio=address, purpose="instrumental")["outputs"] == [known]


def test_a_track_of_the_studio_is_split_into_stems(program, paid_providers, make_track, run_background):
    ours = program()
    from generator.api.signed_files import audio_url

    address = audio_url(make_track(), "http://testserver")
    asked = ours.post(STEMS_PATH, audio=address)
    run_background()
    done = ours.get(f"predictions/{asked['id']}")
    made = Generation.objects.get(client_request__path=STEMS_PATH)
    assert len(done["outputs"]) == made.stems.count()
    for stem in done["outputs"]:
        assert fetched(stem)["Content-Type"].startswith("audio/")
    assert fetched(stem.replace("~", "~x")).status_code == 404


@pytest.mark.parametrize("path", [REGISTER_PATH, STEMS_PATH])
@pytest.mark.parametrize(
    "audio", ["https://elsewhere.example/a.mp3", "http://127.0.0.1/x", "x", "/o/AAAAAAAAAAAAAAAA~x"]
)
def test_a_sound_from_elsewhere_is_not_fetched(program, paid_providers, path, audio):
    refused(program()("POST", path, {"audio": audio}), 400, "audio must be")
    assert not Generation.objects.exists()


def test_a_strangers_upload_is_not_to_be_used(program, paid_providers, sound, run_background, stranger):
    address = uploaded(program(), sound)
    run_background()
    refused(program(who=stranger)("POST", REGISTER_PATH, {"audio": address}), 400, "audio must be")
