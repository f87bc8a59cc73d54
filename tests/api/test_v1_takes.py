"""Models whose vendor makes one take per call, and suggestions for what a vendor rejected, by program."""

import pytest

from generator.management.agents import schemas
from generator.models import Generation
from tests.api.test_v1_generations import problem
from tests.conftest import ended, ledger

MODEL = "elevenlabs/music_v2"


def test_a_brief_may_have_takes_that_are_a_generation_each(elevenlabs_shop, program, project, run_background):
    farm = program()
    model = farm.get(f"models/{MODEL}")
    assert (model["takes_max"], model["batch_takes_max"], model["price_usd"]) == (1, 4, "0.300000")
    brief = {"model": MODEL, "text": "warm lo-fi", "takes": 3, "settings": {"duration": 10}}
    other = {"model": "composer/studio", "text": "calm piano, 5 s", "takes": 2}
    body = {"project": project.public_id, "briefs": [brief, other], "expected_price_usd": "0.15"}
    made = farm.post("batches", body, idempotency_key="k")
    assert [run["takes"] for run in made["generations"]] == [1, 1, 1, 2]
    assert made["price_usd"] == "0.150000"
    assert farm.post("batches", body, idempotency_key="k")["id"] == made["id"]
    run_background()
    now = farm.get(f"batches/{made['id']}")
    assert (now["ready"], now["charged_usd"]) == (4, "0.150000")
    assert len(elevenlabs_shop.jobs) == 3


@pytest.mark.parametrize("takes", [0, 5])
def test_more_takes_than_that_are_refused(elevenlabs_shop, program, project, takes):
    body = {"project": project.public_id, "briefs": [{"model": MODEL, "text": "warm lo-fi", "takes": takes}]}
    problem(program().ask("POST", "batches", body), 422, "validation_failed", "briefs.0.takes")
    assert not Generation.objects.exists()


def test_a_suggestion_is_told_to_programs_and_agents(elevenlabs_shop, program, ask, run_background):
    elevenlabs_shop.refuse = (400, {"code": "bad_prompt", "prompt_suggestion": "calm piano"})
    generation = ended(ask(model=MODEL), run_background, "failed")
    content = program().get(f"generations/{generation.public_id}")
    assert content["error"]["suggestion"] == {"text": "calm piano"}
    assert schemas.Generation.from_response(content).suggestion == {"text": "calm piano"}
    assert ledger(generation) == {"hold": 300_000, "release": 300_000}
