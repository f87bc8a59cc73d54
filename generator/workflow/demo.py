"""A made-up company, half a year old: three projects, twelve people, thousands of runs with their ledger lines.

The rows are made in bulk and in the order of their time; the ledger's own rules (triggers, roll-ups, closed months)
hold for them as for every other, and `money.differences()` has the last word. The sound is real: a few short pieces
of the built-in composer, shared by all tracks.
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
    Entry,
    Event,
    Generation,
    Licence,
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
from generator.workflow import closing, compose, library, money, raising, watch
from generator.workflow.refused import Refused
from generator.workflow.submit import submit

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
FAULT = {"code": "silence", "severity": "fault", "sentence": "Half of it is silent."}
_COPIED = (
    *("file", "cover", "sha256", "size", "format", "length_ms", "sample_rate", "channels", "lufs", "true_peak", "bpm"),
    *("musical_key", "peaks", "waveform", "measured", "made_of"),
)


@dataclass
class Company:
    """What is made, and the sums that become roll-ups."""

    dice: random.Random
    people: list[User] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    pieces: list[Track] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    cells: dict[tuple[str, int, int, str], dict[str, int]] = field(default_factory=dict)


def make(generations: int, months: int, password: str, seed: int = 1) -> Company:
    """Fill an empty studio.

    Raises:
        Refused: it is not empty.
    """
    if Generation.objects.exists() or Entry.objects.exists() or User.objects.exists():
        raise Refused("This studio is not empty. The demonstration goes into one of its own: set STUDIO_DATA.")
    company = Company(random.Random(seed))
    end = timezone.now()
    start = end - dt.timedelta(days=30 * months)
    _people(company, password, start)
    _pieces(company)
    _catalogue(company, start)
    for first in range(0, generations, CHUNK):
        count = min(CHUNK, generations - first)
        step = (end - start) / generations
        with transaction.atomic():
            _runs(company, [start + step * (first + number) for number in range(count)])
    with transaction.atomic():
        _rollups(company)
    if wrong := money.differences():
        raise Refused(f"The demonstration's books do not agree: {wrong[0]}")
    _desk(company, end)
    return company


def _people(company: Company, password: str, start: dt.datetime) -> None:
    for number, name in enumerate(PEOPLE):
        email = f"{slugify(name.split()[0])}@demo.example"
        make_one = User.objects.create_superuser if number == 0 else User.objects.create_user
        company.people.append(make_one(email, password, name=name))
    for number, name in enumerate(PROJECTS):
        project = Project.objects.create(name=name, created_at=start)
        company.projects.append(project)
        for place, person in enumerate(company.people):
            if place % 3 == number or place < 3:
                role = Role.OWNER if place == number else Role.VIEWER if place > 9 else Role.EDITOR
                Membership.objects.create(project=project, user=person, role=role)


def _pieces(company: Company) -> None:
    """Compose the few real files, as any run does."""
    boss, project = company.people[0], company.projects[0]
    for number, text in enumerate(PIECES):
        submit(
            user=boss, project=project, model_key="composer/studio", text=text, takes=1, format="mp3",
            settings={"seed": number + 3}, idempotency_key=f"demo-piece-{number}",
        )  # fmt: skip
        compose.work()
    company.pieces = list(Track.objects.order_by("id"))
    for entry in Entry.objects.order_by("id"):
        _count(company, entry)
    Rollup.objects.all().delete()  # made anew for everything, at the end


def _catalogue(company: Company, start: dt.datetime) -> None:
    """Prices and terms have been there since before the first run."""
    long_ago = start - dt.timedelta(days=1)
    for model in MusicModel.objects.filter(is_action=False).select_related("provider").order_by("id"):
        newest = model.prices.order_by("-id").first()
        if newest:
            note = "In force when the demonstration begins"
            facts = {"per_take": newest.per_take, "is_estimate": newest.is_estimate, "note": note}
            company.prices.append(Price.objects.create(model=model, valid_from=long_ago, **facts))
    for licence in Licence.objects.select_related("account"):
        Licence.objects.create(account=licence.account, text=licence.text, valid_from=long_ago)


# --- runs ---


@dataclass(frozen=True)
class _Fate:
    state: State
    delivered: int


def _fate(company: Company, takes: int, free: bool) -> _Fate:
    dice = company.dice.random()
    if dice > 0.9995 and not free:
        return _Fate(State.IN_DOUBT, 0)
    if dice > 0.96:
        return _Fate(State.FAILED, 0)
    if dice > 0.94:
        return _Fate(State.CANCELLED, 0)
    return _Fate(State.READY, takes - 1 if dice > 0.90 and takes > 1 else takes)


def _runs(company: Company, moments: Sequence[dt.datetime]) -> None:
    dice = company.dice
    weights = [6 if price.per_take == 0 else 2 for price in company.prices]
    rows = []
    for at in moments:
        person = company.people[min(int(dice.expovariate(0.28)), len(company.people) - 1)]
        mine = [project for place, project in enumerate(company.projects)
                if company.people.index(person) < 3 or company.people.index(person) % 3 == place]  # fmt: skip
        project = dice.choice(mine) if dice.random() > 0.1 else person.personal_project
        price = dice.choices(company.prices, weights)[0]
        rows.append((at, person, project, price, dice.choice((1, 1, 2, 2, 3)), " ".join(dice.sample(WORDS, 3))))
    prompts = Prompt.objects.bulk_create(
        Prompt(project=project, author=person, text=f"{words.capitalize()} for {project.name}", created_at=at,
               settings={"takes": takes, "format": "mp3"})
        for at, person, project, _, takes, words in rows
    )  # fmt: skip
    fates = [_fate(company, takes, price.per_take == 0) for _, _, _, price, takes, _ in rows]
    terms = {one.account_id: one for one in Licence.objects.order_by("-valid_from")}
    generations = Generation.objects.bulk_create(
        Generation(
            project=project, author=person, prompt=prompt, model=price.model, takes_asked=takes, price=price,
            price_per_take=price.per_take, idempotency_key=f"demo-{prompt.pk}", created_at=at, state=fate.state,
            licence=terms.get(price.model.provider_id), due_at=None, started_at=at,
            handle="" if price.per_take == 0 or fate.state == State.IN_DOUBT else f"demo{prompt.pk:08x}",
            finished_at=None if fate.state == State.IN_DOUBT else at + dt.timedelta(seconds=50),
            settled_at=None if fate.state == State.IN_DOUBT else at + dt.timedelta(seconds=50),
            dismissed_at=at, error_sentence="The provider failed to make it." if fate.state == State.FAILED else "",
        )
        for (at, person, project, price, takes, _), prompt, fate in zip(rows, prompts, fates, strict=True)
    )  # fmt: skip
    _events(generations)
    entries = [entry for one, fate in zip(generations, fates, strict=True) for entry in _entries(company, one, fate)]
    Entry.objects.bulk_create(entries)
    for entry in entries:
        _count(company, entry)
    _tracks(company, generations, fates, [row[5] for row in rows])
    _bills(company, generations)


def _events(generations: Sequence[Generation]) -> None:
    rows = [Event(generation=one, at=one.created_at, kind="state", text="Asked for", actor=one.author,
                  data={"state": "queued"}) for one in generations]  # fmt: skip
    rows += [
        Event(generation=one, at=one.finished_at, kind="state", text=State(one.state).label, data={"state": one.state})
        for one in generations
        if one.finished_at
    ]
    Event.objects.bulk_create(rows)


def _entries(company: Company, one: Generation, fate: _Fate) -> Iterator[Entry]:
    held = one.price_per_take * one.takes_asked
    yield _entry(one, "hold", held, 0, one.created_at, f"{one.takes_asked} takes", one.author)
    if fate.state == State.IN_DOUBT:
        return
    ended = one.created_at + dt.timedelta(seconds=50)
    missing = one.takes_asked - fate.delivered
    words = f"{fate.delivered} of {one.takes_asked} takes delivered"
    if fate.delivered:
        yield _entry(one, "charge", one.price_per_take * fate.delivered, fate.delivered, ended, words)
    if missing:
        yield _entry(one, "release", one.price_per_take * missing, 0, ended, words)
    if fate.delivered and one.price_per_take and company.dice.random() > 0.995:
        boss = company.people[0]
        yield _entry(one, "credit", one.price_per_take, 0, ended, "A faulty take, given back", boss)


def _entry(
    one: Generation, kind: str, amount: int, takes: int, at: dt.datetime, reason: str, actor: User | None = None
) -> Entry:
    key = one.model.key
    return Entry(
        kind=kind, amount=amount, project=one.project, user=one.author, generation=one, takes=takes, price=one.price,
        provider_key=key.partition("/")[0], model_key=key, actor=actor, reason=reason, at=at,
        day=money.local(at).date(), month=money.month_of(at),
    )  # fmt: skip


def _count(company: Company, entry: Entry) -> None:
    """Add an entry to the cell of the roll-up it belongs to."""
    key = (entry.month, entry.project_id, entry.user_id, entry.model_key)
    cell = company.cells.setdefault(key, dict.fromkeys(("held", "charged", "credited", "adjusted", "takes"), 0))
    for name, sign in money.MOVES[Entry.Kind(entry.kind)].items():
        cell[name] += sign * entry.amount
    cell["takes"] += entry.takes


def _rollups(company: Company) -> None:
    Rollup.objects.bulk_create(
        Rollup(month=month, project_id=project, user_id=user, model_key=key, provider_key=key.partition("/")[0], **sums)
        for (month, project, user, key), sums in company.cells.items()
    )


def _tracks(company: Company, generations: Sequence[Generation], fates: Sequence[_Fate], words: Sequence[str]) -> None:
    dice, rows = company.dice, []
    for one, fate, text in zip(generations, fates, words, strict=True):
        for take in range(1, fate.delivered + 1):
            piece = dice.choice(company.pieces)
            faulty = bool(one.price_per_take) and dice.random() > 0.999
            binned = one.finished_at if dice.random() > 0.45 else None
            track = Track(
                project=one.project, author=one.author, generation=one, take=take, model_key=one.model.key,
                title=f"{text.title()} {one.pk}", created_at=one.finished_at or one.created_at, binned_at=binned,
                binned_by=one.author if binned else None, findings=[FAULT] if faulty else [], has_findings=faulty,
                **{name: getattr(piece, name) for name in _COPIED},
            )  # fmt: skip
            track.search_text = library.search_text(track, ())
            rows.append(track)
    Track.objects.bulk_create(rows, batch_size=500)


def _bills(company: Company, generations: Sequence[Generation]) -> None:
    """The books of a provider that keeps some: nearly always what we charged."""
    rows = []
    for one in generations:
        if one.model.provider.key != "wavespeed" or not one.handle:
            continue
        odd = company.dice.random()
        if odd < 0.001:
            continue
        price = one.price_per_take * one.takes_asked + (15_000 if odd > 0.999 else 0)
        kinds = ["deduct"] + ["refund"] * (one.state != State.READY and odd > 0.03)
        rows += [
            ProviderBill(account=one.model.provider, uuid=f"{one.handle}-{kind}", kind=kind, amount=price,
                         at=one.created_at, seen_at=one.created_at, handle=one.handle, generation=one)
            for kind in kinds
        ]  # fmt: skip
    ProviderBill.objects.bulk_create(rows)


# --- what people did about it ---


def _desk(company: Company, end: dt.datetime) -> None:
    boss = company.people[0]
    months = sorted({month for month, *_ in company.cells})
    for month in months[: max(0, len(months) - 3)]:
        closing.close(month, boss, "Agreed with the invoices")
    for project, cap in zip(company.projects, (60, 25, 90), strict=True):
        raising.set_cap(project, cap * 1_000_000, boss)
    mine = Budget.objects.create(user=company.people[4], cap=20_000_000)
    raising.ask_for_more(mine, company.people[4], 10_000_000, "The spring campaign needs three more versions")
    for account in {price.model.provider for price in company.prices if price.model.provider.key == "wavespeed"}:
        left = 1_000_000_000
        for day in range(60, -1, -1):
            at = end - dt.timedelta(days=day, minutes=5)
            lines = account.bills.filter(at__gt=at - dt.timedelta(days=1), at__lte=at).values_list("kind", "amount")
            left -= sum(-amount if kind == "refund" else amount for kind, amount in lines)
            left -= 1_250_000 if day == 1 else 0  # somebody has used the key elsewhere
            BalanceReading.objects.create(account=account, balance=left, at=at)
        account.balance, account.balance_at = left, end
        account.save(update_fields=["balance", "balance_at"])
    watch.refresh()


def people(company: Company) -> list[str]:
    """How each of them signs in."""
    return [f"{person.email}{'  (administrator)' if person.is_superuser else ''}" for person in company.people]
