"""An assistant's complete work with the official client: over stdio beside the studio, and over remote HTTP."""

import asyncio
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import soundfile
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from generator.management.agents.client import Studio as Door
from generator.management.agents.tools import server
from tests.audio.signals import RATE, song
from tests.management.tree import ROOT, free_port, wait_for

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("agents")]
TOOLS = sorted(
    (
        *("list_models", "get_quote", "create_generation", "wait_for_generation"),
        *(
            "create_batch",
            "get_batch",
            "get_structure",
            "correct_grid",
            "create_edit",
            "get_edit",
            "create_pack",
            "get_pack",
            "create_upload",
            "get_upload",
            "create_voice_over",
        ),
        *("search_tracks", "get_track"),
        *("cancel_generation", "get_spend"),
    )
)


def with_client(way: Any, act: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Client(way, read_timeout_seconds=90) as client:
            await act(client)

    asyncio.run(run())


async def good(client: Client, tool: str, **given: Any) -> dict[str, Any]:
    """Return a tool's result as data; the official client checks it against the tool's own schema."""
    reply = await client.call_tool(tool, given)
    assert not reply.is_error, reply.content
    return reply.structured_content


async def sentence(client: Client, tool: str, **given: Any) -> str:
    """Return the message of a refused call."""
    reply = await client.call_tool(tool, given)
    assert reply.is_error
    return reply.content[0].text


def stdio(studio, key: str, **env: str) -> StdioServerParameters:
    """Return the parameters with which an assistant starts the server beside the studio."""
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

        models = (await good(client, "list_models"))["models"]
        assert next(one for one in models if one["id"] == "composer/studio")["available"]
        price = await good(client, "get_quote", takes=2)
        assert (price["total_usd"], price["unavailable_reason"]) == ("0.020000", "")

        asked = {"text": "calm piano, 8 s", "settings": {"length": 8}, "idempotency_key": "one"}
        assert "price" in await sentence(client, "create_generation", **asked, expected_price_usd=price["total_usd"])
        asked["expected_price_usd"] = "0.01"
        made = await good(client, "create_generation", **asked)
        assert (await good(client, "create_generation", **asked))["id"] == made["id"]
        told: list[tuple[float, float | None, str | None]] = []

        async def heard(progress: float, total: float | None, message: str | None) -> None:
            told.append((progress, total, message))

        waited = await client.call_tool(
            "wait_for_generation", {"generation": made["id"], "timeout_s": 80}, progress_callback=heard
        )
        done = waited.structured_content
        assert (done["state"], done["ended"], done["error_message"]) == ("ready", True, "")
        assert told[-1][:2] == (100, 100)

        (track,) = done["tracks"]
        found = await good(client, "search_tracks", query="calm piano")
        assert track["id"] in [one["id"] for one in found["tracks"]]
        assert (await good(client, "get_track", track=track["id"]))["prompt"] == "calm piano, 8 s"
        path = track["audio_url"].partition("/o/")[2]
        async with httpx.AsyncClient() as anybody:
            audio = await anybody.get(f"{studio.url}/o/{path}")
        assert audio.status_code == 200
        assert len(audio.content) > 10_000

        spent = await good(client, "get_spend")
        assert float(spent["spent_usd"]) >= 0.01
        assert "already" in await sentence(client, "cancel_generation", generation=made["id"])

    with_client(stdio(studio, keys["generate"]), act)


async def ready(client: Client, tool: str, **given: Any) -> dict[str, Any]:
    """Return what a tool tells of work in the background once that has ended."""
    for _ in range(240):
        told = await good(client, tool, **given)
        if told.get("state", told.get("structure")) not in ("queued", "running", None):
            return told
        await asyncio.sleep(0.5)
    raise AssertionError(told)


def test_a_track_from_elsewhere_is_sent_without_a_key(studio, keys, tmp_path):
    file = tmp_path / "a theme.wav"
    soundfile.write(file, song(2.0), RATE)

    async def act(client: Client) -> None:
        given = {"source": "bought", "license_text": "License 4711", "credit": "Grace H.", "cost_usd": "5"}
        address = await good(client, "create_upload", file_name=file.name, **given)
        command = shlex.split(address["command"])
        assert command[:3] == ["curl", "-T", file.name]
        url = f"{studio.url}/u/{command[3].partition('/u/')[2]}"
        async with httpx.AsyncClient(timeout=30) as anybody:
            taken = await anybody.put(url, content=file.read_bytes())
            assert (taken.status_code, taken.json()["credit"]) == (201, "Grace H.")
            assert (await anybody.put(url, content=file.read_bytes())).status_code == 409
        for _ in range(120):
            upload = await good(client, "get_upload", upload=taken.json()["id"])
            if upload["state"] not in ("waiting", "processing"):
                break
            await asyncio.sleep(0.5)
        assert (upload["state"], upload["license_text"], upload["cost_usd"]) == ("ready", "License 4711", "5.000000")
        assert (await good(client, "get_track", track=upload["track"]))["title"] == "a theme"

    with_client(stdio(studio, keys["generate"]), act)


def test_a_voice_over_is_sent_and_a_track_turned_down_under_it(studio, keys, tmp_path):
    file = tmp_path / "narration.wav"
    soundfile.write(file, song(2.0), RATE)

    async def act(client: Client) -> None:
        made = await good(client, "create_generation", text="house, 16 s", settings={"length": 16})
        track = (await good(client, "wait_for_generation", generation=made["id"], timeout_s=240))["tracks"][0]["id"]
        address = await good(client, "create_voice_over", file_name=file.name)
        async with httpx.AsyncClient(timeout=30) as anybody:
            url = f"{studio.url}/u/{address['url'].partition('/u/')[2]}"
            taken = await anybody.put(url, content=file.read_bytes())
        assert taken.status_code == 200
        recipe = [{"step": "duck", "voice": taken.json()["voice"], "output": "mix"}]
        edit = await good(client, "create_edit", track=track, steps=recipe, formats=[{"format": "wav"}])
        assert (await ready(client, "get_edit", edit=edit["id"]))["state"] == "ready"

    with_client(stdio(studio, keys["generate"]), act)


def test_a_track_is_finished_and_packed(studio, keys):
    async def act(client: Client) -> None:
        asked = {"text": "house, 16 s", "settings": {"length": 16}}
        made = await good(client, "create_generation", **asked)
        (track,) = (await good(client, "wait_for_generation", generation=made["id"], timeout_s=80))["tracks"]
        structure = (await ready(client, "get_structure", track=track["id"]))["structure"]
        moved = await good(client, "correct_grid", track=track["id"], shift_s=0.02)
        assert moved["correction"]["shift_s"] == 0.02
        corrected = (await ready(client, "get_structure", track=track["id"]))["structure"]
        assert corrected["beats"][5] == pytest.approx(structure["beats"][5] + 0.02)

        steps, formats = [{"step": "cut", "regions": [[0, 4]]}], [{"format": "wav", "rate": 48000, "bits": 24}]
        edit = await good(client, "create_edit", track=track["id"], steps=steps, formats=formats)
        made = await ready(client, "get_edit", edit=edit["id"])
        assert (made["state"], len(made["files"])) == ("ready", 1)

        pack = await good(client, "create_pack", preset="social", tracks=[track["id"]])
        packed = await ready(client, "get_pack", pack=pack["id"])
        assert packed["state"] == "ready"
        assert packed["tracks"][0]["files"]

    with_client(server(Door(studio.url, keys["generate"])), act)


def test_refusals_are_plain_sentences(studio, keys):
    async def act(client: Client) -> None:
        assert "no longer available" in await sentence(client, "create_generation", text="x", model="no/such")
        assert "Describe the music" in await sentence(client, "create_generation", text=" ")
        assert "no field" in await sentence(client, "create_generation", text="warm", settings={"colour": "red"})
        assert "Project not found" in await sentence(client, "list_models", project="no-such")
        assert "Generation not found" in await sentence(client, "wait_for_generation", generation="no-such-there")
        assert "Track not found" in await sentence(client, "get_track", track="no-such-there")
        assert "takes" in await sentence(client, "get_quote", takes=99)  # its own schema

    with_client(server(Door(studio.url, keys["generate"])), act)


def test_a_wait_is_bounded_and_says_where_it_stands(studio, keys):
    async def act(client: Client) -> None:
        made = await good(client, "create_generation", text="a long evening, two minutes", settings={"length": 120})
        seen = await good(client, "wait_for_generation", generation=made["id"], timeout_s=0)
        assert seen["ended"] is False
        assert (await good(client, "cancel_generation", generation=made["id"]))["state"] == "canceled"
        assert (await good(client, "wait_for_generation", generation=made["id"]))["ended"]

    with_client(server(Door(studio.url, keys["generate"])), act)


def test_a_key_that_may_only_read_makes_and_stops_nothing(studio, keys):
    async def act(client: Client) -> None:
        await good(client, "list_models")
        await good(client, "search_tracks")
        assert "scope “read”" in await sentence(client, "create_generation", text="warm lo-fi")

    with_client(server(Door(studio.url, keys["read"])), act)


def test_a_key_without_money_left_is_told_by_the_price_and_refused(studio, keys):
    async def act(client: Client) -> None:
        assert "budget" in (await good(client, "get_quote"))["unavailable_reason"].lower()
        assert "budget" in (await sentence(client, "create_generation", text="warm lo-fi")).lower()

    with_client(server(Door(studio.url, keys["capped"])), act)


@pytest.mark.parametrize("token", ["bgm_00000000_nothing", "no key at all", "\n"])
def test_a_key_that_opens_nothing_is_refused(studio, token):
    async def act(client: Client) -> None:
        assert "key" in await sentence(client, "list_models")

    with_client(server(Door(studio.url, token)), act)


def test_a_studio_that_is_not_there_is_said_so():
    async def act(client: Client) -> None:
        assert "did not respond" in await sentence(client, "list_models")

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
    """One server for several assistants: a key never gets another key's rights."""
    port = free_port()
    env = {**studio.env, "STUDIO_DATA": str(studio.folder), "BGM_URL": studio.url, "BGM_KEY": keys["generate"]}
    command = [sys.executable, "manage.py", "mcp", "--http", f"127.0.0.1:{port}"]
    running = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _answers(port), 40, "the tools answer")

        def act(expected: str) -> Callable[[Client], Awaitable[None]]:
            async def _act(client: Client) -> None:
                reply = await client.call_tool("create_generation", {"text": "warm, 5 s", "settings": {"length": 5}})
                assert expected in (reply.content[0].text if reply.is_error else "made")

            return _act

        for token, expected in [(keys["generate"], "made"), (keys["read"], "scope “read”"), ("", "valid API key")]:
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
