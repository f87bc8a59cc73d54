"""Tracks and stems from elsewhere: brought in with what is stated, truthful everywhere, and never in anybody's way."""

import io
import json
import zipfile

import numpy as np
import pytest
import soundfile
from django.core.files.uploadedfile import SimpleUploadedFile

from generator.audio import read_tags
from generator.currency import dollars
from generator.models import Budget, Edit, LedgerEntry, Pack, Stem, Track, TrackUpload
from generator.models.search import matching
from generator.services.billing import budgets, ledger
from generator.services.finishing import edits
from generator.services.library import media, tracks, transfer
from generator.services.team import projects
from generator.services.uploads import corrections
from tests.audio.signals import RATE, noise, song, tone
from tests.downloads import body, let_go
from tests.refusals import code_of

SECONDS = 3.0
BOUGHT = {
    "source": "bought",
    "source_text": "Pond5",
    "license_text": "Pond5 Individual License No. 4711",
    "credit": "Grace H.",
    "cost": "29.95",
    "bought_on": "2026-11-02",
}


def encoded(samples: np.ndarray, format: str, **how: str) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, RATE, format=format, **how)
    return out.getvalue()


def sound(samples: np.ndarray, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, encoded(samples, "WAV", subtype="FLOAT"))


@pytest.fixture
def add(user_client, project):
    def _add(*files, htmx=True, **facts):
        headers = {"HX-Request": "true"} if htmx else {}
        return user_client.post(f"/projects/{project.public_id}/uploads/", {"file": files} | facts, headers=headers)

    return _add


def test_a_bought_track_is_one_of_the_project_and_says_what_it_is(add, user_client, user, project, run_background):
    bought = encoded(song(SECONDS), "OGG")
    Budget.objects.create(project=project, cap=dollars("10"))
    answer = add(SimpleUploadedFile("My_Theme.ogg", bought), **BOUGHT)
    assert answer.status_code == 200
    assert 'data-state="waiting"' in answer.content.decode()
    run_background()
    upload, track = TrackUpload.objects.get(), Track.objects.get()
    assert (upload.state, upload.track, track.title, track.format) == ("ready", track, "My Theme", "flac")
    assert "wrong_format" not in str(track.findings)

    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.amount, entry.takes, entry.actor) == ("stated", dollars("29.95"), 1, user)
    assert ledger.differences() == []
    assert [status.left for status in budgets.statuses(user, project)] == [dollars("10")]
    assert "$29.95" in user_client.get(f"/spend/?project={project.public_id}").content.decode()

    page = user_client.get(track.get_absolute_url()).content.decode()
    assert "Pond5 Individual License No. 4711" in page
    assert "?again=" not in page
    certificate = user_client.get(f"{track.get_absolute_url()}documents/").content.decode()
    assert 'data-terms="stated"' in certificate
    assert "AI" not in certificate.partition("<main")[2].replace("data-terms", "")
    original = user_client.get(f"{track.get_absolute_url()}original")
    assert (body(original), original["Content-Disposition"].count("My_Theme.ogg")) == (bought, 1)
    let_go(original)

    again = add(SimpleUploadedFile("other name.ogg", bought))
    assert (again.status_code, code_of(again)) == (422, "already_exists")

    user_client.post(f"{track.get_absolute_url()}cost/", {"cost": "19.95", "reason": "discount"})
    assert list(LedgerEntry.objects.order_by("id").values_list("amount", flat=True)) == [
        dollars("29.95"),
        dollars("-10"),
    ]
    assert ledger.differences() == []


def test_a_wrong_statement_is_corrected_and_the_history_keeps_it(add, user_client, user, project, run_background):
    add(SimpleUploadedFile("theme.flac", encoded(song(1.0), "FLAC")), **BOUGHT)
    run_background()
    track = Track.objects.get()
    page = track.get_absolute_url()
    user_client.post(f"{page}finish/preview/", {"fade_out": "0.1"})
    edit = Edit.objects.get()
    user_client.post(f"/edits/{edit.public_id}/save/", {"format": "flac"})
    run_background()
    made = set(track.renditions.values_list("file", flat=True))
    assert len(made) == 2

    right = {"license_text": "Extended License No. 4712", "credit": "Hedy L.", "bought_on": "2026-11-03"}
    assert code_of(user_client.post(f"{page}stated/", {"bought_on": "2099-01-01"}, follow=True)) == "out_of_range"
    user_client.post(f"{page}stated/", right)
    upload, track = TrackUpload.objects.get(), Track.objects.get()
    assert (upload.license_text, upload.credit, str(upload.bought_on)) == tuple(right.values())
    assert (upload.source_text, track.generation.license.text) == (BOUGHT["source_text"], right["license_text"])
    before = [event.text for event in track.generation.events.filter(data__has_key="stated_field")]
    assert len(before) == 3
    assert all(BOUGHT[name] in " ".join(before) for name in right)
    assert LedgerEntry.objects.count() == 1
    assert code_of(user_client.post(f"{page}stated/", right, follow=True)) == "unchanged"
    assert [one.pk for one in matching(Track.objects.all(), "Hedy")] == [track.pk]
    assert not matching(Track.objects.all(), "Grace").exists()

    certificate = user_client.get(f"{page}documents/").content.decode()
    assert right["license_text"] in certificate
    assert BOUGHT["license_text"] not in certificate.partition("<main")[2]
    user_client.post(f"/projects/{project.public_id}/packs/", {"preset": "podcast"})
    user_client.get(f"/edits/{edit.public_id}/files/1")
    run_background()
    with zipfile.ZipFile(media.path(Pack.objects.get().file)) as archive:
        assert json.loads(archive.read("manifest.json"))["tracks"][0]["author"] == right["credit"]
        texts = " ".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".txt"))
    assert right["license_text"] in texts
    assert BOUGHT["license_text"] not in texts
    tags = read_tags(edits.file_of(Edit.objects.get(), 1).path)
    assert (tags.artist, tags.license) == (right["credit"], right["license_text"])


def test_what_is_corrected_before_the_file_is_read_counts(add, user_client, user, project, run_background):
    add(SimpleUploadedFile("theme.flac", encoded(song(1.0), "FLAC")), **BOUGHT)
    corrections.correct(user, TrackUpload.objects.get(), {"license_text": "Extended"})
    run_background()
    track = Track.objects.get()
    assert (track.generation.license.text, corrections.last_of(track.generation)) == ("Extended", None)


def test_those_who_may_not_edit_correct_nothing(add, client, member, run_background):
    add(sound(song(1.0), "theme.wav"), **BOUGHT)
    run_background()
    client.force_login(member("viewer"))
    assert client.post(f"{Track.objects.get().get_absolute_url()}stated/", {"credit": "Me"}).status_code == 404
    assert TrackUpload.objects.get().credit == BOUGHT["credit"]


def test_a_copy_keeps_what_was_stated_and_costs_nothing(add, user_client, user, project, run_background):
    add(sound(song(1.0), "theme.wav"), **BOUGHT)
    run_background()
    track = Track.objects.get()
    other = projects.start("Elsewhere", user)
    transfer.copy(Track.objects.filter(pk=track.pk), other, user)
    copied = Track.objects.get(project=other)
    assert "Pond5" in user_client.get(f"{copied.get_absolute_url()}documents/").content.decode()
    user_client.post(f"{copied.get_absolute_url()}cost/", {"cost": "1"})
    assert LedgerEntry.objects.count() == 1
    original = media.path(copied.uploads.get().file)
    for one in (track, copied):
        assert original.exists()
        tracks.trash_tracks(Track.objects.filter(pk=one.pk), user)
        tracks.delete_for_good(Track.objects.filter(pk=one.pk))
    assert not original.exists()


def test_what_is_no_sound_is_refused_with_its_reason_and_leaves_nothing(add, user_client, project, run_background):
    mixed = add(SimpleUploadedFile("cover.png", b"PNG"), SimpleUploadedFile("noise.wav", b"RIFF" + bytes(400)))
    assert (mixed.status_code, code_of(mixed)) == (422, "unsupported_format")
    run_background()
    upload = TrackUpload.objects.get()
    assert (upload.name, upload.state, upload.file) == ("noise.wav", "refused", "")
    assert not Track.objects.exists()
    assert add(htmx=False).status_code == 422
    assert code_of(add(sound(song(1), "a.wav"), cost="-1")) == "out_of_range"
    user_client.post(f"/uploads/{upload.public_id}/cancel/")
    assert not TrackUpload.objects.exists()


def test_stems_are_added_all_or_none_and_told_how_close_they_are(user_client, add, run_background):
    players = {"01_Theme_DRM.wav": 0.3 * noise(SECONDS), "02_Theme_Bass.wav": np.float32(0.2) * tone(110, SECONDS)}
    mix = sum(players.values())
    add(sound(mix, "mix.wav"))
    run_background()
    track = Track.objects.get()
    address = f"{track.get_absolute_url()}stems/upload/"

    long = np.concatenate([mix, mix[: RATE // 5]])
    user_client.post(address, {"file": [sound(mix, "drums.wav"), sound(long, "bass.wav")]})
    run_background()
    assert [row.problem != "" for row in TrackUpload.objects.filter(is_stem=True)] == [True, True]
    assert "longer" in TrackUpload.objects.get(name="bass.wav").problem
    assert not Stem.objects.exists()

    files = [sound(samples[: -RATE // 100], name) for name, samples in players.items()]
    user_client.post(address, {"file": files})
    run_background()
    assert list(Stem.objects.values_list("title", "length_ms")) == [("Drums", 3000), ("Bass", 3000)]
    shown = user_client.get(track.get_absolute_url()).content.decode()
    assert 'id="stem-difference"' in shown
    assert shown.count("data-mixed") == 2

    user_client.post(f"{track.get_absolute_url()}finish/preview/", {"fade_out": "1", "lufs": "-14"})
    edit = Edit.objects.get()
    user_client.post(f"/edits/{edit.public_id}/save/", {"format": "wav44", "stems": "on"})
    run_background()
    reply = user_client.get(f"/edits/{edit.public_id}/files/2")
    with zipfile.ZipFile(io.BytesIO(body(reply))) as archive:
        sounds = {name: soundfile.read(io.BytesIO(archive.read(name)))[0] for name in archive.namelist()}
    let_go(reply)
    (edited_mix,) = (sound for name, sound in sounds.items() if "Mix" in name)
    assert len(sounds) == 3
    left_over = (sum(sounds.values()) - 2 * edited_mix)[: -RATE // 100]
    assert np.abs(left_over).max() < 3 / 2**15  # 16 bit, three times


def test_a_pack_says_of_a_bought_track_what_was_stated(add, user_client, project, run_background):
    add(SimpleUploadedFile("My_Theme.flac", encoded(song(SECONDS), "FLAC")), **BOUGHT)
    run_background()
    contents = {"preset": "podcast", "chosen": "1", "destination": "podcast", "piece": "full", "format": "wav"}
    user_client.post(f"/projects/{project.public_id}/packs/", contents)
    run_background()
    file = media.path(Pack.objects.latest("pk").file)
    with zipfile.ZipFile(file) as archive:
        (track,) = json.loads(archive.read("manifest.json"))["tracks"]
        texts = [archive.read(name).decode() for name in archive.namelist() if name.endswith((".txt", ".csv"))]
    assert track["author"] == BOUGHT["credit"]
    assert "(generated by AI)" not in "".join(texts)
    assert BOUGHT["license_text"] in "".join(texts)
