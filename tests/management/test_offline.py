"""A restored studio stays offline: what its settings say, and what background work skips."""

import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import tarfile

import pytest

from bgmsite.environment import Environment
from generator.management.restored_settings import quieted
from generator.models import Generation, State
from generator.services.background import job_queue, tasks
from generator.services.provider_jobs import catalog
from tests.conftest import COMPOSER, POLL
from tests.management.tree import ROOT

SECRET = "hunter2"
BACKUP = f"""# of production
SECRET_KEY=old
export DATABASE_URL='postgres://studio:{SECRET}@db.example.com:5433/studio'
REDIS_URL = redis://:{SECRET}@cache.example.com:6379/0
EMAIL_URL=smtp+tls://me:{SECRET}#1@mail.example.com
STUDIO_OFFLINE=off
ALLOWED_HOSTS=studio.example.com
"""
HERE = f"SECRET_KEY=new\nDATABASE_URL=postgres://copy:{SECRET}@localhost/copy\n"


def read(tmp_path, text: str) -> dict[str, str]:
    (tmp_path / ".env").write_text(text)
    found: dict[str, str] = {}
    env = Environment(found)
    env.read_file(tmp_path / ".env")
    env.known |= {*found}
    env.check()
    return found


def test_the_settings_of_a_backup_lead_nowhere(tmp_path):
    text, where = quieted(BACKUP, "SECRET_KEY=new\n", "2026-11-21")
    assert read(tmp_path, text) == {
        "SECRET_KEY": "old",
        "ALLOWED_HOSTS": "studio.example.com",
        "STUDIO_OFFLINE": "on",
    }
    assert [one.split()[0] for one in where] == ["DATABASE_URL", "REDIS_URL", "EMAIL_URL"]
    assert "db.example.com:5433/studio" in where[0]
    assert SECRET not in " ".join(where)


def test_what_was_set_for_the_copy_stays(tmp_path):
    text, _ = quieted(BACKUP, HERE, "2026-11-21")
    assert read(tmp_path, text)["DATABASE_URL"] == f"postgres://copy:{SECRET}@localhost/copy"


def test_a_backup_without_settings_is_offline_too(tmp_path):
    text, where = quieted(None, HERE, "2026-11-21")
    assert (read(tmp_path, text)["STUDIO_OFFLINE"], read(tmp_path, text)["SECRET_KEY"], where) == ("on", "new", [])


@pytest.mark.django_db
def test_offline_nothing_is_sent_and_what_is_due_waits(fake, ask, settings, run_background, monkeypatch):
    waiting = ask(model=POLL)
    settings.STUDIO_OFFLINE = True
    for task in (tasks.poll_providers, tasks.download_outputs, tasks.send_webhooks, tasks.hourly):
        task()
    waiting.refresh_from_db()
    assert waiting.state == State.QUEUED
    assert Generation.objects.get(pk=waiting.pk).attempts == 0
    assert not catalog.choice(POLL).available
    assert catalog.choice(COMPOSER).available
    settings.STUDIO_OFFLINE = False
    assert catalog.choice(POLL).available
    assert f"{tasks.poll_providers.__module__}.{tasks.poll_providers.__name__}" == job_queue.SWEEP
    run_background()
    waiting.refresh_from_db()
    assert waiting.state != State.QUEUED


def test_a_restore_says_where_it_would_connect_and_does_not(tmp_path):
    backup, data = tmp_path / "studio.tar", tmp_path / "data"
    dump = b"what pg_dump wrote"
    digest = hashlib.sha256(dump).hexdigest()
    manifest = {
        "format": 1,
        "made_at": "2026-11-21",
        "database": "database.dump",
        "database_sha256": digest,
        "files": 0,
    }
    with tarfile.open(backup, "w") as tar:
        for name, content in (
            ("database.dump", dump),
            ("env", BACKUP.encode()),
            ("manifest.json", json.dumps(manifest).encode()),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        env = os.environ | {"STUDIO_DATA": str(data), "SECRET_KEY": "k", "DJANGO_SETTINGS_MODULE": "bgmsite.settings"}
        env["DATABASE_URL"] = f"postgres://copy:{SECRET}@{address}/copy"
        command = [sys.executable, "manage.py", "restore", str(backup)]
        told = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=240, check=False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert told.returncode == 2
    assert "127.0.0.1" in told.stderr
    assert address.partition(":")[2] in told.stderr
    assert SECRET not in told.stderr
    assert [path.name for path in data.iterdir()] == ["studio.lock"]
