"""Budgets, budget requests and documents by program: the same rules as on the pages."""

import csv
import datetime as dt

import pytest
from django.utils import timezone

from generator.currency import dollars
from generator.models import Budget, BudgetIncrease, Role, Scope
from generator.services.billing import budgets, ledger
from generator.services.generation.comparisons import submit_many
from tests.api.test_v1_generations import problem
from tests.conftest import COMPOSER, POLL
from tests.refusals import amounts


@pytest.fixture
def cap(project) -> Budget:
    return Budget.objects.create(project=project, cap=dollars("0.05"))


@pytest.fixture
def editor(member):
    return member(Role.EDITOR)


@pytest.fixture
def owner(program):
    """Ada's program, with scope `manage`."""
    return program(Scope.MANAGE)


@pytest.fixture
def theirs(program, editor):
    """The editor's program."""
    return program(of=editor)


@pytest.fixture
def soon() -> str:
    return (timezone.localdate() + dt.timedelta(days=3)).isoformat()


WANTS = {"target": "project", "amount_usd": "1.50", "reason": "three versions"}


def by_id(told: dict) -> dict[str, dict]:
    return {one["id"]: one for one in told["items"]}


# --- budgets ---


def test_a_cap_is_set_shown_and_lifted(owner, project, user, editor):
    address = f"projects/{project.public_id}/budgets"
    whole = owner.ask("PUT", f"{address}/project", {"amount_usd": "12.50"}).json()
    assert (whole["id"], whole["name"], whole["amount_usd"]) == ("project", "Kitchen stories", "12.500000")
    theirs = owner.ask("PUT", f"{address}/{editor.pk}", {"amount_usd": "3"}).json()
    assert (theirs["id"], theirs["remaining_usd"]) == (str(editor.pk), "3.000000")
    found = owner.get(address)["items"]
    assert found[0] == whole
    assert by_id({"items": found}).keys() == {"project", str(user.pk), str(editor.pk)}
    lifted = owner.ask("PUT", f"{address}/project", {"amount_usd": None}).json()
    assert (lifted["amount_usd"], lifted["remaining_usd"], lifted["used_usd"]) == (None, None, "0.000000")
    assert Budget.objects.get().user == editor


def test_the_figures_are_the_ones_that_stand_before_a_hold(owner, project, user, editor, ask, soon):
    ledger.settle(ask(takes=2), 2, "all")
    ask(user=editor)
    Budget.objects.create(project=project, user=editor, cap=dollars("0.05"))
    whole = Budget.objects.create(project=project, cap=dollars("0.2"))
    BudgetIncrease.objects.create(
        budget=whole, requested_by=editor, requested=1, reason="why",
        state=BudgetIncrease.State.GRANTED, granted=dollars("1"), expires_at=timezone.now() + dt.timedelta(days=1),
    )  # fmt: skip
    found = by_id(owner.get(f"projects/{project.public_id}/budgets"))
    for room in budgets.statuses(editor, project):
        one = found[str(room.budget.user_id or "project")]
        assert [dollars(one[name]) for name in ("amount_usd", "granted_usd", "used_usd", "remaining_usd")] == [
            room.budget.cap, room.granted, room.used, room.left,
        ]  # fmt: skip
    spend = owner.get(f"spend?project={project.public_id}")
    assert dollars(found["project"]["used_usd"]) == dollars(spend["spent_usd"]) + dollars(spend["held_usd"])
    mine = found[str(user.pk)]  # the member without a budget
    assert (mine["amount_usd"], mine["remaining_usd"], mine["used_usd"]) == (None, None, "0.060000")
    uncapped = owner.ask("PUT", f"projects/{project.public_id}/budgets/project", {"amount_usd": None}).json()
    assert uncapped["used_usd"] == found["project"]["used_usd"]


@pytest.mark.parametrize("scope", [Scope.READ, Scope.GENERATE])
def test_a_key_that_may_not_manage_sets_and_sees_no_caps(program, project, cap, scope):
    address = f"projects/{project.public_id}/budgets"
    problem(program(scope).ask("GET", address), 403, "forbidden")
    problem(program(scope).ask("PUT", f"{address}/project", {"amount_usd": "99"}), 403, "forbidden")
    assert Budget.objects.get().cap == dollars("0.05")


def test_an_editor_and_a_stranger_set_none(program, project, editor, stranger, cap):
    address = f"projects/{project.public_id}/budgets/project"
    problem(program(Scope.MANAGE, of=editor).ask("PUT", address, {"amount_usd": "99"}), 403, "forbidden")
    problem(program(Scope.MANAGE, of=stranger).ask("PUT", address, {"amount_usd": "99"}), 404, "not_found")
    assert Budget.objects.get().cap == dollars("0.05")


def test_a_personal_project_has_no_caps_to_set(owner, user):
    address = f"projects/{user.personal_project.public_id}/budgets"
    problem(owner.ask("GET", address), 422, "validation_failed")
    assert (
        "personal"
        in problem(owner.ask("PUT", f"{address}/project", {"amount_usd": "1"}), 422, "validation_failed")["detail"]
    )


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"amount_usd": "-1"}, "negative"),
        ({"amount_usd": "a lot"}, "not a valid amount"),
        ({"amount_usd": ""}, "not a valid amount"),
        ({"amount_usd": "0.0000001"}, "decimal places"),
        ({"amount_usd": 5}, ""),
        ({}, ""),
    ],
)
def test_a_cap_that_is_no_amount_is_told(owner, project, cap, body, says):
    reply = owner.ask("PUT", f"projects/{project.public_id}/budgets/project", body)
    assert says in problem(reply, 422, "validation_failed", "amount_usd")["detail"]
    assert Budget.objects.get().cap == dollars("0.05")


def test_a_comma_multiplies_nothing(owner, project):
    address = f"projects/{project.public_id}/budgets/project"
    for sent in ("1,250", "1.250", "12,50 EUR"):
        problem(owner.ask("PUT", address, {"amount_usd": sent}), 422, "validation_failed", "amount_usd")
    assert not Budget.objects.exists()
    for sent, understood in (("12,50", "12.500000"), ("1.250,00", "1250.000000")):
        assert owner.ask("PUT", address, {"amount_usd": sent}).json()["amount_usd"] == understood


@pytest.mark.parametrize("who", ["nobody", "0", "9" * 30, "²"])
def test_whoever_is_no_member_has_no_cap(owner, project, stranger, who):
    for one in (who, stranger.pk):
        problem(owner.ask("PUT", f"projects/{project.public_id}/budgets/{one}", {"amount_usd": "1"}), 404, "not_found")
    assert not Budget.objects.exists()


# --- budget requests ---


def test_from_a_refusal_to_music(theirs, owner, project, cap, soon):
    brief = {"model": POLL, "text": "warm lo-fi", "takes": 2, "project": project.public_id}
    told = problem(theirs.ask("POST", "generations", brief), 422, "validation_failed")["detail"]
    assert amounts(told) == ["$0.06", "$0.05", "$0.05"]
    asked = theirs.post(f"projects/{project.public_id}/budget-requests", WANTS)
    assert (asked["state"], asked["requested_usd"], asked["target"]) == ("open", "1.500000", "Kitchen stories")
    assert owner.get(f"projects/{project.public_id}/budget-requests?state=open")["items"] == [asked]
    answer = {"amount_usd": "1", "until": soon, "note": "Go on"}
    granted = owner.post(f"budget-requests/{asked['id']}/grant", answer)
    assert (granted["state"], granted["granted_usd"], granted["note"]) == ("granted", "1.000000", "Go on")
    assert granted["answered_by"] == "Ada"
    assert dt.datetime.fromisoformat(granted["granted_until"]).date().isoformat() == soon
    assert theirs.get(f"projects/{project.public_id}/budget-requests")["items"] == [granted]
    assert theirs.ask("POST", "generations", brief).status_code == 201
    left = by_id(owner.get(f"projects/{project.public_id}/budgets"))["project"]
    assert (left["granted_usd"], left["remaining_usd"]) == ("1.000000", "0.990000")


def test_asked_again_there_is_still_one(theirs, project, cap):
    theirs.post(f"projects/{project.public_id}/budget-requests", WANTS)
    again = theirs.ask("POST", f"projects/{project.public_id}/budget-requests", WANTS)
    problem(again, 422, "validation_failed")
    assert BudgetIncrease.objects.count() == 1


def test_a_request_is_declined_once_with_a_reason(theirs, owner, project, cap, soon):
    asked = theirs.post(f"projects/{project.public_id}/budget-requests", WANTS)["id"]
    problem(owner.ask("POST", f"budget-requests/{asked}/decline", {"note": " "}), 422, "validation_failed", "note")
    told = owner.post(f"budget-requests/{asked}/decline", {"note": "Next month"})
    assert (told["state"], told["note"], told["granted_usd"]) == ("declined", "Next month", None)
    for way, body in (("decline", {"note": "No"}), ("grant", {"amount_usd": "1", "until": soon})):
        reply = owner.ask("POST", f"budget-requests/{asked}/{way}", body)
        problem(reply, 422, "validation_failed")
    assert BudgetIncrease.objects.get().answer == "Next month"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"amount_usd": "0"}, "amount_usd"), ({"amount_usd": "lots"}, "amount_usd"), ({"reason": " "}, "reason"),
     ({"reason": "x" * 301}, "reason"), ({"target": "member"}, "target"), ({"target": "nowhere"}, "target"),
     ({"why": "x"}, "why")],
)  # fmt: skip
def test_a_request_that_makes_no_sense_is_told(theirs, project, cap, changes, field):
    problem(
        theirs.ask("POST", f"projects/{project.public_id}/budget-requests", WANTS | changes),
        422,
        "validation_failed",
        field,
    )
    assert not BudgetIncrease.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"amount_usd": "0"}, "amount_usd"), ({"amount_usd": "lots"}, "amount_usd"), ({"until": "soon"}, "until"),
     ({"until": "2001-01-01"}, "until"), ({"until": "0001-01-01"}, "until"), ({"until": "9999-12-31"}, "until")],
)  # fmt: skip
def test_a_grant_that_makes_no_sense_is_told(owner, editor, cap, soon, changes, field):
    asked = BudgetIncrease.objects.create(budget=cap, requested_by=editor, requested=5, reason="why")
    body = {"amount_usd": "1", "until": soon} | changes
    problem(owner.ask("POST", f"budget-requests/{asked.pk}/grant", body), 422, "validation_failed", field)
    assert BudgetIncrease.objects.open().get() == asked


def test_more_is_asked_of_every_cap_that_stands_in_ones_way(theirs, owner, project, editor, user):
    made = {
        "member": Budget.objects.create(user=editor, project=project, cap=1),
        "user": Budget.objects.create(user=editor, cap=1),
        "fakepoll": Budget.objects.create(provider_key="fakepoll", cap=1),
    }
    Budget.objects.create(user=user, cap=1)
    for on, budget in made.items():
        asked = theirs.post(f"projects/{project.public_id}/budget-requests", WANTS | {"target": on})
        assert (asked["target"], asked["project"]) == (budget.target, project.public_id if on == "member" else None)
    assert set(BudgetIncrease.objects.values_list("budget", flat=True)) == {budget.pk for budget in made.values()}
    assert len(theirs.get(f"projects/{project.public_id}/budget-requests")["items"]) == 3
    assert [one["target"] for one in owner.get(f"projects/{project.public_id}/budget-requests")["items"]] == [
        made["member"].target
    ]


def test_only_owners_with_a_key_that_manages_see_and_answer_others_requests(
    program, theirs, member, stranger, project, cap, soon
):
    asked = theirs.post(f"projects/{project.public_id}/budget-requests", WANTS)["id"]
    lookers = [program(Scope.READ), program(), theirs, program(Scope.MANAGE, of=member("viewer"))]
    for who in (*lookers, program(Scope.MANAGE, of=stranger)):
        problem(who.ask("POST", f"budget-requests/{asked}/decline", {"note": "No"}), 404, "not_found")
        problem(who.ask("POST", f"budget-requests/{asked}/grant", {"amount_usd": "1", "until": soon}), 404, "not_found")
    seen = [len(who.get(f"projects/{project.public_id}/budget-requests")["items"]) for who in lookers]
    assert seen == [0, 0, 1, 0]
    problem(program(of=stranger).ask("GET", f"projects/{project.public_id}/budget-requests"), 404, "not_found")
    problem(program(of=stranger).ask("POST", f"projects/{project.public_id}/budget-requests", WANTS), 404, "not_found")
    assert BudgetIncrease.objects.open().count() == 1


# --- documents ---


def test_the_papers_of_a_track_say_what_the_page_says(program, user_client, track):
    listener = program(Scope.READ)
    papers = listener.get(f"tracks/{track.public_id}/documents")
    said = {one["label"]: one["value"] for one in papers["facts"]}
    assert (papers["track"], said["SHA-256"]) == (track.public_id, track.sha256)
    assert "made with" in papers["credit"]
    page = user_client.get(f"/tracks/{track.public_id}/documents/").content.decode()
    assert all(label in page for label in said)
    pdf = listener.ask("GET", f"tracks/{track.public_id}/certificate")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert "tea-time-certificate.pdf" in pdf["Content-Disposition"]


def test_papers_tell_nothing_of_a_candidate_that_is_blind(program, project, user, make_track):
    sent = {"text": "warm lo-fi", "takes": 1, "format": "wav", "raw": {}, "idempotency_key": "many"}
    comparison = submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    blind = make_track(generation=comparison.generations.first())
    for way in ("documents", "certificate"):
        problem(program().ask("GET", f"tracks/{blind.public_id}/{way}"), 409, "conflict")


def test_nobody_elses_papers(program, stranger, track):
    for way in ("documents", "certificate"):
        problem(program(of=stranger).ask("GET", f"tracks/{track.public_id}/{way}"), 404, "not_found")


def test_the_statement_of_a_month(program, project, ask):
    ledger.settle(ask(), 1, "all")
    listener = program(Scope.READ)
    for query in ("", f"?project={project.public_id}", "?month=2026-01"):
        pdf = listener.ask("GET", f"spend/statement{query}")
        assert (pdf.status_code, pdf["Content-Type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert "statement-2026-01.pdf" in pdf["Content-Disposition"]
    problem(listener.ask("GET", "spend/statement?month=soon"), 422, "validation_failed", "month")
    problem(listener.ask("GET", "spend/statement?project=nowhere"), 404, "not_found", "project")


def test_lines_as_csv_are_all_of_them(program, user_client, project, ask):
    for _ in range(2):
        ledger.settle(ask(), 1, "all")
    listener = program(Scope.READ)
    sheet = listener.ask("GET", f"spend/ledger-entries?format=csv&kind=spent&limit=1&project={project.public_id}")
    assert sheet["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(sheet.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    month = listener.get(f"spend?project={project.public_id}")
    assert sum(dollars(row["spent USD"]) for row in rows) == dollars(month["spent_usd"])
    page = user_client.get(f"/spend/ledger-entries/?format=csv&kind=spent&project={project.public_id}")
    assert b"".join(page.streaming_content).decode("utf-8-sig") == text
    problem(listener.ask("GET", "spend/ledger-entries?format=xlsx"), 422, "validation_failed", "format")
