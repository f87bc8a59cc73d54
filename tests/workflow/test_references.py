"""References: what is taken in, what is refused and why, and that an id is paid for once and used from then on."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from generator import workflow
from generator.audio import NotAudio, excerpt, isolated
from generator.models import Budget, Generation, Reference, ReferenceId, State
from generator.money import dollars
from generator.workflow import media, references, sweep
from tests.conftest import ended, ledger
from tests.fakes import sounds
from tests.fakes.server import tone

BGM = "wavespeed/mureka-v7.6-bgm"
CENT = dollars("0.01")


@pytest.fixture
def take_in(shops, user, project, run_background):
    """Upload a file as a reference and have it read: `take_in(b"…", start=2)`."""

    def _take_in(content=None, name="My theme.mp3", *, read=True, **how) -> Reference:
        content = sounds.sound("mp3") if content is None else content
        how = {"start": 0.0, "most": 30.0, "field": "instrumental_id"} | how
        reference = references.add(user, project, name=name, content=[content], **how)
        if read:
            run_background()
            reference.refresh_from_db()
        return reference

    return _take_in


@pytest.fixture
def register(user):
    def _register(reference, key="reg-1", purpose="instrumental", by=None) -> Generation:
        return workflow.actions.register(
            user=by or user, reference=reference, provider_key="wavespeed", purpose=purpose, idempotency_key=key
        )

    return _register


def jobs(shops, ending) -> list:
    return [job for job in shops.wavespeed.jobs if job.model.endswith(ending)]


# --- taking in ---


@pytest.mark.parametrize("format", ["mp3", "wav", "flac"])
def test_a_sound_becomes_an_mp3_of_ours(take_in, format):
    reference = take_in(sounds.sound(format), f"My theme.{format}")
    assert (reference.title, reference.is_ready) == ("My theme", True)
    assert reference.file.endswith(".mp3")
    assert 1900 <= reference.length_ms <= 2100
    assert reference.waveform.startswith("M")
    assert not reference.upload


def test_no_more_is_kept_than_the_model_takes_from_where_it_was_asked(take_in):
    reference = take_in(tone(8), "long.wav", start=3.0, most=2.0)
    assert (reference.length_ms, reference.came_ms) == (2000, 8000)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7 not a sound at all " * 50, "text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "picture"),
        (b"<!doctype html><p>Not found", "web page"),
        (bytes(range(256)) * 40, "not an audio file"),
        (tone(0.3), "at least 1 s"),
        (tone(2)[:44] + bytes(200_000), "nothing to hear"),
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
        excerpt(tmp_path / "long.wav", tmp_path / "x.mp3", start=0, most=30, longest=1)
    monkeypatch.setattr(references, "MOST_UPLOAD", 1000)
    with pytest.raises(workflow.Refused, match="larger than"):
        take_in(bytes(1001))
    with pytest.raises(workflow.Refused, match="empty"):
        take_in(b"")


def test_a_start_after_the_end_is_refused(take_in):
    assert "nothing is left" in take_in(start=60.0).problem


def test_the_same_sound_is_one_reference_until_it_is_binned(take_in):
    first = take_in()
    assert take_in(name="Another name.mp3") == first
    references.bin_reference(first)
    second = take_in()
    assert second != first
    with pytest.raises(workflow.Refused, match="again already"):
        references.restore(first)


def test_a_finished_track_can_be_a_reference(shops, user, make_track, run_background):
    track = make_track(file=media.keep_bytes(tone(2), "wav"), sha256="a" * 64)
    reference = references.from_track(user, track)
    run_background()
    reference.refresh_from_db()
    assert (reference.title, reference.track, reference.is_ready) == ("Tea time", track, True)
    assert media.path(track.file).exists()


def test_a_file_that_kills_its_worker_is_given_up(take_in):
    reference = take_in(read=False)
    Reference.objects.update(attempts=references.MOST_ATTEMPTS)
    references.work()
    reference.refresh_from_db()
    assert "could not read" in reference.problem


@pytest.mark.parametrize("error", [isolated.Interrupted("SIGKILL"), OSError("disk")])
def test_a_file_whose_reading_breaks_off_is_refused_after_a_few_tries_at_once(take_in, monkeypatch, error):
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(isolated, "excerpt", broken)
    reference = take_in()
    assert (reference.attempts, reference.due_at) == (references.MOST_ATTEMPTS, None)
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
    Reference.objects.update(binned_at=timezone.now())
    assert references.delete_for_good(Reference.objects.all()) == 1
    assert not media.path(reference.file).exists()


# --- registering ---


def test_upload_register_generate_and_the_second_time_nothing_is_paid_again(
    take_in, register, shops, ask, run_background, user, project
):
    reference = take_in()
    generation = ended(register(reference), run_background)
    assert ledger(generation) == {"hold": CENT, "charge": CENT}
    known = ReferenceId.objects.get()
    job = jobs(shops, "create-upload-id")[0]
    assert known.registered_id == str(int(job.id[:12], 16))
    assert job.inputs["purpose"] == "instrumental"
    assert shops.wavespeed.uploads[job.inputs["audio"].rpartition("/")[2]] == media.path(reference.file).read_bytes()
    assert "authorization" not in shops.requests("PUT")[0].headers
    for key in ("reg-2", "reg-3"):
        assert register(reference, key) == generation
    spec = workflow.catalogue.spec_of(BGM)
    account = generation.model.provider_id
    chosen = references.choose(spec, project.references.all(), account, {"pick-instrumental_id": reference.ref})
    music = ended(ask(model=BGM, settings=workflow.clean_settings(spec, chosen)), run_background)
    assert jobs(shops, "generate-bgm")[0].inputs["instrumental_id"] == known.registered_id
    assert len(jobs(shops, "create-upload-id")) == 1
    assert music.tracks.count() == 1
    assert references.behind(project, account, "instrumental", known.registered_id) == reference


def test_a_reference_without_an_id_is_not_sent(take_in, shops, project):
    reference, spec = take_in(), workflow.catalogue.spec_of(BGM)
    account = workflow.catalogue.choice(BGM).model.provider_id
    with pytest.raises(workflow.Refused, match="registered first") as refused:
        references.choose(spec, project.references.all(), account, {"pick-instrumental_id": reference.ref})
    assert refused.value.field == "instrumental_id"
    with pytest.raises(workflow.Refused, match="not there any more"):
        references.choose(spec, project.references.all(), account, {"pick-instrumental_id": "no such"})


def test_a_lost_answer_is_in_doubt_keeps_its_hold_and_is_found_again(take_in, register, shops, run_background):
    reference = take_in()
    shops.trouble("submit", "reset", accept=True)
    generation = register(reference)
    sweep.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT
    assert ledger(generation) == {"hold": CENT}
    assert register(reference, "reg-2") == generation  # nobody can pay a second time meanwhile
    Generation.objects.update(due_at=generation.created_at)
    ended(generation, run_background)
    assert ledger(generation) == {"hold": CENT, "charge": CENT}
    assert len(jobs(shops, "create-upload-id")) == 1
    assert ReferenceId.objects.get().is_good


@pytest.mark.parametrize(
    ("outputs", "end"), [(None, "failed"), ([], "completed"), (["https://x.example/a.mp3"], "completed")]
)
def test_a_failure_costs_nothing_and_can_be_tried_again(take_in, register, shops, run_background, user, outputs, end):
    reference = take_in()
    shops.wavespeed.end, shops.wavespeed.outputs = end, outputs
    generation = ended(register(reference), run_background, State.FAILED)
    assert ledger(generation) == {"hold": CENT, "release": CENT}
    assert not ReferenceId.objects.get().is_good
    shops.wavespeed.end, shops.wavespeed.outputs = "completed", None
    again = ended(workflow.retry(generation, user, "again"), run_background)
    assert ledger(again) == {"hold": CENT, "charge": CENT}
    assert ReferenceId.objects.get().generation == again


def test_an_upload_that_breaks_off_is_repeated_before_anything_is_asked(take_in, register, shops, monkeypatch):
    reference = take_in()
    shops.trouble("put", "reset")
    generation = register(reference)
    sweep.run(0.3)
    generation.refresh_from_db()
    assert (generation.state, len(shops.wavespeed.jobs)) == (State.QUEUED, 0)
    Generation.objects.update(due_at=generation.created_at)
    sweep.run(2)
    generation.refresh_from_db()
    assert generation.state == State.READY
    assert len(shops.requests("PUT")) == 2


def test_a_cap_in_the_way_refuses_and_leaves_nothing(take_in, register, user):
    reference = take_in()
    Budget.objects.create(user=user, cap=dollars("0.005"))
    with pytest.raises(workflow.Refused, match="monthly cap"):
        register(reference)
    assert not Generation.objects.exists()
    assert not ReferenceId.objects.exists()


def test_a_changed_price_stops_it_before_anything_is_sent(take_in, register, shops, run_background):
    reference = take_in()
    shops.wavespeed.prices["mureka-ai/create-upload-id"] = 0.02
    generation = ended(register(reference), run_background, State.QUEUED)
    assert generation.wait_reason == "price_changed"
    assert ledger(generation) == {"hold": CENT}
    assert not jobs(shops, "create-upload-id")
    with pytest.raises(workflow.Refused, match="another price"):
        register(reference, "reg-2")


def test_too_short_unread_and_refused_sounds_are_not_registered(take_in, register):
    with pytest.raises(workflow.Refused, match="at least 15 seconds"):
        register(take_in(), purpose="vocal")
    with pytest.raises(workflow.Refused, match="does not register"):
        register(take_in(), purpose="weather")
    with pytest.raises(workflow.Refused, match="cannot be used"):
        register(take_in(b"<html>"))
    with pytest.raises(workflow.Refused, match="still being read"):
        register(take_in(tone(3), read=False))
    assert not Generation.objects.exists()


def test_the_database_knows_one_claim_for_an_id(take_in, register):
    generation = register(take_in())
    claim = ReferenceId.objects.get(generation=generation)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReferenceId.objects.create(
            reference=claim.reference, account=claim.account, purpose=claim.purpose, generation=generation
        )


def test_actions_are_no_music_models(shops, offered):
    keys = {choice.spec.key for choice in workflow.catalogue.models()}
    assert "wavespeed/create-upload-id" not in keys
    assert workflow.catalogue.registering("wavespeed").price.per_take == CENT
    assert workflow.catalogue.registering("soundverse") is None


def test_without_a_key_nothing_can_be_registered(take_in, register, monkeypatch):
    reference = take_in()
    monkeypatch.delenv("WAVESPEED_API_KEY")
    with pytest.raises(workflow.Refused, match="not offered"):
        register(reference)
