"""Held connections: the limit, disconnects, the end; and the studio's own client against the studio."""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from generator.providers.base import Patience, Progress, ProviderConfig, Request
from generator.providers.soundverse.client import Soundverse
from tests.api.soundverse.conftest import PAYLOAD, STREAM, STREAMS, SYNC, Served
from tests.management.tree import wait_for

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("soundverse")]

RATE = {"success": False, "message": "Rate limits have been passed for the user."}


@pytest.fixture
def gate(served) -> Iterator[threading.Event]:
    """Hold the vendor's stream after its first chunk until this is set."""
    event = threading.Event()
    served.vendors.soundverse.gates[:] = [event]
    yield event
    event.set()


@contextlib.contextmanager
def hanging(served: Served, path: str = STREAM) -> Iterator[tuple[socket.socket, str]]:
    """Yield a raw-socket client that has read the head of its answer, and the generation's public ID."""
    body = json.dumps(PAYLOAD).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {served.keys['vendor']}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.studio.port), timeout=20) as line:
        line.sendall(head.encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += line.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        head = httpx.Headers([one.split(b": ", 1) for one in answer.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]])
        yield line, head["x-generation"]


def test_a_client_that_hangs_up_loses_nothing(served, gate):
    with hanging(served) as (_, public_id):
        assert served.row(public_id)["state"] != "ready"
    gate.set()
    wait_for(lambda: served.row(public_id)["state"] == "ready", 30, "it is made to its end")
    assert served.row(public_id)["tracks"] == 1


def test_a_hang_up_frees_the_place_at_the_next_chunk(served):
    """The server closes the iterator; no other request has to end before the next is served."""
    chunk, rest = threading.Event(), threading.Event()
    served.vendors.soundverse.gates[:] = [chunk, rest]
    with contextlib.ExitStack() as held:
        public_ids = [held.enter_context(hanging(served))[1] for _ in range(STREAMS)]
        assert served.post(SYNC).status_code == 429
    chunk.set()
    wait_for(lambda: served.post(SYNC, duration=8).status_code == 200, 10, "a place is free")
    assert all(served.row(public_id)["state"] != "ready" for public_id in public_ids)
    rest.set()
    wait_for(
        lambda: all(served.row(public_id)["state"] == "ready" for public_id in public_ids),
        30,
        "they were made all the same",
    )


def test_more_than_are_held_are_refused_before_anything_is_asked(served, gate):
    asked = "SELECT COUNT(*) FROM generator_generation"
    with contextlib.ExitStack() as held:
        for _ in range(STREAMS):
            held.enter_context(hanging(served))
        before = served.studio.rows(asked)
        for path in (STREAM, SYNC):
            reply = served.post(path, "vendor")
            assert (reply.status_code, reply.json()) == (429, RATE)
            assert int(reply.headers["retry-after"]) > 0
        assert served.studio.rows(asked) == before
        page = httpx.get(f"{served.url}/accounts/login/", timeout=10)
        assert page.status_code == 200  # pages are unaffected
    gate.set()
    wait_for(lambda: served.post(SYNC, duration=8).status_code == 200, 30, "the places are free again")


def ask_with_our_own(served: Served, **extra: str) -> list:
    """Return every snapshot of the studio's own Soundverse adapter, with this studio as the vendor."""
    account = ProviderConfig(served.url, served.keys["composer"], extra, Patience(gap=60, total=60), private_ok=True)
    request = Request("soundverse/music", "calm piano", 1, "mp3", {"duration": 8}, "u", "p", f"public_id-{len(extra)}")

    async def told() -> list:
        async with httpx.AsyncClient() as http:
            return [snapshot async for snapshot in Soundverse().using(account).stream(request, http)]

    return asyncio.run(told())


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"mode": "sync"},
        {"path": "/v5/generate/music", "fields": "prompt,style"},
        {"path": "/v5/generate/music", "fields": "prompt,style,duration", "mode": "sync"},
    ],
)
def test_our_own_client_understands_our_own_door(served, extra):
    *early, last = ask_with_our_own(served, **extra)
    assert all(snapshot.progress == Progress.RUNNING for snapshot in early)
    assert last.progress == Progress.COMPLETED
    (output,) = last.outputs
    assert output.title
    assert httpx.get(output.url).headers["content-type"] == "audio/mpeg"
    assert served.row(last.provider_job_id)["state"] == "ready"
