"""The unreliable vendors in a separate process, and the environment that points a studio to them."""

import json
import subprocess
import sys
import urllib.request
from typing import Any

from tests.management.tree import ROOT

PAID = ("wavespeed", "soundverse", "elevenlabs")
PROVIDERS = ",".join(["generator.providers.builtin", *(f"tests.fakes.short_timeouts.{name}" for name in PAID)])


CONNECTORS = "generator.providers.builtin,tests.fakes.short_timeouts.connectors"


class VendorProcess:
    """`with VendorProcess("--faults", "0.2") as vendors:`; the process ends with this one."""

    module = "tests.fakes.unreliable_vendors"

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, "-m", self.module, *arguments]

    def __enter__(self) -> "VendorProcess":
        self.process = subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.said = json.loads(self.process.stdout.readline())
        self.url = self.said["url"]
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)
        self.process.stdin.close()
        self.process.stdout.close()

    @property
    def env(self) -> dict[str, str]:
        keys = self.said["keys"]
        account = {f"{name}_API_KEY": key for name, key in keys.items()}
        account |= {f"{name}_BASE_URL": self.url for name in keys}
        status = {"SOUNDVERSE_STATUS_PATH": "/v5/status?message_id={id}"}
        return account | status | {"STUDIO_PROVIDERS": PROVIDERS, "STUDIO_PRIVATE_DOWNLOADS": "on"}

    def books(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/_books", timeout=30) as reply:
            self.last_books: dict[str, Any] = json.load(reply)
            return self.last_books


class ConnectorProcess(VendorProcess):
    """The same of the connectors' vendors."""

    module = "tests.fakes.connectors.unreliable"

    @property
    def env(self) -> dict[str, str]:
        return self.said["env"] | {"STUDIO_PROVIDERS": CONNECTORS, "STUDIO_PRIVATE_DOWNLOADS": "on"}
