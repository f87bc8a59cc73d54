"""Generations while processes are killed at random: each ends once, with its money settled."""

import os
import random
import signal
import sys
import threading
import time

import pytest

from tests.management.person import Person
from tests.management.tree import Studio, wait_for

pytestmark = [pytest.mark.live, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]


@pytest.mark.parametrize(("runs", "kills"), [(16, 4), pytest.param(50, 6, marks=pytest.mark.slow)])
def test_generations_survive_random_kills(tmp_path, prepared, runs, kills):
    with Studio(tmp_path, prepared) as studio:
        _kill_while_submitting(studio, runs, kills)
        unfinished = "SELECT COUNT(*) FROM generator_generation WHERE state NOT IN ('ready', 'failed')"
        wait_for(lambda: studio.rows(unfinished) == [(0,)], 150, "every generation ends")
        check_the_books(studio, runs)


def _kill_while_submitting(studio: Studio, runs: int, kills: int) -> None:
    dice = random.Random(20)
    person = Person(studio)
    submitting = threading.Thread(target=lambda: [_submit(person, number) for number in range(runs)])
    submitting.start()
    for kill in range(kills):
        time.sleep(dice.uniform(0.5, 2.5))  # random on purpose
        if kill == kills // 2:
            os.kill(studio.process.pid, signal.SIGKILL)  # the whole tree
            studio.process.wait(10)
            studio.start()
        else:
            victim = dice.choice(studio.tree()[1:])
            os.kill(victim.pid, signal.SIGKILL)
    submitting.join(120)
    assert not submitting.is_alive()


def _submit(person: Person, number: int) -> None:
    person.submit(f"chaos-{number}", f"chaos run {number}", takes="1", format="flac", length="5")


def check_the_books(studio: Studio, runs: int) -> None:
    chaos = "g.idempotency_key LIKE 'chaos-%'"
    rows = studio.rows(f"SELECT g.id, g.state, g.error_message, g.settled_at FROM generator_generation g WHERE {chaos}")
    assert len(rows) == runs, "none was lost and none was made twice"
    assert all(settled for *_, settled in rows)
    assert all(state == "ready" or sentence for _, state, sentence, _ in rows), "whatever failed says why"
    tracks = studio.rows(
        f"SELECT g.id, COUNT(t.id) FROM generator_generation g LEFT JOIN generator_track t ON t.generation_id = g.id "
        f"WHERE {chaos} AND g.state = 'ready' GROUP BY g.id"
    )
    assert all(count == 1 for _, count in tracks)
    assert len(tracks) >= runs * 0.9
    kinds = studio.rows(
        f"SELECT g.id, GROUP_CONCAT(e.kind) FROM generator_generation g "
        f"JOIN generator_ledgerentry e ON e.generation_id = g.id WHERE {chaos} GROUP BY g.id"
    )
    assert {tuple(sorted(found.split(","))) for _, found in kinds} <= {("charge", "hold"), ("hold", "release")}
    assert studio.rows("SELECT SUM(held) FROM generator_rollup") == [(0,)]
    for (name,) in studio.rows("SELECT file FROM generator_track"):
        assert (studio.folder / "media" / name).stat().st_size > 1000
