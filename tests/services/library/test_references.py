"""References: what is accepted, what is refused and why, and that an id is paid for once and then reused."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from generator.audio import NotAudio, excerpt, sandbox
from generator.currency import dollars
from generator.models import Budget, Generation, ProviderReference, Reference, State
from generator.services.generation import submit
from generator.services.library import media, references
from generator.services.provider_jobs import catalog, poller, provider_actions
from tests.conftest import ended, ledger
from tests.fakes import sounds
from tests.fakes.failing_provider import tone
from tests.refusals import refused

BGM = "wavespeed/mureka-v7.6-bgm"
CENT = dollars("0.01")


@pytest.fixture
def take_in(paid_providers, user, project, run_background):
    """Upload a file as a reference and have it read: `take_in(b"…", start=2)`."""

    def _take_in(content=None, name="My theme.mp3", *, read=True, **how) -> Reference:
        content = sounds.sound("mp3") if content is None else content
        how = {"start": 0.0, "max_s": 30.0, "field": "instrumental_id"} | how
        reference = references.add(user, project, name=name, content=[content], **how)
        if read:
            run_background()
            reference.refresh_from_db()
        return reference

    return _take_in


@pytest.fixture
def register(user):
    def _register(reference, key="reg-1", purpose="instrumental", by=None) -> Generation:
        return provider_actions.register(
            user=by or user, reference=reference, provider_key="wavespeed", purpose=purpose, idempotency_key=key
        )

    return _register


def jobs(paid_providers, ending) -> list:
    return [job for job in paid_providers.wavespeed.jobs if job.model.endswith(ending)]


# --- uploading ---


@pytest.mark.parametrize("format", ["mp3", "wav", "flac"])
def test_a_sound_becomes_an_mp3_of_ours(take_in, format):
    reference = take_in(sounds.sound(format), f"My theme.{format}")
    assert (reference.title, reference.is_ready) == ("My theme", True)
    assert reference.file.endswith(".mp3")
    assert 1900 <= reference.length_ms <= 2100
    assert reference.waveform.startswith("M")
    assert not reference.upload


def test_no_more_is_kept_than_the_model_takes_from_where_it_was_asked(take_in):
    reference = take_in(tone(8), "long.wav", start=3.0, max_s=2.0)
    assert (reference.length_ms, reference.came_ms) == (2000, 8000)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7 not a sound at all " * 50, "text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "image"),
        (b"<!doctype html><p>Not found", "web page"),
        (bytes(range(256)) * 40, "not a playable audio file"),
        (tone(0.3), "at least 1 s"),
        (tone(2)[:44] + bytes(200_000), "silent"),
    ],
    ids=["pdf", "picture", "page", "noise", "too short", "silent"],
)
def test_what_is_no_sound_is_refused_in_a_sentence_and_not_kept(take_in, content, says):
    before = {name for name, _ in media.stored()}
    reference = take_in(content)
    assert says in reference.problem
    assert not reference.is_ready
    assert {name for name, _ in media.stored()} <= before


def test_too_long_too_large_and_empty_files_are_refused(take_in, tmp_path, monkeypatch):
    (tmp_path / "long.wav").write_bytes(tone(2))
    with pytest.raises(NotAudio, match="longer than"):
        excerpt(tmp_path / "long.wav", tmp_path / "x.mp3", start=0, max_s=30, max_source_s=1)
    monkeypatch.setattr(references, "MAX_UPLOAD_BYTES", 1000)
    with refused("too_large"):
        take_in(bytes(1001))
    with refused("empty_file"):
        take_in(b"")


def test_a_start_after_the_end_is_refused(take_in):
    refused = take_in(start=60.0)
    assert not refused.is_ready
    assert "60 seconds" in refused.problem


def test_the_same_sound_is_one_reference_until_it_is_binned(take_in):
    first = take_in()
    assert take_in(name="Another name.mp3") == first
    references.trash_reference(first)
    second = take_in()
    assert second != first
    with refused("already_exists"):
        references.restore(first)


def test_a_finished_track_can_be_a_reference(paid_providers, user, make_track, run_background):
    track = make_track(file=media.keep_bytes(tone(2), "wav"), sha256="a" * 64)
    reference = references.from_track(user, track)
    run_background()
    reference.refresh_from_db()
    assert (reference.title, reference.track, reference.is_ready) == ("Tea time", track, True)
    assert media.path(track.file).exists()


def test_a_file_that_kills_its_worker_is_given_up(take_in):
    reference = take_in(read=False)
    Reference.objects.update(attempts=references.MAX_ATTEMPTS)
    references.work()
    reference.refresh_from_db()
    assert reference.problem == references.UNREAD


@pytest.mark.parametrize("error", [sandbox.Interrupted("SIGKILL"), OSError("disk")])
def test_a_file_whose_reading_breaks_off_is_refused_after_a_few_tries_at_once(take_in, monkeypatch, error):
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(sandbox, "excerpt", broken)
    reference = take_in()
    assert (reference.attempts, reference.due_at) == (references.MAX_ATTEMPTS, None)
    assert reference.problem
    assert not media.path(reference.upload).is_file()


@pytest.mark.parametrize(
    "start",
    [b"wvpk\x10\x02\0\0", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\x0b\x77\x3e\x1c"],
    ids=["WavPack", "WMA", "AC-3"],
)
def test_audio_that_is_not_supported_is_not_called_no_audio(take_in, start):
    assert "not supported" in take_in(start + bytes(range(256)) * 20).problem


def test_housekeeping_keeps_what_a_reference_names_and_deletes_what_was_binned_long_ago(take_in):
    reference = take_in()
    assert reference.file in media.named()
    assert media.discard([reference.file]) == 0
    Reference.objects.update(trashed_at=timezone.now())
    assert references.delete_for_good(Reference.objects.all()) == 1
    assert not media.path(reference.file).exists()


# --- registering ---


def test_upload_register_generate_and_the_second_time_nothing_is_paid_again(
    take_in, register, paid_providers, ask, run_background, user, project
):
    reference = take_in()
    generation = ended(register(reference), run_background)
    assert ledger(generation) == {"hold": CENT, "charge": CENT}
    known = ProviderReference.objects.get()
    job = jobs(paid_providers, "create-upload-id")[0]
    assert known.registered_id == str(int(job.id[:12], 16))
    assert job.inputs["purpose"] == "instrumental"
    assert (
        paid_providers.wavespeed.uploads[job.inputs["audio"].rpartition("/")[2]]
        == media.path(reference.file).read_bytes()
    )
    assert "authorization" not in paid_providers.requests("PUT")[0].headers
    for key in ("reg-2", "reg-3"):
        assert register(reference, key) == generation
    spec = catalog.spec_of(BGM)
    account = generation.model.provider_id
    chosen = references.choose(spec, project.references.all(), account, {"pick-instrumental_id": reference.public_id})
    music = ended(ask(model=BGM, settings=submit.clean_settings(spec, chosen)), run_background)
    assert jobs(paid_providers, "generate-bgm")[0].inputs["instrumental_id"] == known.registered_id
    assert len(jobs(paid_providers, "create-upload-id")) == 1
    assert music.tracks.count() == 1
    assert references.behind(project, account, "instrumental", known.registered_id) == reference


def test_a_reference_without_an_id_is_not_sent(take_in, paid_providers, project):
    reference, spec = take_in(), catalog.spec_of(BGM)
    account = catalog.choice(BGM).model.provider_id
    with refused("not_registered", "instrumental_id"):
        references.choose(spec, project.references.all(), account, {"pick-instrumental_id": reference.public_id})
    with refused("not_found", "instrumental_id"):
        references.choose(spec, project.references.all(), account, {"pick-instrumental_id": "no such"})


def test_a_lost_answer_is_in_doubt_keeps_its_hold_and_is_found_again(take_in, register, paid_providers, run_background):
    reference = take_in()
    paid_providers.trouble("submit", "reset", accept=True)
    generation = register(reference)
    poller.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT
    assert ledger(generation) == {"hold": CENT}
    assert register(reference, "reg-2") == generation  # nobody can pay a second time meanwhile
    Generation.objects.update(due_at=generation.created_at)
    ended(generation, run_background)
    assert ledger(generation) == {"hold": CENT, "charge": CENT}
    assert len(jobs(paid_providers, "create-upload-id")) == 1
    assert ProviderReference.objects.get().is_good


@pytest.mark.parametrize(
    ("outputs", "end"), [(None, "failed"), ([], "completed"), (["https://x.example/a.mp3"], "completed")]
)
def test_a_failure_costs_nothing_and_can_be_tried_again(
    take_in, register, paid_providers, run_background, user, outputs, end
):
    reference = take_in()
    paid_providers.wavespeed.end, paid_providers.wavespeed.outputs = end, outputs
    generation = ended(register(reference), run_background, State.FAILED)
    assert ledger(generation) == {"hold": CENT, "release": CENT}
    assert not ProviderReference.objects.get().is_good
    paid_providers.wavespeed.end, paid_providers.wavespeed.outputs = "completed", None
    again = ended(provider_actions.retry(generation, user, "again"), run_background)
    assert ledger(again) == {"hold": CENT, "charge": CENT}
    assert ProviderReference.objects.get().generation == again


def test_an_upload_that_breaks_off_is_repeated_before_anything_is_asked(take_in, register, paid_providers, monkeypatch):
    reference = take_in()
    paid_providers.trouble("put", "reset")
    generation = register(reference)
    poller.run(0.3)
    generation.refresh_from_db()
    assert (generation.state, len(paid_providers.wavespeed.jobs)) == (State.QUEUED, 0)
    Generation.objects.update(due_at=generation.created_at)
    poller.run(2)
    generation.refresh_from_db()
    assert generation.state == State.READY
    assert len(paid_providers.requests("PUT")) == 2


def test_a_cap_in_the_way_refuses_and_leaves_nothing(take_in, register, user):
    reference = take_in()
    Budget.objects.create(user=user, cap=dollars("0.005"))
    with refused("budget_exceeded"):
        register(reference)
    assert not Generation.objects.exists()
    assert not ProviderReference.objects.exists()


def test_a_changed_price_stops_it_before_anything_is_sent(take_in, register, paid_providers, run_background):
    reference = take_in()
    paid_providers.wavespeed.prices["mureka-ai/create-upload-id"] = 0.02
    generation = ended(register(reference), run_background, State.QUEUED)
    assert generation.wait_reason == "price_changed"
    assert ledger(generation) == {"hold": CENT}
    assert not jobs(paid_providers, "create-upload-id")
    with refused("action_unavailable"):
        register(reference, "reg-2")


def test_too_short_unread_and_refused_sounds_are_not_registered(take_in, register):
    with refused("too_short"):
        register(take_in(), purpose="vocal")
    with refused("unsupported_use"):
        register(take_in(), purpose="weather")
    with refused("reference_unusable"):
        register(take_in(b"<html>"))
    with refused("not_ready"):
        register(take_in(tone(3), read=False))
    assert not Generation.objects.exists()


def test_the_database_knows_one_claim_for_an_id(take_in, register):
    generation = register(take_in())
    claim = ProviderReference.objects.get(generation=generation)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderReference.objects.create(
            reference=claim.reference, account=claim.account, purpose=claim.purpose, generation=generation
        )


def test_actions_are_no_music_models(paid_providers, synced_catalog):
    keys = {choice.spec.key for choice in catalog.models()}
    assert "wavespeed/create-upload-id" not in keys
    assert catalog.registering("wavespeed").price.per_take == CENT
    assert catalog.registering("soundverse") is None


def test_without_a_key_nothing_can_be_registered(take_in, register, monkeypatch):
    reference = take_in()
    monkeypatch.delenv("WAVESPEED_API_KEY")
    with refused("action_unavailable"):
        register(reference)
