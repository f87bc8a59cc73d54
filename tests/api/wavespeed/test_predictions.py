"""A prediction's life in the vendor's shapes: requested, read, listed, canceled, hidden."""

import datetime as dt

import pytest
from django.utils import timezone

from generator.api import long_polling
from generator.api.compat.wavespeed import predictions, submit
from generator.models import ClientRequest, Generation, LedgerEntry, PrivateTrack, Scope, State, Track
from generator.services.generation import comparisons
from generator.services.generation.watch_generation import RESTING
from generator.services.team import api_keys
from tests.api.wavespeed.conftest import BGM_PATH
from tests.conftest import BGM, COMPOSER, POLL

FIELDS = {"id", "model", "outputs", "urls", "status", "created_at", "error", "timings"}
FIELDS |= {"has_nsfw_contents", "executionTime"}  # the oldest clients require them
SHORT = {"prompt": "warm lo-fi, 6 s"}


def test_the_whole_way(program, run_background, client, project):
    ours = program(model_override=COMPOSER, project=project)
    body = {"prompt": "warm lo-fi, 6 s", "number_of_songs": 2, "output_format": "wav"}
    asked = ours.post(BGM_PATH, body)
    assert set(asked) == FIELDS
    assert (asked["status"], asked["outputs"], asked["error"]) == ("created", [], "")
    assert asked["model"] == BGM_PATH
    assert asked["timings"] == {"inference": 0}
    assert asked["urls"]["get"] == f"http://testserver/api/v3/predictions/{asked['id']}/result"
    run_background()
    done = ours.get(f"predictions/{asked['id']}/result")
    assert done == ours.get(f"predictions/{asked['id']}")
    assert (done["status"], len(done["outputs"])) == ("completed", 2)
    assert done["timings"]["inference"] > 0
    for address in done["outputs"]:
        assert address.startswith("http://testserver/o/")
        assert client.get(address.removeprefix("http://testserver"))["Content-Type"] == "audio/wav"
    made = Generation.objects.get()
    assert (made.model.key, made.project, made.key) == (COMPOSER, project, ours.key)
    listed = ours.post("predictions", include_inputs=True)
    assert (listed["page"], listed["total"]) == (1, 1)
    assert listed["items"] == [done | {"inputs": body}]


@pytest.mark.parametrize("state", State.values)
def test_every_state_has_a_word_that_clients_know(program, ask, state):
    ours, made = program(), ask()
    Generation.objects.update(state=state, error_message="Connection timeout: HTTP 503, 429." if state else "")
    said = ours.get(f"predictions/{predictions.id_of(made)}")
    words = {"queued": "created", "ready": "completed", "failed": "failed", "cancelled": "cancelled"}
    assert said["status"] == words.get(state, "processing")
    assert isinstance(said["outputs"], list)
    alarming = ("http 5", "http 4", "429", "timeout", "connection")
    assert not [word for word in alarming if word in said["error"].lower()]
    assert bool(said["error"]) == (state == "failed")


def test_an_id_is_the_public_name_and_back(ask):
    made = ask()
    assert len(predictions.id_of(made)) == 32
    assert predictions.ref_of(predictions.id_of(made)) == made.public_id


@pytest.mark.parametrize("id", ["", "x", "0" * 31, "f" * 32, "00" * 16, "A" * 32, "predictions", "%00" * 16])
def test_a_made_up_id_is_not_found(program, id):
    status, said = program()("GET", f"predictions/{id}/result")
    assert (status, said["code"]) == (404, 404) or (status == 400 and "%00" in id)


def test_strangers_and_other_projects_see_nothing(program, ask, stranger):
    made = predictions.id_of(ask())
    for other in (program(who=stranger), program(project=api_keys.home(stranger), who=stranger)):
        assert other("GET", f"predictions/{made}")[0] == 404
        assert other("DELETE", f"predictions/{made}")[0] == 404
        assert other.post("predictions")["total"] == 0
        assert other.post("predictions/delete", ids=[made]) == {"deleted_count": 0}
    assert program().get(f"predictions/{made}")["id"] == made


def test_a_blind_candidate_is_not_told(program, user, project):
    orders = {"text": "warm lo-fi, 6 s", "takes": 1, "format": "wav", "raw": {}, "idempotency_key": "one"}
    comparisons.submit_many(user=user, project=project, model_keys=[COMPOSER, POLL], **orders)
    assert program().post("predictions")["total"] == 0


def test_a_private_track_is_for_its_author(program, make_track, member):
    track = make_track()
    PrivateTrack.objects.create(track=track, author=track.author)
    id = predictions.id_of(track.generation)
    assert len(program().get(f"predictions/{id}")["outputs"]) == 1
    assert program(who=member("viewer"))("GET", f"predictions/{id}")[0] == 404


# --- the list ---


def test_the_list_is_narrowed_and_paged(program, ask):
    ours = program(model_override=COMPOSER)
    for _ in range(3):
        ours.post(BGM_PATH, SHORT)
    made = ask(model=COMPOSER)
    newest = [item["id"] for item in ours.post("predictions")["items"]]
    assert newest[0] == predictions.id_of(made)
    assert len(newest) == 4
    page = ours.post("predictions", page=2, page_size=3)
    assert ([item["id"] for item in page["items"]], page["total"], page["page"]) == (newest[3:], 4, 2)
    assert ours.post("predictions", model=BGM_PATH)["total"] == 3
    assert ours.post("predictions", model=COMPOSER)["total"] == 1
    assert ours.post("predictions", status="created")["total"] == 4
    assert ours.post("predictions", status="completed")["total"] == 0
    assert ours.post("predictions", status="pending")["total"] == 0
    now = timezone.now()
    assert ours.post("predictions", created_after=now.isoformat())["total"] == 0
    assert ours.post("predictions", created_before="2026-01-01T00:00:00.948268264Z")["total"] == 0
    assert ours.get("predictions?page=1&page_size=2&include_inputs=true")["items"][1]["inputs"] == SHORT
    Generation.objects.update(created_at=now - dt.timedelta(days=8))
    assert ours.post("predictions")["total"] == 0
    assert ours.get(f"predictions/{newest[0]}")["id"] == newest[0]  # a single one stays readable for longer


@pytest.mark.parametrize(
    "wrong",
    [
        {"page": 0},
        {"page": 10**30},
        {"page": "1"},
        {"page": True},
        {"page_size": 101},
        {"created_after": "yesterday"},
        {"created_after": "0001-01-01T00:00:00+01:00"},  # before the first representable day, in UTC
        {"created_before": "9999-12-31T23:59:59-01:00"},
        {"created_before": 1},
        {"include_inputs": "yes"},
        {"model": ["x"]},
        {"status": "x" * 300},
    ],
)
def test_a_list_that_makes_no_sense_is_refused(program, wrong):
    status, said = program()("POST", "predictions", wrong)
    assert status == 400
    assert next(iter(wrong)) in said["message"]


def test_many_are_listed_with_as_many_queries_as_one(program, make_track, django_assert_max_num_queries):
    ours = program()
    for number in range(8):
        make_track(f"Track {number}")
    with django_assert_max_num_queries(8):
        assert all(len(item["outputs"]) == 1 for item in ours.post("predictions")["items"])


# --- cancelling and hiding ---


def test_delete_cancels_and_a_second_time_says_so(program):
    ours = program(model_override=COMPOSER)
    id = ours.post(BGM_PATH, SHORT)["id"]
    assert ours.good(ours("DELETE", f"predictions/{id}"))["status"] == "cancelled"
    assert Generation.objects.get().state == State.CANCELLED
    status, said = ours("DELETE", f"predictions/{id}")
    assert (status, "Too late" in said["message"]) == (400, True)


def test_deleting_hides_and_loses_nothing(program, run_background, ask):
    ours = program(model_override=COMPOSER)
    id = ours.post(BGM_PATH, SHORT)["id"]
    by_hand = predictions.id_of(ask(model=COMPOSER))
    run_background()
    before = Track.objects.kept().count(), LedgerEntry.objects.count()
    assert ours.post("predictions/delete", ids=[id, by_hand, "nonsense", id]) == {"deleted_count": 2}
    assert ours("GET", f"predictions/{id}")[0] == 404
    assert ours.post("predictions")["total"] == 0
    assert (Track.objects.kept().count(), LedgerEntry.objects.count()) == before
    assert ClientRequest.objects.filter(hidden_at=None).count() == 0
    assert ours.post("predictions/delete", ids=[id]) == {"deleted_count": 0}


def test_a_reading_key_neither_makes_nor_cancels_nor_hides(program, ask):
    ours, id = program(Scope.READ), predictions.id_of(ask())
    assert ours.get(f"predictions/{id}")["status"] == "created"
    for method, path, body in (
        ("POST", "composer/studio", SHORT),
        ("DELETE", f"predictions/{id}", None),
        ("POST", "predictions/delete", {"ids": [id]}),
        ("POST", "media/uploads", {"filename": "a.mp3", "size": 4}),
    ):
        status, said = ours(method, path, body)
        assert status == 403, path
        assert said["code"] == 403
    assert Generation.objects.count() == 1


# --- waiting for it ---


def test_sync_mode_waits_for_the_end(program, run_background, monkeypatch):
    monkeypatch.setattr(long_polling, "watch", lambda *about, **how: (run_background() for _ in range(1)))
    done = program(model_override=COMPOSER).post(BGM_PATH, SHORT | {"enable_sync_mode": True})
    assert (done["status"], len(done["outputs"]), "code" in done) == ("completed", 1, False)


@pytest.mark.parametrize("full", [False, True])
def test_sync_mode_that_takes_too_long_says_so_as_the_vendor_does(program, monkeypatch, full):
    waited = []

    def follow(_, patience: float, **how):
        waited.append(patience)
        yield from ()

    monkeypatch.setattr(long_polling, "watch", follow)
    if full:
        monkeypatch.setattr(long_polling, "take_stream_slot", lambda: False)
    said = program(model_override=COMPOSER).post(BGM_PATH, SHORT | {"enable_sync_mode": True})
    assert (said["status"], said["code"]) == ("processing", 5004)
    assert said["error"].startswith("Sync mode timed out")
    assert waited == ([] if full else [submit.SYNC_TIMEOUT_S])


def test_what_is_in_doubt_is_asked_after_again(program):
    assert State.IN_DOUBT in RESTING
    assert predictions.STATUSES[State.IN_DOUBT] == "processing"


def test_the_vendors_own_models_are_asked_by_their_paths(program, paid_providers, run_background, project):
    ours = program(project=project)
    asked = ours.post(BGM_PATH, prompt="warm lo-fi", number_of_songs=3, output_format="flac", instrumental_id="ab1")
    run_background()
    done = ours.get(f"predictions/{asked['id']}/result")
    assert (done["status"], len(done["outputs"])) == ("completed", 3)
    sent = {"prompt": "warm lo-fi", "number_of_songs": 3, "output_format": "flac", "instrumental_id": "ab1"}
    assert [job.inputs for job in paid_providers.wavespeed.jobs] == [sent]
    assert Generation.objects.get().model.key == BGM


def test_a_failure_upstream_is_a_failed_prediction(program, paid_providers, run_background):
    paid_providers.wavespeed.end, paid_providers.wavespeed.error = "failed", "HTTP 503: upstream timeout"
    ours = program()
    id = ours.post(BGM_PATH, SHORT)["id"]
    run_background()
    said = ours.get(f"predictions/{id}")
    assert (said["status"], said["outputs"]) == ("failed", [])
    assert said["error"]
    assert "HTTP 5" not in said["error"]
