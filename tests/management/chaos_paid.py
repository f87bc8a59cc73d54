"""A chaos test of the paid providers.

    python -m tests.management.chaos_paid --generations 1000 --faults 0.2 --kill-every 4

Starts the unreliable vendors in a separate process and a studio as a person starts it, submits over HTTP, injects
faults on every route, and kills a random process of the studio's tree with kill -9 every few seconds (including the
supervisor, which is then restarted) until every generation has ended. Then compares the vendors' record of accepted
jobs with the ledger, line by line (`paid_ledger`). Exits with 1 if anything is wrong.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.fakes.vendor_process import VendorProcess
from tests.management.paid_ledger import FINDABLE, MINE, Books
from tests.management.person import Person
from tests.management.tree import Studio, processes, wait_for

IMPORTED = "wavespeed/sonilo/text-to-music"
MODELS = (  # model, most takes, formats
    ("wavespeed/mureka-v7.6-bgm", 3, ("mp3", "flac", "wav")),
    ("soundverse/music", 1, ("mp3",)),
    ("elevenlabs/music_v2", 1, ("mp3", "wav")),
    (IMPORTED, 1, ("mp3",)),
)
IMPORT = """
from django.core.management import call_command
from generator.models import MusicModel
call_command("catalog", "add", "sonilo/text-to-music")
MusicModel.objects.filter(is_imported=True).update(usual_ms=2000)"""
# Under way, or in doubt at a provider with a job list that was not yet searched during a quiet minute.
OPEN = f"""
    SELECT COUNT(*) FROM generator_generation g WHERE {MINE} AND g.state NOT IN ('ready', 'failed', 'in_doubt')"""
DOUBTS = f"""
    SELECT p.text FROM generator_generation g JOIN generator_prompt p ON p.id = g.prompt_id
    WHERE {MINE} AND g.state = 'in_doubt' AND g.due_at IS NOT NULL"""


class Chaos:
    """A run: submit, kill, wait, compare."""

    def __init__(
        self,
        studio: Studio,
        vendors: VendorProcess,
        generations: int,
        seed: int,
        models: tuple[tuple[str, int, tuple[str, ...]], ...] = MODELS,
    ) -> None:
        self.studio, self.vendors, self.generations, self.models = studio, vendors, generations, models
        self.dice = random.Random(seed)
        self.killed: Counter[str] = Counter()
        self._submitting = threading.Thread(target=self._submit_all, daemon=True)

    def begin(self) -> None:
        if any(model == IMPORTED for model, *_rest in self.models):
            self.studio.shell(IMPORT)
        self._person = Person(self.studio)
        self._submitting.start()

    def _submit_all(self) -> None:
        dice = random.Random(0)
        for number in range(self.generations):
            model, most, formats = self.models[number % len(self.models)]
            takes, format = str(dice.randint(1, most)), dice.choice(formats)
            self._person.submit(f"paid-{number}", f"paid run {number}", model, takes=takes, format=format)

    @property
    def has_ended(self) -> bool:
        """Return whether all have ended: a job in doubt that the vendor's list names will still be found there."""
        if self._submitting.is_alive() or self.studio.rows(OPEN) != [(0,)]:
            return False
        doubts = {text for (text,) in self.studio.rows(DOUBTS)}
        return not any(job["vendor"] in FINDABLE and job["prompt"] in doubts for job in self.vendors.books()["jobs"])

    def kill(self, victim: int | None = None) -> None:
        """Kill a process of the tree, any of them; 0 is the supervisor, which a person would restart."""
        tree = self.studio.tree()
        chosen = tree[self.dice.randrange(len(tree)) if victim is None else victim]
        if chosen.pid == self.studio.process.pid:
            self.killed["supervisor"] += 1
            os.kill(chosen.pid, signal.SIGKILL)
            self.studio.process.wait(10)
            everyone = {one.pid for one in tree}
            wait_for(lambda: not everyone & {one.pid for one in processes()}, 60, "the tree is gone")
            self._start_again()
            return
        self.killed["web" if " web " in chosen.command else "cluster"] += 1
        try:
            os.kill(chosen.pid, signal.SIGKILL)
        except ProcessLookupError:
            self.killed["gone already"] += 1

    def _start_again(self, tries: int = 5) -> None:
        """Start the studio again; retry, since another process may briefly use the port that the system chose."""
        for left in reversed(range(tries)):
            try:
                self.studio.start()
                return
            except AssertionError:
                if not left:
                    raise
                time.sleep(2)

    def compare(self) -> Books:
        assert not self._submitting.is_alive(), "not everything was submitted"
        books = Books.read(self.studio, self.vendors.books())
        books.check(self.studio, self.generations)
        return books


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generations", type=int, default=1000)
    parser.add_argument("--faults", type=float, default=0.2)
    parser.add_argument("--kill-every", type=float, default=4.0, help="Seconds on average; 0: never.")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--most-minutes", type=float, default=30.0)
    parser.add_argument("--keep", type=Path, help="A folder for the studio's data, to look into afterwards.")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        VendorProcess("--faults", str(asked.faults), "--seed", str(asked.seed)) as vendors,
        Studio(asked.keep or Path(folder), **vendors.env) as studio,
    ):
        began = time.monotonic()
        chaos = Chaos(studio, vendors, asked.generations, asked.seed)
        chaos.begin()
        _shoot_until_the_end(chaos, asked.kill_every, began + asked.most_minutes * 60)
        books = chaos.compare()
        print(f"seed {asked.seed}, {time.monotonic() - began:.0f} s")
        print(books.table())
        trouble = vendors.books()["trouble"]
        print(f"trouble {sum(trouble.values())}: " + ", ".join(f"{name} {count}" for name, count in trouble.items()))
        print(f"killed {sum(chaos.killed.values())}: {dict(chaos.killed)}")
        print("\n".join(books.wrong) or "nothing is wrong")
    sys.exit(bool(books.wrong))


def _shoot_until_the_end(chaos: Chaos, every: float, deadline: float) -> None:
    while not chaos.has_ended and time.monotonic() < deadline:
        time.sleep(chaos.dice.uniform(0.5, 1.5) * every if every else 1.0)
        if every:
            chaos.kill()
            left, ended = (
                chaos.studio.rows(OPEN),
                chaos.studio.rows(f"SELECT COUNT(*) FROM generator_generation g WHERE {MINE}"),
            )
            print(
                f"{ended[0][0]} asked for, {left[0][0]} under way, killed {sum(chaos.killed.values())}", file=sys.stderr
            )
    wait_for(chaos.studio.answers, 60, "the studio answers at the end")


if __name__ == "__main__":
    main()
