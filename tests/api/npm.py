"""The npm packages that tests use: installed once per lock file, and kept in pytest's cache."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest


def installed(request: pytest.FixtureRequest, source: Path, name: str) -> Path:
    """Return a folder whose node_modules match `source`'s lock file; skip if there is no npm."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("no node and npm found; install Node.js 20 or newer")
    stamp = sha256((source / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = request.config.cache.mkdir(f"{name}-{stamp}")
    done = folder / "done"
    if not done.exists():
        for file in ("package.json", "package-lock.json"):
            shutil.copy(source / file, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True, timeout=300, capture_output=True)
        done.touch()
    return folder
