"""A backup is taken from a running studio, checked, and restored elsewhere."""

import sqlite3
import subprocess
import sys

import pytest

from generator.management import archive
from tests.management.tree import ROOT, wait_for

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(sys.platform != "linux", reason="needs the studio of test_tree.py"),
    pytest.mark.xdist_group("tree"),
]
COUNT = "SELECT COUNT(*) FROM generator_track"


@pytest.fixture(scope="module")
def manage(studio):
    def _manage(folder, *arguments) -> subprocess.CompletedProcess:
        command = [sys.executable, "run.py", "--data", str(folder), "manage", *map(str, arguments)]
        options = {"cwd": ROOT, "env": studio.env, "capture_output": True, "text": True, "timeout": 120}
        return subprocess.run(command, check=False, **options)

    return _manage


@pytest.fixture(scope="module")
def backup(studio, manage, tmp_path_factory):
    wait_for(lambda: studio.rows(COUNT)[0][0] > 0, 60, "a sample track is there")
    file = tmp_path_factory.mktemp("backup") / "studio.tar"
    made = manage(studio.folder, "backup", file)
    assert made.returncode == 0, made.stderr
    return file


def test_it_comes_back_whole_elsewhere(backup, manage, tmp_path):
    restored = manage(tmp_path, "restore", backup)
    assert restored.returncode == 0, restored.stderr
    with sqlite3.connect(tmp_path / "studio.sqlite3") as database:
        names = [name for (name,) in database.execute("SELECT file FROM generator_track")]
    assert names
    assert all((tmp_path / "media" / name).stat().st_size > 10_000 for name in names)
    settings = (tmp_path / ".env").read_text()
    assert "SECRET_KEY=" in settings
    assert "\nSTUDIO_OFFLINE=on\n" in settings
    with sqlite3.connect(tmp_path / "studio.sqlite3") as database:
        assert database.execute("SELECT * FROM generator_installation").fetchall() == []
    assert manage(tmp_path, "media").returncode == 0  # a separate studio
    again = manage(tmp_path, "restore", backup)
    assert again.returncode == 2
    assert "already contains a studio" in again.stderr


def test_nothing_is_restored_into_a_running_studio_or_beside_other_files(studio, backup, manage, tmp_path):
    running = manage(studio.folder, "restore", backup)
    assert running.returncode == 2
    assert "already running on" in running.stderr
    strange = tmp_path / "media" / "ab" / "abcd.flac"
    strange.parent.mkdir(parents=True)
    strange.write_bytes(b"audio of another studio")
    assert manage(tmp_path, "restore", backup).returncode == 2
    assert strange.read_bytes() == b"audio of another studio"
    assert not (tmp_path / ".env.before-restore").exists()


def test_an_existing_file_is_never_overwritten(studio, manage, backup):
    before = backup.read_bytes()
    refused = manage(studio.folder, "backup", backup)
    assert refused.returncode == 2
    assert backup.read_bytes() == before


@pytest.mark.parametrize("harm", ["cut short", "one byte changed", "something else"])
def test_a_damaged_file_is_noticed_before_anything_is_restored(backup, tmp_path, harm):
    data = bytearray(backup.read_bytes())
    if harm == "cut short":
        del data[len(data) // 2 :]
    elif harm == "one byte changed":
        data[len(data) // 2] ^= 1
    else:
        data[:] = b"not a backup at all"
    bad = tmp_path / "bad.tar"
    bad.write_bytes(data)
    with pytest.raises(archive.ArchiveError):
        archive.restore(bad)
