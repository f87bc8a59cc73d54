"""The vendor's own command line reads the made catalog as the studio does: the fake speaks the vendor's contract."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from generator.providers.wavespeed import catalog_offer
from tests.api import npm
from tests.fakes import wavespeed_catalog
from tests.fakes.vendors import Vendors
from tests.fakes.wavespeed_catalog import MUSIC

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("wavespeed")]
HERE = Path(__file__).parent / "node"
PATHS = [raw["model_id"] for raw in MUSIC]


@pytest.fixture
def catalog_fake():
    """The fake with a catalog that has no broken entries, which the vendor's client could not read either."""
    with Vendors() as running:
        running.wavespeed.catalog = [*MUSIC, *wavespeed_catalog.OTHER]
        yield running


@pytest.fixture
def cli(request, catalog_fake, tmp_path):
    program = npm.installed(request, HERE, "wavespeed-clients") / "node_modules" / ".bin" / "wavespeed"
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    env["WAVESPEED_API_KEY"] = catalog_fake.wavespeed.key

    def _cli(*words: str) -> str:
        ran = subprocess.run(
            [str(program), *words],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    _cli("config", "--base-url", catalog_fake.url)
    return _cli


def test_the_vendors_command_line_lists_the_catalog(cli):
    listed = cli("models", "--json")
    assert [path for path in PATHS if path not in listed] == []


@pytest.mark.parametrize("path", ["minimax/music-2.6", "sonilo/text-to-music", "mirelo-ai/sfx-1.6/text-to-audio"])
def test_it_shows_the_fields_that_the_form_has(cli, path):
    (raw,) = [raw for raw in MUSIC if raw["model_id"] == path]
    offer = catalog_offer.frozen_offer(catalog_offer.offer(wavespeed_catalog.listed("", [raw])[0], "").entry)
    helped, schema = cli("run", path, "--help"), cli("schema", path)
    described = [item.name for item in offer.spec.imported.properties if not item.is_for_programs]
    body = {*offer.spec.imported.values({}, 1, "music"), *described}
    assert "enable_base64_output" not in helped
    assert [name for name in body if name not in helped] == []
    assert [name for name in body if name not in schema] == []
    for setting in offer.spec.imported.settings:
        item = setting.property
        if item.choices:
            assert [value for value in item.choices if str(value) not in helped] == []
        elif item.is_number:
            assert re.search(rf"range: {item.minimum:g}\.\.{item.maximum:g}", helped), helped
