"""A thousand jobs in progress at a provider: the delay until a finished one can be played, and the cost of a poll.

    python -m benchmarks.polling [--jobs 1000] [--over 60]

The vendors' fake runs in a separate process. First a studio, started as a person starts it, follows the jobs. They end
evenly spread over `--over` seconds, and the time at which each take appears in the library is compared with the time at
which the vendor finished it. Then, in this process, one sweep polls as many jobs that do not end, and its CPU time per
poll is divided by that of a bare httpx loop that GETs the same addresses of the same server with as many connections.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
from django.apps import apps

from tests.fakes.vendor_process import VendorProcess
from tests.management.tree import ROOT, Studio, wait_for

INTERVAL = 2.0  # seconds between the polls of a job near its end (job_runner.next_look)
GOAL_LATE, GOAL_CPU = INTERVAL + 1.0, 1.5
MODEL, PATH = "wavespeed/mureka-v7.6-bgm", "mureka-ai/mureka-v7.6/generate-bgm"
CONNECTIONS = 96
HEAD_START = 45.0  # seconds in which the studio takes over the jobs, before the first one ends

if apps.ready:  # inside `manage shell`: the part that needs the studio's settings
    from django.db import transaction
    from django.utils import timezone
    from django_q.models import OrmQ

    from generator.models import Generation, MusicModel, Project, State, User
    from generator.services.background import job_queue
    from generator.services.generation import states
    from generator.services.generation.submit import submit
    from generator.services.provider_jobs import poller


# --- inside the studio's settings ---


def put_under_way(provider_job_ids: list[str]) -> None:
    """Give the first project these jobs, as if they had been submitted a minute ago."""
    user, project = User.objects.order_by("id").first(), Project.objects.order_by("id").first()
    now = timezone.now()
    begun = {"started_at": states.later(now, -60), "submit_attempted_at": states.later(now, -60)}
    asked = {"user": user, "project": project, "model_key": MODEL, "takes": 1, "format": "mp3", "settings": {}}
    MusicModel.objects.filter(key=MODEL).update(usual_ms=45_000, slow_ms=60_000)  # near their end, in every run
    with transaction.atomic():  # no process sees them queued
        for number, provider_job_id in enumerate(provider_job_ids):
            generation = submit(**asked, text=f"polled {number}", idempotency_key=provider_job_id)
            due = states.later(now, INTERVAL * number / len(provider_job_ids))
            Generation.objects.filter(pk=generation.pk).update(
                state=State.RUNNING,
                provider_job_id=provider_job_id,
                due_at=due,
                stage="Being made at WaveSpeed",
                **begun,
            )
        OrmQ.objects.filter(lock=None).delete()
        job_queue.async_task(job_queue.SWEEP, timeout=job_queue.SWEEP_TIMEOUT_S)


def cost(url: str, key: str, provider_job_ids: list[str], seconds: float) -> None:
    """Print the CPU milliseconds of a poll in a sweep, and of a bare GET."""
    put_under_way(provider_job_ids)
    before, began = _requests(url), time.process_time()
    poller.run(seconds)
    spent, polls = time.process_time() - began, _requests(url) - before
    bare = _bare(url, key, provider_job_ids, polls)
    print(json.dumps({"poll": spent / polls * 1000, "bare": bare / polls * 1000, "polls": polls}))


def _requests(url: str) -> int:
    return httpx.get(f"{url}/_books", timeout=30).json()["requests"]


def _bare(url: str, key: str, provider_job_ids: list[str], count: int) -> float:
    """Return the CPU seconds of as many GETs, with as many one-connection clients."""
    addresses = [f"{url}/api/v3/predictions/{provider_job_id}/result" for provider_job_id in provider_job_ids]
    verify = httpx.create_ssl_context()

    async def loop(number: int) -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(verify=verify, limits=limits, trust_env=False, timeout=30) as client:
            for turn in range(number, count, CONNECTIONS):
                await client.get(addresses[turn % len(addresses)], headers={"Authorization": f"Bearer {key}"})

    async def everything() -> None:
        await asyncio.gather(*(loop(number) for number in range(CONNECTIONS)))

    began = time.process_time()
    asyncio.run(everything())
    return time.process_time() - began


# --- outside ---


def inside(studio: Studio, code: str) -> str:
    """Run a line in the studio's settings; return the last line that it printed."""
    command = [sys.executable, "run.py", "--data", str(studio.folder), "manage", "shell", "-v", "0", "-c"]
    code = f"from benchmarks import polling; {code}"
    done = subprocess.run([*command, code], cwd=ROOT, env=studio.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().rpartition("\n")[2]


def accepted(vendors: VendorProcess, count: int) -> list[str]:
    """Have the vendor accept jobs that the studio does not know yet; return their ids."""
    head = {"Authorization": f"Bearer {vendors.keys['WAVESPEED']}"}
    with httpx.Client(base_url=vendors.url, headers=head, timeout=30) as client:
        bodies = ({"prompt": f"polled {number}", "number_of_songs": 1} for number in range(count))
        return [client.post(f"/api/v3/{PATH}", json=body).json()["data"]["id"] for body in bodies]


MOMENTS = """
    SELECT g.provider_job_id, t.created_at, MIN(e.at) FROM generator_track t
    JOIN generator_generation g ON g.id = t.generation_id
    JOIN generator_generationevent e ON e.generation_id = g.id AND e.text LIKE '%finished at the provider'
    WHERE g.provider_job_id != '' GROUP BY g.provider_job_id, t.created_at"""


def lateness(studio: Studio, vendors: VendorProcess) -> tuple[list[float], list[float]]:
    """Return sorted delays in seconds, from finished there to noticed here, and to playable here."""
    finished = {job["id"]: job["at"] for job in vendors.books()["jobs"]}
    rows = studio.rows(MOMENTS)
    assert len(rows) == len(finished)
    noticed, playable = [], []
    for provider_job_id, in_library, seen in rows:
        noticed.append(_unix(seen) - finished[provider_job_id])
        playable.append(_unix(in_library) - finished[provider_job_id])
    return sorted(noticed), sorted(playable)


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def finish_all(studio: Studio, jobs: int, over: float) -> tuple[list[float], list[float]]:
    with VendorProcess("--faults", "0", "--seconds", str(HEAD_START), str(HEAD_START + over)) as vendors:
        studio.env |= vendors.env
        with studio:
            busy = "SELECT COUNT(*) FROM generator_generation WHERE state != 'ready'"
            wait_for(lambda: studio.rows(busy) == [(0,)], 90, "the sample tracks are made")
            began = time.monotonic()
            inside(studio, f"polling.put_under_way({accepted(vendors, jobs)!r})")
            taken = time.monotonic() - began
            assert taken < HEAD_START, f"{taken:.0f} s to put the jobs under way"
            wait_for(lambda: studio.rows(busy) == [(0,)], over + 300, "every take is here")
            return lateness(studio, vendors)


def _at(ordered: list[float], share: float) -> float:
    return ordered[int(len(ordered) * share)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--over", type=float, default=60.0, help="Seconds over which the jobs end.")
    parser.add_argument("--seconds", type=float, default=15.0, help="How long the cost of polling is measured.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder), STUDIO_HEARTBEAT_SECONDS="5", STUDIO_STALE_SECONDS="60")
        noticed, late = finish_all(studio, asked.jobs, asked.over)
        p95 = _at(late, 0.95)
        print(f"{len(late)} jobs ending over {asked.over:.0f} s, load of the machine {os.getloadavg()[0]:.1f}")
        print(f"finished there to noticed here   p50 {_at(noticed, 0.5):5.2f} s   p95 {_at(noticed, 0.95):5.2f} s")
        print(
            f"finished there to playable here  p50 {_at(late, 0.5):5.2f} s   p95 {p95:5.2f} s   "
            f"longest {late[-1]:.2f} s   interval {INTERVAL:.0f} s   "
            f"goal {GOAL_LATE:.0f} s  {'ok' if p95 <= GOAL_LATE else 'over'}"
        )
        with VendorProcess("--faults", "0", "--seconds", "3600", "7200") as vendors:
            studio.env |= vendors.env
            handles = accepted(vendors, asked.jobs)
            code = f"polling.cost({vendors.url!r}, {vendors.keys['WAVESPEED']!r}, {handles!r}, {asked.seconds})"
            found = json.loads(inside(studio, code))
    ratio = found["poll"] / found["bare"]
    print(
        f"{found['polls']} polls: {found['poll']:.2f} ms of CPU each   bare GET {found['bare']:.2f} ms   "
        f"ratio {ratio:.2f}   goal {GOAL_CPU}  {'ok' if ratio <= GOAL_CPU else 'over'}"
    )


if __name__ == "__main__":
    main()
