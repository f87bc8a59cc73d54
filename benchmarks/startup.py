"""Time from the command to the first page, at the first start and later, compared with bare Python importing Django.

    python -m benchmarks.startup [--times 3]

Each time in a new directory: the very first start (database, static files, administrator, sample project), then
a second one. The environment in `.venv` already exists; creating it takes as long as the network.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.management.tree import ROOT, Studio

GOAL = 3.0


def start(folder: Path) -> float:
    """Return the seconds from the command to the sign-in page."""
    studio = Studio(folder)
    command = [sys.executable, "run.py", "--port", str(studio.port), "--data", str(studio.folder)]
    began = time.perf_counter()
    with studio.log.open("ab") as log:
        studio.process = subprocess.Popen(command, cwd=ROOT, env=studio.env, stdout=log, stderr=log)
    try:
        while True:
            try:
                if httpx.get(f"{studio.url}/accounts/login/", timeout=10).status_code == 200:
                    return time.perf_counter() - began
            except httpx.TransportError:
                time.sleep(0.01)
            assert studio.process.poll() is None, studio.log.read_text()
    finally:
        studio.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args()
    first, later = [], []
    for _ in range(asked.times):
        with tempfile.TemporaryDirectory() as folder:
            first.append(start(Path(folder)))
            later.append(start(Path(folder)))
    bare = []
    for _ in range(asked.times):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import django.contrib.auth, numpy, scipy.signal, av, PIL"], check=True)
        bare.append(time.perf_counter() - began)
    alone = statistics.median(bare)
    for name, taken in (("first start", first), ("later starts", later)):
        middle = statistics.median(taken)
        print(
            f"{name:<13} {middle:5.2f} s   bare imports {alone:.2f} s   ratio {middle / alone:5.2f}   "
            f"goal {GOAL:.0f} s  {'ok' if middle <= GOAL else 'over'}"
        )


if __name__ == "__main__":
    main()
