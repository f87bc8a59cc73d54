"""The vendor's JavaScript SDKs, command line and MCP server, as installed by npm, against a running studio.

They are installed once per lock file, into pytest's cache; without node and npm these tests are skipped.
"""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from generator.audio import encode
from tests.api import npm
from tests.api.wavespeed.conftest import BGM_PATH, REGISTER_PATH
from tests.audio.signals import RATE, song

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("wavespeed")]
HERE = Path(__file__).parent / "node"


@pytest.fixture(scope="session")
def installed(request) -> Path:
    """A folder with the clients in its node_modules."""
    return npm.installed(request, HERE, "wavespeed-clients")


@pytest.fixture
def theme(tmp_path) -> Path:
    file = tmp_path / "theme.mp3"
    encode(song(5), RATE, file, format="mp3")
    return file


@pytest.mark.parametrize("name", ["wavespeed", pytest.param("wavespeed-before", marks=pytest.mark.slow)])
def test_an_sdk_runs_uploads_and_is_refused(live, installed, theme, name):
    shutil.copy(HERE / "try.js", installed)
    command = ["node", "try.js", name, live.url, live.free, str(theme)]
    ran = subprocess.run(command, cwd=installed, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.strip().splitlines()[-1])
    assert [len(found["outputs"]), len(found["sync"])] == [2, 2]
    assert min(found["sizes"]) > 10_000
    assert found["uploaded"].startswith(f"{live.url}/api/v3/media/files/")
    assert "HTTP 400" in found["refused"]
    assert "prompt is required" in found["refused"]
    assert "HTTP 404" in found["unknown"]
    assert "HTTP 401" in found["stranger"]


@pytest.fixture
def cli(live, installed, tmp_path) -> Callable[..., str]:
    """The command line, pointed at the studio: `cli("models")` returns what it printed."""
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "WAVESPEED_API_KEY": live.free}
    program = installed / "node_modules" / ".bin" / "wavespeed"

    def _cli(*words: str, code: int = 0) -> str:
        command = [str(program), *words]
        ran = subprocess.run(
            command,
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout

    _cli("config", "--base-url", live.url)
    return _cli


def test_the_command_line(live, cli, theme, tmp_path):
    assert BGM_PATH in cli("models")
    assert "number_of_songs" in cli("run", BGM_PATH, "--help")
    assert json.loads(cli("price", BGM_PATH, "-i", "number_of_songs=2", "--json"))["unit_price"] == 0
    cli("login", "--api-key", live.free, "--no-browser")
    asked = ("-p", "warm lo-fi, 5 s", "-i", "number_of_songs=2", "-i", "output_format=wav")  # by the older SDK
    ran = json.loads(cli("run", BGM_PATH, *asked, "--download", f"{tmp_path}/{{index}}.{{ext}}", "--json"))
    assert len(ran["outputs"]) == 2
    assert len(list(tmp_path.glob("*.wav"))) == 2
    (newest, *_) = json.loads(cli("history", "--json"))["items"]
    assert newest["inputs"]["prompt"] == "warm lo-fi, 5 s"
    assert newest["id"] in cli("show", newest["id"])
    assert f"{live.url}/api/v3/media/files/" in cli("upload", str(theme))
    cli("delete", newest["id"], "--yes")
    assert newest["id"] not in cli("history", "--json")
    assert "prompt is required" in cli("run", BGM_PATH, "--json", code=1)


@pytest.mark.slow
def test_the_mcp_server(live, installed, theme, tmp_path):
    """The vendor's tools for assistants, called like an assistant calls them."""
    env = {"WAVESPEED_API_KEY": live.paid, "WAVESPEED_BASE_URL": live.url, "HOME": str(tmp_path)}
    program = str(installed / "node_modules" / ".bin" / "wavespeed-mcp")
    started = StdioServerParameters(command=program, env={**os.environ, **env}, cwd=theme.parent)

    async def talk() -> dict[str, dict]:
        async with stdio_client(started) as pipes, ClientSession(*pipes) as session:
            await session.initialize()

            async def use(tool: str, **arguments) -> dict:
                said = await session.call_tool(tool, arguments)
                assert not said.is_error, said
                return json.loads(said.content[0].text)

            found = {"listed": await use("list_models", query="mureka", refresh=True)}
            found["schema"] = await use("get_model_schema", model=BGM_PATH)
            found["price"] = await use("get_price", model=BGM_PATH, input={"prompt": "x", "number_of_songs": 2})
            found["balance"] = await use("get_balance")
            found["ran"] = await use("run_model", model=BGM_PATH, input={"prompt": "warm lo-fi, 5 s"})
            given = {"audio": f"@./{theme.name}", "purpose": "instrumental"}
            found["registered"] = await use("run_model", model=REGISTER_PATH, input=given)
            found["again"] = await use("get_prediction", id=found["ran"]["id"])
            refused = await session.call_tool("run_model", {"model": BGM_PATH, "input": {}})
            return found | {"refused": {"is": refused.is_error, "words": refused.content[0].text}}

    found = asyncio.run(talk())
    assert BGM_PATH in [model["model_id"] for model in found["listed"]["models"]]
    assert found["schema"]["required"] == ["prompt"]
    assert "0.06" in json.dumps(found["price"])
    assert found["balance"]["balance"] == 1_000_000
    assert (found["ran"]["status"], len(found["ran"]["outputs"])) == ("completed", 1)
    assert set(found["registered"]["outputs"][0]) == {"id", "purpose", "audio_id"}
    assert found["again"]["status"] == "completed"
    assert found["refused"]["is"]
    assert "prompt is required" in found["refused"]["words"]
