"""Input that no contract accepts: ambiguous JSON, and input where none is read."""

import pytest
from django.test import Client

from generator.models import Reference, Scope
from tests.api.test_every_address import ROWS, SENT, address, things  # noqa: F401
from tests.api.test_v1_conventions import OPERATIONS, route_of

DOUBTFUL = {
    "a name twice": b'{"models": ["composer/studio"], "models": ["no/such"]}',
    "a name twice, deeper": b'{"models": [{"a": 1, "a": 2}]}',
    "an infinite number": b'{"models": ["composer/studio"], "takes": 1e999}',
    "UTF-16": '{"models": ["composer/studio"]}'.encode("utf-16"),
    "UTF-32": '{"models": ["composer/studio"]}'.encode("utf-32"),
    "another alphabet": '{"models": ["é"]}'.encode("latin-1"),
    "NaN": b'{"models": ["composer/studio"], "takes": NaN}',
}


def sent(program, path, raw, kind="application/json"):
    headers = {"authorization": f"Bearer {program.token}"}
    return program.client.generic("POST", path, raw, content_type=kind, headers=headers)


@pytest.mark.parametrize("what", DOUBTFUL)
def test_doubtful_json_is_not_read(program, what):
    ours = program(Scope.MANAGE)
    own = sent(ours, "/api/v1/quotes", DOUBTFUL[what])
    assert (own.status_code, own.json()["code"]) == (400, "invalid_request")
    assert sent(ours, "/api/v3/predictions", DOUBTFUL[what]).status_code == 400
    theirs = sent(ours, "/v5/generate/music/sync", DOUBTFUL[what])
    assert (theirs.status_code, theirs.json()["detail"][0]["type"]) == (422, "json_invalid")


def test_a_mark_of_the_byte_order_is_passed_over(program):
    raw = b'\xef\xbb\xbf{"models": ["composer/studio"]}'
    assert sent(program(Scope.MANAGE), "/api/v1/quotes", raw).status_code == 200


BODILESS = sorted(
    name
    for name, (method, _) in ROWS.items()
    if method != "GET" and name not in SENT
    if not OPERATIONS[name].models or {one.__ninja_param_source__ for one in OPERATIONS[name].models} <= {"path"}
)


@pytest.mark.parametrize("name", BODILESS)
def test_a_body_where_none_is_read_is_refused(program, things, name):  # noqa: F811
    ours = program(Scope.MANAGE)
    method, url = ROWS[name][0], address(route_of(name), "", things)
    named = ours.ask(method, url, {"no_such": 1})
    assert (named.status_code, named.json().get("field")) == (422, "no_such")
    headers = {"authorization": f"Bearer {ours.token}"}
    for raw, kind, status in (("{{", "application/json", 400), ("a=1", "application/x-www-form-urlencoded", 415)):
        assert ours.client.generic(method, url, raw, content_type=kind, headers=headers).status_code == status
    assert ours.ask(method, url, {}).status_code == ROWS[name][1]["manage"]


def test_a_form_is_read_strictly(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)
    form = {"project": things["project"], "file": b"as good as a sound, until it is read"}
    before = Reference.objects.count()
    for more, field in (
        ({"start": "12"}, "start"),
        ({"fiel": b"another"}, "fiel"),
        ({"start_s": ["1", "2"]}, "start_s"),
    ):
        reply = ours.ask("POST", "references", form | more)
        assert (reply.status_code, reply.json()["field"]) == (422, field)
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        reply = sent(ours, "/api/v1/references", b"{}", kind)
        assert (reply.status_code, reply.json()["code"]) == (415, "unsupported_media_type")
    assert Reference.objects.count() == before


def test_a_query_parameter_is_there_once(program):
    reply = program(Scope.MANAGE).ask("GET", "tracks?limit=1&limit=2")
    assert (reply.status_code, reply.json()["field"]) == (422, "limit")


@pytest.mark.parametrize("accept", ["application/json, text/plain, */*", "*/*;q=0.8, text/html", "", "image/webp"])
def test_a_list_is_what_clients_get_that_take_anything(program, things, accept):  # noqa: F811
    """The first is axios' default."""
    reply = program(Scope.READ).ask("GET", f"generations/{things['generation_id']}/events", accept=accept)
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.json()["items"]


def test_a_stream_goes_on_after_a_number_that_no_event_has(program, things):  # noqa: F811
    ours, url = program(Scope.READ), f"generations/{things['generation_id']}/events"
    reply = ours.ask("GET", url, accept="text/event-stream", last_event_id="9" * 20)
    assert b"event: end" in b"".join(reply)


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v4/predictions", "/api/models", "/api/v3"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_address_below_api_is_answered_with_a_page(db, path, method):
    reply = Client().generic(method, path, "{}", content_type="application/json")
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/api/v3/models", "/api/v2/predictions", "/api/v3/openapi.json", "/v5/openapi.json"])
def test_the_vendors_addresses_have_versions_heads_and_options(program, synced_catalog, path):
    ours = program(Scope.MANAGE)
    whole = ours.ask("GET", path)
    etag = whole.headers["ETag"]
    head, known = ours.ask("HEAD", path), ours.ask("GET", path, if_none_match=etag)
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", etag)
    assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", etag)
    options = Client().options(path)
    assert options.status_code == 204
    assert {"GET", "HEAD", "OPTIONS"} <= set(options.headers["Allow"].split(", "))
    other = ours.ask("PUT", path)
    assert (other.status_code, other.headers["Allow"]) == (405, options.headers["Allow"])


def test_only_a_post_makes_music_at_the_vendors_addresses(program):
    for path in ("/api/v3/composer/studio", "/v5/generate/music-gen", "/v5/generate/music/sync"):
        options = Client().options(path)
        assert (options.status_code, options.headers["Allow"]) == (204, "POST, OPTIONS")
        assert program(Scope.MANAGE).ask("GET", path).status_code == 405
