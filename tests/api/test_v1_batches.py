"""Several briefs by program: one key, one price, all or none, and one resource for their progress; and presets."""

import pytest
from django.utils import timezone

from generator.currency import dollars
from generator.models import Batch, Budget, Generation, LedgerEntry, Preset, Scope, State
from generator.services.briefs import presets
from tests.api.test_v1_generations import problem
from tests.conftest import COMPOSER, POLL
from tests.web.generation.test_running import put

BRIEFS = [
    {"model": POLL, "text": "warm opener", "takes": 2},
    {"model": POLL, "text": "calm bed", "takes": 1},
]


@pytest.fixture
def ask(project):
    return {"project": project.public_id, "briefs": BRIEFS}


def test_a_batch_is_followed_in_one_place(program, ask, run_background):
    farm = program()
    made = farm.post("batches", ask | {"briefs": [{"model": COMPOSER, "text": "calm piano, 5 s", "takes": 1}] * 2})
    assert (made["total"], made["queued_or_running"], made["ended"], made["kind"]) == (2, 2, False, "briefs")
    run_background()
    now = farm.get(f"batches/{made['id']}")
    assert (now["ready"], now["ended"], now["percent"], now["charged_usd"]) == (2, True, 100, "0.000000")
    assert [len(run["tracks"]) for run in now["generations"]] == [1, 1]


def test_all_are_held_at_one_price_and_a_repeated_key_is_the_same_batch(program, ask):
    farm = program()
    made = [farm.post("batches", ask | {"expected_price_usd": "0.09"}, idempotency_key="k") for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]
    assert (made[0]["price_usd"], made[0]["charged_usd"]) == ("0.090000", "0.000000")
    assert [run["prompt"]["text"] for run in made[0]["generations"]] == ["warm opener", "calm bed"]
    holds = LedgerEntry.objects.order_by("id").values_list("kind", "amount")
    assert list(holds) == [("hold", dollars("0.06")), ("hold", dollars("0.03"))]
    assert {run["api_key_prefix"] for run in made[0]["generations"]} == {farm.key.prefix}
    reply = farm.ask("POST", "batches", ask, idempotency_key="new")
    assert reply["Location"] == f"/api/v1/batches/{reply.json()['id']}"


def test_a_key_is_for_one_request(program, ask):
    farm = program()
    farm.post("batches", ask, idempotency_key="k")
    other = ask | {"briefs": BRIEFS[:1]}
    problem(farm.ask("POST", "batches", other, idempotency_key="k"), 409, "conflict", "Idempotency-Key")
    single = {"model": COMPOSER, "text": "rain"}
    reply = farm.ask("POST", "generations", single, idempotency_key="k")
    problem(reply, 409, "conflict", "Idempotency-Key")
    assert Batch.objects.count() == 1


@pytest.mark.parametrize(
    ("brief", "field"),
    [
        ({"model": COMPOSER, "text": ""}, "briefs.1.text"),
        ({"model": COMPOSER, "text": "x", "takes": 99}, "briefs.1.takes"),
        ({"model": COMPOSER, "text": "x", "settings": {"no_such": 1}}, "briefs.1.no_such"),
        ({"model": COMPOSER, "text": "x", "settings": {"bpm": 9}}, "briefs.1.bpm"),
        ({"model": "no/such", "text": "x"}, "briefs.1.model"),
    ],
)
def test_one_refused_brief_refuses_all_and_is_named(program, ask, brief, field):
    reply = program().ask("POST", "batches", ask | {"briefs": [BRIEFS[0], brief]})
    problem(reply, 422, "validation_failed", field)
    assert not Generation.objects.exists()
    assert not Batch.objects.exists()


def test_a_budget_or_another_price_refuses_all(program, ask, project):
    farm = program()
    reply = farm.ask("POST", "batches", ask | {"expected_price_usd": "0.06"})
    problem(reply, 409, "conflict", "expected_price_usd")
    Budget.objects.create(project=project, cap=dollars("0.07"))
    assert farm.ask("POST", "batches", ask).status_code == 422
    assert not Generation.objects.exists()


@pytest.mark.parametrize("count", [0, 51])
def test_too_few_and_too_many_briefs_are_refused(program, ask, count):
    reply = program().ask("POST", "batches", ask | {"briefs": BRIEFS[:1] * count})
    assert (reply.status_code, reply.json()["field"]) == (422, "briefs")


def test_what_became_of_each_is_counted(program, ask):
    farm = program()
    made = farm.post("batches", ask | {"briefs": BRIEFS[:1] * 4})
    runs = Generation.objects.order_by("id")
    for run, state in zip(runs, (State.READY, State.FAILED, State.IN_DOUBT), strict=False):
        put(run, state, finished_at=timezone.now())
    now = farm.get(f"batches/{made['id']}")
    assert (now["ready"], now["failed"], now["in_doubt"], now["queued_or_running"]) == (1, 1, 1, 1)
    assert now["charged_usd"] == "0.060000"
    now = farm.post(f"batches/{made['id']}/cancel")
    assert (now["canceled"], now["queued_or_running"], now["ended"]) == (1, 0, True)


# --- presets ---


def test_a_preset_is_renamed(program, user, project):
    preset = presets.save(user, project, "Opener", {"model": COMPOSER, "bpm": 90}, "", 1, "flac")
    farm = program()
    now = farm.answer("PATCH", f"presets/{preset.public_id}", {"name": "  Bed "})
    assert (now["name"], now["settings"]["bpm"]) == ("Bed", 90)
    presets.save(user, project, "Taken", {"model": COMPOSER}, "", 1, "flac")
    reply = farm.ask("PATCH", f"presets/{preset.public_id}", {"name": "Taken"})
    assert (reply.status_code, reply.json()["field"]) == (422, "name")
    problem_of_etag = farm.ask("PATCH", f"presets/{preset.public_id}", {"name": "New"}, if_match='"old"')
    assert problem_of_etag.status_code == 412
    assert Preset.objects.get(pk=preset.pk).name == "Bed"


def test_a_deleted_preset_is_gone_for_programs(program, user, project):
    preset = presets.save(user, project, "Opener", {"model": COMPOSER}, "", 1, "flac")
    farm = program(Scope.MANAGE)
    farm.answer("DELETE", f"presets/{preset.public_id}", status=204)
    assert farm.ask("GET", f"presets/{preset.public_id}").status_code == 404
    assert farm.ask("PATCH", f"presets/{preset.public_id}", {"name": "New"}).status_code == 404
    assert farm.get(f"projects/{project.public_id}/presets")["items"] == []
