#!/usr/bin/env python3
"""Start BGM Studio, or run its tests, with nothing but Python: `python3 run.py`, `python3 run.py test`.

Makes `.venv` from the lock file when it has changed, writes DIR/.env with fresh secrets, and hands over to
`manage.py studio`. Everything is written inside the checkout or DIR. Only the standard library is used here, in a
syntax that old Pythons can read, so that they can be told what is wrong.
"""

import argparse
import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
OLDEST = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class Stop(Exception):
    """Something a person has to put right; the message says what."""


def python_of(venv):
    return os.path.join(venv, "Scripts" if os.name == "nt" else "bin", "python")


def check_python():
    if sys.version_info < OLDEST:
        raise Stop(
            "Python %d.%d or newer is needed; this is %s (%s)." % (OLDEST + (sys.version.split()[0], sys.executable))
        )


def ensure_environment(lock_name):
    """Make the environment match a lock file; nothing is done when it already does."""
    lock = os.path.join(ROOT, lock_name)
    with open(lock, "rb") as file:
        wanted = hashlib.sha256(file.read() + sys.version.encode()).hexdigest()
    stamp = os.path.join(VENV, "made-from-" + lock_name)
    python = python_of(VENV)
    if os.path.exists(stamp) and os.path.exists(python):
        with open(stamp) as file:
            if file.read() == wanted:
                return python
    print("Setting up the environment (once, and after updates) ...", flush=True)
    uv = shutil.which("uv")
    if uv:
        with_uv(uv, lock, python)
    else:
        with_pip(lock, python)
    with open(stamp, "w") as file:
        file.write(wanted)
    return python


def with_uv(uv, lock, python):
    cache = os.path.join(VENV, "uv-cache")
    if not os.path.exists(python):
        call([uv, "venv", "--quiet", "--python", sys.executable, "--cache-dir", cache, VENV])
    call([uv, "pip", "install", "--quiet", "--python", python, "--cache-dir", cache, "--require-hashes", "-r", lock])
    shutil.rmtree(cache, ignore_errors=True)


def with_pip(lock, python):
    if not os.path.exists(python):
        try:
            import ensurepip  # noqa: F401
            import venv
        except ImportError:
            raise Stop(
                "Python's venv module is missing. On Debian or Ubuntu: sudo apt install python3-venv. "
                "Or install uv; run.py uses it when it is there."
            )
        venv.EnvBuilder(with_pip=True, clear=os.path.exists(VENV)).create(VENV)
    quiet = ["--quiet", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    call([python, "-m", "pip", "install"] + quiet + ["--require-hashes", "-r", lock])


def call(command):
    if subprocess.call(command) != 0:
        raise Stop("Setting up the environment failed; the messages above say why. Is the network reachable?")


def ensure_data(folder):
    """Make DIR and its .env; secrets are written once and readable by the owner only."""
    try:
        os.makedirs(os.path.join(folder, "tmp"), exist_ok=True)
        path = os.path.join(folder, ".env")
        if not os.path.exists(path):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write("# Secrets and settings of this studio; docs/operating.md lists them all.\n")
                file.write("SECRET_KEY=%s\n" % secrets.token_urlsafe(50))
    except OSError as error:
        raise Stop("%s cannot be written: %s. Choose another place with --data DIR." % (folder, error.strerror))
    if shutil.disk_usage(folder).free < 200 * 1024 * 1024:
        raise Stop("There is less than 200 MB of room left on the disk of %s." % folder)


def environment(folder):
    """What the studio's processes see: DIR, and temporary and compiled files kept inside it."""
    env = dict(os.environ)
    env.update(
        STUDIO_DATA=folder,
        TMPDIR=os.path.join(folder, "tmp"),
        PYTHONUNBUFFERED="1",
        no_proxy="*",
        OPENBLAS_NUM_THREADS="1",  # the workers are the parallelism; idle BLAS threads only cost
        OBJC_DISABLE_INITIALIZE_FORK_SAFETY="YES",
    )
    return env


def check_port(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Stop(
                "Port %d on %s cannot be used (%s). Choose another: python3 run.py --port %d"
                % (port, host, error.strerror, port + 1)
            )


def hand_over(command, env):
    """Become the command, so that signals and exit codes are its own."""
    if os.name == "posix":
        sys.stdout.flush()
        os.execve(command[0], command, env)
    sys.exit(subprocess.call(command, env=env))


def start(asked, began):
    check_port(asked.host, asked.port)
    python = ensure_environment("requirements.lock")
    folder = os.path.abspath(asked.data)
    ensure_data(folder)
    command = [python, os.path.join(ROOT, "manage.py"), "studio", "--host", asked.host, "--port", str(asked.port)]
    if asked.admin:
        command += ["--admin", asked.admin]
    if asked.timings:
        print("run.py: %.2f s" % (time.time() - began))
        command.append("--timings")
    hand_over(command, environment(folder))


def test(arguments):
    python = ensure_environment("requirements-dev.lock")
    browser = os.environ.get("STUDIO_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser:
        os.environ["STUDIO_CHROMIUM"] = browser
    else:
        print(
            "No Chromium was found, so the browser tests are skipped. "
            "On Debian: sudo apt install chromium. Elsewhere set STUDIO_CHROMIUM to its path."
        )
    if not any(a.startswith("-n") for a in arguments):
        arguments = ["-n", str(min(4, os.cpu_count() or 1))] + arguments
    hand_over([python, "-m", "pytest"] + arguments, dict(os.environ))


def manage(arguments, folder):
    python = ensure_environment("requirements.lock")
    ensure_data(folder)
    hand_over([python, os.path.join(ROOT, "manage.py")] + arguments, environment(folder))


def main(arguments):
    began = time.time()
    check_python()
    os.chdir(ROOT)
    if arguments[:1] == ["test"]:
        return test(arguments[1:])
    parser = argparse.ArgumentParser(
        description="Start BGM Studio.", epilog="Also: run.py test, run.py manage COMMAND."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
    parser.add_argument("--data", default=os.path.join(ROOT, "data"), help="folder for database, files and .env")
    parser.add_argument("--admin", default="", help="e-mail address of the first administrator")
    parser.add_argument("--timings", action="store_true", help="say how long each step of the start took")
    parser.add_argument("manage", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.manage[:1] == ["manage"]:
        return manage(asked.manage[1:], os.path.abspath(asked.data))
    if asked.manage:
        parser.error("unknown command %r" % asked.manage[0])
    return start(asked, began)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Stop as stop:
        sys.stderr.write("%s\n" % stop)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
