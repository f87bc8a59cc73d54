"""The supervisor's children: each started in its own session, stopped as a group, recorded in DIR/studio.pids."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]  # a module elsewhere

log = logging.getLogger("studio")

STOP_TIMEOUT_S = 3.5  # seconds that children have to exit on their own
MIN_RESTART_DELAY_S = 0.5
MAX_RESTART_DELAY_S = 30.0
MAX_CONNECTIONS, SPARE_DESCRIPTORS = 4096, 256  # per web process; descriptors for everything else


@dataclass
class Child:
    """A child process, and how often in a row it failed before it did any work."""

    name: str
    command: list[str]
    record: "Record"
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    falls: int = 0
    start_at: float = 0.0

    def start(self) -> None:
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows only; elsewhere a session does this
        # Nothing is written to the pipe: its end tells the child that this process is gone (child_process.py).
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, start_new_session=True, creationflags=flags
        )
        self.started = time.monotonic()
        self.record.add(self.process.pid)

    def waits(self) -> dict[int, float]:
        """Return the seconds that each of its threads has been ready without a processor; empty except on Linux."""
        return _waits(self.process.pid) if self.process is not None else {}

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.process is not None and self.is_running:
            with suppress(ProcessLookupError):
                self.process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))

    def stop(self, deadline: float) -> None:
        """Wait for exit until `deadline` (monotonic), then kill what is left of the group."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s did not stop; killing it", self.name)
        _kill_group(self.process.pid)
        self.process.wait(5)
        if self.process.stdin:
            self.process.stdin.close()
        self.record.remove(self.process.pid)
        self.process = None

    def proved(self) -> None:
        """Record that it works: the next failure counts as the first."""
        self.falls = 0

    def plan_restart(self, reason: str) -> None:
        """Schedule a restart after a pause that doubles with every failure in a row."""
        self.falls += 1
        pause = min(MAX_RESTART_DELAY_S, MIN_RESTART_DELAY_S * 2 ** (self.falls - 1))
        self.start_at = time.monotonic() + pause
        log.warning("%s %s; restarting it in %.1f s", self.name, reason, pause)


def stop_all(children: list[Child], grace: float = STOP_TIMEOUT_S) -> None:
    """Signal all children at once, so that their grace periods run in parallel."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + grace
    for child in children:
        child.stop(deadline)


def _kill_group(leader: int) -> None:
    if sys.platform == "win32":
        subprocess.call(["taskkill", "/F", "/T", "/PID", str(leader)], stderr=subprocess.DEVNULL)
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _waits(session: int) -> dict[int, float]:
    """Return the waits per thread of a session's processes (proc(5): the second number of a thread's schedstat)."""
    waits = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[3]) != session:
                continue
            for thread in (entry / "task").iterdir():
                with suppress(OSError):
                    waits[int(thread.name)] = int((thread / "schedstat").read_text().split()[1]) / 1e9
    return waits


def connections() -> int:
    """Return how many connections a web process may hold: each takes one descriptor, and a second while a file is sent.

    Raise the descriptor limit accordingly, as far as the system allows; children inherit it.
    """
    descriptors = 2 * MAX_CONNECTIONS + SPARE_DESCRIPTORS
    if resource is None:
        return MAX_CONNECTIONS // 8
    soft_limit, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard_limit != resource.RLIM_INFINITY:
        descriptors = min(descriptors, hard_limit)
    if soft_limit != resource.RLIM_INFINITY and soft_limit < descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard_limit))
    return (descriptors - SPARE_DESCRIPTORS) // 2


class Record:
    """DIR/studio.pids: the running process groups and the start times of their leaders, for the start after a crash.

    A process id alone proves nothing, because ids are reused. A group is killed only if its leader started at the
    recorded time or, if the leader is gone, if its members run our child module on this DIR.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "studio.pids"
        self._folder = folder
        self._groups: dict[int, str] = {}

    def add(self, pid: int) -> None:
        self._groups[pid] = _start_time(pid)
        self._write()

    def remove(self, pid: int) -> None:
        self._groups.pop(pid, None)
        self._write()

    def _write(self) -> None:
        self._file.write_text(json.dumps(self._groups))

    def kill_leftovers(self) -> int:
        """Kill the groups that an earlier supervisor of this DIR left running; return their number."""
        try:
            written = {int(pid): str(began) for pid, began in json.loads(self._file.read_text()).items()}
        except (OSError, ValueError, AttributeError):
            return 0
        killed = 0
        for pid, began in written.items():
            if began and (_start_time(pid) == began or self._has_orphans(pid)):
                _kill_group(pid)
                killed += 1
        self._write()
        return killed

    def _has_orphans(self, session: int) -> bool:
        """Return whether a session without a leader has members, as Linux reports it; elsewhere a leader must exist."""
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, IndexError, ValueError):
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if (
                    int(fields[3]) != session
                    or b"generator.management.child_process" not in (entry / "cmdline").read_bytes()
                ):
                    continue
                if f"STUDIO_DATA={self._folder}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    return True
        return False


def _start_time(pid: int) -> str:
    """Return when a process started, as the system writes it; empty if there is no such process."""
    if sys.platform == "linux":
        try:
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            return f"{boot} {Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[19]}"
        except (OSError, IndexError):
            return ""
    if sys.platform == "win32":
        return ""  # the pipe ends its groups; a start time is not available without a package
    result = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return result.stdout.strip()
