"""Cost of two hundred held streams for the pages of the same studio.

    python -m benchmarks.streams [--streams 200] [--pages 100]

A studio as a person starts it, with the vendors' fake in a separate process, whose jobs take hours. Clients open
Soundverse streams on bare sockets, each for its own generation, and disconnect. Then a library page
is requested repeatedly, with the generations running but no client connected. Then all clients reconnect (by
Idempotency-Key, so nothing new is requested), the page is requested as often again, and so on, alternating; the ratio
compares the two. Last, every generation gets a new stage at the same time, and the time is taken until the last client
has received it.

Everything shares the processors: the studio's web server and cluster, the fake, and the clients in this process.
`DATABASE_URL` in the environment makes the studio use a PostgreSQL server, whose connections are counted, too.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from tests.fakes.vendor_process import VendorProcess
from tests.management.person import Person
from tests.management.tree import ROOT, Studio, wait_for

GOAL_PAGES, GOAL_NEWS = 1.3, 2.0
ROUNDS = 2
SETTLE = 20.0  # seconds in which keep-alives find out which clients have disconnected
MODEL = "wavespeed/mureka-v7.6-bgm"
MAKE = f"""
from generator.models import Membership, Project, Role, User
from generator.services.team import api_keys
user, project = User.objects.first(), Project.objects.create(name="Held")  # away from the page that is asked for
Membership.objects.create(project=project, user=user, role=Role.OWNER)
print(api_keys.make(user, "bench", project=project, model_override="{MODEL}")[1])
"""
TELL = """
import datetime as dt, time
from django.utils import timezone
from generator.models import Generation
active = Generation.objects.active()
active.update(due_at=timezone.now() + dt.timedelta(hours=1))  # no poll writes over it
time.sleep(3)
active.update(stage="News for all")
print(time.monotonic())
"""
BODY = {"userId": "u", "projectId": "p", "prompt": "held for a long time"}


def shell(studio: Studio, code: str) -> str:
    """Run code in the studio's settings; return the last line that it printed."""
    command = [sys.executable, "run.py", "--data", str(studio.folder), "manage", "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=studio.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().rpartition("\n")[2]


@dataclass
class Held:
    """A connected client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, port: int, token: str, number: int) -> "Held":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = json.dumps(BODY).encode()
        head = f"POST /v5/generate/music-gen HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        head += f"Content-Type: application/json\r\nIdempotency-Key: held-{number}\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}\r\n".encode() + body)
        one = cls(reader, writer)
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 120)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        await one.hear("content")
        return one

    async def hear(self, words: str) -> float:
        """Read until a line contains these words; return the time."""
        while words.encode() not in await asyncio.wait_for(self.reader.readline(), 120):
            pass
        return time.monotonic()


async def open_all(port: int, token: str, count: int, at_once: int = 16) -> list[Held]:
    turn = asyncio.Semaphore(at_once)

    async def one(number: int) -> Held:
        async with turn:
            return await Held.open(port, token, number)

    return list(await asyncio.gather(*map(one, range(count))))


async def close_all(held: list[Held]) -> None:
    for one in held:
        one.writer.close()
    await asyncio.gather(*(one.writer.wait_closed() for one in held), return_exceptions=True)


def pages(person: Person, count: int) -> list[float]:
    """Request the library page repeatedly; return the milliseconds, sorted."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        assert person.http.get(person.project).status_code == 200
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


@dataclass
class Process:
    """The web worker, seen from outside."""

    pid: int

    @classmethod
    def of(cls, studio: Studio) -> "Process":
        return cls([one.pid for one in studio.tree() if "granian" in one.command or "child web" in one.command][-1])

    def says(self) -> str:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines())
        return f"{int(status['VmRSS'].split()[0]) / 1024:.0f} MB, {int(status['Threads'])} threads"


def connections() -> str:
    server = os.environ.get("DATABASE_URL", "")
    if not server:
        return ""
    with psycopg.connect(server) as connection:
        count = connection.execute("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()")
        return f", {count.fetchone()[0] - 1} database connections (web and cluster)"


def say(name: str, taken: list[float]) -> None:
    p50, p95 = statistics.median(taken), taken[int(len(taken) * 0.95)]
    print(f"{name:<40} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   longest {taken[-1]:6.1f} ms")


async def compare(studio: Studio, person: Person, token: str, count: int, asked: int) -> None:
    """Measure the page without and with clients, twice in turn, so that other load affects both."""
    web = Process.of(studio)
    print(f"{'at rest':<40} {web.says()}{connections()}")
    began = time.monotonic()
    held = await open_all(studio.port, token, count)
    print(f"{count} streams opened, first chunk read, in {time.monotonic() - began:.1f} s")
    alone, heard = [], []
    for turn in range(ROUNDS):
        await close_all(held)
        await asyncio.sleep(SETTLE)
        alone += await asyncio.to_thread(pages, person, asked)
        if turn == 0:
            print(f"{'nobody listens':<40} {web.says()}{connections()}")
        held = await open_all(studio.port, token, count)
        heard += await asyncio.to_thread(pages, person, asked)
    print(f"{f'{count} listen':<40} {web.says()}{connections()}")
    await close_all(held)
    await asyncio.sleep(SETTLE)
    alone += await asyncio.to_thread(pages, person, asked)
    alone.sort()
    heard.sort()
    say("library page, nobody listens", alone)
    say(f"library page, {count} listen", heard)
    for name, at in (("p50", 0.5), ("p95", 0.95)):
        ratio = heard[int(len(heard) * at)] / alone[int(len(alone) * at)]
        print(f"ratio {name} {ratio:.2f}   goal {GOAL_PAGES}  {'ok' if ratio <= GOAL_PAGES else 'over'}")
    await news(studio, token, count)


async def news(studio: Studio, token: str, count: int) -> None:
    """Print how long it takes until all clients have received a change."""
    held = await open_all(studio.port, token, count)
    hearing = asyncio.gather(*(one.hear("News for all") for one in held))
    written = float(await asyncio.to_thread(shell, studio, TELL))
    late = sorted(moment - written for moment in await hearing)
    await close_all(held)
    ok = "ok" if late[-1] <= GOAL_NEWS else "over"
    heard = f"heard by the first after {late[0]:.2f} s, by all {count} after {late[-1]:.2f} s"
    print(f"a change is {heard}   goal {GOAL_NEWS} s  {ok}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--pages", type=int, default=100)
    asked = parser.parse_args()
    more = {name: os.environ[name] for name in ("DATABASE_URL",) if name in os.environ}
    with (
        tempfile.TemporaryDirectory() as folder,
        VendorProcess("--faults", "0", "--seconds", "36000", "72000") as vendors,
    ):
        studio = Studio(Path(folder), STUDIO_HEARTBEAT_SECONDS="5", STUDIO_STALE_SECONDS="60", **vendors.env, **more)
        with studio:
            person = Person(studio)
            wait_for(lambda: "is-running" not in person.http.get(person.project).text, 90, "the sample is made")
            token = shell(studio, MAKE)
            assert httpx.get(f"{studio.url}/healthz").status_code == 200
            asyncio.run(compare(studio, person, token, asked.streams, asked.pages))
            began = time.monotonic()
        print(f"the studio stopped in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
