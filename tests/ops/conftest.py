"""One running studio, started as a newcomer starts it, for everything that looks into its processes and files."""

import os
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.ops.tree import Studio


@pytest.fixture(scope="package")
def studio(tmp_path_factory):
    with Studio(tmp_path_factory.mktemp("tree")) as running:
        running.wait_for_a_new_beat()
        yield running


@pytest.fixture
def database():
    """An empty database of the PostgreSQL server that the tests may use."""
    given = os.environ["STUDIO_TEST_POSTGRES"]
    name = f"machines_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield urlsplit(given)._replace(path=f"/{name}").geturl()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
