"""Tools called with unknown arguments. No studio is needed for this."""

import asyncio

import pytest

GIVEN = {
    "create_generation": {"text": "calm piano"},
    "wait_for_generation": {"generation": "4n8Kk2f0Qw3xZb1R"},
    "get_track": {"track": "4n8Kk2f0Qw3xZb1R"},
    "cancel_generation": {"generation": "4n8Kk2f0Qw3xZb1R"},
}


def server():
    """The tools' server without a studio; its imports are slow and needed only here."""
    from generator.management.agents.client import Studio
    from generator.management.agents.tools import server

    return server(Studio("http://127.0.0.1:9", "bgm_x"))


@pytest.mark.parametrize(
    "tool",
    [
        *("list_models", "get_quote", "create_generation", "wait_for_generation"),
        *("search_tracks", "get_track", "cancel_generation", "get_spend"),
    ],
)
def test_an_unknown_argument_is_refused(tool):
    from mcp import Client

    async def act() -> None:
        async with Client(server()) as client:
            known = {one.name: one for one in (await client.list_tools()).tools}
            assert known[tool].input_schema["additionalProperties"] is False
            reply = await client.call_tool(tool, {**GIVEN.get(tool, {}), "durration": 8})
            assert reply.is_error
            assert "durration" in reply.content[0].text
            asked = await client.call_tool(tool, GIVEN.get(tool, {}))
            assert "did not respond" in asked.content[0].text

    asyncio.run(act())


def test_a_slash_at_the_end_of_the_address_changes_nothing():
    from starlette.testclient import TestClient

    app = server().streamable_http_app(stateless_http=True)
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
    }
    accepted = {"accept": "application/json, text/event-stream"}
    with TestClient(app, base_url="http://127.0.0.1:8765") as client:
        for path in ("/mcp", "/mcp/"):
            assert client.post(path, json=hello, headers=accepted).status_code == 200
