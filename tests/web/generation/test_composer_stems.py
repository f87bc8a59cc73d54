"""Stems and notes of a composed track: made again by a worker free of charge, played, downloaded."""

import datetime as dt

import numpy as np
import pytest
from django_q.models import OrmQ

from generator.audio import decode
from generator.composer import compose, read_brief
from generator.models import Generation, LedgerEntry, Stem, Track
from generator.services.library import composer_stems, media
from tests.composer.test_stems import read_midi
from tests.conftest import COMPOSER, POLL, ended

TEXT = "lo-fi, 8 s, 80 bpm"
PART = {"HX-Request": "true", "HX-Target": "stems"}


@pytest.fixture
def composed(request, ask, run_background) -> Track:
    format = getattr(request, "param", "flac")
    run = ended(ask(TEXT, model=COMPOSER, takes=2, format=format, settings={"seed": 7}), run_background)
    return run.tracks.get(take=2)


@pytest.fixture
def track(make_track) -> Track:
    """A track whose file differs from what its prompt makes now: it was composed by an earlier composer."""
    return make_track(prompt=TEXT)


def make(user_client, track: Track, run_background) -> str:
    """Press the button and run the worker; return the track's page."""
    assert user_client.post(f"/tracks/{track.public_id}/stems/create/").status_code == 302
    run_background()
    return user_client.get(track.get_absolute_url()).content.decode()


@pytest.mark.parametrize("composed", ["flac", "mp3"], indirect=True)
def test_the_players_are_the_piece_and_cost_nothing(user_client, composed_anew, composed, run_background):
    before = LedgerEntry.objects.count(), Generation.objects.count()
    shown = make(user_client, composed, run_background)
    assert (LedgerEntry.objects.count(), Generation.objects.count()) == before
    made = compose(read_brief(TEXT, seed=7), 2)
    stems = list(composed.stems.all())
    assert len(stems) == len(made.stem_names) > 3
    assert all(stem.title in shown and stem.extension == "flac" for stem in stems)
    assert {stem.length_ms for stem in stems} == {composed.length_ms}
    whole = decode(media.path(composed.file)).samples
    sum_ = np.sum([decode(media.path(stem.file)).samples for stem in stems], axis=0)
    assert np.corrcoef(whole[:, 0], sum_[:, 0])[0, 1] > 0.8
    loudness = 20 * np.log10(np.sqrt(np.mean(sum_**2)) / np.sqrt(np.mean(whole**2)))
    assert abs(loudness) < 1.5
    assert "The composer has been updated since" not in shown


def test_the_midi_file_has_the_notes_that_are_heard(user_client, composed, run_background):
    make(user_client, composed, run_background)
    reply = user_client.get(f"/tracks/{composed.public_id}/midi")
    tempo, notes = read_midi(reply.getvalue())
    score = compose(read_brief(TEXT, seed=7), 2).score
    assert sorted((at, pitch) for channel, at, pitch in notes if channel != 9) == sorted(
        (round(note.start * 480), note.pitch) for line in score.lines for note in line.notes
    )
    assert 60_000_000 / tempo == pytest.approx(composed.bpm, rel=1e-3)
    assert reply["Content-Type"] == "audio/midi"
    assert f"{composed.title} - {composed.bpm:.0f} BPM" in reply["Content-Disposition"]
    assert reply["Content-Disposition"].startswith("attachment")


def test_pressing_twice_makes_them_once(user_client, composed, run_background):
    make(user_client, composed, run_background)
    known = list(Stem.objects.values_list("pk", "sha256"))
    user_client.post(f"/tracks/{composed.public_id}/stems/create/")
    composer_stems.make(composed)
    assert list(Stem.objects.values_list("pk", "sha256")) == known


def test_what_was_cut_off_is_finished(user_client, composed, run_background, monkeypatch):
    make(user_client, composed, run_background)
    monkeypatch.setattr(composer_stems, "LATE_AFTER", dt.timedelta(0))  # the wait was long enough
    composed.renditions.all().delete()
    Stem.objects.filter(track=composed, title="Drums").delete()
    shown = make(user_client, composed, run_background)
    assert composed.stems.filter(title="Drums").count() == 1
    assert f'href="/tracks/{composed.public_id}/midi"' in shown


def test_the_other_take_has_parts_of_its_own(user_client, composed, run_background):
    other = composed.generation.tracks.get(take=1)
    for one in (composed, other):
        make(user_client, one, run_background)
    assert composed.stems.count() > 3
    assert other.stems.count() > 3


def test_another_composer_than_todays_is_said_plainly(user_client, track, run_background):
    assert 'id="stems-differ"' in make(user_client, track, run_background)


def test_the_web_process_only_asks(user_client, track):
    reply = user_client.post(f"/tracks/{track.public_id}/stems/create/", headers=PART)
    assert 'id="stems-waiting"' in reply.content.decode()
    assert "every 3s" in reply.content.decode()
    assert OrmQ.objects.count() == 1
    assert not Stem.objects.exists()


def test_a_page_that_is_opened_again_still_says_that_they_are_being_made(user_client, track):
    user_client.post(f"/tracks/{track.public_id}/stems/create/")
    shown = user_client.get(track.get_absolute_url()).content.decode()
    assert 'id="stems-waiting"' in shown
    assert "every 3s" in shown
    assert f'id="make-stems-{track.public_id}"' not in shown


def test_asking_while_they_are_being_made_changes_nothing(user_client, track):
    for _ in range(3):
        user_client.post(f"/tracks/{track.public_id}/stems/create/")
    assert OrmQ.objects.count() == 1


def test_a_page_does_not_wait_for_ever(user_client, track, monkeypatch):
    user_client.post(f"/tracks/{track.public_id}/stems/create/")
    monkeypatch.setattr(composer_stems, "LATE_AFTER", dt.timedelta(0))
    shown = user_client.get(track.get_absolute_url()).content.decode()
    assert 'id="stems-late"' in shown
    assert "every 3s" not in shown
    assert f'id="make-stems-{track.public_id}"' in shown


def test_a_brief_that_is_not_understood_any_more_says_so(user_client, track, run_background):
    prompt = track.generation.prompt
    type(prompt).objects.filter(pk=prompt.pk).update(settings={**prompt.settings, "meter": "7/8"})
    shown = make(user_client, track, run_background)
    assert shown.count("“7/8” is not a supported meter") == 2  # in its place, and in the history
    assert f'id="make-stems-{track.public_id}"' in shown


def test_what_another_model_made_does_not_come_apart_here(user_client, make_track):
    other = make_track(model=POLL)
    assert b'id="make-stems-' not in user_client.get(other.get_absolute_url()).content
    assert user_client.post(f"/tracks/{other.public_id}/stems/create/").status_code == 422
    assert user_client.get(f"/tracks/{other.public_id}/midi").status_code == 404
