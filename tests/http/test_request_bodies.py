"""Request bodies as an ASGI server receives them: limits on size, time and sender, before any view runs."""

import asyncio
from collections.abc import Iterable

import pytest

from generator.http import request_bodies
from generator.services.team import api_keys
from generator.web.site.asgi import environ_of


@pytest.fixture
def key(user) -> str:
    return api_keys.make(user, "sender")[1]


@pytest.fixture
def read(db, monkeypatch):
    """Send pieces; None stands for silence. Return the size, or the status of the refusal."""
    monkeypatch.setattr(request_bodies, "SMALL_BODY_TIMEOUT_S", 0.01)
    monkeypatch.setattr(request_bodies, "CHUNK_TIMEOUT_S", 0.01)

    async def _run(work, *args):
        return work(*args)

    async def _read(environ, admitted, pieces):
        left = list(pieces)

        async def _run(work, *args):
            return admitted if work is request_bodies._admit else work(*args)

        async def receive():
            if not left:
                return {"type": "http.disconnect"}
            piece = left.pop(0)
            if piece is None:
                await asyncio.sleep(60)
            return {"type": "http.request", "body": piece, "more_body": bool(left)}

        body = await request_bodies.Bodies(_run, _run).read(environ, receive)
        with body.file:
            assert len(body.file.read()) == body.size
        return body.size

    def _go(path: str, headers: dict[str, str], pieces: Iterable[bytes | None], method: str = "POST"):
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        environ = environ_of({"type": "http", "method": method, "path": path, "headers": sent})
        admitted = request_bodies._admit(environ)  # here, because the loop would use a database connection of its own
        try:
            return asyncio.run(_read(environ, admitted, pieces))
        except request_bodies.Rejected as rejected:
            return rejected.status

    return _go


MULTIPART = {"content-type": "multipart/form-data; boundary=x"}
MB = b"x" * 1_000_000


@pytest.mark.parametrize(
    ("headers", "pieces", "result"),
    [
        ({"content-length": "6"}, [b"abc", b"def"], 6),
        ({"content-length": "0"}, [], 0),
        ({}, [], 0),
        ({"transfer-encoding": "chunked"}, [b"abc", b""], 3),
        ({"content-length": "6"}, [b"abc", None], 408),
        ({"content-length": "6"}, [], 400),
        ({"content-length": "70000"}, [MB], 401),
        ({"transfer-encoding": "chunked"}, [b"x" * 60_000, b"x" * 60_000], 401),
        (MULTIPART | {"content-length": "10"}, [None], 401),
        (MULTIPART | {"transfer-encoding": "chunked"}, [None], 401),
    ],
)  # fmt: skip
def test_of_a_stranger(read, headers, pieces, result):
    assert read("/accounts/login/", headers, pieces) == result


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_without_a_body_by_its_method(read, method):
    assert read("/", {"content-length": "5000"}, [None], method) == 0


@pytest.mark.parametrize(
    ("path", "length", "result"),
    [
        ("/api/v1/references", 3_000_000, 3_000_000),
        ("/api/v1/references/", 3_000_000, 3_000_000),
        ("/api/v2/media/upload/binary", 3_000_000, 3_000_000),
        ("/api/v3/media/upload/binary", 3_000_000, 3_000_000),
        ("/api/v3/models/x", 900_000, 900_000),
        ("/api/v3/models/x", 1_100_000, 413),
        ("/api/v1/generations", 3_000_000, 413),
        ("/none", 3_000_000, 413),
    ],
)
def test_of_a_key(read, key, path, length, result):
    headers = {"authorization": f"Bearer {key}", "content-length": str(length)}
    pieces = [b"x" * 100_000] * (length // 100_000)
    assert read(path, headers, pieces) == result
    assert read(path, MULTIPART | headers, pieces) == result


def test_of_a_signed_in_person(read, client, user, project):
    client.force_login(user)
    headers = MULTIPART | {"cookie": f"studio_session={client.session.session_key}", "content-length": "2000000"}
    assert read(f"/projects/{project.public_id}/references/", headers, [MB, MB]) == 2_000_000
    assert read(f"/projects/{project.public_id}/generate/", headers, [MB, MB]) == 413
    client.logout()
    assert read(f"/projects/{project.public_id}/references/", headers, [MB, MB]) == 401


def test_of_a_ticket(read):
    from generator.api.compat.wavespeed.media import _tickets

    headers = {"content-length": "2000000"}
    assert read(f"/api/v3/media/put/{_tickets.sign('a' * 16)}", headers, [MB, MB], "PUT") == 2_000_000
    assert read("/api/v3/media/put/forged", headers, [MB, MB], "PUT") == 401


def test_a_larger_one_that_stops_is_given_up(read, key):
    headers = {"authorization": f"Bearer {key}", "content-length": "3000000"}
    assert read("/api/v1/references", headers, [MB, None]) == 408


def test_a_drip_is_given_up_however_steady(read, key, monkeypatch):
    monkeypatch.setattr(request_bodies, "GRACE_S", 0.0)
    headers = {"authorization": f"Bearer {key}", "content-length": "3000000"}
    assert read("/api/v1/references", headers, [b"x", None]) == 408


def test_more_than_was_said_is_not_taken(read, key, monkeypatch):
    monkeypatch.setattr(request_bodies, "MAX_BODY_BYTES", 1_500_000)
    headers = {"authorization": f"Bearer {key}", "transfer-encoding": "chunked"} | MULTIPART
    assert read("/api/v1/references", headers, [MB, MB, MB]) == 413


def test_headers_with_underscores_pass_for_no_others():
    scope = {
        "method": "GET",
        "path": "/é",
        "headers": [(b"x_forwarded_proto", b"https"), (b"cookie", b"a=b"), (b"cookie", b"c=d")],
    }
    environ = environ_of(scope)
    assert "HTTP_X_FORWARDED_PROTO" not in environ
    assert environ["HTTP_COOKIE"] == "a=b; c=d"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/é"
