"""Clients generated from the OpenAPI documents, against a running studio, and linters on the documents.

The JavaScript tools are installed once per lock file, into pytest's cache; without node and npm their tests are
skipped.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.audio import encode
from tests.api import npm
from tests.audio.signals import RATE, song
from tests.management.tree import Studio

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("clients")]
HERE = Path(__file__).parent
ADDRESSES = {"v1": "api/v1/openapi.json", "v3": "api/v3/openapi.json", "v5": "v5/openapi.json"}
MAKE_KEY = """
from generator.models import User
from generator.services.team import api_keys
open({file!r}, "w").write(api_keys.make(User.objects.order_by("id").first(), "clients")[1])
"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory, prepared) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("clients"), prepared, STUDIO_STALE_SECONDS="60") as running:
        yield running


@pytest.fixture(scope="module")
def key(studio, tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("key") / "key"
    studio.shell(MAKE_KEY.format(file=str(file)))
    return file.read_text()


@pytest.fixture(scope="module")
def documents(studio, tmp_path_factory) -> dict[str, Path]:
    """Return the documents as files, by the version of their contract."""
    folder = tmp_path_factory.mktemp("documents")
    for name, address in ADDRESSES.items():
        with urllib.request.urlopen(f"{studio.url}/{address}", timeout=30) as reply:
            (folder / f"{name}.json").write_bytes(reply.read())
    return {name: folder / f"{name}.json" for name in ADDRESSES}


@pytest.fixture(scope="module")
def node(request) -> Path:
    """A folder with the tools in its node_modules."""
    folder = npm.installed(request, HERE, "generated-clients")
    (folder / ".spectral.json").write_text('{"extends": ["spectral:oas"]}')
    return folder


@pytest.fixture(scope="module")
def theme(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("theme") / "theme.mp3"
    encode(song(5), RATE, file, format="mp3")
    return file


def run(*command: str | Path, folder: Path, **env: str) -> str:
    """Return what a command prints; it must succeed."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, "PATH": tools, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", **env},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize("name", ADDRESSES)
def test_linters_find_no_error(node, documents, name):
    tools = node / "node_modules" / ".bin"
    told = run(
        *(tools / "spectral", "lint", "--ruleset", node / ".spectral.json", "--format", "json", "--quiet"),
        documents[name],
        folder=node,
    )
    assert [one for one in json.loads(told or "[]") if one["severity"] == 0] == []
    told = run(tools / "redocly", "lint", "--extends", "recommended", "--format", "json", documents[name], folder=node)
    assert json.loads(told)["totals"]["errors"] == 0


def test_the_python_client_works(studio, key, documents, theme, tmp_path):
    generate = ("openapi-python-client", "generate", "--output-path", "made_client", "--meta", "none")
    told = run(*generate, "--fail-on-warning", "--path", documents["v1"], folder=tmp_path)
    assert "WARNING" not in told
    run(sys.executable, "-W", "error", "-m", "compileall", "-q", "made_client", folder=tmp_path)
    shutil.copy(HERE / "try_client.py", tmp_path)
    found = json.loads(run(sys.executable, "try_client.py", studio.url, key, theme, folder=tmp_path).splitlines()[-1])
    assert "composer/studio" in found["models"]
    assert (found["state"], found["status"], found["again"]) == ("ready", 201, True)
    assert found["location"].startswith("/api/v1/generations/")
    assert found["title"]
    assert (found["known"], found["rendition"], found["listed"]) == (304, 202, True)
    assert found["size"] > 10_000
    assert found["reference"] == "theme"
    assert found["refused"] == ["ProblemOut", "validation_failed"]
    assert found["stranger"] == [401, "invalid_api_key"]


@pytest.mark.parametrize("name", ["v3", "v5"])
def test_a_python_client_of_a_vendors_contract_can_be_made(documents, tmp_path, name):
    generate = ("openapi-python-client", "generate", "--output-path", "made_client", "--meta", "none")
    run(*generate, "--path", documents[name], folder=tmp_path)
    run(sys.executable, "-m", "compileall", "-q", "made_client", folder=tmp_path)


def test_the_typescript_client_works(studio, key, documents, theme, node):
    tools = node / "node_modules" / ".bin"
    for name, document in documents.items():
        run(tools / "openapi-typescript", document, "-o", f"{name}.ts", folder=node)
    shutil.copy(HERE / "try.ts", node)
    strict = ("--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "--types", "node")
    run(tools / "tsc", *strict, *(f"{name}.ts" for name in documents), "try.ts", folder=node)
    found = json.loads(run("node", "try.js", studio.url, key, theme, folder=node).splitlines()[-1])
    assert "composer/studio" in found["models"]
    assert found["state"] == "ready"
    assert found["title"]
    assert found["location"].startswith("/api/v1/generations/")
    assert (found["known"], found["late"]) == (304, "precondition_failed")
    assert found["size"] > 10_000
    assert found["reference"] == "theme"
    assert (found["refused"], found["unknown"]) == ("validation_failed", "no_such")
    assert found["stranger"] == [401, "invalid_api_key"]
