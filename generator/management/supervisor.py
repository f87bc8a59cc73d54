"""One process tree: the web server and the background cluster as children, watched, restarted, stopped together.

    manage.py studio ─┬─ web      granian, one worker process: an event loop and threads
                      └─ cluster  django-q2: main, sentinel, pusher, monitor, workers

The watch on the web is a request, the watch on the cluster is a beat (beat.py). What if this process dies? The kernel
takes the children along (child.py), and the next start lets go of their claims (alone.py). docs/operating.md has what
was measured for the death of each.
"""

import http.client
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.db import connections as django_connections

from generator.management.alone import Presence
from generator.management.beat import Beat
from generator.management.database import database_words
from generator.management.patience import Patience
from generator.management.processes import Child, Record, connections, stop_all

log = logging.getLogger("studio")

TICK = 0.3
PROBE_EVERY = 5.0
PROBE_TIMEOUT = 4.0
MOST_MISSES = 3  # in a row, at least
GIVING_BACK = 4.0  # seconds; a database that takes longer has claims run out by themselves
HEADER_MILLISECONDS = 30_000  # for the head of a request, and between two on one connection
PARTS = WEB, CLUSTER = ("web", "cluster")


class Stopped(BaseException):
    """Ctrl-C or SIGTERM; raised wherever the supervisor happens to wait."""


class Supervisor:
    """`only` runs one half, for installations that spread over several machines."""

    def __init__(self, host: str, port: int, only: str = "") -> None:
        self.host, self.port = host, port
        self._record = Record(Path(settings.DATA_DIR))
        child = [sys.executable, "-m", "generator.management.child"]
        self.web = Child("the web server", [*child, WEB, *_granian(host, port)], self._record)
        self.cluster = Child("the background cluster", [*child, CLUSTER], self._record)
        self._watches = [(self.web, self._watch_web), (self.cluster, self._watch_cluster)]
        if only:
            self._watches = [self._watches[PARTS.index(only)]]
        self._presence = Presence()
        self._beat = Beat(waits=self.cluster.waits)
        self._patience = Patience(MOST_MISSES * PROBE_EVERY, self.web.waits)
        self._ready: Callable[[], None] | None = None
        self._next_probe = 0.0
        self._misses = 0
        self._answered = 0.0  # when the web server last answered, or was started
        self._must_stop = False

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start the children, call `on_ready` when the web answers, watch until told to stop."""
        children = [child for child, _ in self._watches]
        if self.web in children:
            self._ready = on_ready
        _on_signals(self._stop)
        try:
            if left := self._record.kill_leftovers():
                log.warning("killed %d process groups that an earlier start had left behind", left)
            while not self._must_stop:
                for child, watch in self._watches:
                    self._look_after(child, watch)
                time.sleep(0.05 if self._ready else TICK)
        except Stopped:
            pass
        finally:
            _on_signals(signal.SIG_IGN)  # a second Ctrl-C must not cut the clean end short
            log.info("stopping")
            stop_all(children)
            if self.cluster in children:
                self._give_back()

    def _stop(self, *_: object) -> None:
        self._must_stop = True  # should something swallow the exception
        raise Stopped

    def _give_back(self) -> None:
        """The end was our doing: what was under way goes on with the next start, and no attempt is counted for it.

        From a thread of its own, for a database that hangs must not keep the studio from stopping. What this thread was
        writing when it was told to stop is taken back first.
        """
        django_connections.close_all()
        thread = threading.Thread(target=self._let_go_on_purpose, name="give back", daemon=True)
        thread.start()
        thread.join(GIVING_BACK)
        if thread.is_alive():
            log.warning("the database was too slow for giving back what was under way: its claims run out instead")

    def _let_go_on_purpose(self) -> None:
        try:
            self._presence.let_go(on_purpose=True)
        except Exception:
            log.exception("what was under way could not be given back")
        finally:
            django_connections.close_all()  # this thread's

    def _look_after(self, child: Child, watch: Callable[[], str]) -> None:
        if child.process is None:
            if time.monotonic() >= child.start_at:
                self._start(child)
            return
        try:
            was_running = child.is_running
            trouble = watch() if was_running else "ended"
        except DatabaseError as error:
            log.warning("%s could not be looked after. %s", child.name, database_words(error))
            return
        except Exception:
            log.exception("%s could not be looked after", child.name)
            return
        if trouble:
            stop_all([child])
            if child is self.cluster and was_running:  # we ended it: whatever it worked at did not kill it
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
        """What is wrong with the web server; empty when nothing is."""
        now = time.monotonic()
        if self._ready:
            if self._answers(timeout=0.5):
                self._ready()
                self._ready = None
                self._heard(now)
            return ""
        if now < self._next_probe or now - self.web.started < PROBE_EVERY:
            return ""
        self._next_probe = now + PROBE_EVERY
        if self._answers(PROBE_TIMEOUT):
            self._heard(now)
            self.web.proved()
            return ""
        self._misses += 1
        is_hung = self._misses >= MOST_MISSES and self._patience.is_over(time.monotonic() - self._answered)
        return "does not answer" if is_hung else ""

    def _heard(self, now: float) -> None:
        self._patience.answered(PROBE_EVERY * self._misses)
        self._misses, self._answered = 0, now

    def _answers(self, timeout: float) -> bool:
        """Whether the web server answers at all; a 500 is a defect, which a restart would not mend."""
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
        """What is wrong with the cluster; empty when nothing is."""
        try:
            answered = self._beat.look()
        finally:
            close_old_connections()
        if answered:
            self.cluster.proved()
        return "has not answered a beat" if answered is False else ""


def _on_signals(handler) -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # the last: a closed terminal, except under nohup
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _granian(host: str, port: int) -> list[str]:
    """One worker process: an event loop in front of threads (`generator.web.asgi`), which makes those by itself.

    HTTP/1 alone: with it, whoever opens a connection has to send a whole head in time. A connection costs a task and a
    descriptor, perhaps a second one for a file; those beyond `connections` wait to be accepted.
    """
    options = ["--interface", "asginl", "--host", host, "--port", str(port), "--no-ws", "--log-level", "warning"]
    options += ["--workers", str(settings.STUDIO_WEB_PROCESSES), "--http", "1"]
    options += ["--http1-header-read-timeout", str(HEADER_MILLISECONDS)]
    options += ["--backlog", "1024", "--backpressure", str(connections())]
    options += ["--respawn-failed-workers", "--workers-kill-timeout", "3"]
    return [*options, "bgmsite.asgi:application"]
