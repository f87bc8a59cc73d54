"""The unreliable vendors in a separate process, and the environment that points a studio to them."""

import json
import subprocess
import sys
import urllib.request
from typing import Any

from tests.management.tree import ROOT

PAID = ("wavespeed", "soundverse", "elevenlabs")
PROVIDERS = ",".join(["generator.providers.builtin", *(f"tests.fakes.short_timeouts.{name}" for name in PAID)])


class VendorProcess:
    """`with VendorProcess("--faults", "0.2") as vendors:`; the process ends with this one."""

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, "-m", "tests.fakes.unreliable_vendors", *arguments]

    def __enter__(self) -> "VendorProcess":
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
