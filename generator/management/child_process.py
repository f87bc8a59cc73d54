"""Run a part of the studio as a child process that cannot outlive its parent.

    python -m generator.management.child_process cluster

There are three mechanisms, because none covers every case:

- Linux kills this process, and every process it forks, as soon as its parent dies (PR_SET_PDEATHSIG);
- elsewhere, standard input is a pipe that only the supervisor holds: at its end this process kills its whole group;
- if both die suddenly, the next start finds what they left behind in DIR/studio.pids (processes.py).
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
PORTABLE = "STUDIO_PORTABLE_WATCH"  # for tests only: do not use PR_SET_PDEATHSIG, as on macOS
HEAVY = ("generator.services.background.tasks", "scipy.fft")  # imported before the workers are forked
_parent = os.getppid()


def die_with_parent() -> None:
    """Request SIGKILL on the parent's death; exit at once if the parent is already dead."""
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
    multiprocessing.set_start_method("fork")  # the hooks below apply only to forks; Python 3.14 would spawn
    os.register_at_fork(before=_remember_parent, after_in_child=die_with_parent)
    die_with_parent()


def main(program: str, arguments: list[str]) -> None:
    stay_below_parent()
    try:
        _ = settings.SECRET_KEY  # loads all settings: they may have changed since the studio was started
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")
    if program == "web":
        sys.argv = ["granian", *arguments]
        granian()
    elif program == "cluster":
        django.setup()
        for module in HEAVY:
            import_module(module)
        call_command("qcluster")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
