"""Processing of untrusted files in a separate process with memory and time limits.

A broken or hostile file can exhaust, crash or hang only that process. Each worker starts one when first needed, as a
new Python interpreter: it shares no locks, threads, database connections or secrets with the worker. It is kept for the
next file and exits when it has been idle for a while, or when its worker is gone.

    worker ── length, pickled (name, arguments) ──► process ──► intake
           ◄── length, pickled (outcome, value) ───    replies may contain only our own dataclasses

The kernel enforces the memory limit (RLIMIT_DATA) on Linux; elsewhere the decoder's own limits apply.
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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from PIL import Image

from generator.audio import intake
from generator.audio.decode import UNPLAYABLE, NotAudio
from generator.audio.excerpt import Excerpt
from generator.audio.excerpt import excerpt as cut_out
from generator.audio.intake import Part, Taken, Wanted
from generator.audio.measure import Measurements
from generator.messages import Message
from generator.messages import gettext_noop as _

if TYPE_CHECKING:
    from generator.audio.edited_files import AppliedEdit, VoiceCheck
    from generator.audio.editing.recipe import Format
    from generator.audio.export.games import GameReport
    from generator.audio.prepared_files import Mix, PreparedSource
    from generator.audio.stem_files import FittedStem
    from generator.audio.structure import Structure
    from generator.audio.tags import Tags

MAX_MEMORY_BYTES = 1_500_000_000  # bytes of data: the largest decoded sound (520 MB) and the memory to measure it
CPU_TIMEOUT_S = 90  # the longest track takes about 20 on a slow core
WALL_TIMEOUT_S = 600.0  # enough for a machine that is merely busy
IDLE_TIMEOUT_S = 60.0  # an idle process exits to free its memory
MAX_ANSWER_BYTES = 20_000_000  # bytes
_ROOT = Path(__file__).resolve().parents[2]
_START = "from generator.audio.sandbox import serve; serve()"
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_FILE_FAULT_SIGNALS = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGABRT", "SIGILL")
_TOO_MUCH = _("This file needs too much memory to process.")
_TOO_LONG = _("This file takes too long to process.")


class Interrupted(Exception):
    """The process ended or hung for a reason not known to be the file's fault; a retry may help."""


# --- for the worker ---


def start_ahead() -> None:
    """Start the process ahead of time, while the worker waits for a file."""
    with contextlib.suppress(OSError):
        _worker().start()


def take_in(path: Path, wanted: Wanted) -> Taken:
    """Run `intake.take_in` in the sandbox. Raises NotAudio, Interrupted."""
    return cast(Taken, _call("take_in", path, wanted))


def take_in_part(path: Path) -> Part:
    """Run `intake.take_in_part` in the sandbox. Raises NotAudio, Interrupted."""
    return cast(Part, _call("take_in_part", path))


def excerpt(source: Path, target: Path, *, start: float, max_s: float) -> Excerpt:
    """Run `excerpt.excerpt` in the sandbox. Raises NotAudio, Interrupted."""
    return cast(Excerpt, _call("excerpt", source, target, start=start, max_s=max_s))


def measure_file(path: Path) -> Measurements:
    """Run `intake.measure_file` in the sandbox. Raises NotAudio, Interrupted."""
    return cast(Measurements, _call("measure_file", path))


def find_structure(path: Path) -> "Structure":
    """Run `edited_files.structure_of_file` in the sandbox. Raises NotAudio, Interrupted."""
    return cast("Structure", _call("structure_of_file", path))


def apply_recipe(
    source: Path,
    target: Path,
    recipe: Mapping[str, Any],
    structure: Mapping[str, Any],
    voice: Path | None = None,
    plan: Path | None = None,
) -> "AppliedEdit":
    """Run `edited_files.apply_to_file` in the sandbox. Raises NotAudio, Interrupted."""
    return cast("AppliedEdit", _call("apply_to_file", source, target, recipe, structure, voice, plan))


def check_voice(path: Path) -> "VoiceCheck":
    """Run `edited_files.check_voice` in the sandbox. Raises NotAudio, Interrupted."""
    return cast("VoiceCheck", _call("check_voice", path))


def export_file(
    applied: Path, target: Path, edit: "AppliedEdit", format: "Format", tags: "Tags", cover: bytes | None
) -> None:
    """Run `edited_files.export_to_file` in the sandbox. Raises Interrupted."""
    _call("export_to_file", applied, target, edit, format, tags, cover)


def prepare_source(source: Path, target: Path, known: Mapping[str, Any] | None) -> "PreparedSource":
    """Run `prepared_files.prepare_source` in the sandbox. Raises NotAudio, Interrupted."""
    return cast("PreparedSource", _call("prepare_source", source, target, known))


def prepare_stem(source: Path, target: Path, mix: "Mix") -> bool:
    """Run `prepared_files.prepare_stem` in the sandbox. Raises NotAudio, Interrupted."""
    return cast(bool, _call("prepare_stem", source, target, mix))


def sum_stems(stems: Sequence[Path], target: Path, source: "PreparedSource") -> None:
    """Run `prepared_files.sum_stems` in the sandbox. Raises Interrupted."""
    _call("sum_stems", stems, target, source)


def export_game(
    source: Path,
    stems: Mapping[str, Path],
    folder: Path,
    structure: Mapping[str, Any],
    title: str,
    tags: "Tags | None" = None,
    lufs: float | None = None,
) -> "GameReport":
    """Run `edited_files.export_game_to_folder` in the sandbox. Raises NotAudio, Interrupted."""
    return cast("GameReport", _call("export_game_to_folder", source, stems, folder, structure, title, tags, lufs))


def unpack_mix(source: Path, array: Path) -> "Mix":
    """Run `prepared_files.unpack_mix` in the sandbox. Raises NotAudio, Interrupted."""
    return cast("Mix", _call("unpack_mix", source, array))


def fit_stem(source: Path, mix: "Mix", target: Path, total: Path) -> "FittedStem":
    """Run `stem_files.fit_stem_file` in the sandbox. Raises NotAudio, Interrupted."""
    return cast("FittedStem", _call("fit_stem_file", source, mix, target, total))


def difference_to_mix(mix: "Mix", total: Path) -> float | None:
    """Run `stem_files.difference_to_mix` in the sandbox. Raises Interrupted."""
    return cast("float | None", _call("difference_to_mix", mix, total))


def apply_to_stem(source: Path, mix: "Mix", plan: Path, target: Path) -> None:
    """Run `stem_files.apply_to_stem_file` in the sandbox. Raises NotAudio, Interrupted."""
    _call("apply_to_stem_file", source, mix, plan, target)


def apply_to_stems(stems: Sequence[Path], targets: Sequence[Path], plan: Path) -> float:
    """Run `stem_files.apply_to_stems` in the sandbox. Raises Interrupted."""
    return cast(float, _call("apply_to_stems", stems, targets, plan))


def picture(source: Path, target: Path, *, square: bool = False) -> None:
    """Run `intake.picture` in the sandbox. Raises ValueError, Interrupted."""
    _call("picture", source, target, square=square)


def _call(name: str, *arguments: Any, **options: Any) -> Any:
    return _worker().ask((name, arguments, options))


class _Process:
    """The sandbox process and its pipes; handles one file at a time."""

    def __init__(self) -> None:
        self.pid = os.getpid()  # after a fork, the process belongs to the parent
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
        process = self._started()
        answer = self._exchange(process, request)
        if answer is None and self._was_idle(process):
            self._end()
            process = self._started()
            answer = self._exchange(process, request)
        if answer is None:
            raise self._failure_of(process)
        return cast(tuple[str, Any], _Answers(io.BytesIO(answer)).load())

    @staticmethod
    def _exchange(process: subprocess.Popen[bytes], request: bytes) -> bytes | None:
        """Send a request and return its answer; None if the process has ended or takes too long."""
        try:
            _write(cast(IO[bytes], process.stdin), request)
        except OSError:
            return None
        return _read(cast(IO[bytes], process.stdout).fileno(), time.monotonic() + WALL_TIMEOUT_S)

    @staticmethod
    def _was_idle(process: subprocess.Popen[bytes]) -> bool:
        """Return whether the process ended by itself: it had been idle, and left before it read the request."""
        try:
            return process.wait(1.0) == 0
        except subprocess.TimeoutExpired:
            return False

    def _started(self) -> subprocess.Popen[bytes]:
        if self._running is None or self._running.poll() is not None:
            self._end()
            environment = {name: value for name in _KEPT_ENVIRONMENT if (value := os.environ.get(name))}
            numerics = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")}
            numerics["NUMPY_MADVISE_HUGEPAGE"] = "0"  # arrays with huge pages are copied when they grow
            self._running = subprocess.Popen(
                [sys.executable, "-c", _START],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env={**environment, **numerics, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            )
        return self._running

    def _failure_of(self, process: subprocess.Popen[bytes]) -> Exception:
        """Return the exception for a process that gave no reply."""
        try:
            code = process.wait(1.0)
        except subprocess.TimeoutExpired:
            return Interrupted(f"it did not respond within {WALL_TIMEOUT_S:.0f} s")
        name = signal.Signals(-code).name if code < 0 else str(code)
        if name == "SIGXCPU":
            return NotAudio(_TOO_LONG)
        return NotAudio(UNPLAYABLE) if name in _FILE_FAULT_SIGNALS else Interrupted(f"its process ended with {name}")

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
    """Unpickler for replies that accepts only our own dataclasses and messages, even from a compromised process."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("generator.audio.") and isinstance(cls := super().find_class(module, name), type):
            return cls
        if module.startswith("pathlib"):
            return Path
        if (module, name) == (Message.__module__, Message.__name__):
            return Message
        raise pickle.UnpicklingError(f"{module}.{name}")


# --- both sides ---


def _write(pipe: IO[bytes], content: bytes) -> None:
    pipe.write(struct.pack(">I", len(content)) + content)
    pipe.flush()


def _read(handle: int, deadline: float | None = None) -> bytes | None:
    """Read a message; None if the other side has ended or the deadline has passed."""
    head = _read_exactly(handle, 4, deadline)
    size = struct.unpack(">I", head)[0] if head else 0
    return _read_exactly(handle, size, deadline) if 0 < size <= MAX_ANSWER_BYTES else None


def _read_exactly(handle: int, size: int, deadline: float | None) -> bytes | None:
    received = bytearray()
    while len(received) < size:
        remaining_s = None if deadline is None else deadline - time.monotonic()
        if remaining_s is not None and (remaining_s <= 0 or not select.select([handle], [], [], remaining_s)[0]):
            return None
        chunk = os.read(handle, size - len(received))
        if not chunk:
            return None
        received += chunk
    return bytes(received)


# --- in the process ---


def _edit_job(module: str, name: str) -> Callable[..., Any]:
    """Return a job of a module whose libraries are loaded by the first one and by no other file."""

    def run(*arguments: Any) -> Any:
        return getattr(importlib.import_module(f"generator.audio.{module}"), name)(*arguments)

    return run


_EDIT_JOBS = {
    "edited_files": ("structure_of_file", "check_voice", "apply_to_file", "export_to_file", "export_game_to_folder"),
    "prepared_files": ("unpack_mix", "prepare_source", "prepare_stem", "sum_stems"),
    "stem_files": ("fit_stem_file", "difference_to_mix", "apply_to_stem_file", "apply_to_stems"),
}
_JOBS: Mapping[str, Callable[..., Any]] = {
    "take_in": intake.take_in,
    "take_in_part": intake.take_in_part,
    "excerpt": cut_out,
    "measure_file": intake.measure_file,
    **{name: _edit_job(module, name) for module, names in _EDIT_JOBS.items() for name in names},
    "picture": intake.picture,
}


def serve() -> None:
    """Handle requests from standard input until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker handles it
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # keeps output of libraries out of the reply stream
    _load()
    _limit_memory()
    while (request := _read(0, time.monotonic() + IDLE_TIMEOUT_S)) is not None:
        _limit_time()
        outcome, value = _run(*pickle.loads(request))  # noqa: S301 (from the worker)
        _write(out, pickle.dumps((outcome, value)))


def _run(name: str, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> tuple[str, Any]:
    try:
        return "done", _JOBS[name](*arguments, **options)
    except NotAudio as error:
        return "not audio", (error.sentence, error.is_message)
    except MemoryError:
        return "not audio", (_TOO_MUCH, False)
    except FileNotFoundError as error:
        return "missing", str(error)
    except ValueError as error:
        return ("refused", str(error)) if name == "picture" else ("defect", traceback.format_exc())
    except Exception:
        return "defect", traceback.format_exc()


def _load() -> None:
    """Import lazily loaded modules before memory is limited."""
    importlib.import_module("scipy.fft")
    Image.init()


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # not available on every system; the decoder's own limits always apply


def _limit_time() -> None:
    """Allow CPU_TIMEOUT_S of processor time from now on; after that the kernel ends the process."""
    try:
        import resource

        spent = resource.getrusage(resource.RUSAGE_SELF)
        max_s = int(spent.ru_utime + spent.ru_stime) + CPU_TIMEOUT_S
        resource.setrlimit(resource.RLIMIT_CPU, (max_s, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    except (ImportError, ValueError, OSError):
        pass
