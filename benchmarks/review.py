"""Time of the billing review's pages with a large ledger, compared with their raw queries.

    python -m benchmarks.review [--runs 147000] [--explain] [--keep FOLDER]

Creates the demo company in a separate database, with so many generations that the ledger has 300,000 lines, and
requests every page of the review and the spend page with Django's test client. Each figure is the
median of several runs. The bare run sends the same SQL through a bare `sqlite3` cursor.
"""

import argparse
import os
import secrets
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

GOAL_MS = 200
RUNS = 7


def median_ms(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def measure(name: str, address: str, client, database: Path, explain: bool) -> bool:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        reply = client.get(address)
    assert reply.status_code == 200, (address, reply.status_code)
    selects = [one["sql"] for one in captured.captured_queries if one["sql"].startswith("SELECT")]
    raw = sqlite3.connect(database)
    raw.create_function("django_date_trunc", 4, lambda *_: None)
    if explain:
        for sql in selects:
            took = median_ms(lambda sql=sql: raw.execute(sql).fetchall())
            if took > 3:
                print(f"    {took:6.1f} ms  {sql[:900]}")
    ours = median_ms(lambda: client.get(address))
    theirs = median_ms(lambda: [raw.execute(sql).fetchall() for sql in selects])
    good = ours <= GOAL_MS
    print(
        f"{name:<34} {ours:7.1f} ms   bare {len(selects):2d} queries {theirs:7.1f} ms   ratio {ours / theirs:5.2f}  "
        f"{'ok' if good else 'over'}",
        flush=True,
    )
    return good


def addresses() -> dict[str, str]:
    """Return every page of the review, filtered and not, in the month with most lines, early and late in the lists."""
    from django.db.models import Count

    from generator.models import Generation, LedgerEntry, Project, ReconciliationIssue, User

    month = LedgerEntry.objects.order_by().values_list("month").annotate(n=Count("pk")).order_by("-n")[0][0]
    person, project = User.objects.order_by("pk")[0], Project.objects.filter(personal_to=None).first()
    run = Generation.objects.filter(price_total__gt=0).order_by("-pk").first()
    issue = ReconciliationIssue.objects.exclude(generation=None).first()
    deep = LedgerEntry.objects.filter(month=month).order_by("pk")[1000].pk
    review = "/admin/review/"
    found = {
        "a month at a glance": f"{review}?month={month}",
        "this month": review,
        "a person": f"{review}?month={month}&person={person.pk}",
        "a project": f"{review}?month={month}&project={project.public_id}",
        "a provider": f"{review}?month={month}&provider=wavespeed",
        "a model": f"{review}?month={month}&model={run.model.key}",
        "lines": f"{review}ledger-entries/?month={month}",
        "lines, deep in the list": f"{review}ledger-entries/?month={month}&before={deep}",
        "lines, spent": f"{review}ledger-entries/?month={month}&kind=spent",
        "lines, held": f"{review}ledger-entries/?month={month}&kind=held",
        "lines of a person": f"{review}ledger-entries/?month={month}&person={person.pk}&kind=spent",
        "lines of a project and a day": f"{review}ledger-entries/?month={month}&project={project.public_id}&day=10",
        "lines of a provider": f"{review}ledger-entries/?month={month}&provider=wavespeed&kind=spent",
        "work list": f"{review}issues/",
        "work list, answered": f"{review}issues/?state=reviewed",
        "one run": f"{review}runs/{run.public_id}/",
        "a provider's books": f"{review}reconciliation/wavespeed/?month={month}",
        "months": f"{review}months/",
        "stop switches": f"{review}suspensions/",
        "requests": f"{review}budget-requests/",
        "who did what": f"{review}audit-log/",
        "spend, mine": f"/spend/?month={month}",
        "spend, a project": f"/spend/?month={month}&project={project.public_id}",
    }
    return found | ({"one issue": f"{review}issues/{issue.pk}/"} if issue else {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=147_000)
    parser.add_argument("--explain", action="store_true", help="print every query that takes longer than 3 ms")
    parser.add_argument("--keep", type=Path, help="keep the company here, and use it again")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ.update(
            STUDIO_DATA=str(folder), SECRET_KEY=secrets.token_hex(32), DJANGO_SETTINGS_MODULE="bgmsite.settings",
            LOG_LEVEL="ERROR",
        )  # fmt: skip
        django.setup()
        from django.core.management import call_command
        from django.test import Client

        from generator.models import LedgerEntry, User

        database = folder / "studio.sqlite3"
        began = time.perf_counter()
        if not database.exists():
            call_command("demo", runs=asked.runs, verbosity=0)
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        print(f"{LedgerEntry.objects.count():,} ledger lines, made in {time.perf_counter() - began:.0f} s", flush=True)
        client = Client(HTTP_HOST="localhost")
        boss = User.objects.get(email="amara@demo.example")
        client.force_login(boss, backend="allauth.account.auth_backends.AuthenticationBackend")
        good = [measure(name, address, client, database, asked.explain) for name, address in addresses().items()]
    print(f"goal: every page within {GOAL_MS} ms; {sum(good)} of {len(good)} are")


if __name__ == "__main__":
    main()
