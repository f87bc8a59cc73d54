"""A database from before modules and tasks had their lasting names is upgraded, and nothing in it is lost.

The fixtures are demo companies (`manage.py demo --runs 40 --months 2`) of commit 0d57301, with an API key, a share link
and a queued task, one in SQLite and one as a dump of PostgreSQL; what they hold is in `before_0_1.json`.
"""

import contextlib
import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.management.tree import ROOT

pytestmark = pytest.mark.live
FIXTURES = ROOT / "tests" / "fixtures"
FACTS = json.loads((FIXTURES / "before_0_1.json").read_text())
LOOK = """
import json, os
from django.apps import apps
from django.conf import settings
from django.test import Client
from django_q.models import OrmQ, Schedule
from django_q.signing import SignedPackage
from generator.services.billing import ledger
facts = json.loads(os.environ["FACTS"])
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
program = Client(SERVER_NAME="localhost", headers={"authorization": "Bearer " + facts["key"]})
print("SEEN=" + json.dumps({
    "counts": {name: apps.get_model("generator", name).objects.count() for name in facts["counts"]},
    "differences": ledger.differences(),
    "link": Client(SERVER_NAME="localhost").get(facts["link"]).status_code,
    "track": program.get("/api/v1/tracks/" + facts["track"]).json().get("title"),
    "tasks": sorted({*Schedule.objects.values_list("func", flat=True),
                     *(SignedPackage.loads(row.payload)["func"] for row in OrmQ.objects.all())}),
}))
"""


def run(folder: Path, *command: str, **env: str) -> str:
    """Run a management command in a process of its own, on the data of this folder; return what it printed."""
    settings = {"SECRET_KEY": FACTS["secret_key"], "STUDIO_DATA": str(folder)}
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")} | settings | env
    called = [sys.executable, "manage.py", *command]
    done = subprocess.run(called, check=False, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def upgraded(folder: Path, facts: dict, **env: str) -> dict:
    """Migrate the database with today's code; return what is in it then."""
    run(folder, "migrate", "--verbosity", "0", **env)
    printed = run(folder, "shell", "--no-imports", "-c", LOOK, FACTS=json.dumps(facts), **env)
    return json.loads(printed.partition("SEEN=")[2])


def unpack(database: Path) -> None:
    database.write_bytes(gzip.decompress((FIXTURES / "before_0_1.sqlite3.gz").read_bytes()))


def schema(database: Path) -> dict[str, object]:
    """Return tables, columns, keys, indexes, constraints and triggers; no names that Django derives with a hash."""
    found: dict[str, object] = {}
    with contextlib.closing(sqlite3.connect(database)) as connection:
        ask = lambda query: connection.execute(query).fetchall()  # noqa: E731
        for name, statement in ask(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name LIKE 'generator_%'"
        ):
            indexes = [
                (unique, partial, tuple(column for _, _, column in ask(f"PRAGMA index_info('{index}')")))
                for _, index, unique, _, partial in ask(f"PRAGMA index_list('{name}')")
            ]
            found[name] = (
                {row[1:] for row in ask(f"PRAGMA table_info('{name}')")},
                {row[2:] for row in ask(f"PRAGMA foreign_key_list('{name}')")},
                sorted(indexes, key=str),
                set(re.findall(r'CONSTRAINT "(\w+)" (?:CHECK|UNIQUE)', statement)),
            )
        found["triggers"] = set(ask("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return found


def check(seen: dict, facts: dict) -> None:
    assert seen["counts"] == facts["counts"]
    assert seen["differences"] == []
    assert (seen["link"], seen["track"]) == (200, facts["title"])
    tasks = "generator.services.background.tasks."
    assert all(task.startswith(tasks) for task in seen["tasks"])
    assert {f"{tasks}{name}" for name in ("hourly", "nightly", "render")} <= {*seen["tasks"]}


def test_a_data_directory(tmp_path):
    unpack(tmp_path / "studio.sqlite3")
    check(upgraded(tmp_path, FACTS["sqlite"]), FACTS["sqlite"])


def test_an_upgraded_database_is_like_a_new_one(tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    (tmp_path / "old" / "studio.sqlite3").write_bytes(
        gzip.decompress((FIXTURES / "before_0_1.sqlite3.gz").read_bytes())
    )
    for folder in ("old", "new"):
        run(tmp_path / folder, "migrate", "--verbosity", "0")
    assert schema(tmp_path / "old" / "studio.sqlite3") == schema(tmp_path / "new" / "studio.sqlite3")


def test_a_job_that_two_generations_had_stays_with_the_first(tmp_path):
    database = tmp_path / "studio.sqlite3"
    unpack(database)
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        pks = [pk for (pk,) in connection.execute("SELECT id FROM generator_generation ORDER BY id LIMIT 3")]
        for pk, job in zip(pks, ("one", "one", "two"), strict=True):
            account = "(SELECT MIN(provider_id) FROM generator_musicmodel)"
            model = f"(SELECT MIN(id) FROM generator_musicmodel WHERE provider_id = {account})"
            change = f"UPDATE generator_generation SET handle = ?, model_id = {model} WHERE id = ?"
            connection.execute(change, (job, pk))
    run(tmp_path, "migrate", "--verbosity", "0")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        jobs = connection.execute("SELECT provider_job_id, generation_id FROM generator_providerjob").fetchall()
    assert {(job, pk) for job, pk in jobs if job in ("one", "two")} == {("one", pks[0]), ("two", pks[2])}


@pytest.mark.postgres
def test_a_postgresql_server(tmp_path):
    server = os.environ.get("STUDIO_TEST_POSTGRES")
    if not server:
        pytest.skip("no PostgreSQL server: STUDIO_TEST_POSTGRES is not set")
    name = f"upgrade_{uuid.uuid4().hex[:12]}"
    url = f"{server.rpartition('/')[0]}/{name}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            dump = gzip.decompress((FIXTURES / "before_0_1.sql.gz").read_bytes())
            subprocess.run(
                ["psql", "--quiet", "-v", "ON_ERROR_STOP=1", url], input=dump, check=True, capture_output=True
            )
            facts = FACTS["postgresql"]
            check(upgraded(tmp_path, facts, DATABASE_URL=url), facts)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
