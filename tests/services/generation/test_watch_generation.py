"""Waiters sleep while one watcher polls: changes reach all of them, and nothing is left behind."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from generator.models import Generation, State
from generator.services.generation import watch_generation
from generator.services.generation.watch_generation import Seen, watch
from tests.management.tree import ROOT, wait_for

QUEUED, READY = Seen(State.QUEUED, "", 0, 0), Seen(State.READY, "", 100, 1)


def running(percent: int) -> Seen:
    return Seen(State.RUNNING, "Composing", percent, 0)


@dataclass
class Table:
    """Stands for the database: the state of each generation, and how it was polled."""

    rows: dict[int, Seen] = field(default_factory=dict)
    looks: list[list[int]] = field(default_factory=list)
    trouble: list[BaseException] = field(default_factory=list)

    def look(self, pks: list[int]) -> dict[int, Seen]:
        self.looks.append(pks)
        if self.trouble and threading.current_thread().name == "follow":
            raise self.trouble.pop(0)
        return {pk: self.rows[pk] for pk in pks if pk in self.rows}


def watchers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "follow"]


@pytest.fixture
def table(monkeypatch) -> Iterator[Table]:
    """Polled a hundred times per second; afterwards there are no waiters and no watcher."""
    made = Table({1: QUEUED})
    monkeypatch.setattr(watch_generation, "current_status", made.look)
    for name, seconds in {
        "POLL_INTERVAL_S": 0.01,
        "MAX_POLL_INTERVAL_S": 0.02,
        "WATCHER_CHECK_INTERVAL_S": 0.05,
    }.items():
        monkeypatch.setattr(watch_generation, name, seconds)
    yield made
    assert watch_generation._watch._followed == {}
    wait_for(lambda: not watchers(), 5, "the watcher has gone")


@pytest.fixture
def listen() -> Iterator[Callable[..., "list[Seen | None]"]]:
    """Follow in a thread; the list grows with every change, and `ended` is set at the end."""
    with ThreadPoolExecutor(300) as pool:

        def _listen(pk: int = 1, patience: float = 20, **how) -> Heard:
            heard = Heard()
            pool.submit(heard.listen, pk, patience, **how)
            return heard

        yield _listen


class Heard(list):
    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Event()

    def listen(self, pk: int, patience: float, **how) -> None:
        for seen in watch(Generation(pk=pk), patience, **how):
            self.append(seen)
        self.ended.set()

    def wait_for(self, seen: Seen) -> None:
        wait_for(lambda: seen in self, 5, f"{seen} is heard of")


def test_it_tells_each_change_once_until_it_rests(table, listen):
    heard = listen()
    for step in (QUEUED, running(10), running(60), READY):
        table.rows[1] = step
        heard.wait_for(step)
    assert heard.ended.wait(5)
    assert heard == [QUEUED, running(10), running(60), READY]


@pytest.mark.parametrize("state", watch_generation.RESTING)
def test_what_rests_already_is_told_without_a_watcher(table, state):
    table.rows[1] = Seen(state, "", 0, 0)
    assert list(watch(Generation(pk=1), 5)) == [table.rows[1]]
    assert len(table.looks) == 1


def test_patience_ends(table):
    assert list(watch(Generation(pk=1), 0.05)) == [QUEUED]


def test_a_sign_of_life_when_nothing_changes(table):
    told = watch(Generation(pk=1), 5, quiet=0.02)
    assert [next(told) for _ in range(4)] == [QUEUED, None, None, None]
    told.close()


def test_many_followers_are_one_look_a_beat(table, listen):
    table.rows |= dict.fromkeys(range(1, 51), QUEUED)
    heard = [listen(pk) for pk in range(1, 51) for _ in range(5)]
    wait_for(
        lambda: sum(one.followers for one in list(watch_generation._watch._followed.values())) == 250,
        10,
        "all are followed",
    )
    assert len(watchers()) == 1
    before = len(table.looks)
    wait_for(lambda: len(table.looks) > before + 3, 5, "a few beats")
    assert all(len(looked) == 50 for looked in table.looks[before + 1 :])
    assert before <= 2 * 250 + 50  # one poll per waiter, and the intervals until all were there
    table.rows |= dict.fromkeys(range(1, 51), READY)
    assert all(one.ended.wait(10) for one in heard)
    assert all(one == [QUEUED, READY] for one in heard)


def test_a_look_without_news_wakes_nobody(table, listen):
    heard = listen()
    wait_for(lambda: watch_generation._watch._followed, 5, "it is followed")
    woken: list[None] = []
    watch_generation._watch._followed[1].changed.notify_all = lambda: woken.append(None)
    before = len(table.looks)
    wait_for(lambda: len(table.looks) > before + 5, 5, "it was looked at")
    assert len(woken) <= 1  # the watcher's first poll
    table.rows[1] = READY  # found at the waiter's own CHECK, since nothing notifies it here
    assert heard.ended.wait(5)


def test_a_generation_that_is_gone_ends_its_followers(table, listen):
    heard = listen()
    heard.wait_for(QUEUED)
    del table.rows[1]
    assert heard.ended.wait(5)
    assert list(watch(Generation(pk=2), 5)) == []


def test_a_database_that_does_not_answer_is_asked_again(table, listen, caplog):
    table.trouble = [OSError("gone")] * 3
    heard = listen()
    wait_for(lambda: not table.trouble, 5, "it was tried")
    table.rows[1] = READY
    assert heard.ended.wait(5)
    assert caplog.text.count("looking at what is followed failed") == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_watcher_that_died_is_replaced(table, listen):
    table.trouble = [SystemExit()]
    heard = listen()
    wait_for(lambda: not table.trouble, 5, "it died")
    table.rows[1] = READY
    assert heard.ended.wait(5)


def test_a_watcher_that_cannot_start_is_tried_again(table, monkeypatch, caplog):
    with monkeypatch.context() as broken:
        broken.setattr(threading.Thread, "start", lambda self: (_ for _ in ()).throw(RuntimeError("no more threads")))
        told = watch(Generation(pk=1), 5, quiet=0.1)
        assert [next(told), next(told)] == [QUEUED, None]
    assert "could not be started" in caplog.text
    table.rows[1] = READY
    assert next(told) == READY
    told.close()


def test_whoever_leaves_early_is_forgotten(table):
    told = watch(Generation(pk=1), 5, quiet=0.01)
    assert [next(told), next(told)] == [QUEUED, None]
    told.close()
    assert watch_generation._watch._followed == {}


@pytest.mark.live
def test_on_a_real_database(database_url, tmp_path):
    env = {
        **os.environ,
        "DATABASE_URL": database_url,
        "STUDIO_DATA": str(tmp_path),
        "SECRET_KEY": "follow" * 12,
        "STUDIO_PROVIDERS": "tests.fakes.poll",
    }
    command = [sys.executable, "-m", "tests.services.generation.followers"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["heard"] == ["queued", "running", "ready"]
    assert told["followers"] == 200
    assert told["connections_meanwhile"] == 2  # the watcher's, and the working thread's
    assert told["connections_after"] == 1
    assert told["watchers_after"] == 0
