"""Work on this machine: composed, stored and settled, once, whatever process dies."""

import re

import numpy as np
import pytest

from generator.audio import decode, read_tags
from generator.models import Generation, GenerationEvent, LedgerEntry, State, Track
from generator.services.background import claims
from generator.services.billing import ledger
from generator.services.generation import cancellation, local_jobs
from generator.services.generation.cancellation import cancel
from generator.services.library import media, renditions
from generator.services.provider_jobs.provider_actions import retry
from tests.conftest import COMPOSER
from tests.refusals import refused

SHORT = {"length": 6.0, "seed": 5}


def composed(ask, run_background, **changes) -> Generation:
    generation = ask(model=COMPOSER, settings=SHORT, **changes)
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.READY, list(generation.events.values_list("text", "data"))
    return generation


def test_a_brief_becomes_takes_that_know_everything_about_themselves(ask, run_background):
    generation = composed(ask, run_background, takes=2)
    first, second = generation.tracks.order_by("take")
    assert first.length_ms == second.length_ms == 6000
    assert first.sha256 != second.sha256
    assert first.lufs == pytest.approx(-14, abs=0.5)
    assert first.true_peak <= -1.0 + 0.05
    assert first.title
    assert first.title != second.title
    assert first.made_of["heard"]
    assert not first.faults
    tags = read_tags(media.path(first.file))
    assert tags.title == first.title
    assert "algorithmicMedia" in tags.digital_source
    assert media.path(first.cover).read_bytes()[8:12] == b"WEBP"


def test_who_asks_for_mp3_gets_mp3_at_once_and_the_original_is_lossless(ask, run_background, user_client):
    track = composed(ask, run_background, format="mp3").tracks.get()
    assert (track.format, media.path(track.file).read_bytes()[:4]) == ("flac", b"fLaC")
    assert renditions.ready(track, "mp3")
    assert not track.findings
    main = renditions.main_file(track)
    assert (main.format, main.size) == ("mp3", media.path(main.name).stat().st_size)
    assert read_tags(media.path(main.name)).title == track.title
    reply = user_client.get(f"/tracks/{track.public_id}/download/mp3")
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "audio/mpeg")
    button = re.search(
        r'<a [^>]*download/mp3\?lufs="[^>]*>', user_client.get(f"/tracks/{track.public_id}/").content.decode()
    )
    assert "data-download" in button[0]
    renditions.make(track, "wav")
    assert [renditions.title_of(track, format) for format in ("wav", "flac")] == ["WAV · 16 bit", "FLAC · lossless"]
    samples = decode(renditions.ready(track, "wav")).samples
    assert np.array_equal(samples, decode(media.path(track.file)).samples)


@pytest.mark.parametrize(
    "looped", [{"text": "seamless loop for a racing game, 8 s"}, {"settings": {**SHORT, "loop": True}}]
)
def test_a_loop_may_stop_in_full_sound_however_it_was_asked_for(ask, run_background, looped):
    generation = ask(model=COMPOSER, **{"settings": {"seed": 5}, **looped})
    run_background()
    track = generation.tracks.get()
    assert track.made_of["loop"] is True
    assert "abrupt_end" not in [finding["code"] for finding in track.findings]


def test_a_wav_that_was_asked_for_is_the_original(ask, run_background):
    track = composed(ask, run_background, format="wav").tracks.get()
    assert (track.format, track.renditions.count()) == ("wav", 0)


def test_a_file_that_cannot_be_made_is_said_and_not_waited_for(ask, run_background, user_client, monkeypatch):
    def broken(*_: object) -> None:
        raise AttributeError("tags")

    track = composed(ask, run_background).tracks.get()
    monkeypatch.setattr(renditions, "convert", broken)
    assert user_client.get(f"/tracks/{track.public_id}/download/mp3").status_code == 202
    with pytest.raises(AttributeError):
        run_background()
    assert user_client.get(f"/tracks/{track.public_id}/download/mp3").status_code == 404


def test_free_work_goes_through_the_ledger_like_any_other(ask, run_background):
    generation = composed(ask, run_background)
    kinds = list(LedgerEntry.objects.filter(generation=generation).order_by("id").values_list("kind", "amount"))
    assert kinds == [("hold", 0), ("charge", 0)]
    assert ledger.differences() == []


def test_the_same_seed_and_text_make_the_same_music(ask, run_background, composed_anew):
    first = composed(ask, run_background).tracks.get()
    again = composed(ask, run_background).tracks.get()
    assert first.peaks == again.peaks
    assert first.measured["energy"] == again.measured["energy"]


def test_a_run_that_was_cut_off_makes_only_what_is_missing(ask, run_background):
    generation = composed(ask, run_background, takes=2)
    kept = generation.tracks.get(take=1)
    Track.objects.filter(generation=generation, take=2).delete()
    # As left by a worker that was killed between takes: running, the claim expired.
    past = generation.created_at - claims.LEASE
    Generation.objects.filter(pk=generation.pk).update(state=State.RUNNING, due_at=past, finished_at=None)
    cancellation.rescue()
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.READY
    assert sorted(generation.tracks.values_list("take", flat=True)) == [1, 2]
    assert generation.tracks.get(take=1).pk == kept.pk
    assert LedgerEntry.objects.filter(generation=generation, kind="charge").count() == 1


def test_a_brief_that_kills_its_worker_is_given_up_with_a_reason(ask, run_background):
    generation = ask(model=COMPOSER, settings=SHORT)
    Generation.objects.filter(pk=generation.pk).update(state=State.RUNNING, attempts=local_jobs.MAX_ATTEMPTS)
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.FAILED
    assert "stopped unexpectedly" in generation.error_message
    assert ledger.differences() == []


def test_cancelling_in_the_queue_is_at_once_and_free(ask, run_background, user):
    generation = ask(model=COMPOSER, settings=SHORT)
    cancel(generation, user)
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.CANCELLED
    assert not generation.tracks.exists()
    with refused("already_finished"):
        cancel(generation, user)


def test_cancelling_while_it_is_made_stops_the_work(ask, run_background, user, monkeypatch):
    generation = ask(model=COMPOSER, settings=SHORT, takes=3)
    monkeypatch.setattr(local_jobs, "REPORT_INTERVAL_S", 0.0)
    stages = []
    write = claims.Claim.write

    def cancel_midway(claim, **changes):
        stages.append(changes.get("stage", ""))
        if changes.get("stage", "").startswith("Take 2"):
            cancel(Generation.objects.get(pk=generation.pk), user)
        write(claim, **changes)

    monkeypatch.setattr(claims.Claim, "write", cancel_midway)
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.CANCELLED
    assert generation.tracks.count() == 1, "the take that was finished is kept"
    assert not any(stage.startswith("Take 3") for stage in stages)


def test_trying_again_keeps_the_brief_and_the_seed(ask, run_background, user):
    generation = composed(ask, run_background)
    again = retry(generation, user, "second")
    assert again.prompt.text == generation.prompt.text
    assert again.prompt.settings == generation.prompt.settings
    assert again.parent == generation


def test_people_take_turns(ask, user, stranger, project):
    for _ in range(3):
        ask(model=COMPOSER, settings=SHORT)
    late = ask(model=COMPOSER, settings=SHORT, user=stranger)
    first, second = local_jobs.claim(), local_jobs.claim()
    compose_states = {first.author_id, second.author_id}
    Generation.objects.filter(pk=first.pk).update(state=State.RUNNING)
    assert first.author_id == user.pk
    assert compose_states <= {user.pk, stranger.pk}
    third = local_jobs.claim()
    assert late.pk in {second.pk, third.pk}, "someone with nothing running goes before another of the same person"


def test_a_defect_of_ours_ends_as_failed_with_nothing_held(ask, run_background, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("oops")

    generation = ask(model=COMPOSER, settings=SHORT)
    monkeypatch.setattr(local_jobs.ingest, "store", broken)
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.FAILED
    assert "ZeroDivisionError" in generation.provider_message
    assert ledger.differences() == []


def test_the_history_cannot_be_rewritten(ask):
    event = GenerationEvent.objects.filter(generation=ask(model=COMPOSER, settings=SHORT)).first()
    from django.db import DatabaseError, transaction

    for change in (lambda: GenerationEvent.objects.filter(pk=event.pk).update(text="never"), event.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
