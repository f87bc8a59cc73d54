"""Refused requests, and that every refusal has the contract's shape."""

import json

import pytest
from django.test import Client
from django.urls import URLPattern

from generator.api.compat.wavespeed import endpoint
from generator.api.compat.wavespeed.urls import urlpatterns
from generator.currency import dollars
from generator.models import ClientRequest, Generation, LedgerEntry, Membership, Project, Role, Upload
from generator.services.provider_jobs import catalog
from generator.services.team import api_keys
from tests.api.wavespeed.conftest import BGM_PATH, REGISTER_PATH, STEMS_PATH, Program
from tests.conftest import COMPOSER, POLL

SONG_PATH = "mureka-ai/mureka-v7.6/generate-song"
V9_5_PATH = "mureka-ai/mureka-v9.5/generate-bgm"
GOOD = {"prompt": "warm lo-fi, 6 s"}


def refused(answer: tuple[int, dict], status: int, *words: str) -> None:
    code, said = answer
    assert code == status, said
    assert set(said) == {"code", "message"}
    assert said["code"] == status
    for word in words:
        assert word in said["message"], said["message"]


@pytest.fixture
def nothing_was_made(db):
    yield
    assert not Generation.objects.exists()
    assert not LedgerEntry.objects.exists()
    assert not ClientRequest.objects.exists()


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (BGM_PATH, {}, "prompt is required"),
        (BGM_PATH, {"number_of_songs": 1, "output_format": "mp3"}, "prompt is required"),  # as the page prints it
        (BGM_PATH, {"prompt": "  "}, "prompt is required"),
        (BGM_PATH, {"prompt": None}, "prompt is required"),
        (BGM_PATH, {"prompt": 7}, "prompt must be a text"),
        (BGM_PATH, {"prompt": "x" * 1025}, "at most 1,024"),
        (BGM_PATH, GOOD | {"number_of_songs": 0}, "from 1 to 3"),
        (BGM_PATH, GOOD | {"number_of_songs": 4}, "from 1 to 3"),
        (BGM_PATH, GOOD | {"number_of_songs": "2"}, "from 1 to 3"),
        (BGM_PATH, GOOD | {"number_of_songs": 2.0}, "from 1 to 3"),
        (BGM_PATH, GOOD | {"number_of_songs": True}, "from 1 to 3"),
        (BGM_PATH, GOOD | {"output_format": "ogg"}, "mp3, wav, flac"),
        (BGM_PATH, GOOD | {"output_format": ["mp3"]}, "mp3, wav, flac"),
        (BGM_PATH, GOOD | {"n": 1}, "n is not a field"),
        (BGM_PATH, GOOD | {"length": 10}, "length is not a field"),
        (BGM_PATH, GOOD | {"instrumental_id": 5}, "instrumental_id must be a text"),
        (BGM_PATH, GOOD | {"instrumental_id": "x" * 121}, "longer than 120"),
        (BGM_PATH, GOOD | {"enable_sync_mode": 1}, "true or false"),
        (BGM_PATH, GOOD | {"enable_base64_output": True}, "enable_base64_output is not supported"),
        (BGM_PATH, {"prompt": "a\u0000b"}, "cannot be stored"),
        (V9_5_PATH, GOOD | {"number_of_songs": 1}, "number_of_songs is not a field"),
        (SONG_PATH, GOOD, "lyrics is required"),
        (SONG_PATH, GOOD | {"lyrics": "la" * 1501}, "longer than 3,000"),
        (REGISTER_PATH, {}, "audio is required"),
        (REGISTER_PATH, {"audio": "https://x.example/a.mp3", "purpose": "party"}, "purpose must be one of"),
        (COMPOSER, {"prompt": "x" * 2001}, "at most 2,000"),
        (COMPOSER, GOOD | {"length": "10"}, "length must be a number"),
        (COMPOSER, GOOD | {"length": 4}, "between 5 and 600"),
        (COMPOSER, GOOD | {"length": 10**400}, "between 5 and 600"),
        (COMPOSER, GOOD | {"style": "polka"}, "style must be one of"),
        (COMPOSER, GOOD | {"loop": "on"}, "loop must be true or false"),
        (COMPOSER, GOOD | {"seed": 1.5}, "seed must be a whole number"),
        (COMPOSER, GOOD | {"energy_curve": "loud"}, "energy curve"),
    ],
)
def test_a_body_that_makes_no_sense(program, nothing_was_made, path, body, words):
    refused(program(model_override=COMPOSER)("POST", path, body), 400, words)


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        "[]",
        "7",
        "null",
        '"x"',
        "[" * 5000,
        '{"prompt": NaN}',
        '{"prompt": "\\ud800"}',
        '{"a": ' + "9" * 5000 + "}",
        "\ud7ff",
    ],
)
@pytest.mark.parametrize("path", [BGM_PATH, "predictions", "media/uploads", "model/price"])
def test_broken_json(program, nothing_was_made, path, raw):
    refused(program()("POST", path, raw), 400)


def test_a_body_of_another_kind(program, nothing_was_made):
    ours = program(model_override=COMPOSER)
    asked = {"data": "prompt=x", "content_type": "application/x-www-form-urlencoded"}
    reply = Client().generic("POST", f"/api/v3/{BGM_PATH}", headers={"authorization": f"Bearer {ours.token}"}, **asked)
    refused((reply.status_code, reply.json()), 415, "application/json")


def test_a_huge_body(program, nothing_was_made):
    refused(program()("POST", BGM_PATH, {"prompt": "x" * 1_100_000}), 413, "too large")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "mureka-ai/mureka-v1/generate-bgm", 404),
        ("POST", "composer/nothing", 404),
        ("POST", "x" * 300 + "/y", 404),
        ("POST", "models/nothing", 404),
        ("GET", "", 404),
        ("GET", "nothing", 404),
        ("POST", "nothing", 404),
        ("GET", "predictions/a/b/c", 404),
        ("GET", "a%0Ab", 404),
        ("GET", "model/%00", 400),
        ("GET", "models?page=%00", 400),
        ("GET", BGM_PATH, 405),
        ("PUT", BGM_PATH, 405),
        ("DELETE", "predictions", 405),
        ("POST", "models", 405),
        ("GET", "webhook/secret/x", 404),
        ("GET", "balance?project=nothing", 404),
        ("PUT", "media/put/x~y~z", 403),
        ("GET", "media/files/x~y~z/sound.mp3", 404),
        ("GET", "media/stems/x~y~z/a.mp3", 404),
    ],
)
def test_an_address_that_is_none(program, nothing_was_made, method, path, status):
    refused(program()(method, path, GOOD if method == "POST" else None), status)


def test_a_wrong_key_is_told_so_after_a_moment(db, monkeypatch):
    """A known client retries at once, forever."""
    waited = []
    monkeypatch.setattr(endpoint, "WRONG_KEY_DELAY_S", 0.2)
    monkeypatch.setattr(endpoint.time, "sleep", waited.append)
    assert Program("bgm_12345678_nonsense")("GET", "models")[0] == 401
    assert waited == [0.2]


def test_without_a_key_everything_but_signed_addresses_is_closed(db):
    for token in ("", "bgm_12345678_nonsense", "ws_live_0123456789abcdef"):
        for path in ("models", "balance", "predictions", "nothing", f"predictions/{'a' * 32}/result"):
            refused(Program(token)("GET", path), 401, "Bearer")
        refused(Program(token)("POST", BGM_PATH, GOOD), 401)


def test_a_slash_at_the_end_changes_nothing(program):
    ours = program(model_override=COMPOSER)
    assert ours.get("models/") == ours.get("models")
    assert ours.post(f"{BGM_PATH}/", GOOD)["model"] == BGM_PATH
    assert ours.get("predictions/")["total"] == 1


def test_every_address_answers_a_failure_of_ours_in_the_contracts_shape(program, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("generator.api.auth.user_of", broken)
    named = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]
    assert len(named) > 20
    refused(Program("x")("GET", "models"), 500, "log")


# --- unavailable models ---


def test_a_cap_in_the_way_is_402_with_its_sentence(program, priced, nothing_was_made):
    priced(POLL, "0.05")
    refused(program(cap=dollars("0.09"))("POST", POLL, GOOD | {"number_of_songs": 2}), 402, "$0.10", "$0.09")


def test_a_viewer_makes_nothing_in_a_project(program, member, project, nothing_was_made):
    ours = program(who=member("viewer"), project=project)
    refused(ours("POST", COMPOSER, GOOD), 403, "may not generate", "viewer")


def test_a_key_of_a_project_its_maker_has_left_opens_nothing(program, user, project, nothing_was_made):
    ours = program(project=project)
    Membership.objects.all().delete()
    refused(ours("POST", COMPOSER, GOOD), 403)
    refused(ours("GET", "balance"), 403)


def test_another_project_can_be_named(program, user, project):
    ours = program(model_override=COMPOSER)
    ours.post(f"{BGM_PATH}?project={project.public_id}", GOOD)
    ours.good(ours("POST", BGM_PATH, GOOD, **{"x-project": project.public_id}))
    ours.post(BGM_PATH, GOOD)
    assert [made.project for made in Generation.objects.order_by("id")] == [project, project, api_keys.home(user)]
    elsewhere = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=elsewhere, user=user, role=Role.OWNER)
    narrow = program(project=project)
    refused(narrow("POST", f"{COMPOSER}?project={elsewhere.public_id}", GOOD), 404, "project")


def test_a_vendor_without_an_account_says_how_to_go_on(program, installed, nothing_was_made):
    catalog.sync()
    refused(program()("POST", BGM_PATH, GOOD), 400, "no account", "model override", COMPOSER)
    refused(program()("POST", STEMS_PATH, {"audio": "http://testserver/o/x"}), 400, "no account")
    refused(program()("POST", REGISTER_PATH, {"audio": "http://testserver/o/x"}), 400, "no account")


def test_a_model_that_is_switched_off_says_so(program, paid_providers, nothing_was_made):
    catalog.MusicModel.objects.filter(key="wavespeed/mureka-v7.6-bgm").update(enabled=False)
    refused(program()("POST", BGM_PATH, GOOD), 400, "turned off", "model override")


# --- stand-ins ---


def test_a_stand_in_answers_whatever_is_named_but_not_the_studios_own(program, ask):
    ours = program(model_override=POLL)
    for path in (BGM_PATH, "wavespeed-ai/ace-step/v2", "minimax/music-02"):
        assert ours.post(path, GOOD)["model"] == path
    assert ours.post(COMPOSER, GOOD)["model"] == COMPOSER
    assert [made.model.key for made in Generation.objects.order_by("id")] == [POLL, POLL, POLL, COMPOSER]


def test_a_stand_in_takes_what_it_can_and_refuses_the_rest(program, nothing_was_made):
    ours = program(model_override=COMPOSER)
    song = {"prompt": "x" * 1024, "lyrics": "la", "number_of_songs": 3}
    most = catalog.spec_of(COMPOSER).takes_max
    assert most == 3
    refused(ours("POST", "some/model", GOOD | {"number_of_songs": most + 1}), 400, "from 1 to 3")
    refused(ours("POST", "some/model", GOOD | {"bpm_x": 1}), 400, "Its fields: prompt")
    refused(ours("POST", SONG_PATH, song | {"output_format": "aac"}), 400)


def test_what_a_stand_in_has_no_field_for_is_left_out(program):
    program(model_override=COMPOSER).post(BGM_PATH, GOOD | {"instrumental_id": "abc", "output_format": "flac"})
    made = Generation.objects.get()
    assert "instrumental_id" not in made.prompt.settings
    assert (made.prompt.settings["format"], made.takes_requested) == ("flac", 1)
    assert made.client_request.inputs["instrumental_id"] == "abc"


def test_the_composers_own_fields_are_taken_on_its_path(program):
    program().post(COMPOSER, GOOD | {"length": 8, "bpm": 92.5, "loop": True, "style": "lofi", "seed": 7})
    settings = Generation.objects.get().prompt.settings
    assert (settings["length"], settings["bpm"], settings["loop"], settings["seed"]) == (8, 92.5, True, 7)


def test_another_key_of_the_same_person_never_meets_it(program):
    keys = [program(model_override=COMPOSER) for _ in range(2)]
    told = {ours.good(ours("POST", BGM_PATH, GOOD, **{"idempotency-key": "one"}))["id"] for ours in keys}
    assert len(told) == 2


def test_the_same_idempotency_key_is_the_same_prediction(program):
    ours = program(model_override=COMPOSER)
    once = {"idempotency-key": "one"}
    first = ours.good(ours("POST", BGM_PATH, GOOD, **once))
    assert ours.good(ours("POST", BGM_PATH, GOOD, **once))["id"] == first["id"]
    assert ours.post(BGM_PATH, GOOD)["id"] != first["id"]
    refused(ours("POST", BGM_PATH, GOOD | {"prompt": "other music"}, **once), 409, "another request")
    refused(ours("POST", BGM_PATH, GOOD, **{"idempotency-key": "x" * 256}), 400, "Idempotency-Key")


def test_nothing_is_sent_with_a_trailing_redirect_or_a_cookie(program):
    ours = program()
    reply = Client(enforce_csrf_checks=True).post(
        f"/api/v3/{COMPOSER}",
        json.dumps(GOOD),
        content_type="application/json",
        headers={"authorization": f"Bearer {ours.token}"},
    )
    assert reply.status_code == 200
    assert not reply.cookies
    assert not Upload.objects.exists()
