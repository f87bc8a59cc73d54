"""Claims last while their workers live, however slow; and two workers stay free for quick work."""

import datetime as dt
import threading

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_q.models import OrmQ

from generator.management import hang_detection, liveness
from generator.models import Generation, Heartbeat, Reference, State, Track
from generator.providers.builtin.client import Composer
from generator.services.background import claims, job_queue, local_slots
from generator.services.generation import cancellation, local_jobs
from generator.services.library import references
from generator.services.provider_jobs import poller
from tests.audio.signals import RATE, tone
from tests.conftest import COMPOSER

SHORT, LONG = {"length": 6.0, "seed": 5}, {"length": 600.0, "seed": 5}


def lapse(rows) -> None:
    rows.update(due_at=timezone.now() - dt.timedelta(seconds=1))


@pytest.mark.parametrize("overtaken_after", [0, 1])
def test_a_worker_that_stood_still_leaves_its_work_to_whoever_took_it_over(
    ask, run_background, monkeypatch, overtaken_after
):
    """As after SIGSTOP for longer than the lease: each take is stored once, and the pause counts as no attempt."""
    generation = ask(model=COMPOSER, settings=SHORT, takes=2)
    make, overtaken = Composer.make, []

    def pause(self, request, folder, takes, report):
        for made in make(self, request, folder, takes, report):
            if not overtaken and made.take == takes[overtaken_after]:
                overtaken.append(made.take)
                lapse(Generation.objects.filter(pk=generation.pk))
                assert local_jobs.work(), "another worker takes it over and makes it to the end"
            yield made

    monkeypatch.setattr(Composer, "make", pause)
    run_background()
    generation.refresh_from_db()
    assert overtaken
    assert generation.state == State.READY
    assert generation.attempts == 1
    assert sorted(Track.objects.filter(generation=generation).values_list("take", flat=True)) == [1, 2]
    assert generation.events.filter(kind="take").count() == 2


def test_a_claim_that_was_lost_writes_nothing(ask):
    generation = ask(model=COMPOSER, settings=SHORT)
    first = local_jobs.claim()
    lapse(Generation.objects.filter(pk=generation.pk))
    second = local_jobs.claim()
    assert first.claim != second.claim
    with claims.renew_all(Generation.objects.active(), first.claim) as held:
        with pytest.raises(claims.ClaimLost):
            held.write(stage="mine")
        with pytest.raises(claims.ClaimLost):
            held.lock()
        assert not held.release(due_at=None)
    generation.refresh_from_db()
    assert (generation.stage, generation.claim) == ("", second.claim)


def test_a_reference_that_was_taken_over_is_read_once(user, project, tmp_path, monkeypatch, run_background):
    from generator.audio import encode

    encode(tone(440, 6, -12), RATE, tmp_path / "a.wav", format="wav")
    reference = references.add(
        user, project, name="a.wav", content=[(tmp_path / "a.wav").read_bytes()], start=0, max_s=30, field="x"
    )
    read, overtaken = references.sandbox.excerpt, []

    def pause(*given, **named):
        facts = read(*given, **named)
        if not overtaken:
            overtaken.append(True)
            lapse(Reference.objects.filter(pk=reference.pk))
            assert references.work()
        return facts

    monkeypatch.setattr(references.sandbox, "excerpt", pause)
    run_background()
    reference.refresh_from_db()
    assert reference.is_ready
    assert reference.attempts == 1


def test_a_claim_is_renewed_by_a_thread_and_not_by_progress(ask):
    generation = ask(model=COMPOSER, settings=SHORT)
    held = claims.Claim(Generation.objects.active(), local_jobs.claim().claim)
    renewed, here = threading.Event(), threading.current_thread()

    def renew() -> bool:
        if threading.current_thread() is not here:
            renewed.set()
        return False  # a test's database belongs to its own thread

    with claims.keep_heartbeat(renew, dt.timedelta(seconds=0.02)):
        assert renewed.wait(10), "while this thread reports nothing"
    lapse(Generation.objects.filter(pk=generation.pk))
    assert held.renew(60, {"due_at": timezone.now()}), "late counts, as long as nobody else has it"


def test_work_that_hangs_is_not_renewed_for_ever(ask):
    ask(model=COMPOSER, settings=SHORT)
    held = claims.Claim(Generation.objects.all(), local_jobs.claim().claim)
    assert held.renew(60, {"stage": "x"})
    assert not held.renew(0, {"stage": "y"})


def test_long_work_leaves_two_workers_free(ask, settings, stranger):
    settings.STUDIO_WORKERS = 4
    for _ in range(5):
        ask(model=COMPOSER, settings=LONG)
    quick = ask(model=COMPOSER, settings={"length": 10.0}, format="mp3")
    with local_slots.place(local_slots.LONG) as first, local_slots.place(local_slots.LONG) as second:
        assert first
        assert second
        assert local_jobs.work(), "something short is made beside the long ones"
        quick.refresh_from_db()
        assert quick.state == State.READY
        assert not local_jobs.work(), "but nothing long"
        assert not Generation.objects.filter(state=State.RUNNING).exists()


def test_long_mp3s_and_stems_wait_for_a_place(make_track, monkeypatch):
    track = make_track("Long", length_ms=600_000)
    from generator.services.library import composer_stems, renditions

    made = []
    monkeypatch.setattr(renditions, "make", lambda *given: made.append(given))
    monkeypatch.setattr(composer_stems, "make", lambda *given: made.append(given))
    with local_slots.place(local_slots.RENDITION):
        assert not renditions.make_in_turn(track, "mp3")
        assert renditions.make_in_turn(track, "flac"), "what is quick is made at once"
    with local_slots.place(local_slots.LONG), local_slots.place(local_slots.LONG):
        assert not composer_stems.make_in_turn(track)
    assert len(made) == 1
    assert renditions.make_in_turn(track, "mp3")
    assert composer_stems.make_in_turn(track)
    assert len(made) == 3


def test_something_short_is_woken_behind_many_long_ones(ask):
    for _ in range(6):
        ask(model=COMPOSER, settings=LONG)
    before = OrmQ.objects.count()
    ask(model=COMPOSER, settings=SHORT)
    assert OrmQ.objects.count() == before + 1


def test_a_slow_request_to_a_provider_is_not_in_doubt(ask, fake):
    generation = ask()
    Generation.objects.filter(pk=generation.pk).update(state=State.SUBMITTING, due_at=timezone.now())
    assert poller._renew_claims({generation.pk: State.QUEUED})
    generation.refresh_from_db()
    assert generation.due_at > timezone.now() + dt.timedelta(seconds=30)


def test_a_stream_that_is_silent_stays_with_whoever_hears_it(ask):
    generation, polled = ask(), ask()
    Generation.objects.update(state=State.RUNNING, due_at=timezone.now())
    assert poller._renew_claims({generation.pk: State.QUEUED, polled.pk: State.RUNNING})
    generation.refresh_from_db()
    polled.refresh_from_db()
    assert generation.due_at > timezone.now() + dt.timedelta(seconds=30)
    assert polled.due_at <= timezone.now(), "a poll's next look is its own"


def test_stopping_the_studio_counts_no_attempt(ask):
    generation = ask(model=COMPOSER, settings=SHORT)
    local_jobs.claim()
    cancellation.cluster_restarted(on_purpose=True)
    generation.refresh_from_db()
    assert generation.attempts == 0
    local_jobs.claim()
    lapse(Generation.objects.filter(pk=generation.pk))
    cancellation.cluster_restarted(on_purpose=True)
    generation.refresh_from_db()
    assert generation.attempts == 0, "nor for one that was too slow to renew its claim"
    local_jobs.claim()
    cancellation.cluster_restarted()
    cancellation.cluster_restarted(on_purpose=True)
    generation.refresh_from_db()
    assert generation.attempts == 1, "a death is counted"


def test_a_database_that_is_too_slow_fails_no_run(ask, monkeypatch, run_background):
    generation = ask(model=COMPOSER, settings=SHORT)
    make, locked = Composer.make, []

    def locked_out(self, *given):
        if len(locked) < 2 * local_jobs.MAX_ATTEMPTS:
            locked.append(True)
            raise OperationalError("database is locked")
        return make(self, *given)

    monkeypatch.setattr(Composer, "make", locked_out)
    for _ in range(2 * local_jobs.MAX_ATTEMPTS):
        assert local_jobs.work()
        generation.refresh_from_db()
        assert (generation.state, generation.attempts) == (State.RUNNING, 0)
        lapse(Generation.objects.filter(pk=generation.pk))
    assert local_jobs.work()
    generation.refresh_from_db()
    assert (generation.state, generation.attempts) == (State.READY, 1)


def test_the_watchdog_waits_for_workers_that_show_that_they_live(db, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(liveness.time, "monotonic", lambda: now[0])
    watch = liveness.Beat(every=5, stale_after=60)

    def look_for(seconds: float) -> list[bool | None]:
        answers = []
        for _ in range(int(seconds / 4)):
            now[0] += 4
            answers.append(watch.check())
        return answers

    assert False in look_for(300), "hung: nothing is finished, nobody shows a sign"
    watch.forget()
    for second in range(20):
        at = timezone.now() + dt.timedelta(seconds=second)
        Heartbeat.objects.update_or_create(name=claims.SIGN + claims.here(), defaults={"at": at})
        assert False not in look_for(40)
    now[0] += 3600
    assert watch.check() is None, "the machine stood still: the waiting begins anew"


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(hang_detection.time, "monotonic", lambda: now[0])
    return now


def silent_for(watch: hang_detection.Patience, clock: list[float]) -> float:
    """Return how long a part may be silent before it is considered hung."""
    silence = 0.0
    while not watch.is_over(silence):
        clock[0] += 1
        silence += 1
        assert silence < 5000
    return silence


def test_a_part_that_is_given_no_processor_is_slow_and_not_hung(clock):
    share = [0.0]
    watch = hang_detection.Patience(20, lambda: {1: 0.0, 2: clock[0] * share[0]})
    watch.answered(1)
    assert silent_for(watch, clock) < 30, "idle, and silent: hung"
    watch = hang_detection.Patience(20, lambda: {1: 0.0, 2: clock[0] * share[0]})
    watch.answered(1)
    share[0] = 0.9
    assert silent_for(watch, clock) > 300, "starved, and not for ever"


def test_what_was_replaced_in_vain_is_given_more_time(clock):
    watch = hang_detection.Patience(6)
    found = []
    for _ in range(3):
        watch.begin()
        watch.answered(5)
        found.append(silent_for(watch, clock))
    watch.answered(5)
    assert found == sorted(found)
    assert found[-1] > 2.5 * found[0]
    for _ in range(100):
        watch.answered(0.1)
    assert silent_for(watch, clock) < 12, "it has been quick for long"


def test_places_that_wait_are_not_taken_before_their_time(db):
    job_queue.start_later(job_queue.RENDER, 1, "mp3", None, seconds=60)
    assert OrmQ.objects.get().lock > timezone.now() + dt.timedelta(seconds=30)
