"""Bulk actions on tracks: star, tag, zip, trash, restore, delete permanently."""

import io
import re
import zipfile

import pytest
from django.urls import reverse

from generator.models import Tag, Track
from generator.services.library import media, renditions
from generator.services.library import tracks as library_tracks
from generator.web.library.downloads import LEFT_OUT
from tests.conftest import COMPOSER
from tests.refusals import code_of


@pytest.fixture
def bulk(user_client, project):
    """Do one action to tracks: `bulk("star", track)`."""

    def _bulk(action, *tracks, htmx=True, **more):
        sent = {"action": action, "track": [track.public_id for track in tracks]} | more
        return user_client.post(
            f"/projects/{project.public_id}/bulk/", sent, headers={"HX-Request": "true"} if htmx else {}
        )

    return _bulk


def titles(queryset) -> list[str]:
    return sorted(queryset.values_list("title", flat=True))


# --- bulk actions ---


def test_stars_tags_bin_and_back(bulk, make_track, user):
    rain, tea, _ = make_track("Rain on the Window"), make_track("Tea time"), make_track("Untouched")
    assert b"2 tracks starred." in bulk("star", rain, tea).content
    bulk("star", rain)
    assert titles(Track.objects.starred_by(user)) == ["Rain on the Window", "Tea time"]
    assert b"1 track unstarred." in bulk("unstar", tea).content
    assert titles(Track.objects.starred_by(user)) == ["Rain on the Window"]
    assert b"2 tracks tagged." in bulk("tag", rain, tea, tag="  Late   Night ").content
    assert titles(Tag.objects.get(name="late night").tracks) == ["Rain on the Window", "Tea time"]
    reply = bulk("bin", rain, tea)
    assert b"2 tracks moved to the trash." in reply.content
    assert "library-changed" in reply.headers["HX-Trigger"]
    assert titles(Track.objects.trashed()) == ["Rain on the Window", "Tea time"]
    assert set(Track.objects.trashed().values_list("trashed_by", flat=True)) == {user.pk}
    assert b"1 track restored." in bulk("restore", rain).content
    assert titles(Track.objects.trashed()) == ["Tea time"]


def test_without_a_script_it_goes_back_to_the_filtered_list_and_says_what_it_did(user_client, bulk, project, track):
    here = f"/projects/{project.public_id}/?q=tea"
    sent = {"action": "bin", "track": track.public_id, "next": here}
    reply = user_client.post(f"/projects/{project.public_id}/bulk/", sent)
    assert (reply.status_code, reply.url) == (302, here)
    assert b"1 track moved to the trash." in user_client.get(here).content


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize("tag", ["", " ", "x" * 41])
def test_a_bad_tag_is_refused_in_words(user_client, bulk, project, track, tag, htmx):
    reply = bulk("tag", track, tag=tag, htmx=htmx)
    assert reply.status_code == (422 if htmx else 302)
    assert code_of(reply if htmx else user_client.get(reply.url)) == ("too_long" if tag.strip() else "required")
    assert not Tag.objects.exists()


@pytest.mark.parametrize("action", ["", "explode", "delete", "__class__"])
def test_an_unknown_action_is_turned_away(bulk, track, action):
    assert bulk(action, track).status_code == 400


@pytest.mark.parametrize("action", ["star", "tag", "bin", "restore", "zip"])
def test_other_peoples_tracks_among_the_picked_are_left_alone(bulk, make_track, stranger, track, action):
    theirs = make_track("Secret sauce", project=stranger.personal_project, author=stranger)
    reply = bulk(action, track, theirs, tag="mine")
    assert reply.status_code == 200
    theirs.refresh_from_db()
    assert theirs.trashed_at is None
    assert not theirs.tags.exists()
    assert not theirs.stars.exists()
    if action == "zip":
        assert names_in(reply) == ["Tea time.wav", LEFT_OUT]


def test_a_track_of_another_of_ones_own_projects_is_not_touched_through_this_one(bulk, make_track, user):
    other = make_track("Elsewhere", project=user.personal_project)
    bulk("bin", other)
    other.refresh_from_db()
    assert other.trashed_at is None


def test_a_viewer_looks_stars_and_takes_away_but_changes_nothing(client, project, member, track):
    client.force_login(member("viewer"))

    def ask(action, **more):
        return client.post(
            f"/projects/{project.public_id}/bulk/", {"action": action, "track": track.public_id, "tag": "x"} | more
        )

    assert client.get(f"/projects/{project.public_id}/").status_code == 200
    assert ask("star").status_code == 302
    assert ask("zip").status_code == 200
    for action in ("tag", "bin", "restore"):
        assert ask(action).status_code == 403
    track.refresh_from_db()
    assert track.trashed_at is None
    assert not track.tags.exists()


# --- zip ---


def opened(reply) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(reply.getvalue()))
    assert archive.testzip() is None
    return archive


def names_in(reply) -> list[str]:
    return opened(reply).namelist()


def test_the_zip_holds_each_file_under_a_name_of_its_own(bulk, make_track, small_files):
    same = [make_track("Tea time"), make_track("Tea time"), make_track("a/b:c?", bpm=90.0, musical_key="A minor")]
    reply = bulk("zip", *same, htmx=False)
    assert reply.headers["Content-Disposition"] == 'attachment; filename="kitchen-stories-3-tracks.zip"'
    names = names_in(reply)
    assert len(set(names)) == 3
    assert "a b c - 90 BPM - A minor.wav" in names


def test_a_file_that_is_missing_leaves_the_others_in_the_zip(bulk, make_track):
    kept, lost = make_track("Kept"), make_track("Lost", file="00/gone.wav")
    archive = opened(bulk("zip", kept, lost, htmx=False))
    assert archive.namelist() == ["Kept.wav", LEFT_OUT]
    assert "“Lost”" in archive.read(LEFT_OUT).decode()
    assert bulk("zip", lost).status_code == 422


def test_the_zip_holds_what_the_main_download_gives(bulk, ask, run_background):
    generation = ask("warm lo-fi", model=COMPOSER, format="mp3", settings={"length": 5.0}, takes=2)
    run_background()
    tracks = [*generation.tracks.all()]
    assert {track.format for track in tracks} == {"flac"}
    archive = opened(bulk("zip", *tracks, htmx=False))
    assert {name.rpartition(".")[2] for name in archive.namelist()} == {"mp3"}
    kept = {media.path(renditions.main_file(track).name).read_bytes() for track in tracks}
    assert {archive.read(name) for name in archive.namelist()} == kept


def test_a_zip_over_the_limit_is_refused_before_it_begins(bulk, make_track, monkeypatch):
    tracks = [make_track("One"), make_track("Two")]
    monkeypatch.setattr("generator.web.library.downloads.MAX_ZIP_BYTES", tracks[0].size)
    assert names_in(bulk("zip", tracks[0])) == ["One.wav"]
    reply = bulk("zip", *tracks)
    assert (reply.status_code, b"Select fewer" in reply.content) == (422, True)


@pytest.mark.parametrize("action", ["star", "bin", "zip"])
def test_too_many_at_once_are_refused_and_not_cut_short(bulk, make_track, monkeypatch, action):
    monkeypatch.setattr("generator.web.library.track_list.MAX_SELECTED", 1)
    tracks = [make_track("One"), make_track("Two")]
    assert bulk(action, *tracks).status_code == 422
    assert titles(Track.objects.kept()) == ["One", "Two"]
    assert bulk(action, tracks[0]).status_code == 200


def test_a_zip_of_nothing_is_refused_in_words(bulk, user_client):
    assert bulk("zip").status_code == 422
    assert b"Select the tracks" in user_client.get(bulk("zip", htmx=False).url).content


# --- the trash ---


def test_the_bin_shows_what_was_thrown_away_by_whom_and_for_how_long(user_client, bulk, project, track, settings):
    settings.STUDIO_TRASH_DAYS = 7
    bulk("bin", track)
    shown = user_client.get(f"/projects/{project.public_id}/trash/").content.decode()
    assert "Tea time" in shown
    assert "by Ada on" in shown
    assert re.search(r'id="trash-summary">[^<]* 7 days', shown)


def test_an_empty_bin_says_what_it_is_for(user_client, project, track):
    assert b'id="trash-empty"' in user_client.get(f"/projects/{project.public_id}/trash/").content


def delete(user_client, project, **sent):
    return user_client.post(f"/projects/{project.public_id}/trash/delete/", sent)


def test_deleting_for_good_asks_first_and_then_removes_row_and_file(user_client, bulk, project, make_track):
    gone, kept = make_track("Gone"), make_track("Kept", file="00/other.wav")
    bulk("bin", gone, kept)
    asked = delete(user_client, project, track=gone.public_id)
    assert asked.status_code == 200
    assert asked.context["total"] == 1
    assert Track.objects.count() == 2
    assert delete(user_client, project, track=gone.public_id, sure="1").url == f"/projects/{project.public_id}/trash/"
    assert titles(Track.objects.all()) == ["Kept"]
    assert not media.path(gone.file).exists()
    assert gone.generation.entries.count() == 0


def test_a_file_that_another_track_shares_stays(user_client, bulk, project, make_track):
    gone, twin = make_track("Gone"), make_track("Twin")
    assert gone.file == twin.file
    bulk("bin", gone)
    delete(user_client, project, everything="1", sure="1")
    assert titles(Track.objects.all()) == ["Twin"]
    assert media.path(twin.file).exists()


def test_what_is_not_in_the_bin_cannot_be_deleted(user_client, project, track):
    for sent in ({"track": track.public_id}, {"everything": "1"}):
        delete(user_client, project, sure="1", **sent)
    assert Track.objects.count() == 1


def test_all_that_was_asked_about_is_deleted_however_many(user_client, project, make_track, user, ask):
    run = ask()
    tracks = [make_track(f"No {n}", generation=run, take=n) for n in range(1, 61)]
    library_tracks.trash_tracks(Track.objects.all(), user)
    reply = delete(user_client, project, track=[track.public_id for track in tracks])
    assert reply.context["total"] == 60
    asked = reply.content.decode()
    assert "… and 10 more" in asked
    public_ids = [track.public_id for track in tracks if f'name="track" value="{track.public_id}"' in asked]
    delete(user_client, project, track=public_ids, sure="1")
    assert not Track.objects.exists()


@pytest.mark.parametrize("role", ["editor", "viewer"])
def test_only_owners_delete_for_good(client, project, member, track, user, role):
    library_tracks.trash_tracks(Track.objects.all(), user)
    client.force_login(member(role))
    assert (
        reverse("delete-permanently", args=[project.public_id])
        not in client.get(f"/projects/{project.public_id}/trash/").content.decode()
    )
    assert delete(client, project, everything="1", sure="1").status_code == 403
    assert Track.objects.count() == 1


def test_foreign_tracks_cannot_be_deleted_through_ones_own_bin(user_client, project, make_track, stranger):
    theirs = make_track("Secret sauce", project=stranger.personal_project, author=stranger)
    library_tracks.trash_tracks(Track.objects.filter(pk=theirs.pk), stranger)
    assert delete(user_client, project, track=theirs.public_id).context["total"] == 0
    delete(user_client, project, track=theirs.public_id, sure="1")
    assert Track.objects.filter(pk=theirs.pk).exists()


# --- a long trash ---


def test_a_long_bin_is_paged_by_key_and_loses_nothing(user_client, project, make_track, user, monkeypatch):
    monkeypatch.setattr("generator.web.library.track_list.TRASH_PAGE_SIZE", 2)
    for number in range(5):
        make_track(f"Number {number}")
    library_tracks.trash_tracks(Track.objects.all(), user)  # all at the same moment: the id breaks ties
    address, seen = f"/projects/{project.public_id}/trash/", []
    first = user_client.get(address)
    assert "5 tracks" in first.content.decode()
    reply = first
    while True:
        seen += [track.title for track in reply.context["tracks"]]
        if not reply.context["following"]:
            break
        assert f"?after={reply.context['following']}" in reply.content.decode()
        reply = user_client.get(address, {"after": reply.context["following"]}, headers={"HX-Request": "true"})
        assert "<html" not in reply.content.decode()
    assert seen == [f"Number {number}" for number in reversed(range(5))]


@pytest.mark.parametrize("after", ["nonsense", "WyJ4IiwxXQ", ""])
def test_a_broken_link_into_the_bin_starts_at_its_beginning(user_client, project, make_track, user, after):
    make_track("Only one")
    library_tracks.trash_tracks(Track.objects.all(), user)
    assert b"Only one" in user_client.get(f"/projects/{project.public_id}/trash/", {"after": after}).content


@pytest.mark.parametrize("place", ["nan", "\ufffd", "home", "//elsewhere.example", "javascript:alert(1)"])
def test_a_place_to_go_back_to_that_is_none_leads_to_the_library(user_client, project, track, place):
    """A bare word is neither an address nor the name of a view."""
    sent = {"action": "bin", "tracks": track.public_id, "next": place}
    reply = user_client.post(reverse("bulk", args=[project.public_id]), sent)
    assert (reply.status_code, reply["Location"]) == (302, reverse("studio", args=[project.public_id]))
