"""What every address of /api/v1 does alike: Location, ETag, If-Match, Idempotency-Key, unknown parameters, slashes."""

import re

import pytest
from django.test import Client

from generator.api.v1 import operations
from generator.api.v1.api import api
from generator.models import Comment, Scope
from tests.api.test_every_address import NAMES, ROWS, SENT, address, filled, things  # noqa: F401
from tests.conftest import COMPOSER

VIEWS = [view for bound in api._get_bound_routers() for view in bound.path_operations.values()]
OPERATIONS = {one.view_func.__name__: one for view in VIEWS for one in view.operations}
DOCUMENTS = ("/api/v1/openapi.json", "/api/v3/openapi.json", "/v5/openapi.json")


def route_of(name: str) -> str:
    return next(route for route, named in NAMES.items() if name in named.values())


def parts(document):
    """Every object of a document, with where it stands."""
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
def test_a_document_can_be_made_a_client_of(offered, settings, url):
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


@pytest.mark.parametrize("name", sorted(ROWS))
def test_an_unknown_query_parameter_is_refused(program, things, name):  # noqa: F811
    method = ROWS[name][0]
    url = address(route_of(name), "", things)
    reply = program(Scope.MANAGE).ask(method, f"{url}?no_such=1", filled(SENT.get(name), things))
    said = reply.json()
    assert (reply.status_code, said["code"], said["field"]) == (422, "refused", "no_such")


def test_the_documented_parameters_are_not(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    for path, methods in ours.get("openapi.json")["paths"].items():
        query = [one["name"] for one in methods.get("get", {}).get("parameters", ()) if one["in"] == "query"]
        if query:
            url = re.sub(r"{(\w+)}", lambda found: things[found[1]], path)
            said = ours.ask("GET", url + "?" + "&".join(f"{name}=%00" for name in query)).json()
            assert said["code"] == "unreadable"  # for the letter, not for the names
            reply = ours.ask("GET", f"{url}?{query[0]}=no")
            assert b"no query parameter" not in b"".join(reply)


# --- Location and Idempotency-Key ---


@pytest.mark.parametrize("name", sorted(name for name, one in OPERATIONS.items() if 201 in one.response_models))
def test_what_was_made_says_where_it_is(name):
    assert name in operations.LOCATIONS


MADE = sorted(
    set(operations.LOCATIONS)
    # They start work of their own, and have tests of their own.
    - {"retry_generation", "create_version", "create_balance", "create_split", "register_reference"}
)


@pytest.mark.parametrize("name", MADE)
def test_a_post_says_where_and_is_carried_out_once(program, things, monkeypatch, name):  # noqa: F811
    ours = program(Scope.MANAGE)
    body = filled(SENT.get(name), things)
    url = address(route_of(name), "", things)
    first = ours.ask("POST", url, body, idempotency_key="one")
    where = first.headers["Location"]
    read = ours.get(where)
    assert read["id"] == first.json()["id"]
    again = ours.ask("POST", url, body, idempotency_key="one")
    assert (again.status_code, again.headers["Location"]) == (first.status_code, where)
    assert again.json() == ours.get(where)
    other = ours.ask("POST", "projects", {"name": "Something else"}, idempotency_key="one")
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    theirs = program(Scope.MANAGE).ask("POST", "projects", {"name": "Something else"}, idempotency_key="one")
    assert theirs.status_code == 201


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

SINGLE = sorted(
    name
    for name, (method, _) in ROWS.items()
    if method == "GET" and not name.startswith("list_") and name not in ("download", "get_certificate", "get_statement")
    if not {"HEAD"} & set(OPERATIONS[name].methods)
)


@pytest.mark.parametrize("name", SINGLE)
def test_a_single_object_has_a_version(program, things, name):  # noqa: F811
    ours = program(Scope.MANAGE)
    url = address(route_of(name), name, things)
    etag = ours.ask("GET", url).headers["ETag"]
    known = ours.ask("GET", url, if_none_match=etag)
    assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", etag)
    assert ours.ask("GET", url, if_none_match='"another"').status_code == 200


CHANGED = sorted(
    name
    for name, (method, _) in ROWS.items()
    if method in ("PATCH", "PUT", "DELETE") and "GET" in NAMES[route_of(name)]
)


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_can_depend_on_the_version_that_was_read(program, things, name):  # noqa: F811
    ours = program(Scope.MANAGE)
    method, url = ROWS[name][0], address(route_of(name), "", things)
    body = filled(SENT.get(name), things)
    etag = ours.ask("GET", url).headers["ETag"]
    late = ours.ask(method, url, body, if_match='"of yesterday"')
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert ours.ask("GET", url).headers["ETag"] == etag
    done = ours.ask(method, url, body, if_match=f"W/{etag}")
    assert done.status_code == ROWS[name][1]["manage"]
    if method == "PATCH":
        assert done.headers["ETag"] == ours.ask("GET", url).headers["ETag"] != etag


def test_there_is_a_version_to_depend_on_wherever_something_is_changed():
    assert len(CHANGED) == len([1 for method, _ in ROWS.values() if method in ("PATCH", "PUT", "DELETE")]) - 1
    # An approval is read with its track.


# --- slashes ---


def test_a_slash_at_the_end_changes_nothing(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    for url in ("me", "tracks", f"tracks/{things['track_id']}", "models/composer/studio", "openapi.json"):
        assert ours.ask("GET", url + "/").json() == ours.get(url)
    assert ours.ask("POST", "price/", {"models": [COMPOSER]}).status_code == 200
    assert ours.ask("PATCH", f"tracks/{things['track_id']}/", {"title": "New"}).json()["title"] == "New"
    assert ours.ask("GET", "docs/").status_code == 200
    assert ours.ask("GET", "no/such/").status_code == 404
    assert program(Scope.READ).ask("PUT", "me/").status_code == 405
