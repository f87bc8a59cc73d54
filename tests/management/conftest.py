"""One running studio, started as a newcomer starts it, for tests of its processes and files."""

import os
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.management.tree import Studio


@pytest.fixture(scope="package")
def studio(tmp_path_factory):
    with Studio(tmp_path_factory.mktemp("tree")) as running:
        running.wait_for_a_new_beat()
        yield running


@pytest.fixture
def database():
    """An empty database on the tests' PostgreSQL server."""
    given = os.environ["STUDIO_TEST_POSTGRES"]
    name = f"machines_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield urlsplit(given)._replace(path=f"/{name}").geturl()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
