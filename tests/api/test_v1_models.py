"""The models by program: what each has done in a project, and what is used when one is unavailable."""

import pytest
from django.utils import timezone

from generator.models import Generation, ProviderAccount, Scope, State
from generator.services.billing import ledger
from generator.services.generation import cancellation
from tests.conftest import COMPOSER, POLL, STREAM


@pytest.fixture
def delivered(ask, make_track):
    for number in range(3):
        generation = ask(model=POLL)
        make_track(generation=generation, trashed_at=timezone.now() if number else None)
        Generation.objects.filter(pk=generation.pk).update(state=State.READY)
        ledger.settle(generation, 1, "done")


def record(farm, path: str) -> dict:
    return next(model["track_record"] for model in farm.get(path)["items"] if model["id"] == POLL)


def test_a_project_tells_what_its_models_have_done(program, project, user, delivered):
    farm = program()
    assert record(farm, f"models?project={project.public_id}") == {
        "project": project.public_id,
        "takes": 3,
        "kept": 1,
        "spent_usd": "0.090000",
        "cost_per_kept_usd": "0.090000",
        "comparisons": 0,
        "wins": 0,
        "elo": None,
    }


def test_without_a_project_it_is_the_keys_own(program, project, user, delivered):
    assert record(program(), "models")["project"] == user.personal_project.public_id
    assert record(program(), "models")["takes"] == 0
    assert record(program(project=project), "models")["takes"] == 3
    assert program(project=project).get(f"models/{POLL}")["track_record"]["takes"] == 3


# --- fallbacks ---

ASK = {"model": POLL, "text": "calm piano", "takes": 1, "format": "wav"}


def prefer(farm, project, *models, mode="use"):
    defaults = {"fallback_models": models, "fallback_mode": mode}
    return farm.answer("PATCH", f"projects/{project.public_id}/settings", {"defaults": defaults})


def halt():
    ProviderAccount.objects.filter(key="fakepoll").update(halt_code="no_credit", last_error="The credit is used up.")


def test_the_order_is_set_and_kept_by_other_changes(program, project):
    farm = program(Scope.MANAGE, project=project)
    assert prefer(farm, project, STREAM, COMPOSER)["defaults"]["fallback_models"] == [STREAM, COMPOSER]
    farm.answer("PATCH", f"projects/{project.public_id}/settings", {"defaults": {"prompt_suffix": "warm"}})
    defaults = farm.get(f"projects/{project.public_id}/settings")["defaults"]
    assert (defaults["fallback_models"], defaults["fallback_mode"]) == ([STREAM, COMPOSER], "use")
    address = f"projects/{project.public_id}/settings"
    wrong = farm.answer("PATCH", address, {"defaults": {"fallback_models": ["no/such"]}}, status=422)
    assert (wrong["code"], wrong["field"]) == ("validation_failed", "fallback_models")


def test_a_generation_says_what_was_used_instead(program, project):
    farm = program(Scope.MANAGE, project=project)
    prefer(farm, project, STREAM)
    halt()
    made = farm.post("generations", ASK, idempotency_key="one")
    assert made["model"] == STREAM
    said = made["fallback"]
    assert said.pop("message").startswith("Made with Fake stream one because Fake poll one was unavailable")
    assert said == {
        "requested_model": POLL,
        "reason": "insufficient_provider_credit",
        "not_carried_over": [],
        "replaces": None,
    }
    ProviderAccount.objects.update(halt_code="")
    assert farm.post("generations", ASK, idempotency_key="one")["id"] == made["id"]
    assert farm.post("generations", ASK, idempotency_key="two")["fallback"] is None


def test_a_mistake_is_refused_whichever_model_takes_the_request(program, project):
    farm = program(Scope.MANAGE, project=project)
    prefer(farm, project, STREAM)
    halt()
    farm.answer("POST", "generations", ASK | {"settings": {"color": "red"}}, status=422)
    farm.answer("POST", "generations", ASK | {"expected_price_usd": "0.02"}, status=422)
    assert not Generation.objects.exists()


def test_a_waiting_generation_can_be_taken_over(program, project):
    farm = program(Scope.MANAGE, project=project)
    prefer(farm, project, STREAM)
    first = farm.post("generations", ASK)
    halt()
    cancellation.rescue()
    assert farm.get(f"generations/{first['id']}")["state"] == "queued"  # a program's own decision
    address = f"generations/{first['id']}/use-next?expected_price_usd=0.03"
    made = farm.answer("POST", address, status=201)
    assert (made["model"], made["parent"], made["fallback"]["replaces"]) == (STREAM, first["id"], first["id"])
    assert farm.answer("POST", address, status=201)["id"] == made["id"]
    now = farm.get(f"generations/{first['id']}")
    assert (now["state"], now["error"]["code"], now["replaced_by"]) == ("failed", "replaced", made["id"])
    assert (now["charged_usd"], made["price_usd"]) == ("0.000000", "0.030000")
