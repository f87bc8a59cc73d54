"""The fickle vendors in a process of their own, and the environment that leads a studio to them."""

import json
import subprocess
import sys
import urllib.request
from typing import Any

from tests.ops.tree import ROOT

PROVIDERS = "generator.providers.composer,tests.fakes.hasty.wavespeed,tests.fakes.hasty.soundverse"


class Apart:
    """`with Apart("--faults", "0.2") as vendors:`; gone when this process is."""

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, "-m", "tests.fakes.fickle", *arguments]

    def __enter__(self) -> "Apart":
        self.process = subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said = json.loads(self.process.stdout.readline())
        self.url, self.keys = said["url"], said["keys"]
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)
        self.process.stdin.close()
        self.process.stdout.close()

    @property
    def env(self) -> dict[str, str]:
        account = {f"{name}_API_KEY": key for name, key in self.keys.items()}
        account |= {f"{name}_BASE_URL": self.url for name in self.keys}
        status = {"SOUNDVERSE_STATUS_PATH": "/v5/status?message_id={id}"}
        return account | status | {"STUDIO_PROVIDERS": PROVIDERS, "STUDIO_PRIVATE_DOWNLOADS": "on"}

    def books(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/_books", timeout=30) as reply:
            return json.load(reply)
