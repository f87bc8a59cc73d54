"""The players and the notes of a composed track: made again by a worker for nothing, heard, downloaded."""

import datetime as dt

import numpy as np
import pytest
from django_q.models import OrmQ

from generator.audio import decode
from generator.composer import compose, read_brief
from generator.models import Entry, Generation, Stem, Track
from generator.workflow import media, parts
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
    """One whose file is not what its brief makes: composed by an earlier composer."""
    return make_track(prompt=TEXT)


def make(browser, track: Track, run_background) -> str:
    """Press the button, let the worker work; the track's page afterwards."""
    assert browser.post(f"/t/{track.ref}/parts/").status_code == 302
    run_background()
    return browser.get(track.get_absolute_url()).content.decode()


@pytest.mark.parametrize("composed", ["flac", "mp3"], indirect=True)
def test_the_players_are_the_piece_and_cost_nothing(browser, composed, run_background):
    before = Entry.objects.count(), Generation.objects.count()
    shown = make(browser, composed, run_background)
    assert (Entry.objects.count(), Generation.objects.count()) == before
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


def test_the_midi_file_has_the_notes_that_are_heard(browser, composed, run_background):
    make(browser, composed, run_background)
    reply = browser.get(f"/t/{composed.ref}/midi")
    tempo, notes = read_midi(reply.getvalue())
    score = compose(read_brief(TEXT, seed=7), 2).score
    assert sorted((at, pitch) for channel, at, pitch in notes if channel != 9) == sorted(
        (round(note.start * 480), note.pitch) for line in score.lines for note in line.notes
    )
    assert 60_000_000 / tempo == pytest.approx(composed.bpm, rel=1e-3)
    assert reply["Content-Type"] == "audio/midi"
    assert f"{composed.title} - {composed.bpm:.0f} BPM" in reply["Content-Disposition"]
    assert reply["Content-Disposition"].startswith("attachment")


def test_pressing_twice_makes_them_once(browser, composed, run_background):
    make(browser, composed, run_background)
    known = list(Stem.objects.values_list("pk", "sha256"))
    browser.post(f"/t/{composed.ref}/parts/")
    parts.make(composed)
    assert list(Stem.objects.values_list("pk", "sha256")) == known


def test_what_was_cut_off_is_finished(browser, composed, run_background, monkeypatch):
    make(browser, composed, run_background)
    monkeypatch.setattr(parts, "LATE", dt.timedelta(0))  # it was waited for long enough
    composed.renditions.all().delete()
    Stem.objects.filter(track=composed, title="Drums").delete()
    shown = make(browser, composed, run_background)
    assert composed.stems.filter(title="Drums").count() == 1
    assert "Notes as MIDI" in shown


def test_the_other_take_has_parts_of_its_own(browser, composed, run_background):
    other = composed.generation.tracks.get(take=1)
    for one in (composed, other):
        make(browser, one, run_background)
    assert composed.stems.count() > 3
    assert other.stems.count() > 3


def test_another_composer_than_todays_is_said_plainly(browser, track, run_background):
    assert "it would be played today" in make(browser, track, run_background)


def test_the_web_process_only_asks(browser, track):
    reply = browser.post(f"/t/{track.ref}/parts/", headers=PART)
    assert "Being played" in reply.content.decode()
    assert "every 3s" in reply.content.decode()
    assert OrmQ.objects.count() == 1
    assert not Stem.objects.exists()


def test_a_page_that_is_opened_again_still_says_that_they_are_being_made(browser, track):
    browser.post(f"/t/{track.ref}/parts/")
    shown = browser.get(track.get_absolute_url()).content.decode()
    assert "Being played" in shown
    assert "every 3s" in shown
    assert "Make the stems" not in shown


def test_asking_while_they_are_being_made_changes_nothing(browser, track):
    for _ in range(3):
        browser.post(f"/t/{track.ref}/parts/")
    assert OrmQ.objects.count() == 1


def test_a_page_does_not_wait_for_ever(browser, track, monkeypatch):
    browser.post(f"/t/{track.ref}/parts/")
    monkeypatch.setattr(parts, "LATE", dt.timedelta(0))
    shown = browser.get(track.get_absolute_url()).content.decode()
    assert "have not come" in shown
    assert "every 3s" not in shown
    assert "Make the stems" in shown


def test_a_brief_that_is_not_understood_any_more_says_so(browser, track, run_background):
    prompt = track.generation.prompt
    type(prompt).objects.filter(pk=prompt.pk).update(settings={**prompt.settings, "meter": "7/8"})
    shown = make(browser, track, run_background)
    assert shown.count("The stems could not be made: “7/8” is not a meter") == 2  # in its place, and in the history
    assert "Make the stems" in shown


def test_what_another_model_made_does_not_come_apart_here(browser, make_track):
    other = make_track(model=POLL)
    assert b"Make the stems" not in browser.get(other.get_absolute_url()).content
    assert browser.post(f"/t/{other.ref}/parts/").status_code == 422
    assert browser.get(f"/t/{other.ref}/midi").status_code == 404
