"""The jobs of a fake vendor: they go on with every look at them, and end as the test says."""

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Job:
    id: str
    prompt: str
    body: Any
    format: str = "mp3"
    waits: int = 0  # looks in the queue, then in work, until it ends
    works: int = 0
    end: str = "done"  # done, failed, nothing
    makes: int = 1
    is_canceled: bool = False
    looks: int = 0

    @property
    def state(self) -> str:
        if self.is_canceled:
            return "canceled"
        if self.looks <= self.waits:
            return "waiting"
        return "running" if self.looks <= self.waits + self.works else self.end

    @property
    def has_ended(self) -> bool:
        return self.state not in ("waiting", "running")

    @property
    def is_charged(self) -> bool:
        return self.state == "done"


@dataclass
class Shop:
    """A vendor's key, its jobs, and what the next ones will be like."""

    key: str = "key-0123456789-0123456789"
    waits: int = 0
    works: int = 1
    end: str = "done"
    jobs: list[Job] = field(default_factory=list)
    lock: Any = field(default_factory=threading.RLock, repr=False)

    def accept(self, name: str, prompt: str, body: Any, format: str = "mp3") -> Job:
        job = Job(name, prompt, body, format, self.waits, self.works, self.end)
        with self.lock:
            self.jobs.append(job)
        return job

    def job(self, name: str) -> Job | None:
        return next((job for job in self.jobs if job.id == name), None)

    def look(self, name: str) -> Job | None:
        """Return a job, which has gone on by one look."""
        job = self.job(name)
        if job:
            job.looks += 1
        return job

    def waiting(self) -> list[Job]:
        return [job for job in self.jobs if job.state == "waiting"]
