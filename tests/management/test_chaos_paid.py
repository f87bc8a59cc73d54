"""A small paid chaos run: the vendors, random faults, cluster and supervisor killed on the way."""

import sys

import pytest

from tests.fakes.vendor_process import VendorProcess
from tests.management.chaos_paid import Chaos
from tests.management.tree import Studio, wait_for

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.xdist_group("tree"),
]


@pytest.mark.parametrize("runs", [12, pytest.param(24, marks=pytest.mark.slow)])
def test_nothing_is_paid_twice_and_nothing_delivered_free_under_fire(tmp_path, prepared, runs):
    with (
        VendorProcess(
            "--faults", "0.15", "--seconds", "0.3", "1.5", "--spare", "list", "price", "status", "cover"
        ) as vendors,
        Studio(tmp_path, prepared, **vendors.env) as studio,
    ):
        chaos = Chaos(studio, vendors, runs, seed=3)
        chaos.begin()
        wait_for(lambda: len(vendors.books()["jobs"]) > runs // 3, 60, "work is under way")
        cluster = next(at for at, one in enumerate(studio.tree()) if " cluster" in one.command)
        chaos.kill(cluster)
        wait_for(lambda: chaos.has_ended or len(vendors.books()["jobs"]) > runs // 2, 120, "work goes on")
        chaos.kill(0)
        wait_for(lambda: chaos.has_ended, 150, "every generation ends")
        books = chaos.compare()
    assert books.wrong == []
    assert any(run.state == "ready" for run in books.runs)
