"""Conventions of every address of /api/v1: Location, ETag, If-Match, Idempotency-Key, unknown parameters, slashes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from generator.api.v1 import operations
from generator.api.v1.api import api
from generator.models import Comment, Scope
from tests.api.test_every_address import NAMES, ROWS, SENT, address, filled, things  # noqa: F401
from tests.conftest import COMPOSER

VIEWS = [view for bound in api._get_bound_routers() for view in bound.path_operations.values()]
OPERATIONS = {one.view_func.__name__: one for view in VIEWS for one in view.operations}
DOCUMENTS = ("/api/v1/openapi.json", "/api/v3/openapi.json", "/v5/openapi.json")


@contextmanager
def undone() -> Iterator[None]:
    """Undo all changes made inside, so that every row of a table can use one library, which is slow to make."""
    cache.clear()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def route_of(name: str) -> str:
    return next(route for route, named in NAMES.items() if name in named.values())


def parts(document):
    """Yield every object of a document, with its location."""
    waiting = [("", document)]
    while waiting:
        place, part = waiting.pop()
        if isinstance(part, dict):
            yield place, part
            waiting += [(f"{place}/{name}", one) for name, one in part.items()]
        elif isinstance(part, list):
            waiting += [(f"{place}/{number}", one) for number, one in enumerate(part)]


# --- the documents ---


@pytest.mark.parametrize("url", DOCUMENTS)
def test_a_document_can_be_made_a_client_of(synced_catalog, settings, url):
    document = Client().get(url, headers={"host": "localhost:8123"}).json()
    assert [server["url"] for server in document["servers"]] == ["http://localhost:8123"]
    methods = [one for path in document["paths"].values() for one in path.values()]
    ids = [one["operationId"] for one in methods]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in document["tags"]}
    for one in methods:
        assert one["summary"], one
        assert one["description"], one
        assert set(one["tags"]) <= tags
        assert any(code.startswith("4") for code in map(str, one["responses"]))
    for place, part in parts(document):
        if "array" in (part.get("type") or ""):
            assert part.get("items"), place
        if "$ref" in part:
            assert part["$ref"].rpartition("/")[2] in document["components"]["schemas"], place
    assert document["info"]["license"]["name"]
    assert document["info"]["contact"]["url"]
    settings.STUDIO_URL = "https://studio.example"
    assert Client().get(url).json()["servers"][0]["url"] == "https://studio.example"


# --- unknown query parameters ---


def test_an_unknown_query_parameter_is_refused(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    answers = {}
    for name in ROWS:
        url = address(route_of(name), "", things)
        with undone():
            reply = ours.ask(ROWS[name][0], f"{url}?no_such=1", filled(SENT.get(name), things))
            said = reply.json()
        answers[name] = (reply.status_code, said.get("code"), said.get("field"))
    assert answers == dict.fromkeys(ROWS, (422, "validation_failed", "no_such"))


def test_the_documented_parameters_are_not(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    for path, methods in ours.get("openapi.json")["paths"].items():
        query = [one["name"] for one in methods.get("get", {}).get("parameters", ()) if one["in"] == "query"]
        if query:
            url = re.sub(r"{(\w+)}", lambda found: things[found[1]], path)
            said = ours.ask("GET", url + "?" + "&".join(f"{name}=%00" for name in query)).json()
            assert said["code"] == "invalid_request"  # because of the letter, not the names
            reply = ours.ask("GET", f"{url}?{query[0]}=no")
            assert b"no query parameter" not in b"".join(reply)


# --- Location and Idempotency-Key ---


@pytest.mark.parametrize("name", sorted(name for name, one in OPERATIONS.items() if 201 in one.response_models))
def test_what_was_made_says_where_it_is(name):
    assert name in operations.LOCATIONS


REPEATED = sorted(
    set(operations.RESULTS) - {"pick", "correct_cost", "cancel_generation", "unarchive_project", "leave_project"}
)


@pytest.mark.parametrize("name", REPEATED)
def test_what_changes_something_is_carried_out_once(program, things, name):  # noqa: F811
    """A repeated request gets the same answer, even if doing it twice is refused or its person is gone."""
    ours = program(Scope.MANAGE)
    url, body = address(route_of(name), "", things), filled(SENT.get(name), things)
    first = ours.ask("POST", url, body, idempotency_key="one")
    assert first.status_code == ROWS[name][1]["manage"]
    again = ours.ask("POST", url, body, idempotency_key="one")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert ours.ask("POST", "projects", {"name": "Something else"}, idempotency_key="one").status_code == 409
    assert ours.ask("POST", url, body, idempotency_key="k" * 256).status_code == 400


HARMLESS = {
    "create_quote",
    "create_upload_address",
    "create_voice_over",
    "mark_notifications_read",
}  # nothing is stored, or only once


def test_every_post_is_carried_out_once_or_changes_nothing_when_repeated():
    posts = {name for name, one in OPERATIONS.items() if "POST" in one.methods}
    assert posts == {*operations.LOCATIONS, *operations.RESULTS, *HARMLESS}


MADE = sorted(
    set(operations.LOCATIONS)
    # They start work of their own, and have separate tests.
    - {
        "retry_generation",
        "use_next_model",
        "create_variation",
        "create_mix",
        "create_stem_separation",
        "register_reference",
    }
)


def test_a_post_says_where_and_is_carried_out_once(program, things):  # noqa: F811
    for name in MADE:
        with undone():
            check_it_says_where_and_is_carried_out_once(program, things, name)


def check_it_says_where_and_is_carried_out_once(program, things, name):  # noqa: F811
    ours = program(Scope.MANAGE)
    body = filled(SENT.get(name), things)
    url = address(route_of(name), "", things)
    first = ours.ask("POST", url, body, idempotency_key="one")
    assert first.status_code < 300, name
    where = first.headers["Location"]
    read = ours.get(where)
    assert read["id"] == first.json()["id"], name
    again = ours.ask("POST", url, body, idempotency_key="one")
    assert (again.status_code, again.headers["Location"]) == (first.status_code, where), name
    assert again.json() == ours.get(where), name
    other = ours.ask("POST", "projects", {"name": "Something else"}, idempotency_key="one")
    assert (other.status_code, other.json()["code"]) == (409, "conflict"), name
    theirs = program(Scope.MANAGE).ask("POST", "projects", {"name": "Something else"}, idempotency_key="one")
    assert theirs.status_code == 201, name


def test_a_key_is_one_for_generations_and_for_everything_else(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    comment = ("POST", f"tracks/{things['track_id']}/comments", {"text": "Louder here"})
    music = ("POST", "generations", {"model": COMPOSER, "text": "warm lo-fi", "project": things["project"]})
    assert ours.ask(*comment, idempotency_key="a").status_code == 201
    assert ours.ask(*music, idempotency_key="a").status_code == 409
    assert ours.ask(*music, idempotency_key="b").status_code == 201
    assert ours.ask(*comment, idempotency_key="b").status_code == 409
    assert Comment.objects.filter(text="Louder here").count() == 1


def test_what_was_refused_is_not_remembered(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    url = f"tracks/{things['track_id']}/comments"
    assert ours.ask("POST", url, {"text": ""}, idempotency_key="one").status_code == 422
    assert ours.ask("POST", url, {"text": "Louder here"}, idempotency_key="one").status_code == 201
    assert ours.ask("POST", url, {"text": "Louder here"}, idempotency_key="k" * 256).status_code == 400


def test_a_file_is_part_of_the_request(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    sound = {"project": things["project"], "file": b"as good as a sound, until it is read"}
    made = ours.post("references", sound, idempotency_key="one")
    assert ours.post("references", sound, idempotency_key="one")["id"] == made["id"]
    assert ours.ask("POST", "references", sound | {"file": b"another"}, idempotency_key="one").status_code == 409


# --- ETag, If-None-Match, If-Match ---

# A PDF contains its creation time; the first answer to a download may say that the file is being made.
PREPARED = ("download_track", "get_edit_file", "get_edits_archive")
READ = sorted(name for name, (method, _) in ROWS.items() if method == "GET" and name not in PREPARED)
TOLD = [name for name in READ if name not in ("get_certificate", "get_statement")]


def test_head_is_get_without_the_body(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    for name in READ:
        with undone():
            url = address(route_of(name), name, things)
            whole, headers = ours.ask("GET", url), ours.ask("HEAD", url)
            assert (headers.status_code, headers.content) == (200, b""), name
            same = ("Content-Type", *(["ETag"] if name in TOLD else []))
            assert [headers.headers[one] for one in same] == [whole.headers[one] for one in same], name
            whole.close()


def test_options_says_what_can_be_done(program, things):  # noqa: F811
    """No page of another site gets access, whatever it asks for."""
    ours = program(Scope.READ)
    asked = {"origin": "https://elsewhere.example", "access_control_request_method": "POST"}
    for route in sorted(NAMES):
        reply = ours.ask("OPTIONS", address(route, "", things), **asked)
        allowed = set(reply.headers["Allow"].split(", "))
        assert reply.status_code == 204, route
        assert allowed == {*NAMES[route], "OPTIONS", *(["HEAD"] if "GET" in NAMES[route] else [])}, route
        assert not [name for name in reply.headers if name.startswith("Access-Control")], route


def test_what_is_read_has_a_version(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    for name in TOLD:
        with undone():
            url = address(route_of(name), name, things)
            etag = ours.ask("GET", url).headers["ETag"]
            known = ours.ask("GET", url, if_none_match=etag)
            assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", etag), name
            assert ours.ask("GET", url, if_none_match='"another"').status_code == 200, name


CHANGED = sorted(
    name
    for name, (method, _) in ROWS.items()
    if method in ("PATCH", "PUT", "DELETE") and "GET" in NAMES[route_of(name)]
)


def test_a_change_can_depend_on_the_version_that_was_read(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    for name in CHANGED:
        with undone():
            check_it_depends_on_the_version_that_was_read(ours, things, name)


def check_it_depends_on_the_version_that_was_read(ours, things, name):  # noqa: F811
    method, url = ROWS[name][0], address(route_of(name), "", things)
    body = filled(SENT.get(name), things)
    etag = ours.ask("GET", url).headers["ETag"]
    late = ours.ask(method, url, body, if_match='"of yesterday"')
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed"), name
    assert ours.ask("GET", url).headers["ETag"] == etag, name
    done = ours.ask(method, url, body, if_match=f"W/{etag}")
    assert done.status_code == ROWS[name][1]["manage"], name
    if method == "PATCH":
        assert done.headers["ETag"] == ours.ask("GET", url).headers["ETag"] != etag, name


def test_there_is_a_version_to_depend_on_wherever_something_is_changed():
    assert len(CHANGED) == len([1 for method, _ in ROWS.values() if method in ("PATCH", "PUT", "DELETE")]) - 1
    # An approval is read with its track.


# --- slashes ---


def test_a_slash_at_the_end_changes_nothing(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    for url in ("me", "tracks", f"tracks/{things['track_id']}", "models/composer/studio", "openapi.json"):
        assert ours.ask("GET", url + "/").json() == ours.get(url)
    assert ours.ask("POST", "quotes/", {"models": [COMPOSER]}).status_code == 200
    assert ours.ask("PATCH", f"tracks/{things['track_id']}/", {"title": "New"}).json()["title"] == "New"
    assert ours.ask("GET", "docs/").status_code == 200
    assert ours.ask("GET", "no/such/").status_code == 404
    assert program(Scope.READ).ask("PUT", "me/").status_code == 405
