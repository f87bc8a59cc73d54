"""Two machines on one PostgreSQL share the media folder, or the second does not start."""

import os
import subprocess
import sys

import pytest

from tests.management.tree import ROOT, Studio

SERVER = os.environ.get("STUDIO_TEST_POSTGRES", "")
pytestmark = [
    pytest.mark.live,
    pytest.mark.postgres,
    pytest.mark.skipif(not SERVER, reason="STUDIO_TEST_POSTGRES names no server"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


@pytest.mark.parametrize("only", ["web", "cluster"])
def test_a_second_machine_without_the_shared_folder_does_not_start(database, tmp_path, only):
    with Studio(tmp_path, DATABASE_URL=database) as first:
        other = first.env | {"STUDIO_DATA": str(tmp_path / "other"), "SECRET_KEY": "k"}
        command = [sys.executable, "manage.py", "studio", "--port", "0", "--only", only]
        second = subprocess.run(command, cwd=ROOT, env=other, capture_output=True, text=True, timeout=240, check=False)
        assert second.returncode == 2, second.stderr
        assert "Traceback" not in second.stderr
        assert first.answers()
