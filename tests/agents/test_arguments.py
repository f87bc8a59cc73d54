"""What a tool does with arguments it does not have. Nothing of a studio is needed for that."""

import asyncio

import pytest
from mcp import Client
from starlette.testclient import TestClient

from generator.management.agents.studio import Studio
from generator.management.agents.tools import server

NOWHERE = Studio("http://127.0.0.1:9", "bgm_x")
GIVEN = {
    "generate": {"text": "calm piano"},
    "wait": {"generation": "4n8Kk2f0Qw3xZb1R"},
    "get": {"track": "4n8Kk2f0Qw3xZb1R"},
    "cancel": {"generation": "4n8Kk2f0Qw3xZb1R"},
}


@pytest.mark.parametrize("tool", ["models", "price", "generate", "wait", "search", "get", "cancel", "spend"])
def test_an_unknown_argument_is_refused(tool):
    async def act() -> None:
        async with Client(server(NOWHERE)) as client:
            known = {one.name: one for one in (await client.list_tools()).tools}
            assert known[tool].input_schema["additionalProperties"] is False
            reply = await client.call_tool(tool, {**GIVEN.get(tool, {}), "durration": 8})
            assert reply.is_error
            assert "durration" in reply.content[0].text
            asked = await client.call_tool(tool, GIVEN.get(tool, {}))
            assert "does not answer" in asked.content[0].text

    asyncio.run(act())


def test_a_slash_at_the_end_of_the_address_changes_nothing():
    app = server(NOWHERE).streamable_http_app(stateless_http=True)
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
