"""The vendors with slow jobs and random faults: `python -m tests.fakes.unreliable_vendors --faults 0.2`.

Prints one line of JSON with its address and keys, and runs until its standard input ends. /_books returns its record of
accepted jobs: vendor, prompt, and the takes requested, made and charged.
"""

import argparse
import json
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.elevenlabs import ElevenLabsShop, Piece
from tests.fakes.failing_server import Row
from tests.fakes.soundverse import REFUSALS, Song, SoundverseShop
from tests.fakes.vendors import VendorHandler, Vendors
from tests.fakes.wavespeed import Job, WaveSpeedShop

SOON = {"retry-after": "1"}
RATE = json.dumps(REFUSALS["rate"][1]).encode()
LONGER = 6.0  # seconds a hang lasts: longer than the short timeouts

# What can happen to a request per route; `accept`: the job is made and charged, only the answer is lost.
TROUBLE: dict[str, tuple[dict[str, Any], ...]] = {
    "submit": (
        {"do": "reset"},
        {"do": "reset", "accept": True},
        {"do": "cut"},
        {"do": "headers", "accept": True},
        {"do": "status", "status": 500},
        {"do": "status", "status": 503, "accept": True},
        {"do": "status", "status": 429, "headers": SOON},
        {"do": "html", "status": 502, "accept": True},
        {"do": "html", "status": 504},
        {"do": "hang", "seconds": LONGER, "accept": True},
        {"do": "garbage", "accept": True},
        {"do": "truncated", "accept": True},
    ),
    "result": (
        {"do": "reset"},
        {"do": "headers"},
        {"do": "status", "status": 500},
        {"do": "status", "status": 429, "headers": SOON},
        {"do": "html", "status": 502},
        {"do": "hang", "seconds": LONGER},
        {"do": "garbage"},
        {"do": "truncated"},
    ),
    "price": ({"do": "reset"}, {"do": "status", "status": 503}, {"do": "hang", "seconds": LONGER}),
    "list": ({"do": "reset"}, {"do": "status", "status": 503}, {"do": "html", "status": 502}),
    "stream": (
        {"do": "reset"},
        {"do": "reset", "accept": True},
        {"do": "headers", "accept": True},
        {"do": "status", "status": 429, "headers": SOON, "body": RATE},
        {"do": "html", "status": 502, "accept": True},
        {"do": "hang", "seconds": LONGER, "accept": True},
        {"do": "drop", "size": 150},
        {"do": "drop", "size": 500},
    ),
    "status": ({"do": "reset"}, {"do": "status", "status": 503}),
    "music": (
        {"do": "reset"},
        {"do": "reset", "accept": True},
        {"do": "cut"},
        {"do": "headers", "accept": True},
        {"do": "status", "status": 500},
        {"do": "status", "status": 503, "accept": True},
        {"do": "status", "status": 429, "headers": SOON},
        {"do": "html", "status": 502, "accept": True},
        {"do": "hang", "seconds": LONGER, "accept": True},
        {"do": "garbage", "accept": True},
        {"do": "tiny"},
        {"do": "drop", "size": 0},
        {"do": "drop", "size": 4000},
        {"do": "open", "size": 9000},
    ),
    "file": (
        {"do": "reset"},
        {"do": "drop", "size": 4000},
        {"do": "truncated"},
        {"do": "status", "status": 503},
        {"do": "html"},
        {"do": "hang", "seconds": LONGER},
    ),
    "cover": ({"do": "reset"}, {"do": "truncated"}, {"do": "html"}),
}
ENDS = ("failed", "cancelled", "timeout", "partial", "nothing")


@dataclass
class Fate:
    """How a job will end: its last status, its number of takes, and when."""

    end: str
    makes: int
    at: float


@dataclass
class Fates:
    """Random fates, drawn once per job."""

    faults: float
    seconds: tuple[float, float]
    dice: random.Random
    of: dict[str, Fate] = field(default_factory=dict)

    def draw(self, job: str, asked: int) -> None:
        end = self.dice.choice(ENDS) if self.dice.random() < self.faults else "completed"
        if end == "partial" and asked == 1:
            end = "failed"
        makes = {"completed": asked, "partial": asked - 1}.get(end, 0)
        self.of[job] = Fate(end, makes, time.time() + self.dice.uniform(*self.seconds))


@dataclass
class SlowWaveSpeed(WaveSpeedShop):
    fates: Fates = None
    balance: float = 1e6

    def accept(self, path: str, inputs: dict[str, Any], webhook: str = "") -> Job:
        job = super().accept(path, inputs, webhook)
        self.fates.draw(job.id, inputs.get("number_of_songs", 1))
        return job

    def advance(self, job: Job) -> None:
        fate = self.fates.of[job.id]
        if job.status in ("created", "processing"):
            end = "completed" if fate.end in ("partial", "nothing") else fate.end
            job.status = end if time.time() >= fate.at else "processing"
            job.error = self.error if job.status == "failed" else ""

    def _outputs(self, job: Job, base: str) -> list[Any]:
        ending = job.inputs.get("output_format", "mp3")
        return [f"{base}/cdn/{job.id}-{take}.{ending}" for take in range(1, self.fates.of[job.id].makes + 1)]


@dataclass
class SlowSoundverse(SoundverseShop):
    fates: Fates = None
    lock: Any = field(default_factory=threading.RLock)  # its streams run concurrently

    def accept(self, inputs: dict[str, Any]) -> Song:
        with self.lock:
            song = super().accept(inputs)
            self.fates.draw(song.task_id, 1)
            return song

    def chunks(self, song: Song, base: str) -> list[dict[str, Any]]:
        """Name the id in the first chunk of half of the streams, as later versions do; in the others in the last."""
        with self.lock:
            self.early_id = int(song.task_id) % 2 == 0
            self.end = {"completed": "completed", "nothing": "no_audio"}.get(self.fates.of[song.task_id].end, "failed")
            return super().chunks(song, base)

    def result(self, song: Song, base: str) -> dict[str, Any]:
        if not self.fates.of[song.task_id].makes:
            return {"status": "FAILED", "content": "The engine gave up", "error": "no audio"}
        return super().result(song, base)


@dataclass
class SlowElevenLabs(ElevenLabsShop):
    fates: Fates = None
    lock: Any = field(default_factory=threading.RLock)  # its calls block

    def accept(self, inputs: dict[str, Any], format: str) -> Piece:
        with self.lock:
            piece = super().accept(inputs, format)
            self.fates.of[piece.id] = Fate("completed", 1, time.time())  # its replies are whole, or they are lost
            return piece

    def pause(self, moment: int) -> None:
        time.sleep(self.fates.dice.uniform(*self.fates.seconds) / 2)


class FickleHandler(VendorHandler):
    fake: "UnreliableVendors"

    def route(self) -> None:
        if self.path == "/_books":
            return self.send_json(200, self.fake.books())
        return super().route()

    def pour(self, pieces: list[bytes], most: int | None) -> None:
        """Write the stream at its pace: with a pause before each piece but the first."""
        for number, piece in enumerate(pieces):
            if number:
                self.fake.closing.wait(self.fake.dice.uniform(*self.fake.seconds) / len(pieces))
            super().pour([piece], most)
            most = None if most is None else most - len(piece)


class UnreliableVendors(Vendors):
    """`faults`: the share of requests that fail, and of jobs that end badly; `spare`: routes without faults."""

    handler = FickleHandler

    def __init__(
        self, faults: float = 0.0, seconds: tuple[float, float] = (0.5, 3.0), seed: int = 1, spare: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self.faults, self.seconds, self.spare = faults, seconds, spare
        self.dice = random.Random(seed)
        self.met: Counter[str] = Counter()
        self.wavespeed = SlowWaveSpeed(fates=Fates(faults, seconds, self.dice))
        self.soundverse = SlowSoundverse(fates=Fates(faults, seconds, self.dice))
        self.elevenlabs = SlowElevenLabs(fates=Fates(faults, seconds, self.dice))

    def take(self, on: str) -> Row | None:
        with self.lock:
            if on not in TROUBLE or on in self.spare or self.dice.random() >= self.faults:
                return None
            how = self.dice.choice(TROUBLE[on])
            self.met[f"{on}: {how['do']}{' ' + str(how['status']) if 'status' in how else ''}"] += 1
            return Row(on, **how)

    def books(self) -> dict[str, Any]:
        """Return the vendors' record of accepted jobs, and the faults that were injected."""
        found = []
        for vendor in ("wavespeed", "soundverse", "elevenlabs"):
            shop = getattr(self, vendor)
            for job in list(shop.jobs):
                name = job.task_id if vendor == "soundverse" else job.id
                fate = shop.fates.of.get(name)
                if fate is None:  # accepted at this moment
                    continue
                line = {"vendor": vendor, "id": name, "prompt": job.inputs["prompt"], "end": fate.end}
                line |= {"asked": job.inputs.get("number_of_songs", 1), "makes": fate.makes, "at": fate.at}
                found.append(line)
        return {"jobs": found, "trouble": dict(sorted(self.met.items())), "requests": len(self.seen)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=float, default=0.2)
    parser.add_argument("--seconds", type=float, nargs=2, default=(0.5, 3.0))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spare", nargs="*", default=())
    asked = parser.parse_args()
    with UnreliableVendors(asked.faults, tuple(asked.seconds), asked.seed, tuple(asked.spare)) as vendors:
        keys = {name.upper(): getattr(vendors, name).key for name in ("wavespeed", "soundverse", "elevenlabs")}
        print(json.dumps({"url": vendors.url, "keys": keys}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
