"""The finishing room through requests: a recipe is heard, its files are made, named and read again."""

import io
import json
import subprocess
import zipfile

import av
import pytest
from django.test import Client
from django.urls import reverse
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from mutagen.mp3 import MP3
from mutagen.wave import WAVE

from generator.audio import sandbox
from generator.models import Edit, EditState, Rendition
from generator.services.finishing import edits
from tests.downloads import let_go


def room(track) -> str:
    return reverse("finish", args=[track.public_id])


def preview(client, track, **fields) -> Edit:
    reply = client.post(reverse("finish-preview", args=[track.public_id]), fields)
    assert reply.status_code == 302, reply.content
    return Edit.objects.latest("id")


def save(client, edit, *formats, **fields):
    return client.post(reverse("edit-save", args=[edit.public_id]), {"format": formats, **fields})


def test_several_edits_of_a_track_are_one_download(user_client, track, run_background):
    made = []
    for seconds in ("0.1", "0.2", "0.3"):
        made.append(preview(user_client, track, fade_in=seconds))
        save(user_client, made[-1], "flac", title=f"Soft {seconds}")
    page = reverse("track-edit-files", args=[track.public_id])
    assert user_client.get(page).status_code == 202
    run_background()

    def titles(**chosen) -> list[str]:
        reply = user_client.get(page, chosen)
        with zipfile.ZipFile(io.BytesIO(b"".join(reply.streaming_content))) as archive:
            return [name for name in archive.namelist() if archive.getinfo(name).file_size]

    assert len(titles()) == 3
    chosen = titles(edit=[made[0].public_id, made[2].public_id])
    assert [name for name in chosen if "Soft 0.1" in name or "Soft 0.3" in name] == chosen
    assert len(chosen) == 2
    assert user_client.get(page, {"edit": [made[0].public_id, "nothing"]}).status_code == 404
    user_client.post(reverse("edit-delete", args=[made[0].public_id]))
    assert user_client.get(page, {"edit": made[0].public_id}).status_code == 404
    assert len(titles()) == 2
    shown = user_client.get(track.get_absolute_url()).content.decode()
    assert shown.count('form="choose-edits"') == 2


def test_a_preview_is_rendered_once_and_heard(user_client, track, run_background):
    edit = preview(user_client, track, fade_in="0.1", destination="podcast")
    assert edit.state == EditState.QUEUED
    run_background()
    edit.refresh_from_db()
    assert (edit.state, edit.error_code, edit.is_draft) == (EditState.READY, "", True)
    assert edit.report["lufs"] == pytest.approx(-16, abs=0.3)
    audio = user_client.get(reverse("edit-audio", args=[edit.public_id]))
    assert (audio.status_code, audio["Content-Type"]) == (200, "audio/mpeg")
    let_go(audio)
    assert preview(user_client, track, fade_in="0.1", destination="podcast") == edit
    edit.refresh_from_db()
    assert edit.state == EditState.READY


def test_files_are_made_named_and_zipped(user_client, track, run_background):
    edit = preview(user_client, track, destination="streaming")
    save(user_client, edit, "mp3", "wav48")
    run_background()
    edit.refresh_from_db()
    assert (edit.state, edit.is_draft, len(edit.formats)) == (EditState.READY, False, 2)
    reply = user_client.get(reverse("edit-file", args=[edit.public_id, 2]))
    assert reply["Content-Disposition"].startswith("attachment; ")
    data = b"".join(reply.streaming_content)
    with av.open(io.BytesIO(data)) as file:
        stream = file.streams.audio[0]
        assert (stream.codec_context.name, stream.rate) == ("pcm_s24le", 48_000)
    archive = user_client.get(reverse("edit-files", args=[edit.public_id]))
    names = zipfile.ZipFile(io.BytesIO(b"".join(archive.streaming_content))).namelist()
    assert {name.rpartition(".")[2] for name in names} == {"mp3", "wav"}
    assert len({name.lower() for name in names}) == 2


def test_files_have_what_was_asked_for_beside_the_format(user_client, track, run_background, tmp_path):
    user_client.post(reverse("track-edit", args=[track.public_id]), {"isrc": "aa-6q7-26-00001"})
    edit = preview(user_client, track, destination="streaming")
    options = {"mono": "on", "id3v23": "on", "starts_at": "01:00:00.5"}
    save(user_client, edit, "mp3", "wav96", "flac", **options)
    run_background()
    paths = {}
    for file in edits.files(Edit.objects.get(pk=edit.pk))[1:]:
        paths[file.format.format] = file.path
    assert all(probed(path)["streams"][0]["channels"] == 1 for path in paths.values())
    assert (ID3(paths["mp3"]).version[:2], WAVE(paths["wav"]).tags.version[:2]) == ((2, 3), (2, 3))
    assert MP3(paths["mp3"])["TSRC"].text == WAVE(paths["wav"])["TSRC"].text == ["AA6Q72600001"]
    assert FLAC(paths["flac"])["isrc"] == ["AA6Q72600001"]
    wav = probed(paths["wav"])
    assert (wav["streams"][0]["codec_name"], wav["streams"][0]["sample_rate"]) == ("pcm_f32le", "96000")
    assert wav["format"]["tags"]["time_reference"] == str(round(3600.5 * 96_000))


@pytest.mark.parametrize("text", ["1:00", "24:00:00", "01:00:00:12", "soon"])
def test_a_place_in_the_timeline_that_cannot_be_read_makes_nothing(user_client, track, run_background, text):
    edit = preview(user_client, track, fade_in="0.1")
    reply = user_client.post(
        reverse("edit-save", args=[edit.public_id]),
        {"format": "wav48", "starts_at": text},
        headers={"HX-Request": "true"},
    )
    assert reply.status_code == 422
    assert Edit.objects.get().is_draft


@pytest.mark.parametrize(("text", "kept"), [("AA-6Q7-26-1", ""), ("isrc aa6q72600001", "AA6Q72600001"), ("", "")])
def test_an_isrc_is_kept_in_its_short_form_or_refused(user_client, track, text, kept):
    user_client.post(reverse("track-edit", args=[track.public_id]), {"isrc": text})
    track.refresh_from_db()
    assert (track.isrc or "") == kept


def probed(path):
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def test_the_track_is_never_touched(user_client, track, run_background):
    before = (track.file, track.sha256, track.size)
    save(user_client, preview(user_client, track, fade_out="0.1"), "flac")
    run_background()
    track.refresh_from_db()
    assert (track.file, track.sha256, track.size) == before


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({"length": "soon"}, "invalid_duration", "length"),
        ({"length": "0.2"}, "out_of_range", "length"),
        ({"tempo": "40"}, "out_of_range", "tempo"),
        ({"semitones": "-13"}, "out_of_range", "semitones"),
        ({"loop": "on", "loop_min": "0.1"}, "out_of_range", "loop_min"),
        ({"destination": "own", "lufs": "3"}, "out_of_range", "lufs"),
        ({"loop": "on", "fade_in": "1"}, "invalid", "steps[1]"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_lost(user_client, track, fields, code, named):
    reply = user_client.post(reverse("finish-preview", args=[track.public_id]), fields)
    error = reply.context["error"]
    assert (reply.status_code, error.code, error.field) == (422, code, named)
    assert reply.context["values"].items() >= fields.items()
    assert not Edit.objects.exists()


def test_without_a_format_nothing_is_made(user_client, track, run_background):
    edit = preview(user_client, track, fade_in="0.1")
    reply = save(user_client, edit, headers={"hx-request": "true"})
    edit.refresh_from_db()
    assert edit.is_draft
    assert reply.status_code in (302, 422)


def test_a_deleted_edit_comes_back_and_is_gone_after_its_day(user_client, track, make_edit):
    edit = make_edit(track)
    for action, listed in (("edit-delete", 0), ("edit-restore", 1), ("edit-delete", 0)):
        user_client.post(reverse(action, args=[edit.public_id]))
        assert len(user_client.get(room(track)).context["made"]) == listed
    Edit.objects.update(trashed_at="2026-01-01T00:00Z")
    assert edits.delete_expired() == 1
    assert not Edit.objects.exists()


def test_a_missing_file_is_made_again(user_client, track, run_background):
    edit = preview(user_client, track, fade_in="0.1")
    save(user_client, edit, "mp3")
    run_background()
    Rendition.objects.filter(track=track, recipe__edit__isnull=False).delete()
    address = reverse("edit-file", args=[edit.public_id, 1])
    assert user_client.get(address).status_code == 202
    run_background()
    reply = user_client.get(address)
    assert reply.status_code == 200
    let_go(reply)


def test_cancelling_stops_before_the_work(user_client, track, run_background):
    edit = preview(user_client, track, fade_in="0.1")
    user_client.post(reverse("edit-cancel", args=[edit.public_id]))
    run_background()
    edit.refresh_from_db()
    assert (edit.state, edit.percent) == (EditState.CANCELLED, 0)


def test_a_lost_source_fails_with_a_code_and_can_be_asked_for_again(user_client, track, run_background):
    edit = preview(user_client, track, fade_in="0.1")
    type(track).objects.filter(pk=track.pk).update(file="00/missing.wav")
    run_background()
    edit.refresh_from_db()
    assert (edit.state, edit.error_code) == (EditState.FAILED, "source_gone")
    type(track).objects.filter(pk=track.pk).update(file=track.file)
    preview(user_client, track, fade_in="0.1")
    run_background()
    edit.refresh_from_db()
    assert (edit.state, edit.error_code) == (EditState.READY, "")


def test_drafts_are_their_authors_alone(user_client, member, track):
    edit = preview(user_client, track, fade_in="0.1")
    page = reverse("edit", args=[edit.public_id])
    other = Client()
    other.force_login(member("editor"))
    assert (user_client.get(page).status_code, other.get(page).status_code) == (200, 404)
    save(user_client, edit, "mp3")
    assert other.get(page).status_code == 200


def test_a_job_fills_in_the_room_and_is_not_repeated_by_later_changes(user_client, track):
    address = reverse("finish-preview", args=[track.public_id])
    sent = {"job": "podcast", "destination": "streaming"}
    pressed = user_client.post(address, sent, headers={"hx-request": "true", "hx-target": "room"})
    changed = user_client.post(address, sent, headers={"hx-request": "true", "hx-target": "edit-preview"})
    assert [one.context["values"]["destination"] for one in (pressed, changed)] == ["podcast", "streaming"]
    assert [b'id="room"' in one.content for one in (pressed, changed)] == [True, False]


def test_files_asked_for_while_it_is_rendered_are_made_as_well(user_client, track, run_background, monkeypatch):
    edit = preview(user_client, track, fade_in="0.1")
    export = sandbox.export_file

    def save_meanwhile(*arguments):
        export(*arguments)
        if Edit.objects.get().is_draft:
            save(user_client, edit, "flac")

    monkeypatch.setattr(sandbox, "export_file", save_meanwhile)
    run_background()
    edit.refresh_from_db()
    assert (edit.state, [file.path is None for file in edits.files(edit)]) == (EditState.READY, [False, False])


def test_a_deleted_edit_that_is_made_again_is_listed_again(user_client, track, run_background):
    edit = preview(user_client, track, fade_in="0.1")
    save(user_client, edit, "mp3")
    run_background()
    user_client.post(reverse("edit-delete", args=[edit.public_id]))
    save(user_client, preview(user_client, track, fade_in="0.1"), "mp3")
    assert [one["edit"].pk for one in user_client.get(room(track)).context["made"]] == [edit.pk]


def test_a_preview_that_was_deleted_to_save_space_is_made_again(user_client, track, run_background):
    edit = preview(user_client, track, fade_in="0.1")
    run_background()
    Rendition.objects.filter(track=track, recipe__edit__isnull=False).delete()
    assert preview(user_client, track, fade_in="0.1").is_active
    run_background()
    reply = user_client.get(reverse("edit-audio", args=[edit.public_id]))
    assert reply.status_code == 200
    let_go(reply)
