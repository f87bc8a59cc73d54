"""Run a part of the studio as a child that cannot outlive its parent: `python -m generator.management.child cluster`.

Three nets, because each has a hole:
- Linux kills this process, and every process it forks, the moment the one that made it dies (PR_SET_PDEATHSIG);
- elsewhere the end of standard input, a pipe only the supervisor holds, says that the supervisor is gone, and the
  whole group is killed from within;
- what a sudden death of both leaves behind is found by the next start in DIR/studio.pids (processes.py).
"""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from importlib import import_module

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from granian.cli import entrypoint as granian

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PORTABLE = "STUDIO_PORTABLE_WATCH"  # tests only: do without the kernel's help, as on macOS
HEAVY = ("generator.workflow.tasks", "scipy.signal", "scipy.fft")  # loaded before the workers are forked
_parent = os.getppid()


def die_with_parent() -> None:
    """Ask for SIGKILL when the parent dies; leave at once when it already has."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != _parent:
        os._exit(1)


def _remember_parent() -> None:
    global _parent
    _parent = os.getpid()


def _watch_input() -> None:
    while os.read(0, 1):
        pass
    if os.name == "posix":
        os.killpg(0, signal.SIGKILL)
    subprocess.call(["taskkill", "/F", "/T", "/PID", str(os.getpid())])


def stay_below_parent() -> None:
    if sys.platform != "linux" or os.environ.get(PORTABLE):
        threading.Thread(target=_watch_input, daemon=True).start()
        return
    multiprocessing.set_start_method("fork")  # the hooks below reach forks only; Python 3.14 would spawn
    os.register_at_fork(before=_remember_parent, after_in_child=die_with_parent)
    die_with_parent()


def main(what: str, arguments: list[str]) -> None:
    stay_below_parent()
    try:
        _ = settings.SECRET_KEY  # reads them all: they may have been changed since the studio was started
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")
    if what == "web":
        sys.argv = ["granian", *arguments]
        granian()
    elif what == "cluster":
        django.setup()
        for heavy in HEAVY:
            import_module(heavy)
        call_command("qcluster")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
