"""Run a part of the studio as a child that cannot outlive its parent: `python -m generator.management.child qcluster`.

On Linux the kernel is asked to kill this process, and every process it forks, when the one that made it dies; so no
orphan survives the sudden death of any process of the tree. Elsewhere only the supervisor's own clean-up applies.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent() -> None:
    """Ask for SIGKILL when the parent dies; leave at once when it already has."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        os._exit(1)


def main(arguments: list[str]) -> None:
    die_with_parent()
    os.register_at_fork(after_in_child=die_with_parent)
    what, rest = arguments[0], arguments[1:]
    if what == "web":
        from granian.cli import entrypoint

        sys.argv = ["granian", *rest]
        entrypoint()
    elif what == "cluster":
        import django
        from django.core.management import call_command

        django.setup()
        call_command("qcluster")


if __name__ == "__main__":
    main(sys.argv[1:])
