"""One running studio, started as a newcomer starts it, for everything that looks into its processes and files."""

import pytest

from tests.ops.tree import Studio


@pytest.fixture(scope="package")
def studio(tmp_path_factory):
    with Studio(tmp_path_factory.mktemp("tree")) as running:
        running.wait_for_a_new_beat()
        yield running
