"""Money by program: figures, lines and budgets, limited to the key's project; and the rate limit."""

import pytest
from django.core.cache import caches
from django.core.management import call_command

from generator.api import throttling
from generator.models import Membership, Project, Role, Scope
from generator.services.billing import ledger
from generator.services.team import api_keys
from tests.api.test_v1_generations import problem
from tests.conftest import POLL, STREAM


@pytest.fixture
def elsewhere(user) -> Project:
    other = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=other, user=user, role=Role.OWNER)
    return other


@pytest.fixture
def spent(ask, elsewhere, program, project):
    """Spend here by hand, here with a key, elsewhere, and an open hold."""
    farm = program(project=project, cap=5_000_000)
    ledger.settle(ask(takes=2), 2, "all")
    ledger.settle(ask(model=STREAM, user=_acting(farm)), 1, "all")
    ledger.settle(ask(project=elsewhere), 1, "all")
    ask(takes=2)
    return farm


def _acting(program):
    return api_keys.user_for_token(program.token)


def test_figures_lines_and_caps_agree(program, spent, project):
    mine = program()
    everywhere = mine.get("spend")
    here = mine.get(f"spend?project={project.public_id}")
    assert everywhere["project"] is None
    assert everywhere["held_usd"] == here["held_usd"] == "0.060000"
    assert len(everywhere["by_project"]) == 2
    for scope, query in ((everywhere, ""), (here, f"&project={project.public_id}")):
        lines = mine.get(f"spend/ledger-entries?kind=spent{query}")["items"]
        assert f"{sum(float(one['spent_usd']) for one in lines):.6f}" == scope["spent_usd"]
    [by_key] = here["by_api_key"]
    assert (by_key["id"], by_key["takes"]) == (spent.key.public_id, 1)
    [line] = mine.get(f"spend/ledger-entries?kind=spent&api_key={spent.key.public_id}")["items"]
    assert (line["api_key"], line["model"]) == (spent.key.public_id, STREAM)


def test_a_projects_key_sees_its_project_alone(spent, project, elsewhere):
    assert spent.get("spend")["project"] == project.public_id
    assert spent.get("spend")["by_project"] == []
    assert {one["project"] for one in spent.get("spend/ledger-entries")["items"]} == {project.public_id}
    problem(spent.ask("GET", f"spend?project={elsewhere.public_id}"), 404, "not_found", "project")


def test_lines_page_by_page(program, spent):
    mine = program()
    whole = mine.get("spend/ledger-entries?limit=100")["items"]
    first = mine.get("spend/ledger-entries?limit=3")
    rest = mine.get(f"spend/ledger-entries?limit=100&cursor={first['next_cursor']}")
    assert first["items"] + rest["items"] == whole


@pytest.mark.parametrize(
    ("path", "field"),
    [("spend?month=2026-13", "month"), ("spend/ledger-entries?kind=gift", "kind"), 
     ("spend/ledger-entries?day=soon", "day"), ("spend/ledger-entries?cursor=x", "cursor")],
)  # fmt: skip
def test_what_makes_no_sense_is_told(program, path, field):
    problem(program().ask("GET", path), 422, "validation_failed", field)


# --- rate limit ---


def test_a_key_asks_so_often_a_minute_and_is_told_where_it_stands(program, settings, monkeypatch):
    settings.STUDIO_API_RATE = 3
    monkeypatch.setattr(throttling.time, "time", lambda: 1_000_000_030.0)
    farm, other = program(), program(Scope.READ)
    left = [farm.ask("GET", "me")["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = farm.ask("GET", "me")
    problem(refused, 429, "rate_limited")
    assert refused["Retry-After"] == refused["RateLimit-Reset"]
    assert 0 < int(refused["Retry-After"]) <= 60
    assert other.ask("GET", "me").status_code == 200
    monkeypatch.setattr(throttling.time, "time", lambda: 1_000_000_030.0 + int(refused["Retry-After"]))
    assert farm.ask("GET", "me")["RateLimit-Limit"] == "3"


def test_it_is_counted_for_all_processes_together(program, settings):
    """The count is in Django's cache, which all processes share; a fresh connection stands for another process."""
    settings.STUDIO_API_RATE = 2
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "studio_cache"}
    }
    call_command("createcachetable")
    farm = program()
    codes = []
    for _ in range(3):
        caches.close_all()
        codes.append(farm.ask("GET", "me").status_code)
    assert codes == [200, 200, 429]


def test_without_a_limit_nothing_is_counted(program, settings):
    settings.STUDIO_API_RATE = 0
    assert "RateLimit-Limit" not in program().ask("GET", "me")


def test_pages_and_other_contracts_are_not_counted(user_client, program, settings):
    settings.STUDIO_API_RATE = 1
    farm = program()
    farm.ask("GET", "me")
    for _ in range(3):
        assert farm.ask("GET", "/api/v1/openapi.json").status_code == 200
        assert user_client.get("/spend/").status_code == 200


def test_what_it_is_about_to_cost(program):
    told = program().post("quotes", {"models": [POLL, STREAM], "takes": 2})
    assert (told["total_usd"], told["per_take_usd"], told["unavailable_reason"]) == ("0.120000", "0.060000", "")
