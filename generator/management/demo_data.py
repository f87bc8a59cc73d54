"""A fictional company, half a year old: three projects, twelve people, thousands of generations with ledger lines.

Rows are created in bulk, in chronological order. The money is booked by the ledger with past dates, and its triggers
and closed months apply as to all others; `ledger.differences()` checks the result. The sound is real: a few short
pieces of the built-in composer, shared by all tracks.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from generator.models import (
    BalanceReading,
    Budget,
    Generation,
    GenerationEvent,
    LedgerEntry,
    License,
    Membership,
    MusicModel,
    Price,
    Project,
    Prompt,
    ProviderBill,
    Role,
    Rollup,
    State,
    Track,
    User,
)
from generator.services.billing import budget_requests, ledger, period_close, reconciliation
from generator.services.errors import UserError
from generator.services.generation import local_jobs
from generator.services.generation.submit import submit
from generator.services.library import tracks

PEOPLE = (
    "Amara Okafor", "Ben Lindqvist", "Chiara Rossi", "Dmitri Volkov", "Elif Yıldız", "Farah Haddad", "Goran Petrović",
    "Hanna Kowalska", "Iker Etxeberria", "Jiří Novák", "Keiko Tanaka", "Liam O’Connor",
)  # fmt: skip
PROJECTS = ("Spring campaign", "Kitchen stories", "Moss & Stone, the game")
PIECES = (
    "Warm lo-fi under a cooking video, 12 s",
    "Bright corporate opener, 10 s",
    "Calm ambient bed, 14 s",
    "Fast chiptune loop, 8 s",
)
WORDS = (
    *("warm", "slow", "bright", "lo-fi", "piano", "drums", "funk", "ambient", "rainy", "night", "podcast", "opener"),
    *(
        "strings",
        "hopeful",
        "dark",
        "playful",
        "guitar",
        "trailer",
        "credits",
        "tutorial",
        "menu screen",
        "product film",
    ),
)
CHUNK = 1000
FAULT = {"code": "silence", "severity": "fault", "sentence": "Half of the track is silent."}
_COPIED = (
    *("file", "cover", "sha256", "size", "format", "length_ms", "sample_rate", "channels", "lufs", "true_peak", "bpm"),
    *("musical_key", "peaks", "waveform", "measured", "made_of"),
)


@dataclass
class Demo:
    """The rows created so far."""

    rng: random.Random
    people: list[User] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    pieces: list[Track] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)


def make(generations: int, months: int, password: str, seed: int = 1) -> Demo:
    """Fill an empty studio.

    Raises:
        UserError: the studio is not empty.
    """
    if Generation.objects.exists() or LedgerEntry.objects.exists() or User.objects.exists():
        raise UserError(
            "This studio is not empty. The demo data needs an empty one: set STUDIO_DATA to another directory."
        )
    demo = Demo(random.Random(seed))
    end = timezone.now()
    start = end - dt.timedelta(days=30 * months)
    _add_people(demo, password, start)
    _pieces(demo)
    _catalogue(demo, start)
    for start_number in range(0, generations, CHUNK):
        count = min(CHUNK, generations - start_number)
        step = (end - start) / generations
        with transaction.atomic():
            _generations(demo, [start + step * (start_number + number) for number in range(count)])
    if differences := ledger.differences():
        raise UserError(f"The demo data's ledger does not balance: {differences[0]}")
    _billing_review(demo, end)
    return demo


def _add_people(demo: Demo, password: str, start: dt.datetime) -> None:
    for number, name in enumerate(PEOPLE):
        email = f"{slugify(name.split()[0])}@demo.example"
        create = User.objects.create_superuser if number == 0 else User.objects.create_user
        demo.people.append(create(email, password, name=name))
    for number, name in enumerate(PROJECTS):
        project = Project.objects.create(name=name, created_at=start)
        demo.projects.append(project)
        for place, person in enumerate(demo.people):
            if place % 3 == number or place < 3:
                role = Role.OWNER if place == number else Role.VIEWER if place > 9 else Role.EDITOR
                Membership.objects.create(project=project, user=person, role=role)


def _pieces(demo: Demo) -> None:
    """Compose the few real files, as any generation does."""
    administrator, project = demo.people[0], demo.projects[0]
    for number, text in enumerate(PIECES):
        submit(
            user=administrator, project=project, model_key="composer/studio", text=text, takes=1, format="mp3",
            settings={"seed": number + 3}, idempotency_key=f"demo-piece-{number}",
        )  # fmt: skip
        local_jobs.work()
    demo.pieces = list(Track.objects.order_by("id"))


def _catalogue(demo: Demo, start: dt.datetime) -> None:
    """Add prices and license terms that were valid before the first generation."""
    long_ago = start - dt.timedelta(days=1)
    for model in MusicModel.objects.filter(is_action=False).select_related("provider").order_by("id"):
        price = model.prices.order_by("-id").first()
        if price:
            note = "In force when the demonstration begins"
            columns = {"per_take": price.per_take, "is_estimate": price.is_estimate, "note": note}
            demo.prices.append(Price.objects.create(model=model, valid_from=long_ago, **columns))
    for license in License.objects.select_related("account"):
        License.objects.create(account=license.account, text=license.text, valid_from=long_ago)


# --- generations ---


@dataclass(frozen=True)
class _Outcome:
    state: State
    delivered: int


def _draw_outcome(demo: Demo, takes: int, free: bool) -> _Outcome:
    chance = demo.rng.random()
    if chance > 0.9995 and not free:
        return _Outcome(State.IN_DOUBT, 0)
    if chance > 0.96:
        return _Outcome(State.FAILED, 0)
    if chance > 0.94:
        return _Outcome(State.CANCELLED, 0)
    return _Outcome(State.READY, takes - 1 if chance > 0.90 and takes > 1 else takes)


def _generations(demo: Demo, moments: Sequence[dt.datetime]) -> None:
    rng = demo.rng
    weights = [6 if price.per_take == 0 else 2 for price in demo.prices]
    rows = []
    for moment in moments:
        person = demo.people[min(int(rng.expovariate(0.28)), len(demo.people) - 1)]
        index = demo.people.index(person)
        own_projects = [project for place, project in enumerate(demo.projects) if index < 3 or index % 3 == place]
        project = rng.choice(own_projects) if rng.random() > 0.1 else person.personal_project
        price = rng.choices(demo.prices, weights)[0]
        rows.append((moment, person, project, price, rng.choice((1, 1, 2, 2, 3)), " ".join(rng.sample(WORDS, 3))))
    prompts = Prompt.objects.bulk_create(
        Prompt(project=project, author=person, text=f"{text.capitalize()} for {project.name}", created_at=moment,
               settings={"takes": takes, "format": "mp3"})
        for moment, person, project, _, takes, text in rows
    )  # fmt: skip
    outcomes = [_draw_outcome(demo, takes, price.per_take == 0) for _, _, _, price, takes, _ in rows]
    terms = {license.account_id: license for license in License.objects.order_by("-valid_from")}
    generations = Generation.objects.bulk_create(
        Generation(
            project=project, author=person, prompt=prompt, model=price.model, takes_requested=takes, price=price,
            price_total=price.per_take * takes, idempotency_key=f"demo-{prompt.pk}", created_at=moment,
            state=outcome.state, license=terms.get(price.model.provider_id), due_at=None, started_at=moment,
            provider_job_id="" if price.per_take == 0 or outcome.state == State.IN_DOUBT else f"demo{prompt.pk:08x}",
            finished_at=None if outcome.state == State.IN_DOUBT else moment + dt.timedelta(seconds=50),
            settled_at=None if outcome.state == State.IN_DOUBT else moment + dt.timedelta(seconds=50),
            dismissed_at=moment, error_message="The provider failed." if outcome.state == State.FAILED else "",
        )
        for (moment, person, project, price, takes, _), prompt, outcome in zip(rows, prompts, outcomes, strict=True)
    )  # fmt: skip
    _events(generations)
    pairs = zip(generations, outcomes, strict=True)
    ledger.add([entry for generation, outcome in pairs for entry in _entries(demo, generation, outcome)])
    _tracks(demo, generations, outcomes, [row[5] for row in rows])
    _bills(demo, generations)


def _events(generations: Sequence[Generation]) -> None:
    rows = [
        GenerationEvent(
            generation=generation,
            at=generation.created_at,
            kind="state",
            text="Requested",
            actor=generation.author,
            data={"state": "queued"},
        )
        for generation in generations
    ]
    rows += [
        GenerationEvent(
            generation=generation,
            at=generation.finished_at,
            kind="state",
            text=str(State(generation.state).label),
            data={"state": generation.state},
        )
        for generation in generations
        if generation.finished_at
    ]
    GenerationEvent.objects.bulk_create(rows)


def _entries(demo: Demo, generation: Generation, outcome: _Outcome) -> Iterator[LedgerEntry]:
    yield ledger.hold_of(generation, generation.created_at)
    if generation.settled_at is None:
        return
    reason = f"{outcome.delivered} of {generation.takes_requested} takes delivered"
    yield from ledger.settlement_of(generation, outcome.delivered, reason, generation.settled_at)
    if outcome.delivered and generation.price_total and demo.rng.random() > 0.995:
        reason, administrator = "A faulty take, refunded", demo.people[0]
        yield ledger.entry_of(
            generation,
            LedgerEntry.Kind.CREDIT,
            generation.price_of(1),
            reason,
            moment=generation.settled_at,
            actor=administrator,
        )


def _tracks(demo: Demo, generations: Sequence[Generation], outcomes: Sequence[_Outcome], texts: Sequence[str]) -> None:
    rng, rows = demo.rng, []
    for generation, outcome, text in zip(generations, outcomes, texts, strict=True):
        for take in range(1, outcome.delivered + 1):
            piece = rng.choice(demo.pieces)
            faulty = bool(generation.price_total) and rng.random() > 0.999
            trashed = generation.finished_at if rng.random() > 0.45 else None
            track = Track(
                project=generation.project, author=generation.author, generation=generation, take=take,
                model_key=generation.model.key, title=f"{text.title()} {generation.pk}",
                created_at=generation.finished_at or generation.created_at, trashed_at=trashed,
                trashed_by=generation.author if trashed else None, findings=[FAULT] if faulty else [],
                has_findings=faulty, **{name: getattr(piece, name) for name in _COPIED},
            )  # fmt: skip
            track.search_text = tracks.search_text(track, ())
            rows.append(track)
    Track.objects.bulk_create(rows, batch_size=500)


def _bills(demo: Demo, generations: Sequence[Generation]) -> None:
    """Create the bills of a provider that reports them; nearly all equal our charges."""
    rows = []
    for generation in generations:
        if generation.model.provider.key != "wavespeed" or not generation.provider_job_id:
            continue
        chance = demo.rng.random()
        if chance < 0.001:
            continue
        price = generation.price_total + (15_000 if chance > 0.999 else 0)
        kinds = ["deduct"] + ["refund"] * (generation.state != State.READY and chance > 0.03)
        rows += [
            ProviderBill(
                account=generation.model.provider, uuid=f"{generation.provider_job_id}-{kind}", kind=kind,
                amount=price, at=generation.created_at, seen_at=generation.created_at,
                provider_job_id=generation.provider_job_id, generation=generation,
            )
            for kind in kinds
        ]  # fmt: skip
    ProviderBill.objects.bulk_create(rows)


# --- closed months, budgets, balances ---


def _billing_review(demo: Demo, end: dt.datetime) -> None:
    administrator = demo.people[0]
    months = sorted(set(Rollup.objects.values_list("month", flat=True)))
    for month in months[: max(0, len(months) - 3)]:
        period_close.close(month, administrator, "Matches the invoices")
    for project, cap in zip(demo.projects, (60, 25, 90), strict=True):
        budget_requests.set_budget(project, cap * 1_000_000, administrator)
    own_budget = Budget.objects.create(user=demo.people[4], cap=20_000_000)
    budget_requests.request_increase(
        own_budget, demo.people[4], 10_000_000, "The spring campaign needs three more versions"
    )
    for account in {price.model.provider for price in demo.prices if price.model.provider.key == "wavespeed"}:
        balance = 1_000_000_000
        for day in range(60, -1, -1):
            moment = end - dt.timedelta(days=day, minutes=5)
            lines = account.bills.filter(at__gt=moment - dt.timedelta(days=1), at__lte=moment).values_list(
                "kind", "amount"
            )
            balance -= sum(-amount if kind == "refund" else amount for kind, amount in lines)
            balance -= 1_250_000 if day == 1 else 0  # someone has used the provider key elsewhere
            BalanceReading.objects.create(account=account, balance=balance, at=moment)
        account.balance, account.balance_at = balance, end
        account.save(update_fields=["balance", "balance_at"])
    reconciliation.refresh()


def sign_in_addresses(demo: Demo) -> list[str]:
    """Return the sign-in address of each person."""
    return [f"{person.email}{'  (administrator)' if person.is_superuser else ''}" for person in demo.people]
