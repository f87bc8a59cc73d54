"""Covers: replaced by an upload, cut square and stripped, and back to the track's own; by whom, and what is refused."""

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from generator.models import AuditLogEntry, Comparison, Generation, ReplacedCover, Track
from generator.services.library import covers, media, tracks, transfer
from tests.refusals import code_of


def picture(format="JPEG", size=(640, 400), colour="navy", **saved) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, format, **saved)
    return out.getvalue()


@pytest.fixture
def door(track) -> str:
    return f"/tracks/{track.public_id}/cover/change/"


@pytest.fixture
def upload(user_client, door):
    def _upload(content: bytes, name="cover.jpg"):
        return user_client.post(door, {"picture": SimpleUploadedFile(name, content)})

    return _upload


def shown(user_client, track) -> Image.Image:
    reply = user_client.get(f"/tracks/{track.public_id}/cover")
    assert reply.headers["Cache-Control"] == "private, no-cache", "its address outlives the picture"
    return Image.open(BytesIO(reply.getvalue()))


@pytest.mark.parametrize(("role", "status"), [("owner", 302), ("editor", 302), ("viewer", 404), (None, 404)])
def test_who_may_edit_the_track_may_replace_its_cover(client, track, door, member, stranger, role, status):
    client.force_login(member(role) if role else stranger)
    assert client.post(door, {"picture": SimpleUploadedFile("a.jpg", picture())}).status_code == status
    assert ReplacedCover.objects.exists() == (status == 302)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_it_is_cut_square_and_its_metadata_is_gone(user_client, track, upload, format):
    exif = Image.Exif()
    exif[0x010F] = "Secret camera"
    assert upload(picture(format, exif=exif)).status_code == 302
    cover = shown(user_client, track)
    assert (cover.format, cover.size) == ("WEBP", (400, 400))
    assert not cover.getexif()
    track.refresh_from_db()
    assert b"Secret camera" not in media.path(track.cover).read_bytes()


def test_a_picture_on_its_side_is_shown_upright(user_client, track, upload):
    exif = Image.Exif()
    exif[0x0112] = 6
    left_red = Image.new("RGB", (300, 300), "red")
    left_red.paste("blue", (150, 0, 300, 300))
    out = BytesIO()
    left_red.save(out, "JPEG", exif=exif)
    upload(out.getvalue())
    red, _, blue = shown(user_client, track).convert("RGB").getpixel((150, 20))
    assert red > blue, "turned by a quarter: what was left is on top"


def test_the_way_back_and_what_is_recorded(user_client, track, upload, door, project):
    own = track.cover
    upload(picture(colour="teal"))
    first = Track.objects.get(pk=track.pk).cover
    upload(picture(colour="green"))
    replaced = Track.objects.get(pk=track.pk).cover
    assert media.path(own).is_file(), "kept for the way back"
    assert not media.path(first).exists()
    user_client.post(door, {"own": "1"})
    user_client.post(door, {"own": "1"})
    assert Track.objects.get(pk=track.pk).cover == own
    assert not media.path(replaced).exists()
    entries = AuditLogEntry.objects.filter(project=project, action=AuditLogEntry.Action.TRACKS)
    assert entries.count() == 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7 a letter " * 50, "unreadable_picture"),
        (b"", "unreadable_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unreadable_picture"),
        (picture(size=(6000, 5000)), "unreadable_picture"),
        (bytes(covers.MAX_COVER_BYTES + 1), "too_large"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(upload, track, content, code):
    reply = upload(content)
    assert (reply.status_code, code_of(reply)) == (422, code)
    assert Track.objects.get(pk=track.pk).cover == track.cover
    assert not ReplacedCover.objects.exists()


def test_a_blind_candidate_keeps_its_cover(user_client, track, upload, door, user, project):
    comparison = Comparison.objects.create(project=project, author=user, text="warm", idempotency_key="c")
    Generation.objects.filter(pk=track.generation_id).update(comparison=comparison, place=0)
    assert code_of(upload(picture())) == "blind_comparison" or not ReplacedCover.objects.exists()
    assert track.title not in re.sub(r"<title>.*?</title>", "", user_client.get(door).content.decode())


def test_a_copy_has_the_picture_and_its_own_way_back(track, upload, user):
    own = track.cover
    upload(picture())
    transfer.copy(Track.objects.filter(pk=track.pk), user.personal_project, user)
    copied = Track.objects.get(project=user.personal_project)
    assert copied.cover == Track.objects.get(pk=track.pk).cover
    covers.restore_cover(copied, user)
    assert copied.cover == own


def test_deleting_the_track_deletes_both_pictures(track, upload, user):
    own = track.cover
    upload(picture(colour="olive"))
    row = Track.objects.filter(pk=track.pk)
    replaced = row.get().cover
    tracks.trash_tracks(row, user)
    tracks.delete_for_good(row)
    assert [name for name in (own, replaced) if media.path(name).exists()] == []


def test_the_files_of_the_track_are_not_touched(user_client, track, upload):
    before = media.path(track.file).read_bytes()
    upload(picture())
    assert media.path(track.file).read_bytes() == before
    assert Track.objects.get(pk=track.pk).sha256 == track.sha256
