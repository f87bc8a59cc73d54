"""Time of a page of a large library, compared with its raw queries and an empty page.

    python -m benchmarks.library [--tracks 100000] [--explain]

Creates a database with that many tracks in one project (a tag on every third, a star on every fiftieth) and
requests the studio page from the code with Django's test client: plain, filtered by facets, searched, and both,
the first page and one deep in the list. Each figure is the median of several runs.

The bare run sends the same SQL, with the same parameters, through a bare `sqlite3` cursor and renders an empty page
with the same base template.
"""

import argparse
import datetime as dt
import os
import random
import secrets
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import django

GOAL, GOAL_IS_FOR = 3.0, "filtered and searched"
RUNS = 9
CHUNK = 2000
WORDS = ("warm", "slow", "bright", "lo-fi", "piano", "drums", "funk", "ambient", "rainy", "night", "podcast", "game")
KEYS = ("C major", "A minor", "D minor", "G major", "F# minor", "Eb major")
QUERIES = {
    "plain": "",
    "filtered": "?length=short&tempo=slow",
    "searched": "?q=piano",
    "searched narrowly": "?q=piano rainy number1234",
    "filtered and searched": "?length=medium&key=A%20minor&q=funk",
    "by title": "?sort=title",
}


def fill(count: int):
    """Create a person, a project and `count` tracks in it; return the person and the project."""
    from generator.models import Project, User
    from generator.services.provider_jobs import catalog

    catalog.sync()
    person = User.objects.create_user("ada@example.com", secrets.token_urlsafe(12), name="Ada")
    project = Project.objects.personal_for(person)
    make(count, person, project, file="none.flac", cover="none.webp")
    return person, project


def add(count: int):
    """Add `count` tracks to a running studio's first project, with the file, cover and waveform of its first track."""
    from generator.models import Track

    like = Track.objects.order_by("id").first()
    make(count, like.author, like.project, file=like.file, cover=like.cover, waveform=like.waveform)
    return like.project


def make(count: int, person, project, *, file: str, cover: str, waveform: str = "M0 20h1" * 40, begin: int = 0) -> None:
    """Add tracks numbered from `begin`; a person's tracks need different numbers."""
    from generator.models import Generation, MusicModel, Prompt, Star, State, Tag, Track
    from generator.models.search import index_terms

    model = MusicModel.objects.get(key="composer/studio")
    price = model.prices.first()
    dice = random.Random(5)
    tags = [Tag.objects.create(project=project, name=name) for name in ("keep", "maybe", "episode 12", "intro")]
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

    def pieces(numbers: Iterable[int]) -> None:
        words = [" ".join(dice.sample(WORDS, 3)) for _ in numbers]
        common = {"project": project, "author": person}
        prompts = Prompt.objects.bulk_create(Prompt(text=text, settings={"format": "flac"}, **common) for text in words)
        generations = Generation.objects.bulk_create(
            Generation(
                prompt=prompt, model=model, takes_requested=1, price=price, price_total=0, state=State.READY,
                idempotency_key=f"n{number}", settled_at=now, finished_at=now, **common,
            )
            for number, prompt in zip(numbers, prompts, strict=True)
        )  # fmt: skip
        tracks = Track.objects.bulk_create(
            Track(
                generation=generation, take=1, model_key=model.key, title=f"{text.title()} {number}",
                created_at=now + dt.timedelta(seconds=number), file=file, cover=cover,
                sha256=f"{number:064x}", size=4_000_000, format="flac", length_ms=dice.randrange(10_000, 200_000),
                sample_rate=44100, channels=2, lufs=-14.0, true_peak=-1.1, bpm=dice.uniform(60, 170),
                musical_key=dice.choice(KEYS), peaks=bytes(480), waveform=waveform,
                search_text=index_terms(f"{text} number{number} Ada Built-in composer"), **common,
            )
            for number, generation, text in zip(numbers, generations, words, strict=True)
        )  # fmt: skip
        link = Track.tags.through
        link.objects.bulk_create(link(track=t, tag=tags[t.pk % 4]) for t in tracks if t.pk % 3 == 0)
        Star.objects.bulk_create(Star(track=t, user=person) for t in tracks if t.pk % 50 == 0)

    for first in range(begin, begin + count, CHUNK):
        pieces(range(first, min(first + CHUNK, begin + count)))


def median_ms(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def measure(name: str, address: str, client, database: Path, explain: bool) -> float:
    from django.db import connection
    from django.template.loader import render_to_string
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as captured:
        reply = client.get(address)
    assert reply.status_code == 200, reply.status_code
    selects = [one["sql"] for one in captured.captured_queries if one["sql"].startswith("SELECT")]
    raw = sqlite3.connect(database)
    if explain:
        for sql in selects:
            took = median_ms(lambda sql=sql: raw.execute(sql).fetchall())
            if took > 1:
                print(f"    {took:6.1f} ms  {sql}")

    def bare() -> None:
        for sql in selects:
            raw.execute(sql).fetchall()
        render_to_string("base.html", {"user": reply.wsgi_request.user}, reply.wsgi_request)

    ours, theirs = median_ms(lambda: client.get(address)), median_ms(bare)
    ratio = ours / theirs
    print(
        f"{name:<32} {ours:7.1f} ms   bare {len(selects):2d} queries + empty page {theirs:7.1f} ms   "
        f"ratio {ratio:4.2f}  {('ok' if ratio <= GOAL else 'over') if name == GOAL_IS_FOR else ''}"
    )
    return ours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--explain", action="store_true", help="print every query that takes longer than 1 ms")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            STUDIO_DATA=folder, SECRET_KEY=secrets.token_hex(32), DJANGO_SETTINGS_MODULE="bgmsite.settings",
            LOG_LEVEL="WARNING",
        )  # fmt: skip
        django.setup()
        from django.core.management import call_command
        from django.test import Client

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        began = time.perf_counter()
        person, project = fill(asked.tracks)
        print(f"{asked.tracks:,} tracks made in {time.perf_counter() - began:.0f} s")
        client = Client(HTTP_HOST="localhost")
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        database = Path(folder) / "studio.sqlite3"
        for name, query in QUERIES.items():
            measure(name, f"/projects/{project.public_id}/{query}", client, database, asked.explain)
        deep = deep_cursor(project, asked.tracks)
        measure(
            "more rows, deep in the list",
            f"/projects/{project.public_id}/tracks/?after={deep}",
            client,
            database,
            asked.explain,
        )
    print(f"goal: ratio {GOAL}, {GOAL_IS_FOR}; the same times at a million tracks as at a hundred thousand, times 1.2")


def deep_cursor(project, count: int) -> str:
    from generator.http import cursor_pagination

    row = project.tracks.order_by("-created_at", "-id")[count * 9 // 10]
    return cursor_pagination.write(row.created_at, row.pk)


if __name__ == "__main__":
    main()
