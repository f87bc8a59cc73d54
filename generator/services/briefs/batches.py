"""Batches: several generations with one press and one price; all are queued and held, or none."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator.models import Batch, BatchItem, Generation, Project, State, User
from generator.providers.base import Value
from generator.services.errors import UserError
from generator.services.generation import cancellation
from generator.services.generation.checkout import (
    CheckoutRequest,
    Order,
    Quote,
    batched_before,
    check_budgets,
    make_room,
    place_hold,
    write,
)
from generator.services.generation.submit import build_order, choice_of, quote
from generator.services.provider_jobs import catalog
from generator.services.team import project_defaults
from generator.services.team.project_defaults import defaults_of

MAX_BRIEFS = 50  # generations
KIT_MODEL = "composer/studio"
SEEDS = ("seed", "plan_seed")  # names of fields that make takes differ
# Parts of a show kit: title, and what they change in the settings; the bed keeps the requested length.
KIT_PARTS = (
    (gettext_lazy("Intro"), {"length": 12.0, "loop": False, "bed": False}),
    (gettext_lazy("Bed"), {"loop": True, "bed": True}),
    (gettext_lazy("Outro"), {"length": 8.0, "loop": False, "bed": False}),
)


@dataclass(frozen=True)
class Item:
    """One generation of a batch before it is submitted."""

    model_key: str
    text: str
    takes: int
    format: str
    settings: Mapping[str, Value]
    title: str = ""


class ItemRefused(UserError):
    """An item of a batch is invalid; `place` counts from 0."""

    def __init__(self, place: int, error: UserError) -> None:
        super().__init__(error.sentence, error.field, code=error.code)
        self.place = place


def submit_batch(
    user: User,
    project: Project,
    kind: Batch.Kind,
    items: Sequence[Item],
    idempotency_key: str | CheckoutRequest,
    parent: Generation | None = None,
) -> Batch:
    """Queue all items in one transaction, with one hold each; a repeated key returns the first batch.

    Several takes of a model whose vendor makes one per call become as many generations (`single_takes`): each has a
    hold of its own, so one that is lost or fails changes nothing for the others.

    Raises:
        UserError: an item is invalid (`ItemRefused`) or a budget does not cover all of them; nothing is written.
    """
    if first := batched_before(user, idempotency_key):
        return first
    request = CheckoutRequest.from_key(idempotency_key)
    if not 1 <= len(items) <= MAX_BRIEFS:
        raise UserError(_("Enter 1 to {most} briefs.").format(most=MAX_BRIEFS), "text", code="out_of_range")
    takes = [(place, take) for place, item in enumerate(items) for take in single_takes(item)]
    orders = [
        replace(_order(user, project, item, place, request, number), parent=parent)
        for number, (place, item) in enumerate(takes)
    ]
    try:
        with transaction.atomic():
            make_room(orders)
            batch = Batch.objects.create(
                project=project,
                author=user,
                kind=kind,
                idempotency_key=request.key,
                request_hash=request.request_hash or None,
            )
            runs = [write(order) for order in orders]
            BatchItem.objects.bulk_create(
                BatchItem(generation=run, batch=batch, place=number, title=takes[number][1].title[:40])
                for number, run in enumerate(runs)
            )
            for run in runs:
                place_hold(run)
            check_budgets(orders)
    except IntegrityError:
        # A concurrent request with the same key was inserted after the look-up above.
        if first := batched_before(user, idempotency_key):
            return first
        raise
    return batch


def single_takes(item: Item) -> list[Item]:
    """Return the items that a request for several takes becomes: itself, unless the vendor makes one take per call.

    A seed that was chosen is counted up from take to take, as the same one would give the same music.
    """
    spec = choice_of(item.model_key).spec
    if not spec.takes_max < item.takes <= spec.calls_max:
        return [item]
    return [replace(item, takes=1, settings=_next_seeds(item.settings, number)) for number in range(item.takes)]


def _next_seeds(settings: Mapping[str, Value], number: int) -> dict[str, Value]:
    return {
        name: value + number if name in SEEDS and isinstance(value, int) else value for name, value in settings.items()
    }


def _order(user: User, project: Project, item: Item, place: int, request: CheckoutRequest, number: int) -> Order:
    key = sha256(f"{request.key}\n{number}".encode()).hexdigest()  # stable per press, never equal to a form's key
    submission = {"user": user, "project": project, "idempotency_key": replace(request, key=key)}
    try:
        return build_order(choice_of(item.model_key), item.text, item.takes, item.format, item.settings, **submission)
    except UserError as error:
        raise ItemRefused(place, error) from error


def cancel_batch(batch: Batch, actor: User) -> int:
    """Cancel what is still running of a batch; return how many generations that was."""
    runs = Generation.objects.active().filter(batch_item__batch=batch).select_related("model__provider", "author")
    count = 0
    for run in runs:
        try:
            cancellation.cancel(run, actor)
        except UserError:  # it ended in between
            continue
        count += 1
    return count


def kit_items(text: str, format: str, settings: Mapping[str, Value]) -> list[Item]:
    """Return the parts of a show kit: the same prompt and seed as an intro, a bed and an outro."""
    spec = catalog.spec_of(KIT_MODEL)
    if spec is None:
        raise UserError(_("The built-in composer is not available."), "model", code="model_unavailable")
    seed = settings.get("seed")
    common = dict(settings) | {"seed": secrets.randbelow(2**31) if seed is None else seed}
    fitting = format if format in spec.formats else spec.formats[0]
    return [Item(KIT_MODEL, text, 1, fitting, common | changes, str(title)) for title, changes in KIT_PARTS]


def kit_quote(user: User, project: Project) -> Quote | None:
    """Return the price of a show kit; None if the project does not offer the composer."""
    choice = catalog.choice(KIT_MODEL)
    if choice is None or not choice.available or not project_defaults.offered(defaults_of(project), [choice]):
        return None
    return quote(user, project, KIT_MODEL, len(KIT_PARTS))


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is: its generations by what became of them."""

    batch: Batch
    ready: int
    failed: int
    canceled: int
    unconfirmed: int
    total: int
    percent: int

    @property
    def is_moving(self) -> bool:
        return self.ready + self.failed + self.canceled + self.unconfirmed < self.total


def progress_of(rows: Sequence[Batch]) -> list[BatchProgress]:
    """Return the progress of batches, in their order, with one query for all of them."""
    if not rows:
        return []
    runs: dict[int, list[tuple[str, int]]] = {batch.pk: [] for batch in rows}
    columns = ("batch_item__batch", "state", "percent")
    for batch_pk, state, percent in Generation.objects.filter(batch_item__batch__in=rows).values_list(*columns):
        runs[batch_pk].append((state, percent))
    return [_progress(batch, runs[batch.pk]) for batch in rows]


def _progress(batch: Batch, runs: Sequence[tuple[str, int]]) -> BatchProgress:
    states = Counter(state for state, _percent in runs)
    done = sum(100 if state not in State.active() else percent for state, percent in runs)
    return BatchProgress(
        batch,
        ready=states[State.READY],
        failed=states[State.FAILED],
        canceled=states[State.CANCELLED],
        unconfirmed=states[State.IN_DOUBT],
        total=len(runs),
        percent=round(done / max(1, len(runs))),
    )


def dismiss_batch(batch: Batch) -> None:
    """Remove the card of a batch that has ended, and the failures that it stands for; idempotent."""
    if Generation.objects.active().filter(batch_item__batch=batch).exists():
        return
    now = timezone.now()
    ended = Generation.objects.filter(batch_item__batch=batch, state__in=State.ended(), dismissed_at=None)
    ended.update(dismissed_at=now)
    Batch.objects.filter(pk=batch.pk, dismissed_at=None).update(dismissed_at=now)
