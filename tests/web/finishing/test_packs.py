"""Packs through requests: one press makes one zip that holds what was chosen, with the reasons for what it lacks."""

import csv
import io
import json
import zipfile
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from generator.audio import decode, sandbox
from generator.models import Pack, PackState
from generator.services.background import job_queue
from generator.services.generation import cancellation
from generator.services.library import media, sharing
from generator.services.packs import packs, staging
from tests.downloads import let_go


def make(client, project, **fields) -> Pack:
    reply = client.post(reverse("packs", args=[project.public_id]), fields)
    assert reply.status_code == 302, reply.content
    return Pack.objects.latest("id")


def opened(client, pack) -> zipfile.ZipFile:
    reply = client.get(reverse("pack-file", args=[pack.public_id]))
    assert reply.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(reply.streaming_content)))


@pytest.fixture
def podcast():
    return {
        "preset": "podcast",
        "chosen": "1",
        "destination": "podcast",
        "piece": ["full", "bed"],
        "format": ["wav", "mp3"],
    }


def test_one_press_makes_one_zip_with_its_documents(user_client, project, make_track, run_background, podcast):
    tracks = [make_track("Tea time"), make_track("Tea time")]
    pack = make(user_client, project, **podcast, cut="6", track=[track.public_id for track in tracks])
    assert (pack.state, pack.files_total) == (PackState.QUEUED, 8)
    run_background()
    pack.refresh_from_db()
    assert (pack.state, pack.error_code, pack.percent) == (PackState.READY, "", 100)
    archive = opened(user_client, pack)
    names = archive.namelist()
    assert len({name.casefold() for name in names}) == len(names)
    manifest = json.loads(archive.read("manifest.json"))
    for track in manifest["tracks"]:
        assert [entry["use"] for entry in track["files"]] == ["Full length"] * 2 + ["Bed for speech"] * 2
        assert all(entry["lufs"] == pytest.approx(-16, abs=0.3) for entry in track["files"])
        assert all(archive.getinfo(entry["path"]).file_size == entry["size"] for entry in track["files"])
        assert [entry["code"] for entry in track["left_out"]] == ["longer_than_track"]
    assert sum(name.endswith(("License.txt", "Certificate.pdf")) for name in names) == 4
    cues = list(csv.reader(io.StringIO(archive.read("Cue sheet.csv").decode("utf-8-sig"))))
    assert len(cues) == 1 + 2 * 2
    assert "README.txt" in names


def test_a_pack_goes_on_where_its_worker_died(user_client, project, make_track, run_background, podcast, monkeypatch):
    """The first track is not made again, and one that cannot be read is left out with the reason."""
    tracks = [make_track("One"), make_track("Two"), make_track("Three", file="00/missing.wav")]
    pack = make(user_client, project, **podcast | {"piece": "full", "format": "wav"})
    exported, export = [], sandbox.export_file

    def die_at_the_second(*arguments):
        exported.append(arguments)
        if len(exported) == 2:
            raise KeyboardInterrupt
        export(*arguments)

    monkeypatch.setattr(sandbox, "export_file", die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run_background()
    assert [item.is_done for item in pack.items.all()] == [True, True, False]
    cancellation.cluster_restarted()
    cancellation.rescue()
    Pack.objects.update(due_at="2026-01-01T00:00Z")
    job_queue.start(job_queue.MAKE_PACK)
    run_background()
    pack.refresh_from_db()
    assert (pack.state, len(exported)) == (PackState.READY, 3)
    assert [[one["code"] for one in item.left_out] for item in pack.items.all()] == [["source_gone"], [], []]
    assert not staging.folder(pack).exists()
    assert {track.title for track in tracks if track.title != "Three"} <= set(
        "/".join(opened(user_client, pack).namelist()).split("/")
    )


def test_what_exists_is_used_again_and_a_cancelled_pack_leaves_nothing(
    user_client, project, track, run_background, podcast, monkeypatch, django_capture_on_commit_callbacks
):
    first = make(user_client, project, **podcast)
    assert make(user_client, project, **podcast) == first  # the same request is the same pack
    run_background()
    monkeypatch.setattr(sandbox, "export_file", None)  # would fail
    second = make(user_client, project, **podcast)
    assert second != first
    user_client.post(reverse("pack-cancel", args=[second.public_id]))
    run_background()
    second.refresh_from_db()
    assert (second.state, second.file, staging.folder(second).exists()) == (PackState.CANCELLED, "", False)
    user_client.post(reverse("pack-again", args=[second.public_id]))
    run_background()
    third = Pack.objects.latest("id")
    assert (third.state, third.files_done) == (PackState.READY, 4)
    with django_capture_on_commit_callbacks(execute=True):
        for pack in (first, second, third):
            user_client.post(reverse("pack-delete", args=[pack.public_id]))
    assert not Pack.objects.exists()
    assert third.file
    assert not media.path(third.file).exists()


def test_a_link_works_without_an_account_until_it_is_revoked_or_a_track_is_private(
    user_client, user, project, track, run_background, podcast
):
    pack = make(user_client, project, **podcast | {"piece": "full", "format": "wav"})
    run_background()
    page = reverse("pack", args=[pack.public_id])

    def share() -> str:
        user_client.post(reverse("pack-share", args=[pack.public_id]))
        return urlsplit(user_client.get(page).context["link"]).path

    def statuses(*links: str) -> list[int]:
        return [Client().get(link).status_code for link in links]

    link = share()
    reply = Client().get(f"{link}pack.zip")
    assert (reply.status_code, reply["Content-Type"]) == (200, "application/zip")
    let_go(reply)
    assert Pack.objects.get().downloads == 1
    user_client.post(reverse("pack-unshare", args=[pack.public_id]))
    other = share()
    assert statuses(link, other, "/shared-packs/made-up/") == [404, 200, 404]
    sharing.keep_private(track, user)
    assert statuses(other, f"{other}pack.zip") == [410, 410]
    assert user_client.post(reverse("pack-share", args=[pack.public_id])).status_code == 422
    sharing.show_project(track, user)
    Pack.objects.update(expires_at="2026-01-01T00:00Z")
    assert statuses(other) == [410]
    assert packs.delete_expired() == 1
    pack.refresh_from_db()
    assert (pack.state, pack.file, statuses(other)) == (PackState.EXPIRED, "", [410])
    assert user_client.get(page).context["is_over"]


def test_who_may_not_see_a_track_does_not_see_its_pack(user_client, user, member, project, track, podcast):
    pack = make(user_client, project, **podcast)
    other = Client()
    other.force_login(member("viewer"))
    page = reverse("pack", args=[pack.public_id])
    assert (other.get(page).status_code, other.post(page + "cancel/").status_code) == (200, 404)
    sharing.keep_private(track, user)
    assert (other.get(page).status_code, user_client.get(page).status_code) == (404, 200)
    track.delete()
    assert (other.get(page).status_code, user_client.get(page).status_code) == (404, 200)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"preset": "cinema"}, "invalid_choice"),
        ({"destination": "moon"}, "invalid_choice"),
        ({"cut": "soon"}, "invalid_number"),
        ({"cut": "0.5"}, "out_of_range"),
        ({"format": []}, "nothing_selected"),
        ({"piece": []}, "nothing_selected"),
        ({"track": "missing"}, "nothing_selected"),
    ],
)
def test_a_wrong_choice_is_refused_with_its_code(user_client, project, track, podcast, fields, code):
    reply = user_client.post(reverse("packs", args=[project.public_id]), podcast | fields)
    assert (reply.status_code, reply.context["error"].code) == (422, code)
    assert not Pack.objects.exists()


def test_a_selection_leads_to_the_form_and_the_last_choice_is_kept(user_client, project, make_track, podcast):
    one, two = make_track("One"), make_track("Two")
    make(user_client, project, **podcast)
    picked = {"action": "pack", "track": [one.public_id]}
    form = user_client.post(reverse("bulk", args=[project.public_id]), picked, follow=True)
    assert [track.pk for track in form.context["tracks"]] == [one.pk]
    assert (form.context["preset"].key, form.context["contents"].pieces) == ("podcast", ("full", "bed"))
    assert user_client.get(two.get_absolute_url()).context["pack_preset"].key == "podcast"


def test_stems_have_the_cuts_and_the_gain_of_their_mix(
    user_client, project, track, make_stem, run_background, podcast, tmp_path
):
    """Both stems here are the mix itself, so that each file must be the same sound."""
    make_stem(track, "Lead")
    make_stem(track, "Bass")
    make(user_client, project, **podcast | {"piece": ["full", "alternative", "stems"], "format": "wav"})
    run_background()
    archive = opened(user_client, Pack.objects.get())
    archive.extractall(tmp_path)
    [made] = json.loads(archive.read("manifest.json"))["tracks"]
    sounds = {}
    for entry in made["files"]:
        gain = 10 ** (entry.get("lower_db", 0) / 20)
        sounds[entry["piece"], entry["stem"]] = decode(tmp_path / entry["path"]).samples * gain
    assert set(sounds) == {("full", ""), ("full", "Lead"), ("full", "Bass"), ("alternative", "")}
    mix = sounds.pop(("full", ""))
    assert all(abs(sound - mix).max() < 1e-4 for sound in sounds.values())
    assert made["left_out"] == []


def test_what_cannot_be_made_of_a_track_is_said(user_client, project, track, run_background, podcast):
    make(user_client, project, **podcast | {"piece": ["full", "loop", "alternative", "stems"], "format": ["mp3"]})
    run_background()
    [item] = Pack.objects.get().items.all()
    said = {(one["piece"], one["code"]) for one in item.left_out}
    assert said == {
        ("stems", "no_stems"),
        ("alternative", "no_stems"),
        ("loop", "no_loop"),
        ("loop/MP3", "no_loop_in_mp3"),
    }
    page = user_client.get(reverse("pack", args=[item.pack.public_id]))
    assert len(page.context["items"][0]["left_out"]) == 4


def test_a_game_gets_its_engine_files_in_a_folder_of_their_own(user_client, project, track, run_background):
    make(user_client, project, preset="game")
    run_background()
    pack = Pack.objects.get()
    assert (pack.state, pack.files_done) == (PackState.READY, pack.files_total)
    names = [name.partition("/Game/")[2] for name in opened(user_client, pack).namelist() if "/Game/" in name]
    assert {"Tea_time_Wwise.txt", "Tea_time.json"} <= set(names)
    [item] = pack.items.all()
    assert ("game/Layers", "no_stems") in {(one["piece"], one["code"]) for one in item.left_out}
