"""An agent's whole day with the official client: over stdio beside the studio, and over HTTP from elsewhere."""

import asyncio
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from generator.management.agents.studio import Studio as Door
from generator.management.agents.tools import server
from tests.ops.tree import ROOT, free_port, wait_for

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("agents")]
TOOLS = ["cancel", "generate", "get", "models", "price", "search", "spend", "wait"]


def with_client(way: Any, act: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Client(way, read_timeout_seconds=90) as client:
            await act(client)

    asyncio.run(run())


async def good(client: Client, tool: str, **given: Any) -> dict[str, Any]:
    """What a tool returns, as data; the official client checks it against the tool's own schema."""
    reply = await client.call_tool(tool, given)
    assert not reply.is_error, reply.content
    return reply.structured_content


async def sentence(client: Client, tool: str, **given: Any) -> str:
    """What a refused call says."""
    reply = await client.call_tool(tool, given)
    assert reply.is_error
    return reply.content[0].text


def stdio(studio, key: str, **env: str) -> StdioServerParameters:
    """As an agent starts it, beside the studio."""
    shared = {name: value for name, value in studio.env.items() if name in ("PATH", "HOME", "LANG")}
    given = shared | {"BGM_KEY": key} | env
    return StdioServerParameters(
        command=sys.executable, args=["run.py", "--data", str(studio.folder), "manage", "mcp"], env=given, cwd=ROOT
    )


def test_music_is_found_priced_made_waited_for_and_fetched(studio, keys):
    async def act(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert sorted(tool.name for tool in tools) == TOOLS
        assert all(tool.output_schema and tool.description for tool in tools)

        models = (await good(client, "models"))["models"]
        assert next(one for one in models if one["key"] == "composer/studio")["available"]
        price = await good(client, "price", takes=2)
        assert (price["total_usd"], price["refusal"]) == ("0.020000", "")

        asked = {"text": "calm piano, 8 s", "settings": {"length": 8}, "idempotency_key": "one"}
        assert "price" in await sentence(client, "generate", **asked, expected_price_usd=price["total_usd"])
        asked["expected_price_usd"] = "0.01"
        made = await good(client, "generate", **asked)
        assert (await good(client, "generate", **asked))["id"] == made["id"]
        told: list[tuple[float, float | None, str | None]] = []

        async def heard(progress: float, total: float | None, message: str | None) -> None:
            told.append((progress, total, message))

        waited = await client.call_tool("wait", {"generation": made["id"], "seconds": 80}, progress_callback=heard)
        done = waited.structured_content
        assert (done["state"], done["ended"], done["error"]) == ("ready", True, "")
        assert told[-1][:2] == (100, 100)

        (track,) = done["tracks"]
        found = await good(client, "search", words="calm piano")
        assert track["id"] in [one["id"] for one in found["tracks"]]
        assert (await good(client, "get", track=track["id"]))["prompt"] == "calm piano, 8 s"
        path = track["audio_url"].partition("/o/")[2]
        async with httpx.AsyncClient() as anybody:
            audio = await anybody.get(f"{studio.url}/o/{path}")
        assert audio.status_code == 200
        assert len(audio.content) > 10_000

        spent = await good(client, "spend")
        assert float(spent["spent_usd"]) >= 0.01
        assert "already" in await sentence(client, "cancel", generation=made["id"])

    with_client(stdio(studio, keys["generate"]), act)


def test_refusals_are_plain_sentences(studio, keys):
    async def act(client: Client) -> None:
        assert "no longer offered" in await sentence(client, "generate", text="x", model="no/such")
        assert "Say in a few words" in await sentence(client, "generate", text=" ")
        assert "no field" in await sentence(client, "generate", text="warm", settings={"colour": "red"})
        assert "no such project" in await sentence(client, "models", project="no-such")
        assert "no such generation" in await sentence(client, "wait", generation="no-such-there")
        assert "no such track" in await sentence(client, "get", track="no-such-there")
        assert "takes" in await sentence(client, "price", takes=99)  # its own schema

    with_client(server(Door(studio.url, keys["generate"])), act)


def test_a_wait_is_bounded_and_says_where_it_stands(studio, keys):
    async def act(client: Client) -> None:
        made = await good(client, "generate", text="a long evening, two minutes", settings={"length": 120})
        seen = await good(client, "wait", generation=made["id"], seconds=0)
        assert seen["ended"] is False
        assert (await good(client, "cancel", generation=made["id"]))["state"] == "cancelled"
        assert (await good(client, "wait", generation=made["id"]))["ended"]

    with_client(server(Door(studio.url, keys["generate"])), act)


def test_a_key_that_may_only_read_makes_and_stops_nothing(studio, keys):
    async def act(client: Client) -> None:
        await good(client, "models")
        await good(client, "search")
        assert "may only read" in await sentence(client, "generate", text="warm lo-fi")

    with_client(server(Door(studio.url, keys["read"])), act)


def test_a_key_without_money_left_is_told_by_the_price_and_refused(studio, keys):
    async def act(client: Client) -> None:
        assert "cap" in (await good(client, "price"))["refusal"].lower()
        assert "cap" in (await sentence(client, "generate", text="warm lo-fi")).lower()

    with_client(server(Door(studio.url, keys["capped"])), act)


@pytest.mark.parametrize("token", ["bgm_00000000_nothing", "no key at all", "\n"])
def test_a_key_that_opens_nothing_is_refused(studio, token):
    async def act(client: Client) -> None:
        assert "key" in await sentence(client, "models")

    with_client(server(Door(studio.url, token)), act)


def test_a_studio_that_is_not_there_is_said_so():
    async def act(client: Client) -> None:
        assert "does not answer" in await sentence(client, "models")

    with_client(server(Door(f"http://127.0.0.1:{free_port()}", "bgm_x")), act)


@pytest.mark.slow
def test_without_a_key_it_does_not_start(studio):
    env = {**studio.env, "STUDIO_DATA": str(studio.folder)}
    env.pop("BGM_KEY", None)
    ended = subprocess.run([sys.executable, "manage.py", "mcp"], cwd=ROOT, env=env, check=False, capture_output=True)
    assert ended.returncode
    assert b"Set BGM_KEY" in ended.stderr
    assert ended.stdout == b""


@pytest.mark.slow
def test_over_http_each_request_has_its_own_key(studio, keys):
    """One server for several agents: what a key may not, no other key does for it."""
    port = free_port()
    env = {**studio.env, "STUDIO_DATA": str(studio.folder), "BGM_URL": studio.url, "BGM_KEY": keys["generate"]}
    command = [sys.executable, "manage.py", "mcp", "--http", f"127.0.0.1:{port}"]
    running = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _answers(port), 40, "the tools answer")

        def act(expected: str) -> Callable[[Client], Awaitable[None]]:
            async def _act(client: Client) -> None:
                reply = await client.call_tool("generate", {"text": "warm, 5 s", "settings": {"length": 5}})
                assert expected in (reply.content[0].text if reply.is_error else "made")

            return _act

        for token, expected in [(keys["generate"], "made"), (keys["read"], "may only read"), ("", "valid key")]:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            client = httpx.AsyncClient(headers=headers, timeout=30)
            with_client(streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=client), act(expected))
    finally:
        running.terminate()
        running.wait(10)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/mcp", timeout=2)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
