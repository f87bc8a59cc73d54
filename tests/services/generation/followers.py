"""Two hundred waiters for twenty generations: run as a separate process with the environment's database.

Prints one line of JSON: what they received, and the number of database connections meanwhile and afterwards.
"""

import gc
import json
import os
import sqlite3
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import django

FOLLOWERS, GENERATIONS = 200, 20


def connections_open() -> int:
    """Return this process's database connections; not by files, which SQLite keeps open for longer."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return sum(isinstance(one, sqlite3.Connection) for one in gc.get_objects())
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()")
        return cursor.fetchone()[0]


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bgmsite.settings"
    django.setup()

    from django.core.management import call_command

    from generator.models import Generation, Membership, Project, Role, State, User
    from generator.services.generation.submit import submit
    from generator.services.generation.watch_generation import _watch, watch
    from generator.services.provider_jobs import catalog
    from tests.management.tree import wait_for

    call_command("migrate", verbosity=0)
    catalog.sync()
    user = User.objects.create_user("follow@example.com", "x")
    project = Project.objects.create(name="Follow")
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    asked = {"user": user, "project": project, "model_key": "fakepoll/one", "text": "followed", "takes": 1}
    asked |= {"format": "wav", "settings": {}}
    generations = [submit(**asked, idempotency_key=f"f-{number}") for number in range(GENERATIONS)]
    heard: list[tuple[str, ...]] = []
    started = Counter()

    def listen(number: int) -> None:
        states = []
        for seen in watch(generations[number % GENERATIONS], 60):
            states.append(str(seen.state))
            started[states[-1]] += 1
        heard.append(tuple(states))

    with ThreadPoolExecutor(FOLLOWERS) as pool:
        for number in range(FOLLOWERS):
            pool.submit(listen, number)
        wait_for(lambda: sum(one.followers for one in [*_watch._followed.values()]) == FOLLOWERS, 60, "all follow")
        wait_for(lambda: connections_open() == 2, 10, "the followers have given theirs back")
        meanwhile = connections_open()
        Generation.objects.update(state=State.RUNNING, stage="Composing")
        wait_for(lambda: started["running"] == FOLLOWERS, 30, "all have heard of it")
        Generation.objects.update(state=State.READY)
    wait_for(lambda: not [one for one in threading.enumerate() if one.name == "follow"], 10, "the watcher has gone")
    told = {
        "heard": heard[0] if len(set(heard)) == 1 else sorted(set(heard)),
        "followers": len(heard),
        "connections_meanwhile": meanwhile,
        "connections_after": connections_open(),
        "watchers_after": len([one for one in threading.enumerate() if one.name == "follow"]),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
