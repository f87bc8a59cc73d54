"""A machine with stolen CPU time, and two machines on one PostgreSQL: slow, never wrong."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import psycopg
import pytest

from tests.management.person import Person
from tests.management.tree import Studio, wait_for

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.xdist_group("slow machine"),
]

ENDED = "SELECT count(*) FROM generator_generation WHERE idempotency_key LIKE 'slow-%' AND state IN ('ready', 'failed')"
EACH = (
    "SELECT g.idempotency_key, g.state, g.attempts, g.takes_requested, "
    "(SELECT count(*) FROM generator_track t WHERE t.generation_id = g.id), "
    "(SELECT count(*) FROM generator_generationevent e WHERE e.generation_id = g.id AND e.kind = 'take') "
    "FROM generator_generation g WHERE g.idempotency_key LIKE 'slow-%' ORDER BY g.id"
)


@contextmanager
def stolen_time(*studios: Studio, given: float = 0.15, period: float = 3.0) -> Iterator[None]:
    """Let all processes below the supervisors' clusters run only for a share of the time."""
    over = threading.Event()

    def send(number: int) -> None:
        for studio in studios:
            for one in studio.tree()[1:]:
                if " web " not in one.command:
                    try:
                        os.kill(one.pid, number)
                    except ProcessLookupError:
                        continue

    def steal() -> None:
        while not over.wait(given * period):
            send(signal.SIGSTOP)
            over.wait((1 - given) * period)
            send(signal.SIGCONT)

    thief = threading.Thread(target=steal)
    thief.start()
    try:
        yield
    finally:
        over.set()
        thread_ended = thief.join(30)
        assert thread_ended is None
        send(signal.SIGCONT)


def submit(person: Person, number: int, seconds: int, takes: int = 1, format: str = "flac") -> None:
    person.submit(f"slow-{number}", f"slow piano number {number}", takes=str(takes), format=format, length=str(seconds))


def check(rows: list[tuple]) -> None:
    assert rows
    assert [row for row in rows if row[1] != "ready" or row[2] != 1 or not row[3] == row[4] == row[5]] == []


def test_long_pieces_are_made_once_while_time_is_stolen(tmp_path, prepared):
    with Studio(tmp_path, prepared) as studio:
        person = Person(studio)
        with stolen_time(studio):
            submit(person, 1, 120)
            submit(person, 2, 45, takes=2, format="mp3")
            wait_for(lambda: studio.rows(ENDED) == [(2,)], 600, "both have ended")
        check(studio.rows(EACH))


def test_a_worker_that_is_stopped_for_longer_than_its_lease_makes_nothing_twice(tmp_path, prepared):
    with Studio(tmp_path, prepared) as studio:
        person = Person(studio)
        submit(person, 1, 300, takes=2)
        running = "SELECT count(*) FROM generator_generation WHERE idempotency_key = 'slow-1' AND percent > 5"
        wait_for(lambda: studio.rows(running) == [(1,)], 120, "it is being made")
        worker = busiest(studio)
        os.kill(worker, signal.SIGSTOP)
        again = "SELECT count(*) FROM generator_generationevent WHERE text LIKE 'Resumed, attempt%'"
        wait_for(lambda: studio.rows(again) == [(1,)], 180, "another worker took it over")
        os.kill(worker, signal.SIGCONT)
        wait_for(lambda: studio.rows(ENDED) == [(1,)], 300, "it has ended")
        wait_for(lambda: studio.rows(EACH)[0][2] == 1, 120, "no attempt is counted for the pause")
        check(studio.rows(EACH))


def busiest(studio: Studio) -> int:
    """Return the process below the cluster that uses most CPU at the moment."""

    def ticks() -> dict[int, int]:
        found = {}
        for one in studio.tree()[1:]:
            if " web " not in one.command:
                with suppress(OSError), open(f"/proc/{one.pid}/stat") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
                    found[one.pid] = int(fields[11]) + int(fields[12])
        return found

    before = ticks()
    wait_for(lambda: max(count - before.get(pid, count) for pid, count in ticks().items()) > 50, 60, "one works")
    return max(ticks().items(), key=lambda found: found[1] - before.get(found[0], found[1]))[0]


def test_something_short_does_not_wait_for_twenty_long_pieces(tmp_path, prepared):
    with Studio(tmp_path, prepared) as studio:
        person = Person(studio)
        for number in range(20):
            submit(person, number, 600)
        submit(person, 99, 10, format="mp3")
        short = "SELECT count(*) FROM generator_generation WHERE idempotency_key = 'slow-99' AND state = 'ready'"
        wait_for(lambda: studio.rows(short) == [(1,)], 120, "the short one is ready")
        assert studio.rows(ENDED)[0][0] <= 6, "most of the long ones are still waiting"


@pytest.mark.postgres
@pytest.mark.skipif("STUDIO_TEST_POSTGRES" not in os.environ, reason="names no server")
def test_two_slow_machines_on_one_database_make_everything_once(tmp_path, database):
    def rows(sql: str) -> list[tuple]:
        with psycopg.connect(database) as connection:
            return connection.execute(sql).fetchall()

    common = {"DATABASE_URL": database, "SECRET_KEY": "two machines " * 5}
    with ExitStack() as stack:
        first = stack.enter_context(Studio(tmp_path / "a", **common) if make(tmp_path / "a") else None)
        make(tmp_path / "b" / "data")
        (tmp_path / "b" / "data" / "media").symlink_to(first.folder / "media")
        second = stack.enter_context(Studio(tmp_path / "b", **common))
        person = Person(first)
        with stolen_time(first, second, given=0.3):
            submit(person, 1, 90, takes=2)
            for number in range(2, 5):
                submit(person, number, 45)
            wait_for(lambda: rows(ENDED) == [(4,)], 600, "all have ended")
        check(rows(EACH))


def make(folder) -> bool:
    folder.mkdir(parents=True)
    return True
