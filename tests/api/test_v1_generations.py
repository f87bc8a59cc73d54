"""Making music by program: once per key, followed, canceled, retried, and limited by its budget."""

import json

import pytest

from generator.models import Generation, LedgerEntry, Scope
from generator.services.billing import ledger
from generator.services.generation import completion
from tests.conftest import COMPOSER, POLL
from tests.refusals import amounts

ASK = {"model": COMPOSER, "text": "warm lo-fi, 6 s", "takes": 1, "format": "mp3"}


def problem(reply, status: int, code: str, field: str | None = None) -> dict:
    assert (reply.status_code, reply["Content-Type"]) == (status, "application/problem+json"), reply.content
    said = reply.json()
    assert (said["status"], said["code"], said.get("field")) == (status, code, field)
    assert said["detail"]
    return said


def test_from_a_call_to_a_track(program, run_background, project):
    farm = program(project=project)
    made = farm.post("generations", ASK | {"settings": {"bpm": 90}})
    assert (made["state"], made["project"], made["api_key_prefix"]) == ("queued", project.public_id, farm.key.prefix)
    assert made["prompt"]["settings"]["bpm"] == 90
    run_background()
    now = farm.get(f"generations/{made['id']}")
    assert (now["state"], now["ended"]) == ("ready", True)
    [track] = now["tracks"]
    assert track["format"] == "mp3"
    file = farm.client.get(track["audio_url"].removeprefix("http://testserver"))
    assert len(b"".join(file.streaming_content)) == track["size"]


def test_what_is_not_said_is_the_models_default(program, user):
    made = program().post("generations", {"model": COMPOSER, "text": "rain"})
    assert made["takes"] == 2
    assert made["prompt"]["settings"]["format"] == "flac"
    assert made["project"] == user.personal_project.public_id


def test_the_same_key_and_body_is_one_generation(program):
    farm = program()
    first = farm.post("generations", ASK, idempotency_key="monday-1")
    again = farm.post("generations", ASK, idempotency_key="monday-1")
    other = farm.post("generations", ASK, idempotency_key="monday-2")
    assert first["id"] == again["id"] != other["id"]


def test_the_same_key_with_another_body_is_refused(program):
    farm = program()
    farm.post("generations", ASK, idempotency_key="k")
    said = problem(farm.ask("POST", "generations", ASK | {"takes": 2}, idempotency_key="k"), 409, "conflict",
                   "Idempotency-Key")  # fmt: skip
    assert "new one" in said["detail"]
    assert Generation.objects.count() == 1


def test_two_programs_of_one_person_have_keys_of_their_own(program):
    first, second = program(), program()
    one, other = (one.post("generations", ASK, idempotency_key="1") for one in (first, second))
    assert one["id"] != other["id"]


def test_without_a_key_each_request_is_its_own(program):
    farm = program()
    assert farm.post("generations", ASK)["id"] != farm.post("generations", ASK)["id"]


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_idempotency_key_has_a_length(program, key):
    problem(program().ask("POST", "generations", ASK, idempotency_key=key), 400, "invalid_request", "Idempotency-Key")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": "no/such"}, "model"),
        ({"text": " "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"takes": 4}, "takes"),
        ({"takes": "many"}, "takes"),
        ({"takes": 10**30}, "takes"),
        ({"format": "ogg"}, "format"),
        ({"settings": {"bpm": 5000}}, "bpm"),
        ({"settings": {"no_such": 1}}, "no_such"),
        ({"settings": {"bpm": [1]}}, "settings.bpm.str"),
        ({"tittle": "typo"}, "tittle"),
        ({"project": "x" * 17}, "project"),
    ],
)
def test_what_cannot_be_made_names_its_field(program, change, field):
    problem(program().ask("POST", "generations", ASK | change), 422, "validation_failed", field)
    assert not Generation.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("{", "application/json", 400, "invalid_request"),
        ("[" * 100_000, "application/json", 400, "invalid_request"),
        ('{"takes": NaN}', "application/json", 400, "invalid_request"),
        ('{"text": "a\\u0000b"}', "application/json", 400, "invalid_request"),
        ('{"text": "\\ud800"}', "application/json", 400, "invalid_request"),
        ('{"settings": {"\\ud800": 1}}', "application/json", 400, "invalid_request"),
        (b"\xff\xfe\xfd", "application/json", 400, "invalid_request"),
        ("", "application/json", 422, "validation_failed"),
        ("[]", "application/json", 422, "validation_failed"),
        ("7", "application/json", 422, "validation_failed"),
        ("a=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("--x--", "multipart/form-data; boundary=x", 415, "unsupported_media_type"),
        ("{}", "text/plain", 415, "unsupported_media_type"),
        (" " * 1_000_001, "application/json", 413, "request_too_large"),
    ],
)
def test_what_cannot_be_read_is_said(program, body, kind, status, code):
    farm = program()
    reply = farm.client.post(
        "/api/v1/generations", body, content_type=kind, headers={"authorization": f"Bearer {farm.token}"}
    )
    assert (reply.status_code, reply["Content-Type"]) == (status, "application/problem+json"), reply.content
    assert reply.json()["code"] == code


def test_a_key_that_may_only_read_makes_nothing(program):
    said = problem(program(Scope.READ).ask("POST", "generations", ASK), 403, "forbidden")
    assert "scope “read”" in said["detail"]


def test_a_viewers_key_makes_nothing_in_the_project(program, member, project):
    reply = program(of=member("viewer")).ask("POST", "generations", ASK | {"project": project.public_id})
    problem(reply, 403, "forbidden")


def test_its_cap_stands_in_the_way_and_is_said_beforehand(program, priced, project):
    price = priced(POLL, "0.03").per_take
    farm = program(cap=price, project=project)
    ask = {"models": [POLL], "takes": 2}
    told = farm.post("quotes", ask)
    assert (told["total_usd"], told["remaining_usd"]) == ("0.060000", "0.030000")
    assert amounts(told["unavailable_reason"]) == ["$0.06", "$0.03", "$0.03"]
    problem(farm.ask("POST", "generations", {"model": POLL, "text": "rain", "takes": 2}), 422, "validation_failed")
    assert not LedgerEntry.objects.exists()
    farm.post("generations", {"model": POLL, "text": "rain", "takes": 1})
    assert farm.get("me")["api_key"]["budget_usd"] == "0.030000"


def test_cancelled_before_it_began(program):
    farm = program()
    made = farm.post("generations", ASK)
    assert farm.post(f"generations/{made['id']}/cancel")["state"] == "canceled"
    problem(farm.ask("POST", f"generations/{made['id']}/cancel"), 409, "conflict")


def test_tried_again_once(program):
    farm = program()
    made = farm.post("generations", ASK)
    problem(farm.ask("POST", f"generations/{made['id']}/retry"), 409, "conflict")
    farm.post(f"generations/{made['id']}/cancel")
    again = farm.post(f"generations/{made['id']}/retry", idempotency_key="r")
    assert again["parent"] == made["id"]
    assert farm.post(f"generations/{made['id']}/retry", idempotency_key="r")["id"] == again["id"]


def test_another_price_than_the_expected_one_makes_nothing(program, synced_catalog):
    farm, paid = program(), ASK | {"model": POLL, "takes": 2, "format": "wav", "settings": {}}
    compare = {"models": [POLL, COMPOSER], "text": "warm lo-fi", "expected_price_usd": "0.030000"}
    for path, body in (("generations", paid | {"expected_price_usd": "0.05"}), ("comparisons", compare | {"takes": 2})):
        assert "$0.06" in problem(farm.ask("POST", path, body), 409, "conflict", "expected_price_usd")["detail"]
    problem(
        farm.ask("POST", "generations", paid | {"expected_price_usd": "1,250"}),
        422,
        "validation_failed",
        "expected_price_usd",
    )
    assert not Generation.objects.exists()
    made = farm.post("generations", paid | {"expected_price_usd": "0.06"}, idempotency_key="p")
    assert farm.post("generations", paid | {"expected_price_usd": "0.05"}, idempotency_key="p")["id"] == made["id"]
    farm.post("comparisons", compare)
    farm.post(f"generations/{made['id']}/cancel")
    again = f"generations/{made['id']}/retry"
    problem(farm.ask("POST", f"{again}?expected_price_usd=0.05"), 409, "conflict", "expected_price_usd")
    assert farm.post(f"{again}?expected_price_usd=0.060000")["parent"] == made["id"]


def test_listed_by_state_and_page_by_page_while_more_come(program, ask, project, user):
    farm = program()
    made = [ask("one", model=COMPOSER) for _ in range(5)]
    completion.cancel(made[0], user, "Cancelled")
    assert [one["id"] for one in farm.get("generations?state=canceled")["items"]] == [made[0].public_id]
    first = farm.get("generations?limit=2")
    ask("came meanwhile", model=COMPOSER)
    second = farm.get(f"generations?limit=2&cursor={first['next_cursor']}")
    third = farm.get(f"generations?limit=2&cursor={second['next_cursor']}&project={project.public_id}")
    seen = [one["id"] for page in (first, second, third) for one in page["items"]]
    assert seen == [one.public_id for one in reversed(made)]
    assert third["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "===", "LTE", "MQ==", "OTk5OTk5OTk5OTk5OTk5OTk5OTk", "é"])
def test_a_cursor_that_is_none_is_told(program, cursor):
    problem(program().ask("GET", f"generations?cursor={cursor}"), 422, "validation_failed", "cursor")


def test_the_history_as_a_list(program, run_background):
    farm = program()
    made = farm.post("generations", ASK)
    run_background()
    address = f"generations/{made['id']}/events"
    lines = farm.get(address)["items"]
    assert [one["number"] for one in lines] == list(range(1, len(lines) + 1))
    first = farm.get(f"{address}?limit=2")
    assert farm.get(f"{address}?after={first['next_cursor']}")["items"] == lines[2:]


def told(reply) -> list[tuple[str, str, dict]]:
    """Return the events of a stream: (event, id, data)."""
    text = b"".join(reply.streaming_content).decode()
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in fields:
            found.append((fields["event"], fields.get("id", ""), json.loads(fields["data"])))
    return found


def test_the_history_as_a_stream_that_goes_on_where_it_was_left(program, run_background):
    farm = program()
    made = farm.post("generations", ASK)
    run_background()
    address = f"generations/{made['id']}/events"
    lines = farm.get(address)["items"]
    reply = farm.ask("GET", address, accept="text/event-stream")
    assert reply["Content-Type"] == "text/event-stream"
    events = told(reply)
    assert [one for one, *_ in events] == ["history"] * len(lines) + ["progress", "end"]
    assert events[-1][2]["state"] == "ready"
    again = told(farm.ask("GET", address, accept="text/event-stream", last_event_id="2"))
    assert [number for kind, number, _ in again if kind == "history"] == [str(one["number"]) for one in lines[2:]]


def test_a_stream_ends_when_its_time_is_up(program):
    farm = program()
    made = farm.post("generations", ASK)
    reply = farm.ask("GET", f"generations/{made['id']}/events?timeout_s=1", accept="text/event-stream")
    events = told(reply)
    assert events[-1][0] == "timeout"
    assert events[-1][2] == {"after": 1}


def test_preferring_to_wait_answers_with_what_there_is(program, run_background):
    farm = program()
    made = farm.post("generations", ASK, prefer="respond-async, wait=1")
    assert made["state"] == "queued"
    run_background()
    assert farm.get(f"generations/{made['id']}", prefer="wait=100")["state"] == "ready"


def test_several_models_stay_blind_until_one_is_picked(program, project, make_track):
    farm = program(project=project)
    ask = {"models": [COMPOSER, POLL], "text": "warm lo-fi", "takes": 1}
    made = farm.post("comparisons", ask, idempotency_key="c")
    assert farm.post("comparisons", ask, idempotency_key="c")["id"] == made["id"]
    for path, other in (("comparisons", ask | {"takes": 2}), ("generations", {"model": COMPOSER, "text": "Rain"})):
        assert farm.answer("POST", path, other, 409, idempotency_key="c")["code"] == "conflict"
    assert [one["letter"] for one in made["candidates"]] == ["A", "B"]
    runs = {one.public_id: one for one in Generation.objects.all()}
    for one in made["candidates"]:
        shown = one["generation"]
        assert (shown["model"], shown["price_usd"], shown["prompt"]["settings"]) == (None, None, {})
        problem(farm.ask("GET", f"generations/{shown['id']}/events"), 409, "conflict")
    assert farm.get("prompts")["items"] == []
    first = runs[made["candidates"][0]["generation"]["id"]]
    track = make_track("Told", generation=first)
    shown = farm.get(f"tracks/{track.public_id}")
    assert (shown["title"], shown["model"], shown["cover_url"]) == ("Candidate A", None, None)
    problem(farm.ask("GET", f"tracks/{track.public_id}/cover"), 409, "conflict")
    assert farm.get(f"tracks?model={first.model.key}")["items"] == []
    picked = farm.post(f"comparisons/{made['id']}/pick", {"track": track.public_id})
    assert [one["id"] for one in farm.get(f"tracks?model={first.model.key}")["items"]] == [track.public_id]
    assert (picked["is_blind"], picked["picked_track"]) == (False, track.public_id)
    assert picked["candidates"][0]["generation"]["model"] == first.model.key
    assert farm.get(f"tracks/{track.public_id}")["title"] == "Told"


def test_prompts_with_their_settings(program, run_background, project):
    farm = program(project=project)
    made = farm.post("generations", ASK)
    [prompt] = farm.get(f"prompts?project={project.public_id}")["items"]
    assert prompt == made["prompt"] == farm.get(f"prompts/{prompt['id']}")
    assert prompt["settings"]["takes"] == 1


def test_what_it_cost_is_on_it(program, ask):
    run = ask(takes=2)
    ledger.settle(run, 1, "1 of 2")
    shown = program().get(f"generations/{run.public_id}")
    assert (shown["price_usd"], shown["charged_usd"]) == ("0.060000", "0.030000")
