"""By program: saving a mix as a version, and dismissing an ended generation."""

import numpy as np
import pytest

from generator.audio import decode
from generator.models import Generation, LedgerEntry, Scope, Track
from generator.services.generation import cancellation, variations
from generator.services.library import media
from tests.api.test_v1_generations import problem
from tests.conftest import COMPOSER, POLL, ended

TEXT = "lo-fi, 10 s, 80 bpm"


def players(track: Track) -> dict[str, str]:
    """Return title → public_id."""
    return dict(track.stems.values_list("title", "public_id"))


def sound(file: str) -> np.ndarray:
    """Return samples of shape (frames, channels)."""
    return decode(media.path(file)).samples


# --- a mix ---


def test_what_was_set_is_what_is_made(program, ask, run_background):
    run = ended(ask(TEXT, model=COMPOSER, settings={"seed": 7, "take": 2}), run_background)
    original = run.tracks.get()
    farm = program()
    farm.post(f"tracks/{original.public_id}/stems")
    run_background()
    stems = {stem["title"]: stem["id"] for stem in farm.get(f"tracks/{original.public_id}/stems")["stems"]}
    made = farm.post(
        f"tracks/{original.public_id}/mixes", {"gains_db": {stems["Drums"]: -6}, "muted": [stems["Vibraphone"]]}
    )
    assert (made["state"], made["parent"], made["api_key_prefix"]) == ("queued", run.public_id, farm.key.prefix)
    assert set(made["prompt"]["settings"]["balance"].split(", ")) == {"Drums −6 dB", "no Vibraphone"}
    version = ended(Generation.objects.get(public_id=made["id"]), run_background).tracks.get()
    assert (version.made_of["seed"], version.made_of["take"]) == (7, 2)
    before, after = sound(original.file), sound(version.file)
    assert before.shape == after.shape
    assert np.abs(before - after).max() > 0.01
    farm.post(f"tracks/{version.public_id}/stems")
    run_background()
    assert "Vibraphone" not in players(version)
    assert _beside_the_bass(version) == pytest.approx(_beside_the_bass(original) - 6, abs=0.2)
    assert set(LedgerEntry.objects.filter(generation=version.generation).values_list("amount", flat=True)) == {0}


def _beside_the_bass(track: Track) -> float:
    """Return how loud the drums are relative to an untouched player, in dB."""
    heard = {stem.title: np.mean(np.square(sound(stem.file))) for stem in track.stems.all()}
    return float(10 * np.log10(heard["Drums"] / heard["Upright bass"]))


def test_a_program_says_it_as_the_mixer_does(program, user_client, mixed):
    drums = players(mixed)["Drums"]
    made = program().post(f"tracks/{mixed.public_id}/mixes", {"gains_db": {drums: -6.0206}})
    user_client.post(f"/tracks/{mixed.public_id}/mix/", {"idempotency_key": "k", f"level-{drums}": "50"})
    assert Generation.objects.latest("id").prompt.settings == made["prompt"]["settings"]


def test_muted_is_muted_whatever_the_gain(program, mixed):
    drums = players(mixed)["Drums"]
    made = program().post(f"tracks/{mixed.public_id}/mixes", {"gains_db": {drums: 3}, "muted": [drums]})
    assert made["prompt"]["settings"]["balance"] == "no Drums"


def test_the_same_key_is_one_version_and_for_another_balance_a_conflict(program, mixed):
    farm, drums, bass = program(), *players(mixed).values()
    body = {"gains_db": {drums: -6}, "muted": [bass]}
    once = {farm.post(f"tracks/{mixed.public_id}/mixes", body, idempotency_key="b")["id"] for _ in "ab"}
    assert len(once) == 1
    other = farm.ask("POST", f"tracks/{mixed.public_id}/mixes", body | {"muted": []}, idempotency_key="b")
    problem(other, 409, "conflict", "Idempotency-Key")
    assert Generation.objects.filter(parent=mixed.generation).count() == 1
    for _ in "ab":
        farm.post(f"tracks/{mixed.public_id}/mixes", body)
    assert Generation.objects.filter(parent=mixed.generation).count() == 3


def test_the_same_key_for_another_version_is_a_conflict(program, mixed):
    farm = program()
    farm.post(f"tracks/{mixed.public_id}/variations", {"change": "calmer"}, idempotency_key="v")
    other = farm.ask("POST", f"tracks/{mixed.public_id}/variations", {"change": "10% slower"}, idempotency_key="v")
    problem(other, 409, "conflict", "Idempotency-Key")


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, None, variations.UNCHANGED),
        ({"gains_db": {"Drums": 0}}, None, variations.UNCHANGED),
        ({"muted": ["Drums", "Upright bass"]}, None, variations.ALL_MUTED),
        ({"gains_db": {"no-such": -6}}, "gains_db", "This track has no stem “no-such”."),
        ({"muted": ["no-such"]}, "muted", "This track has no stem “no-such”."),
        ({"gains_db": {"Drums": 12.1}}, "gains_db.{Drums}", "less than or equal to 12"),
        ({"gains_db": {"Drums": -61}}, "gains_db.{Drums}", "greater than or equal to -60"),
        ({"solo": ["Drums"]}, "solo", "Unknown field."),
    ],
)
def test_a_balance_that_is_none_is_refused_in_a_sentence(program, mixed, body, field, sentence):
    named = players(mixed)
    if "gains_db" in body:
        body = {"gains_db": {named.get(who, who): gain for who, gain in body["gains_db"].items()}}
    if "muted" in body:
        body = {"muted": [named.get(who, who) for who in body["muted"]]}
    reply = program().ask("POST", f"tracks/{mixed.public_id}/mixes", body)
    said = problem(reply, 422, "validation_failed", field and field.format(**named))
    assert sentence in said["detail"]
    assert not Generation.objects.filter(parent=mixed.generation).exists()


def test_without_players_there_is_nothing_to_keep(program, make_track):
    for track in (make_track(prompt=TEXT), make_track(model=POLL)):
        reply = program().ask("POST", f"tracks/{track.public_id}/mixes", {"gains_db": {"x": -6}})
        assert problem(reply, 422, "validation_failed")["detail"] == variations.NO_MIX


def test_whose_key_may_keep_a_balance(program, mixed, member, stranger, project):
    body = {"gains_db": {players(mixed)["Drums"]: -6}}
    address = f"tracks/{mixed.public_id}/mixes"
    assert "scope “read”" in problem(program(Scope.READ).ask("POST", address, body), 403, "forbidden")["detail"]
    viewer = program(Scope.MANAGE, of=member("viewer"))
    assert "editor role" in problem(viewer.ask("POST", address, body), 403, "forbidden")["detail"]
    problem(program(Scope.MANAGE, of=stranger).ask("POST", address, body), 404, "not_found")
    assert not Generation.objects.filter(parent=mixed.generation).exists()
    for allowed in (program(), program(Scope.MANAGE), program(project=project), program(of=member("editor"))):
        allowed.post(address, body)


# --- dismissing ---


def test_what_has_ended_is_put_out_of_sight(program, user_client, ask, user, project):
    run = ask("sad oboe", model=COMPOSER)
    farm = program()
    said = problem(farm.ask("POST", f"generations/{run.public_id}/dismiss"), 409, "conflict")
    assert "not ended yet" in said["detail"]
    assert farm.post(f"generations/{run.public_id}/cancel")["dismissed_at"] is None
    assert b"sad oboe" in user_client.get(f"/projects/{project.public_id}/running/").content
    once = farm.post(f"generations/{run.public_id}/dismiss")
    assert (once["id"], once["state"]) == (run.public_id, "canceled")
    assert once["dismissed_at"]
    assert b"sad oboe" not in user_client.get(f"/projects/{project.public_id}/running/").content
    assert farm.get("generations")["items"][0]["dismissed_at"] == once["dismissed_at"]


def test_whose_key_may_dismiss(program, ask, user, stranger, member):
    run = ask(model=COMPOSER)
    cancellation.cancel(run, user)
    address = f"generations/{run.public_id}/dismiss"
    problem(program(Scope.READ).ask("POST", address), 403, "forbidden")
    problem(program(Scope.MANAGE, of=member("viewer")).ask("POST", address), 403, "forbidden")
    problem(program(Scope.MANAGE, of=stranger).ask("POST", address), 404, "not_found")
    run.refresh_from_db()
    assert run.dismissed_at is None
    program(of=member("editor")).post(address)
