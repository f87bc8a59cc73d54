"""A real studio in its own directory, started as a person starts it, and access to its processes."""

import fcntl
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# A shell that runs the tests in the background may ignore SIGINT, and studios would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
ADMIN = "admin@studio.local"
PATIENCE = 4  # times as long on a machine that does much else
ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what: Callable[[], object], seconds: float, why: str) -> None:
    """Poll until `what` is true. The deadline is generous, `PATIENCE` times the seconds; the answer is not timed."""
    deadline = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < deadline:
        if what():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds * PATIENCE:.0f} s: {why}")


@dataclass
class Process:
    pid: int
    parent: int
    command: str


def processes() -> list[Process]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if fields[0] != "Z":
                found.append(Process(int(entry.name), int(fields[1]), command))
    return found


class Studio:
    """`with Studio(tmp_path) as studio:` — running and answering inside, stopped outside.

    With `prepared` (see `prepare_once`) it continues where another one stopped; without, it is a fresh one.
    """

    def __init__(self, folder: Path, prepared: Path | None = None, **env: str) -> None:
        self.folder = folder / "data"
        self.log = folder / "studio.log"
        if prepared:
            shutil.copytree(prepared / "data", self.folder)
            shutil.copy(prepared / "studio.log", self.log)  # it holds the administrator's password
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {**os.environ, "STUDIO_HEARTBEAT_SECONDS": "0.5", "STUDIO_STALE_SECONDS": "6", **env}
        for name in ("STUDIO_DATA", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "DATABASE_URL"):
            self.env.pop(name, None)
        self.env.update(env)

    def start(self) -> "Studio":
        command = [sys.executable, "run.py", "--port", str(self.port), "--data", str(self.folder), "--admin", ADMIN]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        try:
            wait_for(lambda: self.answers() or self.process.poll() is not None, 240, "the studio answers")
        except AssertionError:
            self.stop()  # nothing else would
            raise
        assert self.process.poll() is None, self.log.read_text()
        return self

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                for one in self.tree():
                    os.kill(one.pid, signal.SIGKILL)
                raise

    def answers(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.url}/healthz", timeout=2).status == 200
        except (OSError, urllib.error.URLError):
            return False

    def tree(self) -> list[Process]:
        """Return this studio's processes, the supervisor first, parents before children."""
        everything = processes()
        mine = [one for one in everything if one.pid == self.process.pid]
        for one in mine:
            mine += [child for child in everything if child.parent == one.pid]
        return mine

    def password(self) -> str:
        return re.findall(r"│  (\S+)", self.log.read_text())[2]

    def shell(self, code: str) -> None:
        """Run code in the studio's settings, like `manage.py shell`."""
        self.output(code)

    def output(self, code: str) -> str:
        """Run code like `shell`; return what it printed."""
        env = self.env | {"STUDIO_DATA": str(self.folder)}
        command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
        done = subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=300, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def rows(self, sql: str) -> list[tuple]:
        with sqlite3.connect(self.folder / "studio.sqlite3", timeout=20) as database:
            return database.execute(sql).fetchall()

    def beats(self) -> str:
        """Return when the cluster last sent a heartbeat; empty before the first."""
        return next(iter(self.rows("SELECT at FROM generator_heartbeat WHERE name = 'cluster'")), ("",))[0]

    def wait_for_a_new_beat(self, seconds: float = 45) -> None:
        before = self.beats()
        wait_for(lambda: self.beats() > before, seconds, "a beat is taken, run and acknowledged")
        again = self.beats()
        wait_for(lambda: self.beats() > again, seconds, "and another")


UNDER_WAY = "SELECT COUNT(*) FROM generator_generation WHERE state NOT IN ('ready', 'failed')"


def prepare_once(folder: Path, migrated: Path | None = None) -> Path:
    """Start a studio for the first time, compose its samples and stop; others can start as copies of it.

    It begins with a migrated, empty database if one is given: migrating takes longer than the rest of the start.
    """
    prepared = folder / "prepared"
    with (folder / "prepared.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the second process finds it made
        if not prepared.exists():
            making = folder / "making"
            (making / "data").mkdir(parents=True)
            if migrated:
                shutil.copy(migrated, making / "data" / "studio.sqlite3")
            with Studio(making) as studio:
                wait_for(lambda: studio.rows(UNDER_WAY) == [(0,)], 120, "the samples are composed")
            making.rename(prepared)
    return prepared
