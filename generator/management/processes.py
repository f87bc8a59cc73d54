"""The supervisor's children: started in a session of their own, stopped whole, remembered in DIR/studio.pids."""

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
    resource = None  # type: ignore[assignment]

log = logging.getLogger("studio")

GRACE = 3.5  # seconds children have to stop by themselves
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
CONNECTIONS, SPARE = 4096, 256  # of a web process at once; descriptors for everything else


@dataclass
class Child:
    """A process of ours, and how often in a row it fell before it proved itself."""

    name: str
    command: list[str]
    record: "Record"
    process: subprocess.Popen | None = None
    started: float = 0.0
    falls: int = 0
    start_at: float = 0.0

    def start(self) -> None:
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows only; elsewhere a session does it
        # The pipe is never written to: its end tells the child that this process is gone (child.py).
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, start_new_session=True, creationflags=flags
        )
        self.started = time.monotonic()
        self.record.add(self.process.pid)

    def waits(self) -> dict[int, float]:
        """Seconds that each thread of its processes has stood ready without a processor; empty but on Linux."""
        return _waits(self.process.pid) if self.process is not None else {}

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.process is not None and self.is_running:
            with suppress(ProcessLookupError):
                self.process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))

    def stop(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic) for it to end, then kill whatever is left of its group."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s did not stop by itself; killing it", self.name)
        _kill_group(self.process.pid)
        self.process.wait(5)
        if self.process.stdin:
            self.process.stdin.close()
        self.record.remove(self.process.pid)
        self.process = None

    def proved(self) -> None:
        """It does its work: the next fall is a first one."""
        self.falls = 0

    def plan_restart(self, why: str) -> None:
        """Start again after a pause that doubles with every fall in a row."""
        self.falls += 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self.falls - 1))
        self.start_at = time.monotonic() + pause
        log.warning("%s %s; starting it again in %.1f s", self.name, why, pause)


def stop_all(children: list[Child], grace: float = GRACE) -> None:
    """Ask all of them at once, so that their graces run side by side."""
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
    """By thread, for the processes of a session (proc(5): the second number of a thread's schedstat)."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[3]) != session:
                continue
            for thread in (entry / "task").iterdir():
                with suppress(OSError):
                    found[int(thread.name)] = int((thread / "schedstat").read_text().split()[1]) / 1e9
    return found


def connections() -> int:
    """How many connections a web process may hold: each takes a descriptor, and one more while a file goes out.

    The limit of descriptors is raised for that to what the system allows; children inherit it.
    """
    wanted = 2 * CONNECTIONS + SPARE
    if resource is None:
        return CONNECTIONS // 8
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return (wanted - SPARE) // 2


class Record:
    """DIR/studio.pids: the groups under way and when their leaders began, for the start after a sudden death.

    A number alone proves nothing, for numbers are used again: a group is killed only when its leader began at the
    moment written down, or, with the leader gone, when its members run our child module on this DIR.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "studio.pids"
        self._folder = folder
        self._groups: dict[int, str] = {}

    def add(self, pid: int) -> None:
        self._groups[pid] = _began(pid)
        self._write()

    def remove(self, pid: int) -> None:
        self._groups.pop(pid, None)
        self._write()

    def _write(self) -> None:
        self._file.write_text(json.dumps(self._groups))

    def kill_leftovers(self) -> int:
        """Kill the groups that an earlier supervisor of this DIR left running; return how many there were."""
        try:
            written = {int(pid): str(began) for pid, began in json.loads(self._file.read_text()).items()}
        except (OSError, ValueError, AttributeError):
            return 0
        killed = 0
        for pid, began in written.items():
            if began and (_began(pid) == began or self._has_orphans(pid)):
                _kill_group(pid)
                killed += 1
        self._write()
        return killed

    def _has_orphans(self, session: int) -> bool:
        """Members of a session whose leader is gone, by what Linux tells; elsewhere a leader has to be there."""
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, IndexError, ValueError):
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if int(fields[3]) != session or b"generator.management.child" not in (entry / "cmdline").read_bytes():
                    continue
                if f"STUDIO_DATA={self._folder}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    return True
        return False


def _began(pid: int) -> str:
    """When a process began, as the system writes it; empty when there is none."""
    if sys.platform == "linux":
        try:
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            return f"{boot} {Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[19]}"
        except (OSError, IndexError):
            return ""
    if sys.platform == "win32":
        return ""  # the pipe ends its groups; there is no start time to be had without a package
    found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()
