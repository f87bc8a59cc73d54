"""A hung web server is noticed and replaced, while the work continues."""

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from tests.management.test_tree import kinds
from tests.management.tree import Studio, processes, wait_for

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.xdist_group("tree"),
]


@pytest.fixture(scope="module")
def studio(tmp_path_factory, prepared) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("hung"), prepared, STUDIO_STALE_SECONDS="60") as running:
        yield running


@pytest.mark.parametrize("stopped", [["web server", "web worker"], ["web worker"]], ids=" and ".join)
def test_a_hung_web_server_is_replaced_and_work_goes_on(studio, stopped):
    wait_for(lambda: all(kinds(studio).values()) and studio.answers(), 60, "the tree is whole")
    tree = kinds(studio)
    victims = {tree[kind][0] for kind in stopped}
    for victim in victims:
        os.kill(victim, signal.SIGSTOP)
    assert not studio.answers()
    studio.wait_for_a_new_beat()
    assert victims <= {one.pid for one in processes()}, "the cluster does not wait for the web server"
    wait_for(studio.answers, 300, "another web server answers")
    assert not victims & {one.pid for one in processes()}
    assert kinds(studio)["cluster"] == tree["cluster"]


def test_a_hung_parent_of_a_worker_that_dies_is_replaced(studio):
    wait_for(lambda: all(kinds(studio).values()) and studio.answers(), 60, "the tree is whole")
    tree = kinds(studio)
    os.kill(tree["web server"][0], signal.SIGSTOP)
    assert studio.answers(), "a worker needs no parent to answer"
    os.kill(tree["web worker"][0], signal.SIGKILL)
    wait_for(studio.answers, 300, "another web server answers")
    assert tree["web server"][0] not in {one.pid for one in processes()}
