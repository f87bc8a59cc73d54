"""Remote work, over real sockets: what is charged, what is stored, and what is never sent twice."""

import datetime as dt
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from django.urls import reverse

from generator.audio import decode, sandbox
from generator.currency import dollars
from generator.models import Generation, RemoteOutput, State, Track
from generator.providers import http
from generator.services.billing import ledger as billing_ledger
from generator.services.generation import cancellation
from generator.services.library import media, renditions
from generator.services.provider_jobs import downloader, poller, waiting_reasons
from tests.audio.outside import written
from tests.audio.signals import song
from tests.conftest import POLL, STREAM, ended, ledger
from tests.fakes.failing_provider import tone

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
    assert "1 of 3" in generation.error_message


def test_a_refusal_costs_nothing_and_says_why(ask, fake, run_background):
    fake.script.submit = "reject"
    generation = ended(ask(), run_background, State.FAILED)
    assert generation.error_code == "rejected"
    assert generation.error_message
    assert ledger(generation) == {"hold": dollars("0.03"), "release": dollars("0.03")}


def test_a_busy_provider_is_asked_again_and_charged_once(ask, fake, run_background, monkeypatch):
    fake.script.submit = "busy"
    generation = ask()
    monkeypatch.setattr(poller, "RUN_TIME_S", 1.0)
    poller.run(0.3)
    generation.refresh_from_db()
    assert generation.state == State.QUEUED
    fake.script.submit = "ok"
    ended(generation, run_background)
    assert len(fake.jobs) == 1


def test_a_failure_after_acceptance_costs_nothing(ask, fake, run_background):
    fake.script.end = "failed"
    generation = ended(ask(), run_background, State.FAILED)
    assert "ran out of ideas" in generation.provider_message
    assert ledger(generation) == {"hold": dollars("0.03"), "release": dollars("0.03")}


def test_a_lost_answer_is_in_doubt_keeps_its_hold_and_is_never_sent_twice(ask, fake):
    fake.script.submit = "refuse"
    generation = ask()
    poller.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT
    poller.run(0.5)
    assert fake.requests.count("POST /jobs") == 1
    assert ledger(generation) == {"hold": dollars("0.03")}
    assert billing_ledger.differences() == []


def test_a_job_whose_answer_was_lost_is_found_again_and_delivered(ask, fake, run_background):
    fake.script.submit = "drop"
    generation = ask()
    poller.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT
    Generation.objects.update(due_at=generation.created_at)
    fake.script.submit = "ok"
    cancellation.rescue()
    Generation.objects.update(due_at=generation.created_at)
    generation = ended(generation, run_background)
    assert len(fake.jobs) == 1
    assert ledger(generation) == {"hold": dollars("0.03"), "charge": dollars("0.03")}


def test_a_process_that_died_while_sending_leaves_a_doubt_not_a_second_job(ask, fake):
    generation = ask()
    Generation.objects.filter(pk=generation.pk).update(
        state=State.SUBMITTING, submit_attempted_at=generation.created_at, due_at=generation.created_at
    )
    poller.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT
    assert not any(request.startswith("POST") for request in fake.requests)


def test_a_process_that_died_just_after_the_id_was_stored_asks_by_it(ask, fake, run_background):
    generation = ask()
    job = fake.accept({"prompt": "x", "takes": 1})
    Generation.objects.update(state=State.SUBMITTING, provider_job_id=job.id, due_at=generation.created_at)
    poller.run(0.3)
    Generation.objects.update(due_at=generation.created_at)
    ended(generation, run_background)
    assert len(fake.jobs) == 1


def test_a_stream_lost_after_its_id_is_recovered_by_asking(ask, fake, run_background):
    fake.script.stream = "cut_after_id"
    generation = ask(model=STREAM)
    poller.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.RUNNING
    assert generation.provider_job_id
    Generation.objects.update(due_at=generation.created_at)
    ended(generation, run_background)
    assert len(fake.jobs) == 1


def test_a_stream_lost_before_its_id_is_in_doubt(ask, fake):
    fake.script.stream = "cut_before_id"
    generation = ask(model=STREAM)
    poller.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT


def test_polls_that_fail_say_nothing_about_the_job(ask, fake, run_background):
    fake.script.poll = "error"
    generation = ask()
    poller.run(0.8)
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
    assert track.findings[0]["sentence"] == (
        "The file was delivered as MP3 · 128 kb/s, but WAV · 16 bit was requested."
    )


def test_a_format_the_studio_does_not_keep_is_converted_and_says_so(ask, fake, run_background):
    fake.script.file = "aac"
    track = ended(ask(format="wav"), run_background).tracks.get()
    assert track.format == "wav"
    assert abs(track.length_ms - 2000) < 60
    assert track.findings[0]["code"] == "wrong_format"
    assert "AAC" in track.findings[0]["sentence"]


def asked_again(generation, run_background, times: int = 1) -> Generation:
    """Let the time until the next attempt pass, that many times."""
    for _ in range(times):
        run_background()
        RemoteOutput.objects.filter(due_at__isnull=False).update(due_at=generation.created_at - LONG_AGO)
        cancellation.rescue()
    run_background()
    generation.refresh_from_db()
    return generation


def test_what_is_made_of_a_lossy_file_says_so(ask, fake, run_background):
    fake.script.file = "mp3"
    track = ended(ask(format="wav"), run_background).tracks.get()
    titles = [renditions.title_of(track, format) for format in ("mp3", "wav", "flac")]
    assert titles == ["MP3 · 128 kb/s", "WAV (converted from MP3)", "FLAC (converted from MP3)"]


@pytest.mark.parametrize(
    ("format", "measured", "title"),
    [
        ("wav", {"codec": "adpcm_ms"}, "WAV · ADPCM"),
        ("wav", {"codec": "pcm_s24le", "bit_rate": 2_116_800}, "WAV · 24 bit"),
        ("wav", {}, "WAV · 16 bit"),
        ("mp3", {"codec": "mp3float", "bit_rate": 192_000}, "MP3 · 192 kb/s"),
        ("flac", {"codec": "flac", "bits": 24}, "FLAC · lossless"),
    ],
)
def test_files_from_before_are_called_what_they_are(make_track, format, measured, title):
    assert renditions.title_of(make_track(format=format, measured=measured), format) == title


def test_an_original_that_was_converted_from_a_lossy_file_says_so(ask, fake, run_background):
    fake.script.file = "aac"
    track = ended(ask(format="wav"), run_background).tracks.get()
    assert renditions.title_of(track, "wav") == "WAV (converted from AAC)"


@pytest.mark.parametrize("file", ["html", "missing", "forbidden", "truncated", "empty"])
def test_a_file_that_does_not_come_is_asked_for_as_long_as_the_provider_keeps_it(
    ask, fake, run_background, user_client, file
):
    fake.script.file = file
    generation = asked_again(ask(), run_background, 12)
    delivery = generation.remote_outputs.get()
    assert (generation.state, delivery.given_up_at, delivery.useless) == (State.COLLECTING, None, 0)
    wait = waiting_reasons.reason_for(generation)
    assert (wait.code, wait.until) == ("file_unavailable", delivery.due_at)
    assert (
        f'data-wait="{wait.code}"'
        in user_client.get(f"/projects/{generation.project.public_id}/running/").content.decode()
    )
    assert delivery.due_at - delivery.generation.created_at > dt.timedelta(minutes=50)
    fake.script.file = "tone"
    generation = asked_again(generation, run_background)
    assert (generation.state, generation.tracks.count()) == (State.READY, 1)
    assert ledger(generation) == {"hold": dollars("0.03"), "charge": dollars("0.03")}
    assert len(fake.jobs) == 1


@pytest.mark.parametrize("file", ["html", "missing", "truncated", "empty", "noise"])
def test_a_file_that_never_becomes_audio_is_given_up_with_a_sentence_and_no_charge(ask, fake, run_background, file):
    fake.script.file = file
    generation = asked_again(ask(), run_background, 5)
    if file != "noise":  # it may still arrive complete: retried until the provider has certainly deleted it
        assert generation.state == State.COLLECTING
        Generation.objects.update(created_at=generation.created_at - downloader.MAX_OUTPUT_AGE)
        asked_again(generation, run_background)
    generation = ended(generation, run_background, State.FAILED)
    assert generation.error_message
    assert not Track.objects.exists()
    assert ledger(generation) == {"hold": dollars("0.03"), "release": dollars("0.03")}
    assert len(fake.jobs) == 1


def test_a_cancel_ends_the_wait_for_a_file_that_does_not_come(ask, fake, user, run_background):
    fake.script.file = "missing"
    generation = asked_again(ask(), run_background, 3)
    assert generation.state == State.COLLECTING
    cancellation.cancel(generation, user)
    generation = ended(generation, run_background, State.FAILED)
    assert ledger(generation) == {"hold": dollars("0.03"), "release": dollars("0.03")}


@pytest.mark.parametrize("error", [AttributeError("tags"), ValueError("NaN"), MemoryError(), sandbox.Interrupted("x")])
def test_whatever_goes_wrong_in_reading_a_file_ends_in_a_stated_fault(ask, fake, run_background, monkeypatch, error):
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(sandbox, "take_in", broken)
    generation = asked_again(ask(), run_background, downloader.MAX_USELESS_DOWNLOADS)
    generation = ended(generation, run_background, State.FAILED)
    assert generation.error_code == "failed"
    assert ledger(generation) == {"hold": dollars("0.03"), "release": dollars("0.03")}
    kept = generation.events.get(data__has_key="file").data["file"]
    assert media.path(kept).read_bytes()[:4] == b"RIFF"  # for the operator


def test_a_file_that_ends_its_worker_is_given_up(ask, fake, run_background, monkeypatch):
    def killed(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(sandbox, "take_in", killed)
    generation = ask()
    for _ in range(downloader.MAX_USELESS_DOWNLOADS):
        with suppress(SystemExit):
            run_background()
        RemoteOutput.objects.update(due_at=generation.created_at - LONG_AGO)
        cancellation.rescue()
    ended(generation, run_background, State.FAILED)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0, 0x7FFFF000])
def test_a_wav_as_a_pipe_writes_it_is_a_take_with_every_sample_and_no_more(ask, fake, run_background, size, tmp_path):
    whole = bytearray(tone())
    whole[4:8] = whole[40:44] = struct.pack("<I", size)
    fake.script.body = bytes(whole)
    track = ended(ask(format="wav"), run_background).tracks.get()
    assert (track.format, track.length_ms, track.findings) == ("wav", 2000, track.findings)
    assert "truncated" not in {finding["code"] for finding in track.findings}
    (tmp_path / "came.wav").write_bytes(tone())
    assert np.array_equal(decode(media.path(track.file)).samples, decode(tmp_path / "came.wav").samples)


@pytest.mark.parametrize(("codec", "sample_format"), [("adpcm_ms", "s16"), ("pcm_f64le", "dbl"), ("mp2", "s16")])
def test_a_delivered_wav_that_browsers_do_not_play_is_converted(
    ask, fake, run_background, user_client, tmp_path, codec, sample_format
):
    fake.script.body = written(tmp_path / "came.wav", codec, sample_format, song(3)).read_bytes()
    track = ended(ask(format="wav"), run_background).tracks.get()
    assert "wrong_format" in {finding["code"] for finding in track.findings}
    sound = b"".join(user_client.get(reverse("audio", args=[track.public_id])))
    assert struct.unpack_from("<H", sound, 20)[0] in (1, 0xFFFE)  # PCM


def test_of_slow_downloads_one_at_a_time_holds_a_worker(ask, fake, run_background, monkeypatch):
    paces = []

    def slow(url: str, target: Path, *, pace: http.Pace = http.QUICK, **how: object) -> None:
        paces.append(pace)
        if len(paces) == 2:
            assert downloader.work()  # another worker, meanwhile
        raise http.TooSlow("It is very slow.")

    monkeypatch.setattr(http, "download", slow)
    ask(takes=2)
    run_background(5)
    assert paces[:3] == [http.QUICK, http.SLOW, http.QUICK]
    assert paces.count(http.SLOW) == 1
    assert not RemoteOutput.objects.exclude(useless=0).exists()


def test_a_track_knows_its_papers(ask, fake, run_background):
    generation = ended(ask("gentle piano"), run_background)
    track = generation.tracks.get()
    assert (track.length_ms, track.sample_rate, track.channels) == (2000, 44100, 2)
    assert len(track.sha256) == 64
    assert track.waveform.startswith("M")
    assert track.search_text.count("gentle piano")
