"""A live fake of ACE-Step 1.5's API server: `with AceStepServer() as server`; its jobs go on with every poll.

It answers as the single-file server of February 2026 does, traps included: an unknown id is a job that waits for ever,
nothing is validated, and a restart forgets what waits and freezes what runs.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.fakes import sounds
from tests.fakes.failing_server import LiveHandler, Troubled

ROUTES = {
    ("POST", "/release_task"): "submit",
    ("POST", "/query_result"): "query",
    ("GET", "/v1/stats"): "stats",
    ("GET", "/v1/audio"): "file",
}


@dataclass
class Job:
    id: str
    body: Mapping[str, Any]
    status: int = 0
    polls: int = 0
    is_frozen: bool = False
    is_known: bool = True


class AceStepHandler(LiveHandler):
    fake: "AceStepServer"

    def route(self) -> None:
        path = urlsplit(self.path).path
        if self.fake.key and self.headers.get("authorization") != f"Bearer {self.fake.key}":
            return self.send_json(401, {"detail": "Missing or invalid Authorization header"})
        name = ROUTES.get((self.command, path))
        if name is None:
            return self.send_json(404, {"detail": "Not Found"})
        return getattr(self, f"_{name}")()

    def answer(self, route: str, data: object) -> None:
        body = {"data": data, "code": 200, "error": None, "timestamp": int(time.time() * 1000), "extra": None}
        self.misbehave(self.fake.take(route), json.dumps(body).encode())
        self.send_json(200, body)

    def _submit(self) -> None:
        row = self.fake.take("submit")
        if row and not row.accept:
            self.misbehave(row)
        if self.headers.get("content-type") != "application/json":
            return self.send_bytes(500, b"Internal Server Error", "text/plain")
        waiting = sum(job.status == 0 and job.is_known for job in self.fake.jobs)
        if waiting >= self.fake.queue_limit:
            return self.send_json(429, {"detail": "Server busy: queue is full"})
        job = Job(f"job-{len(self.fake.jobs) + 1}", json.loads(self.body))
        self.fake.jobs.append(job)
        if row:
            self.misbehave(row)
        self.answer("submit", {"task_id": job.id, "status": "queued", "queue_position": max(waiting, 1)})

    def _query(self) -> None:
        jobs = {job.id: job for job in self.fake.jobs if job.is_known}
        asked = json.loads(self.body)["task_id_list"]
        self.answer("query", [self._row(name, jobs.get(name)) for name in asked])

    def _row(self, name: str, job: Job | None) -> dict[str, Any]:
        if job is None:
            return {"task_id": name, "status": 0, "result": "[]"}
        job.polls += 1
        if not job.is_frozen and job.status == 0 and job.polls > self.fake.polls:
            job.status = self.fake.end
        return {
            "task_id": name,
            "status": job.status,
            "result": json.dumps(self._items(job)),
            "progress_text": "the last line of somebody's log",
        }

    def _items(self, job: Job) -> list[dict[str, Any]]:
        if job.status == 0:
            return [{"file": "", "status": 0, "progress": min(job.polls / (self.fake.polls + 1), 1.0), "stage": "x"}]
        if job.status == 2:
            return [{"file": "", "status": 2, "error": self.fake.error}]
        ending = job.body.get("audio_format", "mp3")
        count = job.body.get("batch_size", 2) if self.fake.deliver is None else self.fake.deliver
        addresses = [
            f"/v1/audio?{urlencode({'path': f'/tmp/api_audio/{job.id}-{take}.{ending}'})}" for take in range(count)
        ]
        files = [*addresses, *[""] * (job.body.get("batch_size", 2) - count)]
        return [{"file": file, "status": 1, "progress": 1.0, "dit_model": "acestep-v15-turbo"} for file in files]

    def _stats(self) -> None:
        active = [job for job in self.fake.jobs if job.status == 0 and job.is_known and not job.is_frozen]
        counts = {"total": len(self.fake.jobs), "running": min(len(active), 1), "queued": self.fake.phantoms}
        self.answer("stats", {"jobs": counts, "queue_size": max(len(active) - 1, 0), "queue_maxsize": 200})

    def _file(self) -> None:
        path = parse_qs(urlsplit(self.path).query).get("path", [""])[0]
        if not path.startswith("/tmp/api_audio/"):
            return self.send_json(403, {"detail": "Access denied"})
        body, kind = sounds.file(path)
        self.misbehave(self.fake.take("file"), body)
        self.send_bytes(200, body, kind)


@dataclass
class AceStepServer(Troubled):
    """The server's records and its next behavior; tests set the latter before they submit."""

    key: str = ""
    polls: int = 1  # answers before the end
    end: int = 1  # 1 done, 2 failed
    error: str = ""
    deliver: int | None = None  # files of a job; None: as many as requested
    queue_limit: int = 200
    phantoms: int = 0  # refused jobs that stay in the count of queued ones
    jobs: list[Job] = field(default_factory=list)
    handler = AceStepHandler

    def __post_init__(self) -> None:
        Troubled.__init__(self)

    def restart(self) -> None:
        """Forget the jobs that wait, and freeze the one that runs, as a restart does."""
        for job in self.jobs:
            job.is_frozen = job.status == 0 and job.polls > 0
            job.is_known = job.status != 0 or job.is_frozen
