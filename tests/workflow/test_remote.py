"""Work sent to a provider, over real sockets: what is charged, what is kept, and what is never sent twice."""

import datetime as dt

import pytest

from generator.models import Delivery, Generation, State, Track
from generator.money import dollars
from generator.workflow import collect, control, money, sweep
from tests.conftest import POLL, STREAM, ended, ledger

LONG_AGO = dt.timedelta(minutes=5)


@pytest.mark.parametrize("model", [POLL, STREAM])
def test_a_paid_run_ends_as_playable_tracks_and_one_charge(ask, fake, run_background, model):
    generation = ended(ask(model=model, takes=2), run_background)
    assert generation.tracks.count() == 2
    assert ledger(generation) == {"hold": dollars("0.06"), "charge": dollars("0.06")}
    assert len(fake.jobs) == 1


def test_fewer_takes_than_asked_are_ready_and_the_rest_is_released(ask, fake, run_background):
    fake.script.deliver = 1
    generation = ended(ask(takes=3), run_background)
    assert ledger(generation) == {"hold": dollars("0.09"), "charge": dollars("0.03"), "release": dollars("0.06")}
    assert "1 of 3" in generation.error_sentence


def test_a_refusal_costs_nothing_and_says_why(ask, fake, run_background):
    fake.script.submit = "reject"
    generation = ended(ask(), run_background, State.FAILED)
    assert generation.error_code == "rejected"
    assert generation.error_sentence
    assert ledger(generation) == {"hold": dollars("0.03"), "release": dollars("0.03")}


def test_a_busy_provider_is_asked_again_and_charged_once(ask, fake, run_background, monkeypatch):
    fake.script.submit = "busy"
    generation = ask()
    monkeypatch.setattr(sweep, "SECONDS", 1.0)
    sweep.run(0.3)
    generation.refresh_from_db()
    assert generation.state == State.QUEUED
    fake.script.submit = "ok"
    ended(generation, run_background)
    assert len(fake.jobs) == 1


def test_a_failure_after_acceptance_costs_nothing(ask, fake, run_background):
    fake.script.end = "failed"
    generation = ended(ask(), run_background, State.FAILED)
    assert "ran out of ideas" in generation.provider_words
    assert ledger(generation) == {"hold": dollars("0.03"), "release": dollars("0.03")}


def test_a_lost_answer_is_in_doubt_keeps_its_hold_and_is_never_sent_twice(ask, fake):
    fake.script.submit = "refuse"
    generation = ask()
    sweep.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT
    sweep.run(0.5)
    assert fake.requests.count("POST /jobs") == 1
    assert ledger(generation) == {"hold": dollars("0.03")}
    assert money.differences() == []


def test_a_job_whose_answer_was_lost_is_found_again_and_delivered(ask, fake, run_background):
    fake.script.submit = "drop"
    generation = ask()
    sweep.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT
    Generation.objects.update(due_at=generation.created_at)
    fake.script.submit = "ok"
    control.rescue()
    Generation.objects.update(due_at=generation.created_at)
    generation = ended(generation, run_background)
    assert len(fake.jobs) == 1
    assert ledger(generation) == {"hold": dollars("0.03"), "charge": dollars("0.03")}


def test_a_process_that_died_while_sending_leaves_a_doubt_not_a_second_job(ask, fake):
    generation = ask()
    Generation.objects.filter(pk=generation.pk).update(
        state=State.SUBMITTING, submit_attempted_at=generation.created_at, due_at=generation.created_at
    )
    sweep.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT
    assert not any(request.startswith("POST") for request in fake.requests)


def test_a_process_that_died_just_after_the_id_was_stored_asks_by_it(ask, fake, run_background):
    generation = ask()
    job = fake.accept({"prompt": "x", "takes": 1})
    Generation.objects.update(state=State.SUBMITTING, handle=job.id, due_at=generation.created_at)
    sweep.run(0.3)
    Generation.objects.update(due_at=generation.created_at)
    ended(generation, run_background)
    assert len(fake.jobs) == 1


def test_a_stream_lost_after_its_id_is_recovered_by_asking(ask, fake, run_background):
    fake.script.stream = "cut_after_id"
    generation = ask(model=STREAM)
    sweep.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.RUNNING
    assert generation.handle
    Generation.objects.update(due_at=generation.created_at)
    ended(generation, run_background)
    assert len(fake.jobs) == 1


def test_a_stream_lost_before_its_id_is_in_doubt(ask, fake):
    fake.script.stream = "cut_before_id"
    generation = ask(model=STREAM)
    sweep.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT


def test_polls_that_fail_say_nothing_about_the_job(ask, fake, run_background):
    fake.script.poll = "error"
    generation = ask()
    sweep.run(0.8)
    generation.refresh_from_db()
    assert generation.state == State.RUNNING
    fake.script.poll = "ok"
    Generation.objects.update(due_at=generation.created_at)
    ended(generation, run_background)


def test_a_file_of_another_format_keeps_what_it_is_and_says_so(ask, fake, run_background):
    fake.script.file = "mp3"
    track = ended(ask(format="wav"), run_background).tracks.get()
    assert (track.format, track.file.rpartition(".")[2]) == ("mp3", "mp3")
    assert track.has_findings
    assert track.findings[0]["code"] == "wrong_format"
    assert track.findings[0]["sentence"] == "It came as MP3 · 256 kb/s, but WAV · 16 bit was asked for."


def test_a_format_the_studio_does_not_keep_is_converted_and_says_so(ask, fake, run_background):
    fake.script.file = "aac"
    track = ended(ask(format="wav"), run_background).tracks.get()
    assert track.format == "wav"
    assert abs(track.length_ms - 2000) < 60
    assert track.findings[0]["sentence"] == "It came as AAC, but WAV · 16 bit was asked for; the studio made one of it."


@pytest.mark.parametrize("file", ["html", "missing", "truncated", "empty"])
def test_a_file_that_never_becomes_audio_is_given_up_with_a_sentence_and_no_charge(ask, fake, run_background, file):
    fake.script.file = file
    generation = ask()
    for _ in range(5):
        run_background()
        Delivery.objects.filter(due_at__isnull=False).update(due_at=generation.created_at - LONG_AGO)
        control.rescue()
    if file == "truncated":  # it may still come whole: tried until the provider has surely deleted it
        generation.refresh_from_db()
        assert generation.state == State.COLLECTING
        Generation.objects.update(created_at=generation.created_at - collect.KEPT_FOR)
    generation = ended(generation, run_background, State.FAILED)
    assert generation.error_sentence
    assert not Track.objects.exists()
    assert ledger(generation) == {"hold": dollars("0.03"), "release": dollars("0.03")}
    assert len(fake.jobs) == 1


def test_a_track_knows_its_papers(ask, fake, run_background):
    generation = ended(ask("gentle piano"), run_background)
    track = generation.tracks.get()
    assert (track.length_ms, track.sample_rate, track.channels) == (2000, 44100, 2)
    assert len(track.sha256) == 64
    assert track.waveform.startswith("M")
    assert track.search_text.count("gentle piano")
