"""Both providers behind the studio's services: from a prompt to playable tracks, with correct money."""

import pytest
from django.urls import reverse

from generator.audio import encode
from generator.currency import dollars
from generator.models import Generation, State
from generator.providers import http
from generator.services.generation import ingest
from generator.services.provider_jobs import poller
from tests.audio.signals import RATE, song
from tests.audio.singers import over, talker
from tests.conftest import BGM, MUSIC, ended, ledger
from tests.fakes import sounds

SONG = "wavespeed/mureka-v7.6-song"


@pytest.mark.parametrize("format", ["mp3", "flac"])
def test_wavespeed_delivers_tracks_for_the_listed_price(paid_providers, ask, run_background, format):
    generation = ended(ask(model=BGM, takes=2, format=format), run_background)
    assert generation.tracks.count() == 2
    assert ledger(generation) == {"hold": dollars("0.06"), "charge": dollars("0.06")}
    assert [job.inputs["number_of_songs"] for job in paid_providers.wavespeed.jobs] == [2]


def test_a_failure_at_wavespeed_costs_nothing(paid_providers, ask, run_background):
    paid_providers.wavespeed.end = "cancelled"
    generation = ended(ask(model=BGM), run_background, State.FAILED)
    assert ledger(generation) == {"hold": dollars("0.03"), "release": dollars("0.03")}


def test_a_job_lost_on_the_way_is_found_in_wavespeeds_list_and_delivered_once(paid_providers, ask, run_background):
    paid_providers.trouble("submit", "reset", accept=True)
    generation = ask(model=BGM)
    poller.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT
    Generation.objects.update(due_at=generation.created_at)
    ended(generation, run_background)
    assert len(paid_providers.wavespeed.jobs) == 1


@pytest.mark.parametrize("framing", ["bare", "sse"])
def test_soundverse_delivers_a_track_with_its_title_and_cover(paid_providers, ask, run_background, framing):
    paid_providers.soundverse.framing = framing
    generation = ended(ask(model=MUSIC, format="mp3", settings={"style": "jazz"}), run_background)
    track = generation.tracks.get()
    assert track.title == "Paper Lanterns"
    assert paid_providers.requests("GET", "-cover.png")
    assert ledger(generation) == {"hold": dollars("0.05"), "charge": dollars("0.05")}
    assert generation.provider_job_id == "123456789"


def test_a_cover_that_trickles_is_asked_for_once_and_costs_the_take_nothing(
    paid_providers, ask, run_background, monkeypatch
):
    """It is downloaded when the take can already be played; the drawn cover stays."""
    there = []
    replace_cover = ingest.replace_cover
    monkeypatch.setattr(ingest, "replace_cover", lambda *asked: there.append(replace_cover(*asked)))
    monkeypatch.setattr(http, "PICTURE", http.Pace(seconds=0.5, min_rate=0))
    monkeypatch.setattr(http, "_PACE_CHECK_INTERVAL_S", 0.1)
    paid_providers.trouble("cover", "drip", seconds=0.2, times=3)
    generation = ended(ask(model=MUSIC, format="mp3"), run_background)
    assert generation.tracks.get().cover
    assert (len(paid_providers.requests("GET", "-cover.png")), there) == (1, [])
    events = list(generation.events.values_list("kind", "data__state").order_by("id"))
    assert events.index(("state", "ready")) < len(events) - 1  # the cover's line comes after the end


def test_soundverse_in_one_answer_is_the_same(paid_providers, ask, run_background, monkeypatch):
    monkeypatch.setenv("SOUNDVERSE_MODE", "sync")
    generation = ended(ask(model=MUSIC, format="mp3"), run_background)
    assert generation.provider_job_id == paid_providers.soundverse.jobs[0].message_id


def test_a_stream_lost_without_an_id_keeps_its_hold_and_is_not_sent_again(paid_providers, ask):
    paid_providers.trouble("stream", "drop", size=300)
    generation = ask(model=MUSIC, format="mp3")
    poller.run(0.5)
    poller.run(0.3)
    generation.refresh_from_db()
    assert generation.state in (State.IN_DOUBT, State.RUNNING)
    assert ledger(generation) == {"hold": dollars("0.05")}
    assert len(paid_providers.requests("POST")) == 1


@pytest.fixture
def a_voice_is_delivered(monkeypatch, tmp_path):
    encode(over(song(20), talker(10), at=5), RATE, tmp_path / "sung.mp3", "mp3")
    monkeypatch.setattr(sounds, "sound", lambda format, seconds=2.0: (tmp_path / "sung.mp3").read_bytes())


def test_a_voice_in_an_instrumental_is_said_and_the_take_is_kept(
    paid_providers, ask, run_background, a_voice_is_delivered, admin_client
):
    track = ended(ask(model=BGM), run_background).tracks.get()
    (finding,) = [each for each in track.findings if each["code"] == "voice"]
    assert finding["severity"] == "warning"
    assert ", from 0:0" in finding["sentence"]
    assert track.has_findings
    for page in (
        reverse("admin:generator_track_change", args=[track.pk]),
        reverse("admin:generator_generation_change", args=[track.generation_id]),
    ):
        assert finding["sentence"] in admin_client.get(page).content.decode()


def test_a_song_may_have_a_voice(paid_providers, ask, run_background, a_voice_is_delivered):
    track = ended(ask(model=SONG, settings={"lyrics": "la la la"}), run_background).tracks.get()
    assert [each["code"] for each in track.findings if each["code"] == "voice"] == []
