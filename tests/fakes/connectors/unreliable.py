"""fal, Runware and ComfyUI with slow jobs and faults: `python -m tests.fakes.connectors.unreliable --faults 0.2`.

Prints one line of JSON with the environment that points a studio here, and runs until its standard input ends. /_books
returns its record of accepted jobs, as that of `tests.fakes.unreliable_vendors`.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.fakes.connectors.jobs import Job, Shop
from tests.fakes.connectors.vendors import NAMES, ConnectorHandler, ConnectorVendors
from tests.fakes.failing_server import Row
from tests.fakes.unreliable_vendors import TROUBLE

ROUTES = dict.fromkeys(("status", "result", "queue", "details"), TROUBLE["result"])
ROUTES |= {name: TROUBLE[name] for name in ("submit", "file")}
ENDS = ("failed", "nothing")


@dataclass
class SlowJob(Job):
    """A job that ends at a moment, however often it is looked at."""

    at: float = 0.0

    @property
    def state(self) -> str:
        return "running" if time.time() < self.at else self.end


class SlowShop(Shop):
    def draw(self, faults: float, seconds: tuple[float, float], dice: random.Random) -> "SlowShop":
        self.faults, self.seconds, self.dice = faults, seconds, dice
        return self

    def accept(self, name: str, prompt: str, body: Any, format: str = "mp3") -> Job:
        with self.lock:
            end = self.dice.choice(ENDS) if self.dice.random() < self.faults else "done"
            at = time.time() + self.dice.uniform(*self.seconds)
            job = SlowJob(name, prompt, body, format, end=end, at=at)
            self.jobs.append(job)
        return job


class UnreliableHandler(ConnectorHandler):
    fake: "UnreliableConnectors"

    def route(self) -> None:
        if self.path == "/_books":
            return self.send_json(200, self.fake.books())
        return super().route()


class UnreliableConnectors(ConnectorVendors):
    handler = UnreliableHandler

    def __init__(self, faults: float, seconds: tuple[float, float], seed: int) -> None:
        super().__init__()
        self.faults, self.dice = faults, random.Random(seed)
        self.met: Counter[str] = Counter()
        for name in NAMES:
            setattr(self, name, SlowShop().draw(faults, seconds, self.dice))

    def take(self, on: str) -> Row | None:
        with self.lock:
            if on not in ROUTES or self.dice.random() >= self.faults:
                return None
            how = self.dice.choice(ROUTES[on])
            self.met[f"{on}: {how['do']}{' ' + str(how['status']) if 'status' in how else ''}"] += 1
            return Row(on, **how)

    def books(self) -> dict[str, Any]:
        found = [
            {"vendor": name, "id": job.id, "prompt": job.prompt, "end": job.end, "makes": int(job.end == "done")}
            for name in NAMES
            for job in list(getattr(self, name).jobs)
        ]
        return {"jobs": found, "trouble": dict(sorted(self.met.items())), "requests": len(self.seen)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=float, default=0.2)
    parser.add_argument("--seconds", type=float, nargs=2, default=(0.5, 3.0))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with UnreliableConnectors(asked.faults, tuple(asked.seconds), asked.seed) as vendors:
        print(json.dumps({"url": vendors.url, "env": vendors.env}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
