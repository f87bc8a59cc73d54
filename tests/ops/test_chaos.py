"""Fifty generations while processes are killed at random: every one ends once, with its money settled."""

import os
import random
import re
import signal
import sys
import threading
import time

import httpx
import pytest

from tests.ops.tree import Studio, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

RUNS = 50
KILLS = 6


class Person:
    """Someone with a browser: signs in, submits, and presses the button again when the studio did not answer."""

    def __init__(self, studio: Studio) -> None:
        self.http = httpx.Client(base_url=studio.url, follow_redirects=True, timeout=15)
        page = self.patiently(lambda: self.http.get("/accounts/login/"))
        signed_in = self.http.post(
            "/accounts/login/",
            data={"login": "admin@studio.local", "password": studio.password(), "csrfmiddlewaretoken": token(page)},
        )
        assert "New music" in signed_in.text
        self.project = str(signed_in.url.path)
        self.token = token(signed_in)

    @staticmethod
    def patiently(request) -> httpx.Response:
        for _ in range(150):
            try:
                reply = request()
                if reply.status_code < 500:
                    return reply
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        raise AssertionError("the studio stayed away")

    def submit(self, number: int) -> None:
        form = {
            "csrfmiddlewaretoken": self.token,
            "idempotency_key": f"chaos-{number}",
            "text": f"chaos run {number}",
            "model": "composer/studio",
            "takes": "1",
            "format": "flac",
            "length": "5",
        }
        reply = self.patiently(lambda: self.http.post(f"{self.project}generate/", data=form))
        assert reply.status_code == 200, re.findall(r"notice[^>]*>([^<]+)", reply.text)


def token(page: httpx.Response) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]


def test_fifty_generations_survive_random_kills(tmp_path):
    with Studio(tmp_path) as studio:
        _kill_while_submitting(studio)
        unfinished = "SELECT COUNT(*) FROM generator_generation WHERE state NOT IN ('ready', 'failed')"
        wait_for(lambda: studio.rows(unfinished) == [(0,)], 150, "every generation ends")
        check_the_books(studio)


def _kill_while_submitting(studio: Studio) -> None:
    dice = random.Random(20)
    person = Person(studio)
    submitting = threading.Thread(target=lambda: [person.submit(number) for number in range(RUNS)])
    submitting.start()
    for kill in range(KILLS):
        time.sleep(dice.uniform(0.5, 2.5))  # the moment is meant to be random
        if kill == KILLS // 2:
            os.kill(studio.process.pid, signal.SIGKILL)  # the whole tree
            studio.process.wait(10)
            studio.start()
        else:
            victim = dice.choice(studio.tree()[1:])
            os.kill(victim.pid, signal.SIGKILL)
    submitting.join(120)
    assert not submitting.is_alive()


def check_the_books(studio: Studio) -> None:
    chaos = "g.idempotency_key LIKE 'chaos-%'"
    runs = studio.rows(
        f"SELECT g.id, g.state, g.error_sentence, g.settled_at FROM generator_generation g WHERE {chaos}"
    )
    assert len(runs) == RUNS, "none was lost and none was made twice"
    assert all(settled for *_, settled in runs)
    assert all(state == "ready" or sentence for _, state, sentence, _ in runs), "whatever failed says why"
    tracks = studio.rows(
        f"SELECT g.id, COUNT(t.id) FROM generator_generation g LEFT JOIN generator_track t ON t.generation_id = g.id "
        f"WHERE {chaos} AND g.state = 'ready' GROUP BY g.id"
    )
    assert all(count == 1 for _, count in tracks)
    assert len(tracks) >= RUNS * 0.9
    kinds = studio.rows(
        f"SELECT g.id, GROUP_CONCAT(e.kind) FROM generator_generation g "
        f"JOIN generator_entry e ON e.generation_id = g.id WHERE {chaos} GROUP BY g.id"
    )
    assert {tuple(sorted(found.split(","))) for _, found in kinds} <= {("charge", "hold"), ("hold", "release")}
    assert studio.rows("SELECT SUM(held) FROM generator_rollup") == [(0,)]
    for (name,) in studio.rows("SELECT file FROM generator_track"):
        assert (studio.folder / "media" / name).stat().st_size > 1000
