"""The process tree: the web server and the background cluster as children, watched, restarted and stopped together.

    manage.py studio ─┬─ web      granian, one worker process: an event loop and threads
                      └─ cluster  django-q2: main, sentinel, pusher, monitor, workers

The web server is checked with a request, the cluster with a beat (liveness.py). What if this process dies? The kernel
kills the children (child_process.py), and the next start releases their claims (orphaned_claims.py).
docs/operating.md has what was measured for the death of each.
"""

import http.client
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.db import connections as django_connections

from generator.management.database_errors import describe_database_error
from generator.management.hang_detection import Patience
from generator.management.liveness import Beat
from generator.management.orphaned_claims import Presence
from generator.management.processes import Child, Record, connections, stop_all

log = logging.getLogger("studio")

TICK_S = 0.3
PROBE_INTERVAL_S = 5.0
PROBE_TIMEOUT_S = 4.0
MAX_MISSES = 3  # in a row, at least
RELEASE_TIMEOUT_S = 4.0  # seconds; if the database takes longer, the claims expire instead
HEADER_TIMEOUT_MS = 30_000  # for the head of a request, and between two requests on one connection
PARTS = WEB, CLUSTER = ("web", "cluster")


class Stopped(BaseException):
    """Ctrl-C or SIGTERM; raised wherever the supervisor is waiting."""


class Supervisor:
    """Supervisor of the children; `only` runs one half, for installations on several machines."""

    def __init__(self, host: str, port: int, only: str = "") -> None:
        self.host, self.port = host, port
        self._record = Record(Path(settings.DATA_DIR))
        child = [sys.executable, "-m", "generator.management.child_process"]
        self.web = Child("the web server", [*child, WEB, *_granian(host, port)], self._record)
        self.cluster = Child("the background cluster", [*child, CLUSTER], self._record)
        self._watches = [(self.web, self._watch_web), (self.cluster, self._watch_cluster)]
        if only:
            self._watches = [self._watches[PARTS.index(only)]]
        self._presence = Presence()
        self._beat = Beat(waits=self.cluster.waits)
        self._patience = Patience(MAX_MISSES * PROBE_INTERVAL_S, self.web.waits)
        self._ready: Callable[[], None] | None = None
        self._next_probe = 0.0
        self._misses = 0
        self._answered = 0.0  # when the web server last answered, or was started
        self._must_stop = False

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start the children, call `on_ready` when the web server answers, and watch until stopped."""
        children = [child for child, _ in self._watches]
        if self.web in children:
            self._ready = on_ready
        _on_signals(self._stop)
        try:
            if killed_groups := self._record.kill_leftovers():
                log.warning("killed %d process groups left behind by an earlier start", killed_groups)
            while not self._must_stop:
                for child, watch in self._watches:
                    self._check_child(child, watch)
                time.sleep(0.05 if self._ready else TICK_S)
        except Stopped:
            pass
        finally:
            _on_signals(signal.SIG_IGN)  # a second Ctrl-C must not interrupt the clean shutdown
            log.info("stopping")
            stop_all(children)
            if self.cluster in children:
                self._give_back()

    def _stop(self, *_: object) -> None:
        self._must_stop = True  # in case something swallows the exception
        raise Stopped

    def _give_back(self) -> None:
        """Release claims after a deliberate stop: the work continues with the next start, and no attempt is counted.

        The release runs in a thread of its own, because a hung database must not keep the studio from stopping. Before
        that, what the main thread was writing when it was stopped is rolled back.
        """
        django_connections.close_all()
        thread = threading.Thread(target=self._release_claims, name="give back", daemon=True)
        thread.start()
        thread.join(RELEASE_TIMEOUT_S)
        if thread.is_alive():
            log.warning("the database was too slow to release the work in progress; its claims will expire")

    def _release_claims(self) -> None:
        try:
            self._presence.let_go(on_purpose=True)
        except Exception:
            log.exception("work in progress could not be released")
        finally:
            django_connections.close_all()  # the connections of this thread

    def _check_child(self, child: Child, watch: Callable[[], str]) -> None:
        if child.process is None:
            if time.monotonic() >= child.start_at:
                self._start(child)
            return
        try:
            was_running = child.is_running
            trouble = watch() if was_running else "ended"
        except DatabaseError as error:
            log.warning("%s could not be checked. %s", child.name, describe_database_error(error))
            return
        except Exception:
            log.exception("%s could not be checked", child.name)
            return
        if trouble:
            stop_all([child])
            if child is self.cluster and was_running:  # we ended it, so its work did not kill it
                self._give_back()
            child.plan_restart(trouble)

    def _start(self, child: Child) -> None:
        try:
            if child is self.cluster:
                self._beat.forget()
                self._presence.let_go()
        except Exception:
            log.exception("claims left behind could not be released")
        child.start()
        if child is self.web:
            self._misses, self._answered = 0, child.started
            self._patience.begin()

    def _watch_web(self) -> str:
        """Return what is wrong with the web server; empty if nothing is."""
        now = time.monotonic()
        if self._ready:
            if self._answers(timeout=0.5):
                self._ready()
                self._ready = None
                self._note_answer(now)
            return ""
        if now < self._next_probe or now - self.web.started < PROBE_INTERVAL_S:
            return ""
        self._next_probe = now + PROBE_INTERVAL_S
        if self._answers(PROBE_TIMEOUT_S):
            self._note_answer(now)
            self.web.proved()
            return ""
        self._misses += 1
        is_hung = self._misses >= MAX_MISSES and self._patience.is_over(time.monotonic() - self._answered)
        return "does not respond" if is_hung else ""

    def _note_answer(self, now: float) -> None:
        self._patience.answered(PROBE_INTERVAL_S * self._misses)
        self._misses, self._answered = 0, now

    def _answers(self, timeout: float) -> bool:
        """Return whether the web server answers at all; a 500 is a defect that a restart would not fix."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        connection = http.client.HTTPConnection(host, self.port, timeout=timeout)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            return connection.getresponse().status > 0
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _watch_cluster(self) -> str:
        """Return what is wrong with the cluster; empty if nothing is."""
        try:
            answered = self._beat.check()
        finally:
            close_old_connections()
        if answered:
            self.cluster.proved()
        return "did not respond to a heartbeat" if answered is False else ""


def _on_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # SIGHUP: a closed terminal, except under nohup
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _granian(host: str, port: int) -> list[str]:
    """Return granian's options: one worker process, an event loop in front of its threads (`generator.web.site.asgi`).

    HTTP/1 only: it makes a client that opens a connection send a whole head in time. A connection costs a task and a
    descriptor, perhaps a second one for a file; those beyond `connections` wait to be accepted.
    """
    options = ["--interface", "asginl", "--host", host, "--port", str(port), "--no-ws", "--log-level", "warning"]
    options += ["--workers", str(settings.STUDIO_WEB_PROCESSES), "--http", "1"]
    options += ["--http1-header-read-timeout", str(HEADER_TIMEOUT_MS)]
    options += ["--backlog", "1024", "--backpressure", str(connections())]
    options += ["--respawn-failed-workers", "--workers-kill-timeout", "3"]
    return [*options, "bgmsite.asgi:application"]
