"""The vendors' own record beside the studio's ledger, line by line: invariants of every run.

A job is the vendor's, accepted and charged there; a generation is the studio's. They are matched by prompt, which is
different in every generation of a chaos run.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.management.tree import Studio

FINDABLE = ("wavespeed", "runware", "comfyui")  # a lost job can be looked up: in a list, or by an id of ours
MINE = "g.idempotency_key LIKE 'paid-%'"
GENERATIONS = f"""
    SELECT g.id, p.text, m.key, g.state, g.error_message, g.takes_requested, g.price_total, g.settled_at IS NOT NULL,
           (SELECT COUNT(*) FROM generator_track t WHERE t.generation_id = g.id)
    FROM generator_generation g JOIN generator_prompt p ON p.id = g.prompt_id
    JOIN generator_musicmodel m ON m.id = g.model_id WHERE {MINE}"""
ENTRIES = f"""
    SELECT e.generation_id, e.kind, e.amount FROM generator_ledgerentry e
    JOIN generator_generation g ON g.id = e.generation_id WHERE {MINE}"""
CELLS = """
    SELECT month, project_id, user_id, model_key,
           SUM(CASE kind WHEN 'hold' THEN amount WHEN 'charge' THEN -amount WHEN 'release' THEN -amount ELSE 0 END),
           SUM(CASE kind WHEN 'charge' THEN amount ELSE 0 END)
    FROM generator_ledgerentry GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""
ROLLUPS = "SELECT month, project_id, user_id, model_key, held, charged FROM generator_rollup ORDER BY 1, 2, 3, 4"
HELD = "SELECT COALESCE(SUM(price_total), 0) FROM generator_generation WHERE settled_at IS NULL"


@dataclass(frozen=True)
class Run:
    """One generation of the studio."""

    id: int
    prompt: str
    model: str
    state: str
    sentence: str
    asked: int
    price: int
    settled: bool
    tracks: int


@dataclass
class Books:
    """Both sides, and the discrepancies between them."""

    runs: list[Run]
    jobs: dict[str, list[dict[str, Any]]]
    entries: dict[int, dict[str, int]]
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, studio: Studio, theirs: dict[str, Any]) -> "Books":
        jobs, entries = defaultdict(list), defaultdict(dict)
        for job in theirs["jobs"]:
            jobs[job["prompt"]].append(job)
        books = cls([Run(*row) for row in studio.rows(GENERATIONS)], jobs, entries)
        for generation, kind, amount in studio.rows(ENTRIES):
            if kind in entries[generation]:
                books.wrong.append(f"generation {generation} has two entries of the kind {kind}")
            entries[generation][kind] = amount
        return books

    def check(self, studio: Studio, expected: int) -> None:
        """Add a line to `wrong` for every violation."""
        if len(self.runs) != expected:
            self.wrong.append(f"{expected} were asked for, {len(self.runs)} are there")
        prompts = Counter(run.prompt for run in self.runs)
        self.wrong += [f"{prompt}: a job nobody asked for" for prompt in self.jobs if not prompts[prompt]]
        self.wrong += [f"{prompt}: {count} generations" for prompt, count in prompts.items() if count > 1]
        for run in self.runs:
            self.wrong += [f"{run.prompt} ({run.model}, {run.state}): {what}" for what in self._problems(run)]
        if studio.rows(CELLS) != studio.rows(ROLLUPS):
            self.wrong.append("the roll-ups are not the sums of their entries")
        if (held := studio.rows("SELECT COALESCE(SUM(held), 0) FROM generator_rollup")) != studio.rows(HELD):
            self.wrong.append(f"open holds are {held}, unsettled generations say {studio.rows(HELD)}")

    def _problems(self, run: Run) -> list[str]:
        jobs = self.jobs.get(run.prompt, [])
        if len(jobs) > 1:
            return [f"paid {len(jobs)} times: {jobs}"]
        if run.state not in ("ready", "failed", "in_doubt"):
            return ["has not ended"]
        found = self._money(run)
        if run.state != "ready" and not run.sentence:
            found.append("gives no reason")
        return found + getattr(self, f"_{run.state}")(run, jobs[0] if jobs else None)

    def _money(self, run: Run) -> list[str]:
        """Check that hold, charge and release fit the state; open only when in doubt."""
        whole, taken = run.price, run.price * run.tracks // run.asked
        wanted = {"hold": whole, "charge": taken, "release": whole - taken}
        if run.state == "in_doubt":
            wanted = {"hold": whole}
        wanted = {kind: amount for kind, amount in wanted.items() if amount}
        entries = {
            kind: amount for kind, amount in self.entries[run.id].items() if amount
        }  # free ones are written, too
        right = entries == wanted and run.settled == (run.state != "in_doubt")
        return [] if right else [f"the ledger says {self.entries[run.id]}, it should say {wanted}"]

    def _ready(self, run: Run, job: dict[str, Any] | None) -> list[str]:
        if job is None:
            return ["delivered, and the vendor knows of no job"]
        return [] if run.tracks == job["makes"] else [f"the vendor made {job['makes']} takes, {run.tracks} are here"]

    def _failed(self, run: Run, job: dict[str, Any] | None) -> list[str]:
        found = ["takes were delivered free"] if run.tracks else []
        if job and job["makes"]:
            found.append(f"given up ({run.sentence}), but the vendor made it: {job}")
        return found

    def _in_doubt(self, run: Run, job: dict[str, Any] | None) -> list[str]:
        lost = job and run.model.partition("/")[0] in FINDABLE
        return [f"the vendor's list has it, and it was not found: {job}"] if lost else []

    # --- summary ---

    def table(self) -> str:
        """Return how many ended how per vendor, and what each side says was spent."""
        lines = [
            f"{'':<12}{'asked':>7}{'accepted':>10}{'ready':>7}{'failed':>8}{'in doubt':>10}{'takes':>7}{'charged':>10}"
        ]
        for vendor in dict.fromkeys(run.model.partition("/")[0] for run in self.runs):
            runs = [run for run in self.runs if run.model.startswith(f"{vendor}/")]
            states = Counter(run.state for run in runs)
            accepted = sum(len(self.jobs.get(run.prompt, [])) for run in runs)
            charged = sum(self.entries[run.id].get("charge", 0) for run in runs)
            takes = sum(run.tracks for run in runs)
            lines.append(
                f"{vendor:<12}{len(runs):>7}{accepted:>10}{states['ready']:>7}{states['failed']:>8}"
                f"{states['in_doubt']:>10}{takes:>7}{charged / 1e6:>10.2f}"
            )
        return "\n".join(lines)
