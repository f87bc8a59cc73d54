"""Real, migrated and empty databases for separate processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tests.management.tree import ROOT
from tests.migrated import migrated_copy


@pytest.fixture(scope="session")
def postgres_template(tmp_path_factory) -> Iterator[str]:
    """The name of a migrated database on the STUDIO_TEST_POSTGRES server, to create others from."""
    server = os.environ.get("STUDIO_TEST_POSTGRES")
    if not server:
        pytest.skip("set STUDIO_TEST_POSTGRES to the address of a PostgreSQL server")
    name = f"template_{os.getpid()}"
    env = {"DATABASE_URL": f"{server.rpartition('/')[0]}/{name}", "SECRET_KEY": "template" * 8}
    env |= {"STUDIO_DATA": str(tmp_path_factory.mktemp("template")), "DJANGO_SETTINGS_MODULE": "bgmsite.settings"}
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        command = [sys.executable, "manage.py", "migrate", "-v", "0"]
        subprocess.run(command, cwd=ROOT, env=os.environ | env, check=True, timeout=120)
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request, tmp_path) -> Iterator[str]:
    if request.param == "sqlite":
        request.getfixturevalue("django_db_setup")  # leaves a migrated copy in pytest's cache
        file = tmp_path / "real.sqlite3"
        if kept := migrated_copy(request.config.cache.mkdir("migrated")):
            shutil.copy(kept, file)
        yield f"sqlite:///{file}"
        return
    template, server = request.getfixturevalue("postgres_template"), os.environ["STUDIO_TEST_POSTGRES"]
    name = f"real_{os.getpid()}_{abs(hash(str(tmp_path))) % 10**8}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield f"{server.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
