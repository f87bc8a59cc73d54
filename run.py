#!/usr/bin/env python3
"""Start BGM Studio, or run its tests, with nothing but Python.

    python3 run.py                    the studio, on http://127.0.0.1:8000/
    python3 run.py test [PYTEST...]   the tests
    python3 run.py manage COMMAND...  Django's command line, with the studio's settings

Create `.venv` from the lock file when that has changed, write DIR/.env with fresh secrets, then run the command.
Everything is written inside the checkout or DIR. This file uses only the standard library and a syntax that old Pythons
can parse (no f-strings, no annotations), so that they can report what is wrong.
"""

from __future__ import print_function

import argparse
import base64
import errno
import hashlib
import os
import platform
import shutil
import socket
import subprocess
import sys
import sysconfig
import time

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
OLDEST, NEWEST = (3, 11), (3, 14)  # the versions that the tests run on; .ci/pythons reads this line
LEAST_ROOM = 300 * 1024 * 1024  # bytes of free disk space for the packages and a first project
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


class Stop(Exception):
    """A problem that a person has to fix; the message describes it."""


def check_python():
    """Reject an interpreter that cannot run the studio; warn about a version that has not been tested."""
    found = "%s %s (%s)" % (platform.python_implementation(), sys.version.split()[0], sys.executable)
    if sys.version_info < OLDEST:
        raise Stop("Python %d.%d or newer is required; this is %s." % (OLDEST + (found,)))
    if platform.python_implementation() != "CPython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        kind = "" if platform.python_implementation() != "CPython" else " without the global interpreter lock"
        raise Stop("The standard CPython is required; this is %s%s." % (found, kind))
    if sys.version_info[:2] > NEWEST:
        sys.stderr.write(
            "The studio was tested with Python %d.%d to %d.%d; this is %s and may not work. If it does not, use\n"
            "a tested version: python%d.%d run.py\n" % (OLDEST + NEWEST + (found,) + NEWEST)
        )
        sys.stderr.flush()


# --- the environment ---


def python_of(venv):
    return os.path.join(venv, "Scripts", "python.exe") if os.name == "nt" else os.path.join(venv, "bin", "python")


def ensure_environment(lock_name):
    """Make the environment match a lock file; do nothing if it already does."""
    lock = os.path.join(ROOT, lock_name)
    stamp = os.path.join(VENV, "made-from-" + lock_name)
    with open(lock, "rb") as file:
        wanted = hashlib.sha256(file.read() + sys.version.encode()).hexdigest()
        if read(stamp) != wanted or not os.path.exists(python_of(VENV)):
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX)  # serializes two first starts at the same time
            if read(stamp) != wanted:
                install(lock)
                with open(stamp, "w") as made:
                    made.write(wanted)
    return python_of(VENV)


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def install(lock):
    print("Setting up .venv (on the first start and after updates) ...", flush=True)
    python, tmp = python_of(VENV), os.path.join(VENV, "tmp")
    uv = shutil.which("uv")
    if uv and silent([uv, "--version"]) != 0:
        uv = None
    # Recreate an environment that belongs to another Python or whose creation was interrupted.
    check = "import sys; sys.exit(sys.version_info[:2] != (%d, %d))" % sys.version_info[:2]
    if silent([python, "-c", check]) != 0 or (not uv and silent([python, "-m", "pip", "--version"]) != 0):
        make_venv(uv, tmp)
    os.makedirs(tmp, exist_ok=True)
    hashed = ["--require-hashes", "-r", lock]
    if uv:
        cache = ["--cache-dir", os.path.join(tmp, "uv"), "--no-config"]
        # The tests start hundreds of processes; a studio starts a few, which compile modules on first use.
        cache += ["--compile-bytecode"] if lock.endswith("-dev.lock") else []
        call([uv, "pip", "install", "--quiet", "--python", python] + cache + hashed, tmp)
    else:
        quiet = ["--quiet", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
        call([python, "-m", "pip", "install"] + quiet + hashed, tmp)
    shutil.rmtree(tmp, ignore_errors=True)


def make_venv(uv, tmp):
    if os.path.exists(VENV):
        shutil.rmtree(VENV)
    if uv:
        cache = os.path.join(ROOT, ".venv-cache")
        call([uv, "venv", "--quiet", "--no-config", "--python", sys.executable, "--cache-dir", cache, VENV])
        shutil.rmtree(cache, ignore_errors=True)
        return
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        raise Stop(
            "This Python cannot create virtual environments: its venv and ensurepip modules are missing.\n"
            "On Debian and Ubuntu: sudo apt install python3-venv\n"
            "Or install uv; run.py uses it if it is available."
        )
    os.makedirs(tmp)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = tmp
    try:
        venv.EnvBuilder(with_pip=True).create(VENV)
    finally:  # this folder is deleted after setup, and later processes must not look for it
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def call(command, tmp=None):
    env = dict(os.environ, **({"TMPDIR": tmp, "TEMP": tmp, "TMP": tmp} if tmp else {}))
    if subprocess.call(command, env=env) != 0:
        raise Stop(
            "Setting up .venv failed; see the messages above. Check the network connection and the free disk space."
        )


def silent(command):
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return 1


# --- fast checks before anything slow ---


def check_not_running(folder):
    lock = os.path.join(folder, "studio.lock")
    if fcntl and os.path.exists(lock):
        with open(lock) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                where = file.read().strip()
                raise Stop(
                    "A studio is already running on %s: %s\nStop it, or use another --data DIR." % (folder, where)
                )


def check_port(host, port, patience):
    """Stop unless the port is free, or becomes free within `patience` seconds."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deadline = time.time() + patience
        while True:
            try:
                return probe.bind((host, port))
            except (OSError, OverflowError) as error:
                if getattr(error, "errno", None) == errno.EADDRINUSE and time.time() < deadline:
                    time.sleep(0.2)
                    continue
                why = getattr(error, "strerror", None) or error
                raise Stop("Port %d on %s cannot be used (%s). Choose another: --port %d" % (port, host, why, port + 1))


def ensure_data(folder):
    """Create DIR and its .env. Secrets are written once, readable only by the owner."""
    path = os.path.join(folder, ".env")
    mask = os.umask(0o077)  # private, unlike the environment, which any account may use
    try:
        os.makedirs(os.path.join(folder, "tmp"), exist_ok=True)
        if not os.path.exists(path):
            secret = base64.urlsafe_b64encode(os.urandom(48)).decode()
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write("# Secrets and settings of this studio; docs/operating.md lists them all.\n")
                file.write("SECRET_KEY=%s\n" % secret)
        room = shutil.disk_usage(folder).free
        if not os.access(folder, os.W_OK):
            raise OSError(13, "Permission denied")
    except OSError as error:
        raise Stop("%s cannot be written (%s). Choose another directory: --data DIR" % (folder, error.strerror))
    finally:
        os.umask(mask)
    if room < LEAST_ROOM:
        raise Stop(
            "Only %d MB are free on the disk of %s; the studio needs %d MB. Free up space or use another --data DIR."
            % (room >> 20, folder, LEAST_ROOM >> 20)
        )


# --- the three commands ---


def environment(folder):
    """Return the environment of the studio's processes: DIR, with temporary files kept inside it."""
    tmp = os.path.join(folder, "tmp")
    env = dict(os.environ, STUDIO_DATA=folder, TMPDIR=tmp, TEMP=tmp, TMP=tmp, PYTHONUNBUFFERED="1")
    if sys.platform == "darwin":  # on macOS, forked workers must not look up proxies or be stopped by Objective-C
        env.update(no_proxy="*", OBJC_DISABLE_INITIALIZE_FORK_SAFETY="YES")
    return env


def hand_over(command, env):
    """Replace this process with the command, so that signals and exit codes are the command's."""
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(command[0], command, env)
    sys.exit(subprocess.call(command, env=env))


def start(asked, folder, began):
    check_not_running(folder)
    # After a crash, the killed processes of the last start may need a moment to release the port.
    pids = os.path.join(folder, "studio.pids")
    has_crashed = os.path.isfile(pids) and os.path.getsize(pids) > len("{}")
    check_port(asked.host, asked.port, 10 if has_crashed else 0)
    ensure_data(folder)
    python = ensure_environment("requirements.lock")
    command = [python, os.path.join(ROOT, "manage.py"), "studio", "--host", asked.host, "--port", str(asked.port)]
    if asked.admin:
        command += ["--admin", asked.admin]
    if asked.timings:
        print("environment %.2f s" % (time.time() - began))
        command.append("--timings")
    hand_over(command, environment(folder))


def manage(arguments, folder):
    ensure_data(folder)
    python = ensure_environment("requirements.lock")
    hand_over([python, os.path.join(ROOT, "manage.py")] + arguments, environment(folder))


def test(arguments):
    python = ensure_environment("requirements-dev.lock")
    browser = os.environ.get("STUDIO_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser:
        os.environ["STUDIO_CHROMIUM"] = browser
    else:
        print(
            "No Chromium was found, so the browser tests are skipped. "
            "On Debian and Ubuntu: sudo apt install chromium. Elsewhere set STUDIO_CHROMIUM to the program's path."
        )
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # otherwise each of those processes would compile everything again
    if not any(one.startswith(("-n", "--numprocesses", "-p")) for one in arguments):
        # One more than the cores: tests that start studios spend most of their time waiting.
        arguments = ["-n", str(min(4, 1 + (os.cpu_count() or 1))), "--dist", "loadgroup"] + arguments
    hand_over([python, "-m", "pytest"] + arguments, dict(os.environ))


def main(arguments):
    began = time.time()
    check_python()
    if arguments[:1] == ["test"]:
        os.chdir(ROOT)
        return test(arguments[1:])
    parser = argparse.ArgumentParser(
        prog="run.py",
        description="Start BGM Studio.",
        epilog="Also: run.py test [PYTEST ARGUMENTS], run.py [--data DIR] manage COMMAND [ARGUMENTS]",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
    parser.add_argument(
        "--data", metavar="DIR", default=os.path.join(ROOT, "data"), help="database, files, secrets (default ./data)"
    )
    parser.add_argument("--admin", default="", metavar="EMAIL", help="email address of the first administrator")
    parser.add_argument("--timings", action="store_true", help="print how long each step of the start took")
    parser.add_argument("manage", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    folder = os.path.realpath(asked.data)
    os.chdir(ROOT)
    if asked.manage[:1] == ["manage"]:
        return manage(asked.manage[1:], folder)
    if asked.manage:
        parser.error("unknown command %r" % asked.manage[0])
    return start(asked, folder, began)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Stop as stop:
        sys.stderr.write("%s\n" % stop)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
