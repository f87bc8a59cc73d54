"""Signed file addresses: they play without a key, with ranges, and expire."""

import datetime as dt

import pytest
from django.utils import timezone

from generator.api import signed_files, webhook_payloads
from generator.api.compat.wavespeed import files
from generator.models import ApiKey, Comparison, Project, Scope, Upload, User
from generator.services.library import sharing
from generator.services.team import api_keys
from generator.services.webhooks import endpoints

BASE = "http://testserver"


def test_it_plays_without_a_key(client, track):
    reply = client.get(signed_files.audio_url(track, BASE))
    assert reply.status_code == 200
    assert len(b"".join(reply.streaming_content)) == track.size
    assert reply["Content-Type"].startswith("audio/")
    part = client.get(signed_files.audio_url(track, BASE), headers={"range": "bytes=0-9"})
    assert part.status_code == 206
    assert client.get(signed_files.cover_url(track, BASE)).status_code == 200


@pytest.mark.parametrize("spoil", ["a", "~", "/x"])
def test_a_spoiled_address_is_not_found(client, track, spoil):
    url = signed_files.audio_url(track, BASE)
    head, _, name = url.rpartition("/")
    assert client.get(f"{head}{spoil}/{name}").status_code == 404


@pytest.mark.parametrize(("days", "status"), [(6, 200), (7, 200), (8, 404), (9, 404)])
def test_it_ends_after_a_week_which_ends_at_midnight(client, track, monkeypatch, days, status):
    url, later = signed_files.audio_url(track, BASE), timezone.now() + dt.timedelta(days=days)
    monkeypatch.setattr(signed_files.timezone, "now", lambda: later)
    assert client.get(url).status_code == status


def test_it_is_the_same_all_day(track, monkeypatch):
    day = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    told = []
    for hour in (0, 12, 23.99, 24):
        monkeypatch.setattr(signed_files.timezone, "now", lambda at=day + dt.timedelta(hours=hour): at)
        told.append(signed_files.audio_url(track, BASE))
    assert told[0] == told[1] == told[2] != told[3]


def test_a_binned_track_is_not_there(client, track):
    track.trashed_at = timezone.now()
    track.save()
    assert client.get(signed_files.audio_url(track, BASE)).status_code == 404


# --- as long as the person they were issued to may hear the track ---


@pytest.fixture
def told(track, user):
    """The signed address of a track: `told()`, or another person's `told(viewer)`."""

    def _told(person=user, project=None, scope=Scope.READ) -> str:
        person.api_key = api_keys.make(person, "player", scope, project=project)[0]
        return signed_files.audio_url(track, BASE, signed_files.recipient_of(person))

    return _told


def test_it_is_signed_for_the_key_that_was_told_it(client, told, make_track):
    assert client.get(told()).status_code == 200


def test_it_ends_with_the_key(client, told, user):
    url = told()
    api_keys.revoke(ApiKey.objects.get(), user)
    assert client.get(url).status_code == 404


def test_it_ends_when_the_key_runs_out(client, told):
    url = told()
    ApiKey.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert client.get(url).status_code == 404


def switched_off(person, project):
    User.objects.filter(pk=person.pk).update(is_active=False)


def gone(person, project):
    project.memberships.filter(user=person).delete()


@pytest.mark.parametrize("end", [switched_off, gone])
def test_it_ends_when_the_person_leaves_or_is_switched_off(client, told, member, project, end):
    viewer = member("viewer")
    url = told(viewer)
    assert client.get(url).status_code == 200  # a viewer may hear the track, and so may share the address
    end(viewer, project)
    assert client.get(url).status_code == 404


def test_it_ends_when_the_track_moves_where_the_key_does_not_reach(client, told, track, user, project):
    url = told(project=project)
    assert client.get(url).status_code == 200
    track.project = Project.objects.personal_for(user)
    track.save()
    assert client.get(url).status_code == 404


def test_make_private_ends_what_was_told_before_and_not_what_is_told_to_its_author_later(client, told, track, user):
    before, cover = told(), signed_files.cover_url(track, BASE)
    sharing.keep_private(track, user)
    assert client.get(before).status_code == 404
    assert client.get(cover).status_code == 404
    later = told()
    assert client.get(later).status_code == 200


def test_a_file_is_asked_for_again_each_time(client, told):
    reply = client.get(told())
    assert "no-cache" in reply["Cache-Control"]
    assert client.get(told(), headers={"if-none-match": reply["ETag"]}).status_code == 304


def test_what_a_webhook_tells_ends_with_the_webhook(client, track, user, project):
    hook = endpoints.make(project, user, "suite", "https://example.com/in")
    url = webhook_payloads.track(track, BASE, hook)["audio_url"]
    assert client.get(url).status_code == 200
    endpoints.delete(hook, user)
    assert client.get(url).status_code == 404


def test_a_blind_candidate_is_heard_without_a_name_or_a_cover(client, told, track, user, project):
    track.generation.comparison = Comparison.objects.create(project=project, author=user, text="x", idempotency_key="c")
    track.generation.save()
    reply = client.get(told())
    assert (reply.status_code, reply.get("Content-Disposition")) == (200, None)
    assert client.get(signed_files.cover_url(track, BASE)).status_code == 404


def test_stems_end_as_their_track_does(client, make_stem, track, user):
    user.api_key = api_keys.make(user, "player")[0]
    url = files.stem_url(make_stem(track), BASE, signed_files.recipient_of(user))
    assert client.get(url).status_code == 200
    sharing.keep_private(track, user)
    assert client.get(url).status_code == 404
    url = files.stem_url(track.stems.get(), BASE, signed_files.recipient_of(user))
    assert client.get(url).status_code == 200
    api_keys.revoke(user.api_key, user)
    assert client.get(url).status_code == 404


def test_uploads_end_with_their_key(client, make_reference, user, project):
    key = api_keys.make(user, "sender")[0]
    upload = Upload.objects.create(key=key, project=project, name="a", size=1, reference=make_reference())
    url = files.upload_url(upload, BASE)
    assert client.get(url).status_code == 200
    api_keys.revoke(key, user)
    assert client.get(url).status_code == 404
