"""Voice-overs are kept for a day, then deleted with every mix that contains them; the music alone stays."""

import datetime as dt

import pytest
from django.utils import timezone

from generator.models import Edit, Rendition, VoiceOver
from generator.services.errors import UserError
from generator.services.finishing import voice_overs
from generator.services.library import media, references


@pytest.fixture
def voice(user, project, small_files) -> VoiceOver:
    return voice_overs.store(user, project, "intro.wav", [small_files[0]])


def duck(voice: VoiceOver, output: str) -> dict:
    return {"step": "duck", "voice": voice.sha256, "output": output}


def file_of(edit: Edit, extension: str, content: bytes) -> str:
    """Store a file of an edit, as the worker does; return its name."""
    name = media.keep_bytes(content, extension)
    recipe = {"format": extension, "edit": edit.recipe}
    Rendition.objects.create(track=edit.track, recipe=recipe, recipe_hash=f"{edit.pk}", file=name, size=1)
    return name


def test_a_voice_over_is_found_in_its_project_only(voice, project, make_track, make_edit, stranger):
    edit = make_edit(make_track(), duck(voice, "bed"), voice_sha256=voice.sha256)
    assert voice_overs.path_for(edit).read_bytes()
    assert voice_overs.find(stranger.personal_project, voice.sha256) is None


def test_the_same_file_begins_its_day_anew(voice, user, project, small_files):
    VoiceOver.objects.update(created_at=timezone.now() - dt.timedelta(hours=23))
    again = voice_overs.store(user, project, "intro.wav", [small_files[0]])
    assert again.pk == voice.pk
    assert again.created_at > timezone.now() - dt.timedelta(minutes=1)


def test_after_its_day_the_voice_and_its_mixes_are_gone_and_the_bed_stays(voice, make_track, make_edit):
    track = make_track()
    bed, mix = (make_edit(track, duck(voice, output), voice_sha256=voice.sha256) for output in ("bed", "mix"))
    kept, deleted = file_of(bed, "mp3", b"bed"), file_of(mix, "mp3", b"mix")
    path = voice_overs.path_for(mix)
    assert voice_overs.delete_expired() == 0
    VoiceOver.objects.update(created_at=timezone.now() - voice_overs.KEPT_FOR)
    assert voice_overs.delete_expired() == 1
    assert (path.exists(), media.path(kept).exists(), media.path(deleted).exists()) == (False, True, False)
    with pytest.raises(voice_overs.VoiceGone):
        voice_overs.path_for(bed)


def test_an_empty_file_is_refused_and_not_kept(user, project):
    with pytest.raises(UserError) as refused:
        voice_overs.store(user, project, "intro.wav", [])
    assert (refused.value.code, refused.value.field) == ("empty_file", "voice")
    assert not VoiceOver.objects.exists()


def test_what_is_too_large_is_refused(user, project, monkeypatch, small_files):
    monkeypatch.setattr(references, "MAX_UPLOAD_BYTES", 10)
    with pytest.raises(UserError) as refused:
        voice_overs.store(user, project, "intro.wav", [small_files[0]])
    assert refused.value.code == "too_large"
