"""A start: what it keeps private, and what it reports about an unusable database."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from generator.management.file_permissions import close_to_others
from tests.management.tree import ROOT, free_port

SECRET = "hunter2"
LOOK = "from generator.services.provider_jobs import catalog; catalog.registry()"


def started(folder: Path, *command: str, **env: str) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=kept | {"STUDIO_DATA": str(folder), "SECRET_KEY": "k", "DJANGO_SETTINGS_MODULE": "bgmsite.settings"} | env,
        capture_output=True,
        text=True,
        timeout=240,  # migrating anew takes a minute where much else runs
        check=False,
    )


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    return folder


@pytest.mark.live
@pytest.mark.parametrize("command", ["studio", "backup"])
def test_a_damaged_database_is_said_in_words(folder, command, tmp_path):
    arguments = {"studio": ["--port", str(free_port())], "backup": [str(tmp_path / "studio.tar")]}[command]
    (folder / "studio.sqlite3").write_bytes(b"no database at all" * 100)
    refused = started(folder, command, *arguments)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert str(folder / "studio.sqlite3") in refused.stderr
    assert (folder / "studio.sqlite3").read_bytes().startswith(b"no database")


@pytest.mark.live
def test_a_server_that_does_not_answer_is_said_without_its_password(folder):
    port = str(free_port())
    refused = started(
        folder, "studio", "--port", str(free_port()), DATABASE_URL=f"postgres://me:{SECRET}@127.0.0.1:{port}/studio"
    )
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert port in refused.stderr
    assert SECRET not in refused.stderr


@pytest.mark.live
@pytest.mark.parametrize(
    ("module", "command"),
    [("generator.providers.gone", "studio"), ("json", "studio"), ("tests.management.broken_provider", "shell")],
)
def test_a_provider_that_cannot_be_loaded_is_said_in_a_sentence(folder, module, command):
    arguments = {"studio": ["--port", str(free_port())], "shell": ["-c", LOOK]}[command]
    refused = started(folder, command, *arguments, STUDIO_PROVIDERS=f"generator.providers.builtin,{module}")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert "STUDIO_PROVIDERS" in refused.stderr
    assert module in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.live
def test_what_is_made_is_closed_to_others(folder):
    done = started(folder, "migrate", "-v", "0")
    assert done.returncode == 0, done.stderr
    assert mode(folder / "studio.sqlite3") == 0o600


def test_what_was_left_open_is_closed(folder):
    open_before = [folder / name for name in (".env", "studio.sqlite3", "studio.sqlite3-wal", "stamps.json")]
    for file in open_before:
        file.touch(mode=0o644)
    for name in ("mail", "media", "tmp"):
        (folder / name).mkdir(mode=0o755)
    close_to_others(folder)
    assert {mode(file) for file in open_before} == {0o600}
    assert {mode(path) for path in (folder, folder / "mail", folder / "media", folder / "tmp")} == {0o700}


def test_a_folder_with_other_things_in_it_stays_as_it_is(folder):
    (folder / "something else").touch(mode=0o644)
    (folder / ".env").touch(mode=0o644)
    close_to_others(folder)
    assert (mode(folder), mode(folder / "something else"), mode(folder / ".env")) == (0o755, 0o644, 0o600)


def test_audio_for_nginx_can_be_read_and_not_listed(folder, settings):
    settings.STUDIO_SENDFILE, settings.MEDIA_ROOT = "nginx", folder / "media"
    file = folder / "media" / "ab" / "abcd.flac"
    file.parent.mkdir(parents=True)
    file.touch(mode=0o600)
    close_to_others(folder)
    assert [mode(path) for path in (folder, folder / "media", file.parent, file)] == [0o711, 0o711, 0o711, 0o644]


@pytest.mark.django_db
def test_the_first_administrator_of_every_studio_has_another_address(settings, tmp_path, monkeypatch):
    from generator.management import bootstrap
    from generator.models import Project, User

    monkeypatch.setattr(bootstrap.sample_project, "seed", lambda admin: None)
    monkeypatch.setattr(bootstrap, "bring_up_to_date", lambda: None)
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    found = set()
    for _ in range(3):
        Project.objects.all().delete()
        User.objects.all().delete()
        said: list[str] = []
        bootstrap.bootstrap("", said.append)
        address = re.findall(r"│  (\S+@\S+)", said[0])[0]
        assert User.objects.get().email == address
        found.add(address)
    assert len(found) == 3


def test_a_database_that_hangs_keeps_nobody_from_stopping(settings, tmp_path, monkeypatch, caplog):
    from generator.management import supervisor

    settings.DATA_DIR = tmp_path
    hangs = threading.Event()
    monkeypatch.setattr(supervisor, "RELEASE_TIMEOUT_S", 0.05)
    monkeypatch.setattr(supervisor.Presence, "let_go", lambda self, **named: hangs.wait(60))
    monkeypatch.setattr(supervisor.django_connections, "close_all", lambda: None)
    studio = supervisor.Supervisor("127.0.0.1", free_port(), "cluster")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr(supervisor.Supervisor, "_check_child", lambda self, *_: signal.raise_signal(signal.SIGTERM))
    try:
        studio.run(lambda: None)
        assert not hangs.is_set(), "it has not waited for the database"
        assert "too slow" in caplog.text
    finally:
        hangs.set()
        for number, handler in handlers.items():
            signal.signal(number, handler)
