"""A voice-over through requests: kept at once, checked by the worker, told what it is; its gain curve downloaded."""

import pytest
import soundfile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from generator.models import Edit, VoiceOver
from tests.audio.signals import RATE, song
from tests.audio.singers import talker
from tests.downloads import let_go


def upload(client, track, content: bytes) -> Edit:
    address = reverse("finish-voice", args=[track.public_id])
    reply = client.post(address, {"voice": SimpleUploadedFile("intro.wav", content), "voice_at": "0.1"})
    assert reply.status_code == 302
    return Edit.objects.latest("id")


def recording(folder, samples) -> bytes:
    soundfile.write(folder / "voice.wav", samples, RATE)
    return (folder / "voice.wav").read_bytes()


def test_speech_is_checked_ducked_and_downloaded_as_both_outputs(user_client, make_track, run_background, tmp_path):
    track = make_track()
    edit = upload(user_client, track, recording(tmp_path, talker(3.0, seed=2)))
    assert VoiceOver.objects.get().length_ms == 0
    run_background()
    edit.refresh_from_db()
    voice = VoiceOver.objects.get()
    assert (edit.state, voice.length_ms, voice.is_music) == ("ready", 3000, False)
    assert edit.recipe["steps"][0]["voice_at_s"] == 0.1
    table = user_client.get(reverse("edit-gain", args=[edit.public_id]))
    assert table.content.startswith(b"time_s,gain_db\r\n0.0000,")
    user_client.post(reverse("edit-save", args=[edit.public_id]), {"format": "mp3", "both": "on"})
    run_background()
    made = user_client.get(reverse("finish", args=[track.public_id])).context["made"]
    assert [one["duck"]["output"] for one in made] == ["mix", "bed"]
    names = set()
    for one in made:
        reply = user_client.get(reverse("edit-file", args=[one["edit"].public_id, 1]))
        names.add(reply["Content-Disposition"])
        let_go(reply)
    assert len(names) == 2


@pytest.mark.parametrize("kind", ["noise of bytes", "music"])
def test_what_is_no_speech_gets_a_sentence(user_client, make_track, run_background, tmp_path, kind):
    is_music = kind == "music"
    edit = upload(user_client, make_track(), recording(tmp_path, song(4.0)) if is_music else b"no sound at all")
    run_background()
    edit.refresh_from_db()
    assert (edit.state, edit.error_code) == (("ready", "") if is_music else ("failed", "voice_unreadable"))
    assert [voice.is_music for voice in VoiceOver.objects.all()] == ([True] if is_music else [])
    page = user_client.get(reverse("edit", args=[edit.public_id])).content
    assert (b'id="voice-is-music"' in page, b'data-code="voice_unreadable"' in page) == (is_music, not is_music)


def test_two_edits_that_do_the_same_have_names_of_their_own(user_client, make_track):
    track = make_track()
    for fade in ("0.1", "0.2"):
        user_client.post(reverse("finish-preview", args=[track.public_id]), {"fade_in": fade})
        edit = Edit.objects.latest("id")
        user_client.post(reverse("edit-save", args=[edit.public_id]), {"format": "mp3", "title": "Soft start"})
    assert set(track.edits.values_list("title", flat=True)) == {"Soft start", "Soft start 2"}


def test_without_script_a_voice_over_is_added_to_the_edit_on_the_page(user_client, track):
    user_client.post(reverse("finish-preview", args=[track.public_id]), {"fade_in": "0.1"})
    shown = Edit.objects.latest("id")
    sent = {"voice": SimpleUploadedFile("intro.wav", b"words"), "based_on": shown.public_id}
    user_client.post(reverse("finish-voice", args=[track.public_id]), sent)
    assert [step["step"] for step in Edit.objects.latest("id").recipe["steps"]] == ["fades", "duck"]
