"""The models by program: what each has done in a project."""

import pytest
from django.utils import timezone

from generator.models import Generation, State
from generator.services.billing import ledger
from tests.conftest import POLL


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
