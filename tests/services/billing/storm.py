"""Two hundred people press the button at once: run as a separate process with the environment's database.

    same-key   all use one idempotency key
    granted    forty people answer one request for five more takes at once, before the presses
    closing    forty book into last month while it is being closed (nobody presses)

Prints one line of JSON: how many were accepted, how many were refused, what the ledger says.
"""

import datetime as dt
import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import django

PRESSES, ROOM, THREADS = 200, 10, 40


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bgmsite.settings"
    django.setup()

    from django.core.management import call_command
    from django.db import connection

    from generator.models import Budget, Generation, LedgerEntry, Membership, Project, Role, User
    from generator.services.billing import ledger
    from generator.services.errors import UserError
    from generator.services.generation.submit import submit
    from generator.services.provider_jobs import catalog

    call_command("migrate", verbosity=0)
    catalog.sync()
    user = User.objects.create_user("storm@example.com", "x")
    project = Project.objects.create(name="Storm")
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    Budget.objects.create(project=project, cap=ROOM * 30_000)
    same_key = sys.argv[1:] == ["same-key"]
    if sys.argv[1:] == ["closing"]:
        print(json.dumps(close_in_a_storm(user, project)))
        return
    grants = answer_at_once(user, Budget.objects.get()) if sys.argv[1:] == ["granted"] else 0
    together = threading.Barrier(THREADS)

    def press(number: int) -> str:
        if number < THREADS:
            together.wait(30)
        try:
            generation = submit(
                user=user,
                project=project,
                model_key="fakepoll/one",
                text="all at once",
                takes=1,
                format="wav",
                settings={},
                idempotency_key="one" if same_key else f"press-{number}",
            )
        except UserError as refused:
            return f"refused: {refused.code}"
        finally:
            connection.close()
        return generation.public_id

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(press, range(PRESSES)))
    refusals = [answer for answer in answers if answer.startswith("refused")]
    print(
        json.dumps(
            {
                "let_through": len(answers) - len(refusals),
                "different": len({answer for answer in answers if not answer.startswith("refused")}),
                "refusals": sorted(set(refusals)),
                "generations": Generation.objects.count(),
                "held": sum(LedgerEntry.objects.filter(kind="hold").values_list("amount", flat=True)),
                "differences": ledger.differences(),
                "grants": grants,
            }
        )
    )


def answer_at_once(user, budget) -> int:
    """Return how many of forty simultaneous answers to one request were accepted."""
    from django.db import connection
    from django.utils import timezone

    from generator.models import BudgetIncrease
    from generator.services.billing import budget_requests
    from generator.services.errors import UserError

    asked = budget_requests.request_increase(budget, user, 150_000, "five more")
    together = threading.Barrier(THREADS)

    def answer(_: int) -> bool:
        together.wait(30)
        try:
            until = timezone.now() + dt.timedelta(days=1)
            budget_requests.grant(BudgetIncrease.objects.get(pk=asked.pk), user, 150_000, until)
        except UserError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(answer, range(THREADS)))


def close_in_a_storm(user, project) -> dict:
    """Book into last month concurrently while it is being closed; return the closed month's sums and its entries'."""
    from django.db import DatabaseError, connection
    from django.utils import timezone

    from generator.models import ClosedMonth, LedgerEntry, Rollup
    from generator.services.billing import period_close

    over = timezone.localtime() - dt.timedelta(hours=2)  # a month can be closed an hour after it has ended
    day = over.date().replace(day=1) - dt.timedelta(days=1)
    month, key = f"{day:%Y-%m}", "fakepoll/one"
    common = {"project": project, "user": user, "model_key": key, "provider_key": "fakepoll", "month": month}
    Rollup.objects.create(**common)
    at = timezone.now() - dt.timedelta(days=40)
    together = threading.Barrier(THREADS + 1)

    def book(_: int) -> int:
        together.wait(30)
        written = 0
        try:
            for _turn in range(25):
                LedgerEntry.objects.create(kind="adjustment", amount=0, day=day, at=at, reason="late", **common)
                written += 1
        except DatabaseError:
            pass  # closed meanwhile
        finally:
            connection.close()
        return written

    with ThreadPoolExecutor(THREADS) as pool:
        booked = [pool.submit(book, number) for number in range(THREADS)]
        together.wait(30)
        time.sleep(0.05)
        closed = period_close.close(month, user)
        written = sum(one.result() for one in booked)
    return {
        "written": written,
        "entries": LedgerEntry.objects.filter(month=month).count(),
        "closed_with": closed.entries,
        "unchanged": period_close.is_unchanged(ClosedMonth.objects.get()),
        "all": THREADS * 25,
    }


if __name__ == "__main__":
    main()
