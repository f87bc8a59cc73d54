"""Checkout: check budgets, write the prompt, generation and hold, and wake a worker."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from generator import currency
from generator.currency import Micros
from generator.messages import gettext_noop
from generator.models import (
    Batch,
    Budget,
    Comparison,
    Generation,
    GenerationEvent,
    License,
    MusicModel,
    Price,
    Project,
    Prompt,
    State,
    User,
)
from generator.providers.base import Value
from generator.services.background import job_queue
from generator.services.billing import budget_alerts, suspensions
from generator.services.billing.budgets import BudgetStatus, exceeded_message, statuses
from generator.services.billing.ledger import hold
from generator.services.errors import KeyReused, PriceChanged, UserError
from generator.services.generation import states

MAX_KEY_CHARS = 64
Row = TypeVar("Row", Generation, Comparison, Batch)
Costs = Sequence[tuple[str, int]]  # provider key, micro-dollars


class Part(NamedTuple):
    """What one model costs of a request."""

    provider_key: str
    total: Micros
    takes: int
    is_estimate: bool

    @property
    def per_take(self) -> int:
        return currency.per_take(self.total, self.takes)


@dataclass(frozen=True)
class Quote:
    """The cost of a request and what it would leave in the budget."""

    per_take: Micros  # sum over all chosen models
    total: Micros
    is_estimate: bool
    left: Micros | None  # in the tightest budget that applies; None: no budget applies
    left_after: Micros | None
    cap_name: str
    refusal: str
    blocked_by: Budget | None = None  # the budget that blocks the request; an increase can be requested
    level: int = 0  # fill level of the tightest budget afterwards, in percent: at least 0, 50, 80, 95 or 100


def quote_of(user: User, project: Project, parts: Sequence[Part], reason: str = "") -> Quote:
    """Return the quote for one or more models; `reason`: why the request is impossible, or empty."""
    costs = [(part.provider_key, int(part.total)) for part in parts]
    budget_costs = sorted(_costs_by_budget(user, project, costs), key=lambda entry: entry[0].left - entry[1])
    tightest, cost = next((entry for entry in budget_costs if _is_over(*entry)), next(iter(budget_costs), (None, 0)))
    refusal, blocked_by = reason or suspensions.reason_in_force(user, project, *(key for key, _ in costs)), None
    if not refusal and tightest and _is_over(tightest, cost):
        refusal, blocked_by = exceeded_message(tightest, cost), tightest.budget
    return Quote(
        per_take=Micros(sum(part.per_take for part in parts)),
        total=Micros(sum(cost for _, cost in costs)),
        is_estimate=any(part.is_estimate for part in parts),
        left=tightest.left if tightest else None,
        left_after=Micros(tightest.left - cost) if tightest else None,
        cap_name=tightest.budget.target if tightest else "",
        refusal=refusal,
        blocked_by=blocked_by,
        level=tightest.level if tightest else 0,
    )


def _is_over(status: BudgetStatus, cost: int) -> bool:
    """Return whether a cost exceeds a budget; a free request never does, even if the budget is overspent."""
    return cost > 0 and cost > status.left


def _costs_by_budget(
    user: User, project: Project, costs: Costs, *, lock: bool = False
) -> Iterator[tuple[BudgetStatus, int]]:
    """Yield each budget that applies with its cost: the whole cost, or one provider's share of it."""
    for status in statuses(user, project, *{provider for provider, cost in costs}, lock=lock):
        budget_provider = status.budget.provider_key
        yield status, sum(cost for provider, cost in costs if budget_provider in ("", provider))


@dataclass(frozen=True)
class CheckoutRequest:
    """The identity of a submission from the web or the API: idempotency key, content hash, expected price."""

    key: str
    request_hash: str = ""  # empty: repetitions are not compared
    expected_price: int | None = None  # total in micro-dollars; None: accept any price

    @classmethod
    def from_key(cls, idempotency_key: "str | CheckoutRequest") -> "CheckoutRequest":
        return idempotency_key if isinstance(idempotency_key, cls) else cls(str(idempotency_key))


def request_hash(content: object) -> str:
    """Return the SHA-256 hex digest of a request's content; `content` is any JSON-serializable value."""
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Order:
    """A validated request to one model."""

    user: User
    project: Project
    model: MusicModel
    price: Price
    total: Micros  # of all takes, by that price
    text: str
    takes: int
    format: str
    settings: Mapping[str, Value]
    idempotency_key: str | CheckoutRequest
    parent: Generation | None = None
    comparison: Comparison | None = None
    place: int | None = None

    @property
    def cost(self) -> tuple[str, int]:
        return self.model.provider.key, self.total


def placed_before(user: User, idempotency_key: str | CheckoutRequest) -> Generation | None:
    """Return the first generation with this idempotency key, or None.

    Raises:
        UserError: the key is invalid, or was used for a different request.
    """
    others = Comparison.objects.all(), Batch.objects.all()
    return _find_earlier(Generation.objects.all(), others, user, CheckoutRequest.from_key(idempotency_key))


def compared_before(user: User, idempotency_key: str | CheckoutRequest) -> Comparison | None:
    """Do the same as `placed_before` for a comparison."""
    others = Generation.objects.all(), Batch.objects.all()
    return _find_earlier(Comparison.objects.all(), others, user, CheckoutRequest.from_key(idempotency_key))


def batched_before(user: User, idempotency_key: str | CheckoutRequest) -> Batch | None:
    """Do the same as `placed_before` for a batch."""
    others = Generation.objects.all(), Comparison.objects.all()
    return _find_earlier(Batch.objects.all(), others, user, CheckoutRequest.from_key(idempotency_key))


def _find_earlier(
    rows: QuerySet[Row], others: Sequence[QuerySet[Any]], user: User, request: CheckoutRequest
) -> Row | None:
    if not request.key or len(request.key) > MAX_KEY_CHARS:
        sentence = _("This form has expired. Nothing was sent; reload the page and try again.")
        raise UserError(sentence, code="form_expired")
    lookup = {"author": user, "idempotency_key": request.key}
    first = rows.filter(**lookup).first()
    if first is None:
        is_other = bool(request.request_hash) and any(rows.filter(**lookup).exists() for rows in others)
    else:
        is_other = bool(request.request_hash and first.request_hash) and request.request_hash != first.request_hash
    if is_other:
        raise KeyReused(
            _(
                "This form was already submitted with different content, and that submission was accepted. To submit "
                "this one as well, submit again."
            )
        )
    return first


def place(order: Order) -> Generation:
    """Write the generation and its hold; call in the transaction that writes the request's other rows.

    Raises:
        UserError: a budget would be exceeded.
        django.db.IntegrityError: a concurrent request with the same key won the race.
    """
    make_room([order])
    generation = book(order)
    check_budgets([order])
    return generation


def check_budgets(orders: Sequence[Order]) -> None:
    """Send budget alerts as needed; call in the transaction, after all orders of the request are booked."""
    first = orders[0]
    budget_alerts.record_thresholds(first.user, first.project, *{order.model.provider.key for order in orders})


def make_room(orders: Sequence[Order]) -> None:
    """Lock the budgets that apply and check that all orders fit; call in the transaction that books them.

    Raises:
        UserError: a budget or a suspension blocks the request, or the price differs from the expected one.
    """
    first = orders[0]
    _check_price(sum(order.cost[1] for order in orders), CheckoutRequest.from_key(first.idempotency_key).expected_price)
    if stopped := suspensions.reason_in_force(first.user, first.project, *(order.cost[0] for order in orders)):
        raise UserError(stopped, code="suspended")
    for status, cost in _costs_by_budget(first.user, first.project, [order.cost for order in orders], lock=True):
        if _is_over(status, cost):
            raise UserError(exceeded_message(status, cost), code="budget_exceeded")


def _check_price(price: int, expected: int | None) -> None:
    if expected is not None and price != expected:
        sentence = _(
            "The price has changed from {before} to {now}. Nothing was sent or charged. Submit again to accept the "
            "new price."
        )
        sentence = sentence.format(before=currency.show(expected), now=currency.show(price))
        raise PriceChanged(sentence, "expected_price")


def book(order: Order) -> Generation:
    """Write the prompt, the generation and its hold, and wake a worker."""
    generation = write(order)
    place_hold(generation)
    return generation


def write(order: Order) -> Generation:
    """Write the prompt and the generation; call `place_hold` in the same transaction."""
    request = CheckoutRequest.from_key(order.idempotency_key)
    prompt = Prompt.objects.create(
        project=order.project,
        author=order.user,
        text=order.text,
        settings={**order.settings, "takes": order.takes, "format": order.format},
    )
    generation = Generation.objects.create(
        project=order.project,
        author=order.user,
        key=order.user.api_key,
        prompt=prompt,
        model=order.model,
        takes_requested=order.takes,
        parent=order.parent,
        comparison=order.comparison,
        place=order.place,
        price=order.price,
        price_total=order.total,
        license=License.objects.at(order.model.provider, timezone.now()),
        idempotency_key=request.key,
        request_hash=request.request_hash or None,
        due_at=timezone.now(),
    )
    states.note(
        generation,
        gettext_noop("Requested"),
        kind=GenerationEvent.Kind.STATE,
        actor=order.user,
        data={"state": State.QUEUED},
    )
    return generation


def place_hold(generation: Generation) -> None:
    hold(generation)
    job_queue.wake(generation)
