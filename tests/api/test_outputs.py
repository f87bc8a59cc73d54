"""Addresses of finished files that need no key: they play, by ranges too, and end."""

import datetime as dt

import pytest
from django.utils import timezone

from generator.api import outputs

BASE = "http://testserver"


def test_it_plays_without_a_key(client, track):
    reply = client.get(outputs.audio_url(track, BASE))
    assert reply.status_code == 200
    assert len(b"".join(reply.streaming_content)) == track.size
    assert reply["Content-Type"].startswith("audio/")
    part = client.get(outputs.audio_url(track, BASE), headers={"range": "bytes=0-9"})
    assert part.status_code == 206
    assert client.get(outputs.cover_url(track, BASE)).status_code == 200


@pytest.mark.parametrize("spoil", ["a", "~", "/x"])
def test_a_spoiled_address_is_not_found(client, track, spoil):
    url = outputs.audio_url(track, BASE)
    head, _, name = url.rpartition("/")
    assert client.get(f"{head}{spoil}/{name}").status_code == 404


@pytest.mark.parametrize(("days", "status"), [(6, 200), (7, 200), (8, 404), (9, 404)])
def test_it_ends_after_a_week_which_ends_at_midnight(client, track, monkeypatch, days, status):
    url, later = outputs.audio_url(track, BASE), timezone.now() + dt.timedelta(days=days)
    monkeypatch.setattr(outputs.timezone, "now", lambda: later)
    assert client.get(url).status_code == status


def test_it_is_the_same_all_day(track, monkeypatch):
    day = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    told = []
    for hour in (0, 12, 23.99, 24):
        monkeypatch.setattr(outputs.timezone, "now", lambda at=day + dt.timedelta(hours=hour): at)
        told.append(outputs.audio_url(track, BASE))
    assert told[0] == told[1] == told[2] != told[3]


def test_a_binned_track_is_not_there(client, track):
    track.binned_at = timezone.now()
    track.save()
    assert client.get(outputs.audio_url(track, BASE)).status_code == 404
