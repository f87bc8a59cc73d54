"""A small chaos run of the connectors: random faults, cluster and supervisor killed on the way; kept books compared."""

import sys

import pytest

from tests.fakes.connectors.texts import MODELS
from tests.fakes.vendor_process import ConnectorProcess
from tests.management.chaos_paid import Chaos
from tests.management.tree import Studio, wait_for

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.xdist_group("tree"),
]
CHOICES = tuple((model, 1, ("mp3",)) for model in MODELS.values())


@pytest.mark.parametrize("runs", [12, pytest.param(45, marks=pytest.mark.slow)])
def test_nothing_is_paid_twice_delivered_free_or_left_hanging(tmp_path, prepared, runs):
    with (
        ConnectorProcess("--faults", "0.15", "--seconds", "0.3", "1.5") as vendors,
        Studio(tmp_path, prepared, **vendors.env) as studio,
    ):
        chaos = Chaos(studio, vendors, runs, seed=3, models=CHOICES)
        chaos.begin()
        wait_for(lambda: len(vendors.books()["jobs"]) > runs // 3, 60, "work is under way")
        chaos.kill(next(at for at, one in enumerate(studio.tree()) if " cluster" in one.command))
        wait_for(lambda: chaos.has_ended or len(vendors.books()["jobs"]) > runs // 2, 120, "work goes on")
        chaos.kill(0)
        wait_for(lambda: chaos.has_ended, 240, "every generation ends")
        books = chaos.compare()
    print(books.table(), vendors.last_books["trouble"])
    assert books.wrong == []
    assert any(run.state == "ready" for run in books.runs)
