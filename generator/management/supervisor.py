"""One process tree: the web server and the background cluster as children, watched, restarted, stopped together.

    manage.py studio ─┬─ web      granian, one worker process with threads
                      └─ cluster  django-q2: main, sentinel, pusher, monitor, workers

The watch on the web is a request; the watch on the cluster is a beat: a task that must be taken, run *and
acknowledged* in time, for a cluster can lose any of the three on its own (docs/operating.md has what was measured).
What if this process dies? The kernel takes the children along (child.py), and the next start lets go of their claims.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task

from generator.workflow import control

log = logging.getLogger("studio")

BEAT = "generator.workflow.tasks.beat"
TICK = 0.5
GRACE = 4.0  # seconds a child has to stop by itself
PROBE_EVERY = 5.0
PROBE_TIMEOUT = 5.0
MOST_MISSES = 3
LONGEST_BACK_OFF = 30.0


@dataclass
class Child:
    """A process of ours and how often it had to be started again lately."""

    name: str
    command: list[str]
    process: subprocess.Popen | None = None
    started: float = 0.0
    falls: int = 0
    start_at: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, start_new_session=True, stdin=subprocess.DEVNULL)
        self.started = time.monotonic()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, grace: float = GRACE) -> None:
        """Ask, wait, then kill the whole group."""
        if self.process is None:
            return
        if self.is_running:
            self.process.terminate()
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                log.warning("%s did not stop by itself; killing it", self.name)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(5)
        self.process = None

    def plan_restart(self, why: str) -> None:
        """Start again after a pause that grows while it keeps falling."""
        self.falls = self.falls + 1 if time.monotonic() - self.started < 60 else 1
        pause = min(LONGEST_BACK_OFF, 0.5 * 2 ** (self.falls - 1))
        self.start_at = time.monotonic() + pause
        log.warning("%s %s; starting it again in %.1f s", self.name, why, pause)


@dataclass
class Supervisor:
    host: str
    port: int
    beat_every: float = field(default_factory=lambda: settings.STUDIO_BEAT_SECONDS)
    stale_after: float = field(default_factory=lambda: settings.STUDIO_STALE_SECONDS)

    def __post_init__(self) -> None:
        python = [sys.executable, "-m", "generator.management.child"]
        web = ["web", "--interface", "wsgi", "--host", self.host, "--port", str(self.port), "--no-ws"]
        web += ["--workers", "1", "--blocking-threads", "4", "--backlog", "1024", "--log-level", "warning"]
        web += ["--respawn-failed-workers", "--workers-kill-timeout", "3", "bgmsite.wsgi:application"]
        self.web = Child("the web server", [*python, *web])
        self.cluster = Child("the background cluster", [*python, "cluster"])
        self._stopping = False
        self._beat: tuple[int, float] | None = None  # the beat under way: its queue row and when it was enqueued
        self._next_beat = 0.0
        self._next_probe = 0.0
        self._misses = 0

    def run(self, on_ready) -> int:
        """Start both, call `on_ready` when the web answers, watch until told to stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask_to_stop)
        _let_go()
        self.web.start()
        self.cluster.start()
        ready = False
        try:
            while not self._stopping:
                if not ready and self._answers(timeout=0.5):
                    ready = True
                    on_ready()
                self._watch_web(ready)
                self._watch_cluster()
                time.sleep(TICK if ready else 0.05)
        finally:
            log.info("stopping")
            self.web.stop()
            self.cluster.stop()
        return 0

    def _ask_to_stop(self, *_: object) -> None:
        self._stopping = True

    # --- the web ---

    def _watch_web(self, ready: bool) -> None:
        now = time.monotonic()
        if not self.web.is_running:
            if self.web.process is not None:
                self.web.stop(0)
                self.web.plan_restart("ended")
            elif now >= self.web.start_at:
                self.web.start()
            return
        if ready and now >= self._next_probe and now - self.web.started > PROBE_EVERY:
            self._next_probe = now + PROBE_EVERY
            self._misses = 0 if self._answers(PROBE_TIMEOUT) else self._misses + 1
            if self._misses >= MOST_MISSES:
                self._misses = 0
                self.web.stop()
                self.web.plan_restart("does not answer")

    def _answers(self, timeout: float) -> bool:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        request = urllib.request.Request(f"http://{host}:{self.port}/healthz", headers={"Host": "localhost"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:  # noqa: S310
                return bool(reply.status == 200)
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False

    # --- the cluster ---

    def _watch_cluster(self) -> None:
        now = time.monotonic()
        if not self.cluster.is_running:
            if self.cluster.process is not None:
                self._restart_cluster("ended", grace=0)
            elif now >= self.cluster.start_at:
                _let_go()
                self.cluster.start()
            return
        try:
            self._watch_beat(now)
        except Exception:
            log.exception("the beat could not be looked after")
        finally:
            close_old_connections()

    def _watch_beat(self, now: float) -> None:
        if self._beat is None:
            if now >= self._next_beat:
                self._next_beat = now + self.beat_every
                self._beat = (_enqueue_beat(), now)
            return
        row, since = self._beat
        if not OrmQ.objects.filter(pk=row).exists():
            self._beat = None
        elif now - since > self.stale_after:
            OrmQ.objects.filter(pk=row).delete()
            self._restart_cluster("has not answered a beat")

    def _restart_cluster(self, why: str, grace: float = GRACE) -> None:
        self.cluster.stop(grace)
        self._beat = None
        self.cluster.plan_restart(why)


def _enqueue_beat() -> int:
    """Enqueue a beat and return its row in the queue."""
    with transaction.atomic():
        task = async_task(BEAT)
        for row in OrmQ.objects.order_by("-pk")[:20]:
            if SignedPackage.loads(row.payload)["id"] == task:
                return int(row.pk)
    raise LookupError("the beat is not in the queue")


def _let_go() -> None:
    """Release what processes that are certainly gone had locked: tasks they had taken, rows they had claimed."""
    now = timezone.now()
    OrmQ.objects.filter(lock__gt=now).update(lock=now)
    control.cluster_restarted()
