"""A start checks that the media folder belongs to the database."""

import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generator.management import media_identity
from generator.models import Installation, Track

pytestmark = pytest.mark.django_db


@pytest.fixture
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def store(media: Path, track) -> None:
    (media / track.file).parent.mkdir(parents=True, exist_ok=True)
    (media / track.file).write_bytes(b"audio")


def known() -> str:
    return Installation.objects.get().identity


def elsewhere(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "another machine"
    return settings.MEDIA_ROOT


def refused() -> bool:
    with pytest.raises(media_identity.WrongMedia):
        media_identity.check()
    with pytest.raises(CommandError) as raised:
        call_command("media")
    return raised.value.returncode == 2


def test_a_new_studio_marks_its_folder(media):
    media_identity.check()
    media_identity.check()
    assert (media / "identity").read_text().strip() == known()


def test_a_second_machine_without_the_folder_is_refused_even_before_there_is_a_track(media, settings, tmp_path):
    media_identity.check()
    other = elsewhere(settings, tmp_path)
    assert refused()
    assert not other.exists()


def test_a_second_machine_with_the_folder_is_welcome(media, settings, tmp_path):
    media_identity.check()
    elsewhere(settings, tmp_path).symlink_to(media)
    media_identity.check()


def test_a_folder_that_is_only_a_copy_is_talked_about(media, make_track, settings, tmp_path, caplog):
    old, new = make_track("Old"), make_track("New")
    Track.objects.filter(pk=new.pk).update(file="ab/new.flac")
    new.refresh_from_db()
    store(media, old)
    media_identity.check()
    copy = elsewhere(settings, tmp_path)
    shutil.copytree(media, copy)
    store(media, new)
    caplog.clear()
    media_identity.check()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(copy) in caplog.text
    settings.MEDIA_ROOT = media
    caplog.clear()
    media_identity.check()
    assert not caplog.records


def test_the_folder_of_another_studio_is_refused(media, track, settings, tmp_path):
    store(media, track)
    media_identity.check()
    (media / "identity").write_text("0" * 32)
    assert refused()


def test_a_studio_of_an_earlier_release_is_known_by_its_files(media, track):
    store(media, track)
    media_identity.check()
    assert (media / "identity").read_text().strip() == known()


def test_a_database_whose_files_are_nowhere_is_refused(media, track, settings, tmp_path):
    elsewhere(settings, tmp_path)
    assert refused()
    assert not Installation.objects.exists()


def test_a_new_database_beside_the_files_of_another_is_refused(media):
    (media / "ab").mkdir(parents=True)
    (media / "ab" / "abcd.flac").write_bytes(b"audio")
    assert refused()


def test_a_new_database_beside_the_folder_of_another_is_refused_even_while_that_is_empty(media):
    media_identity.check()
    Installation.objects.all().delete()
    assert refused()


def test_a_mark_that_was_lost_is_made_again_only_where_every_file_is(media, make_track, settings, tmp_path):
    first, second = make_track("First"), make_track("Second")
    second.file = "ff/" + "f" * 64 + ".flac"
    second.save(update_fields=["file"])
    for track in (first, second):
        store(media, track)
    media_identity.check()
    other = elsewhere(settings, tmp_path)
    store(other, first)
    assert refused()
    store(other, second)
    media_identity.check()
    assert (other / "identity").read_text().strip() == known()


def test_a_person_may_say_that_it_is_right(media, track, settings, tmp_path):
    store(media, track)
    media_identity.check()
    elsewhere(settings, tmp_path)
    call_command("media", "--accept")
    media_identity.check()
