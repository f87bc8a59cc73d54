"""What a fresh machine needs first: the interpreter, the lock files, the declared packages."""

import re
import subprocess
import sys

import pytest

import run
from tests.management.tree import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")


def pins(lock: str) -> list[tuple[str, str]]:
    return re.findall(r"^([\w.-]+)==([\w.+!-]+)", (ROOT / lock).read_text(), re.M)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_python_gets_the_same_version_of_a_package(lock):
    names = [name for name, _ in pins(lock)]
    assert len(names) > 50
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_the_tests_run_with_the_packages_of_the_studio():
    assert set(pins(LOCKS[0])) <= set(pins(LOCKS[1]))


@pytest.mark.parametrize(
    "options",
    [[], ["--exclude", r"\.venv", "--ignore", "DEP002,DEP004"]],
    ids=["by the studio", "by the tests and benchmarks"],
)
def test_what_is_imported_is_declared(options):
    command = [sys.executable, "-m", "deptry", ".", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def started_on(version: tuple, kind: str = "CPython", no_gil: int = 0) -> subprocess.CompletedProcess:
    """Run run.py's help on an interpreter that claims to be another one."""
    pretend = (
        "import platform, runpy, sys, sysconfig\n"
        f"sys.version_info = {version!r}\n"
        f"platform.python_implementation = lambda: {kind!r}\n"
        f"sysconfig.get_config_var = lambda name: {no_gil}\n"
        "sys.argv = ['run.py', '--help']\n"
        "runpy.run_path('run.py', run_name='__main__')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.parametrize("minor", range(run.OLDEST[1], run.NEWEST[1] + 1))
def test_a_tried_interpreter_is_not_talked_about(minor):
    started = started_on((3, minor, 0, "final", 0))
    assert (started.returncode, started.stderr) == (0, "")


def test_a_newer_interpreter_is_warned_about_and_used():
    started = started_on((3, run.NEWEST[1] + 1, 0, "final", 0))
    assert started.returncode == 0
    assert len(started.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    "interpreter", [((3, 10, 9, "final", 0),), ((3, 11, 9, "final", 0), "PyPy"), ((3, 14, 0, "final", 0), "CPython", 1)]
)
def test_an_interpreter_that_cannot_run_the_studio_is_refused(interpreter):
    refused = started_on(*interpreter)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "Traceback" not in refused.stderr
