"""Two hundred people press the button at once: run as a process of its own against the database of the environment.

Prints one line of JSON: how many were let through, how many were refused, what the books say.
"""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import django

PRESSES, ROOM, THREADS = 200, 10, 40


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bgmsite.settings"
    django.setup()

    from django.core.management import call_command
    from django.db import connection

    from generator.models import Budget, Entry, Generation, Membership, Project, Role, User
    from generator.workflow import Refused, catalogue, money, submit

    call_command("migrate", verbosity=0)
    catalogue.sync()
    user = User.objects.create_user("storm@example.com", "x")
    project = Project.objects.create(name="Storm")
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    Budget.objects.create(project=project, cap=ROOM * 30_000)
    same_key = sys.argv[1:] == ["same-key"]
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
        except Refused as refused:
            return f"refused: {refused.sentence[:40]}"
        finally:
            connection.close()
        return generation.ref

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
                "held": sum(Entry.objects.filter(kind="hold").values_list("amount", flat=True)),
                "differences": money.differences(),
            }
        )
    )


if __name__ == "__main__":
    main()
