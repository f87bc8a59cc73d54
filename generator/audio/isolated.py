"""Reading what came from outside, in a process of its own with ceilings for memory and time.

A broken or hostile file can exhaust, crash or hang that process and nothing else. Each worker starts one when it first
needs it, by running a new Python: it shares no locks, threads, database connections or secrets with the worker. It is
kept for the next file and ends by itself when nothing has come for a while, or when its worker is gone.

    worker ── length, pickled (name, arguments) ──► process ──► intake
           ◄── length, pickled (outcome, value) ───    answers are unpickled with our own dataclasses alone

The ceiling for memory is the kernel's (RLIMIT_DATA) and holds on Linux; elsewhere the decoder's own limits do.
"""

import contextlib
import importlib
import io
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, cast

from PIL import Image

from generator.audio import intake
from generator.audio.decode import UNPLAYABLE, NotAudio
from generator.audio.excerpt import Excerpt
from generator.audio.excerpt import excerpt as cut_out
from generator.audio.intake import Part, Taken, Wanted
from generator.audio.measure import Measurements

MEMORY = 1_500_000_000  # bytes of data: the largest sound there is (520 MB) and what measuring it takes
CPU_SECONDS = 90  # of processor time: the longest track takes about 20 on a slow core
WALL_SECONDS = 600.0  # a machine that is merely busy gets there
IDLE_SECONDS = 60.0  # an unused process gives its memory back
MOST_ANSWER = 20_000_000  # bytes
_ROOT = Path(__file__).resolve().parents[2]
_START = "from generator.audio.isolated import serve; serve()"
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_FILE_BROKE_IT = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGABRT", "SIGILL")
_TOO_MUCH = "It takes more memory to read than any track does."
_TOO_LONG = "It takes longer to read than any track does."


class Interrupted(Exception):
    """The process ended or hung for a reason that is not known to be the file's; trying again may help."""


# --- for the worker ---


def prepare() -> None:
    """Start the process now, while the worker waits for a file: it is ready to read by the time that has come."""
    with contextlib.suppress(OSError):
        _worker().start()


def take_in(path: Path, wanted: Wanted) -> Taken:
    """`intake.take_in`. Raises NotAudio, Interrupted."""
    return cast(Taken, _call("take_in", path, wanted))


def take_in_part(path: Path) -> Part:
    """`intake.take_in_part`. Raises NotAudio, Interrupted."""
    return cast(Part, _call("take_in_part", path))


def excerpt(source: Path, target: Path, *, start: float, most: float) -> Excerpt:
    """`excerpt.excerpt`. Raises NotAudio, Interrupted."""
    return cast(Excerpt, _call("excerpt", source, target, start=start, most=most))


def measure_file(path: Path) -> Measurements:
    """`intake.measure_file`. Raises NotAudio, Interrupted."""
    return cast(Measurements, _call("measure_file", path))


def picture(source: Path, target: Path) -> None:
    """`intake.picture`. Raises ValueError, Interrupted."""
    _call("picture", source, target)


def _call(name: str, *arguments: Any, **named: Any) -> Any:
    return _worker().ask((name, arguments, named))


class _Process:
    """The process and its pipes; one file at a time."""

    def __init__(self) -> None:
        self.pid = os.getpid()  # after a fork the process is the parent's
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._lock:
            self._started()

    def ask(self, request: tuple[str, tuple[Any, ...], Mapping[str, Any]]) -> Any:
        with self._lock:
            try:
                outcome, value = self._answer(pickle.dumps(request))
            except BaseException:
                self._end()
                raise
        if outcome == "done":
            return value
        if outcome == "not audio":
            raise NotAudio(value[0], is_message=value[1])
        if outcome == "refused":
            raise ValueError(value)
        if outcome == "missing":
            raise FileNotFoundError(value)
        raise Interrupted(value)

    def _answer(self, request: bytes) -> tuple[str, Any]:
        running = self._started()
        try:
            _write(cast(IO[bytes], running.stdin), request)
        except OSError:  # it had just ended, having been idle
            self._end()
            running = self._started()
            _write(cast(IO[bytes], running.stdin), request)
        answer = _read(cast(IO[bytes], running.stdout).fileno(), time.monotonic() + WALL_SECONDS)
        if answer is None:
            raise self._why(running)
        return cast(tuple[str, Any], _Answers(io.BytesIO(answer)).load())

    def _started(self) -> subprocess.Popen[bytes]:
        if self._running is None or self._running.poll() is not None:
            self._end()
            kept = {name: value for name in _KEPT_ENVIRONMENT if (value := os.environ.get(name))}
            single = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")}
            self._running = subprocess.Popen(
                [sys.executable, "-c", _START],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env={**kept, **single, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            )
        return self._running

    def _why(self, running: subprocess.Popen[bytes]) -> Exception:
        """What became of a process that gave no answer."""
        try:
            code = running.wait(1.0)
        except subprocess.TimeoutExpired:
            return Interrupted(f"it gave no answer in {WALL_SECONDS:.0f} s")
        name = signal.Signals(-code).name if code < 0 else str(code)
        if name == "SIGXCPU":
            return NotAudio(_TOO_LONG)
        return NotAudio(UNPLAYABLE) if name in _FILE_BROKE_IT else Interrupted(f"its process ended with {name}")

    def _end(self) -> None:
        if self._running is None:
            return
        self._running.kill()
        self._running.wait()
        for pipe in (self._running.stdin, self._running.stdout):
            if pipe:
                pipe.close()
        self._running = None


_process: _Process | None = None


def _worker() -> _Process:
    global _process
    if _process is None or _process.pid != os.getpid():
        _process = _Process()
    return _process


class _Answers(pickle.Unpickler):
    """Nothing but our own dataclasses comes out of an answer, whatever a file has made of the process."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("generator.audio.") and isinstance(found := super().find_class(module, name), type):
            return found
        if module.startswith("pathlib"):
            return Path
        raise pickle.UnpicklingError(f"{module}.{name}")


# --- both sides ---


def _write(pipe: IO[bytes], content: bytes) -> None:
    pipe.write(struct.pack(">I", len(content)) + content)
    pipe.flush()


def _read(handle: int, until: float | None = None) -> bytes | None:
    """A message; None when the other side has ended, or the time is over."""
    head = _exactly(handle, 4, until)
    size = struct.unpack(">I", head)[0] if head else 0
    return _exactly(handle, size, until) if 0 < size <= MOST_ANSWER else None


def _exactly(handle: int, size: int, until: float | None) -> bytes | None:
    found = bytearray()
    while len(found) < size:
        left = None if until is None else until - time.monotonic()
        if left is not None and (left <= 0 or not select.select([handle], [], [], left)[0]):
            return None
        chunk = os.read(handle, size - len(found))
        if not chunk:
            return None
        found += chunk
    return bytes(found)


# --- in the process ---

_JOBS: Mapping[str, Callable[..., Any]] = {
    "take_in": intake.take_in,
    "take_in_part": intake.take_in_part,
    "excerpt": cut_out,
    "measure_file": intake.measure_file,
    "picture": intake.picture,
}


def serve() -> None:
    """Do what is asked on the standard input, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker decides
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing that a library prints is taken for an answer
    _load()
    _limit_memory()
    while (request := _read(0, time.monotonic() + IDLE_SECONDS)) is not None:
        _limit_time()
        outcome, value = _done(*pickle.loads(request))  # noqa: S301 (from the worker)
        _write(out, pickle.dumps((outcome, value)))


def _done(name: str, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[str, Any]:
    try:
        return "done", _JOBS[name](*arguments, **named)
    except NotAudio as error:
        return "not audio", (str(error), error.is_message)
    except MemoryError:
        return "not audio", (_TOO_MUCH, False)
    except FileNotFoundError as error:
        return "missing", str(error)
    except ValueError as error:
        return ("refused", str(error)) if name == "picture" else ("defect", traceback.format_exc())
    except Exception:
        return "defect", traceback.format_exc()


def _load() -> None:
    """Import what is otherwise imported when it is first used, before memory is short."""
    importlib.import_module("scipy.signal")
    Image.init()


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # not every system has it; the decoder's own limits hold everywhere


def _limit_time() -> None:
    """So many seconds of processor time from now on; the kernel ends the process after them."""
    try:
        import resource

        spent = resource.getrusage(resource.RUSAGE_SELF)
        most = int(spent.ru_utime + spent.ru_stime) + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    except (ImportError, ValueError, OSError):
        pass
