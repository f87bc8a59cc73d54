"""The moment money is set aside: caps checked, prompt, generation and hold written, a worker woken."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from generator import money
from generator.models import (
    Budget,
    Comparison,
    Event,
    Generation,
    Licence,
    MusicModel,
    Price,
    Project,
    Prompt,
    State,
    User,
)
from generator.money import Micros
from generator.providers.base import Value
from generator.workflow import queue, states, stops, warnings
from generator.workflow.caps import Room, no_room, rooms
from generator.workflow.money import hold
from generator.workflow.refused import KeyReused, PriceChanged, Refused

MOST_KEY = 64
Row = TypeVar("Row", Generation, Comparison)
Costs = Sequence[tuple[str, int]]  # provider key, micro-dollars
Part = tuple[MusicModel, Price, int]  # what is asked of one model: its price a take, and the takes


@dataclass(frozen=True)
class Quote:
    """What a press of the button would cost, and what it would leave."""

    per_take: Micros  # of every chosen model together
    total: Micros
    is_estimate: bool
    left: Micros | None  # in the tightest cap that applies; None: no cap
    left_after: Micros | None
    cap_name: str
    refusal: str
    blocked_by: Budget | None = None  # the cap that is in the way, for which more can be asked
    level: int = 0  # how full the tightest cap would be: 0, 50, 80, 95, 100 per cent at least


def quote_of(user: User, project: Project, parts: Sequence[Part], reason: str = "") -> Quote:
    """Price what is asked of one or more models at once; `reason`: why it cannot be asked for at all, if so."""
    costs = [(model.provider.key, price.per_take * takes) for model, price, takes in parts]
    asked_of = sorted(_asked_of(user, project, costs), key=lambda one: one[0].left - one[1])
    tightest, asked = next((one for one in asked_of if _is_over(*one)), next(iter(asked_of), (None, 0)))
    refusal, blocked_by = reason or stops.in_the_way(user, project, *(key for key, _ in costs)), None
    if not refusal and tightest and _is_over(tightest, asked):
        refusal, blocked_by = no_room(tightest, asked), tightest.budget
    return Quote(
        per_take=Micros(sum(price.per_take for _, price, _ in parts)),
        total=Micros(sum(cost for _, cost in costs)),
        is_estimate=any(price.is_estimate for _, price, _ in parts),
        left=tightest.left if tightest else None,
        left_after=Micros(tightest.left - asked) if tightest else None,
        cap_name=tightest.budget.target if tightest else "",
        refusal=refusal,
        blocked_by=blocked_by,
        level=tightest.level if tightest else 0,
    )


def _is_over(room: Room, asked: int) -> bool:
    """Whether a cap is in the way; what costs nothing is in no cap's way, however overspent it is."""
    return asked > 0 and asked > room.left


def _asked_of(user: User, project: Project, costs: Costs, *, lock: bool = False) -> Iterator[tuple[Room, int]]:
    """Every cap that applies, with what would be asked of it: all of it, or a provider's own share."""
    for room in rooms(user, project, *{provider for provider, _ in costs}, lock=lock):
        ceiling = room.budget.provider_key
        yield room, sum(cost for provider, cost in costs if ceiling in ("", provider))


@dataclass(frozen=True)
class CheckoutRequest:
    """A press of a button, or a request of a program: its idempotency key, what came with it, the price it showed."""

    key: str
    request_hash: str = ""  # empty: nothing to compare a repetition with
    expected_price: int | None = None  # micro-dollars of everything together; None: whatever it costs

    @classmethod
    def of(cls, idempotency_key: "str | CheckoutRequest") -> "CheckoutRequest":
        return idempotency_key if isinstance(idempotency_key, cls) else cls(str(idempotency_key))


def request_hash(content: object) -> str:
    """What two requests with the same content have in common; `content` is anything JSON can write."""
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Order:
    """What is asked of one model, checked already."""

    user: User
    project: Project
    model: MusicModel
    price: Price
    text: str
    takes: int
    format: str
    settings: Mapping[str, Value]
    idempotency_key: str | CheckoutRequest
    again_of: Generation | None = None
    comparison: Comparison | None = None
    place: int | None = None

    @property
    def cost(self) -> tuple[str, int]:
        return self.model.provider.key, self.price.per_take * self.takes


def placed_before(user: User, idempotency_key: str | CheckoutRequest) -> Generation | None:
    """The first generation of this key, if there is one.

    Raises:
        Refused: it is no key, or another request was sent with it.
    """
    return _first(Generation.objects.all(), Comparison.objects.all(), user, CheckoutRequest.of(idempotency_key))


def compared_before(user: User, idempotency_key: str | CheckoutRequest) -> Comparison | None:
    """As `placed_before`, for a comparison."""
    return _first(Comparison.objects.all(), Generation.objects.all(), user, CheckoutRequest.of(idempotency_key))


def _first(rows: QuerySet[Row], others: QuerySet[Any], user: User, request: CheckoutRequest) -> Row | None:
    if not request.key or len(request.key) > MOST_KEY:
        raise Refused("The form has lost its key. Reload the page and send it again.")
    mine = {"author": user, "idempotency_key": request.key}
    first = rows.filter(**mine).first()
    if first is None:
        is_other = bool(request.request_hash) and others.filter(**mine).exists()
    else:
        is_other = bool(request.request_hash and first.request_hash) and request.request_hash != first.request_hash
    if is_other:
        raise KeyReused(
            "This was sent before with other content, and that was accepted. Send it again to add this, too."
        )
    return first


def place(order: Order) -> Generation:
    """Write the generation and its hold; call it in a transaction, which is where other rows of the same press go.

    Raises:
        Refused: a cap is in the way.
        django.db.IntegrityError: a twin of this press has won the race.
    """
    make_room([order])
    generation = book(order)
    look_at_caps([order])
    return generation


def look_at_caps(orders: Sequence[Order]) -> None:
    """Have people told of caps that fill up; call it in the transaction, once everything of a press is booked."""
    first = orders[0]
    warnings.look(first.user, first.project, *{order.model.provider.key for order in orders})


def make_room(orders: Sequence[Order]) -> None:
    """Lock the caps that apply and see that all orders of a press fit; call it in the transaction that books them.

    Raises:
        Refused: a cap or a stop switch is in the way, or the price is not the one that was shown.
    """
    first = orders[0]
    _check_price(sum(order.cost[1] for order in orders), CheckoutRequest.of(first.idempotency_key).expected_price)
    if stopped := stops.in_the_way(first.user, first.project, *(order.cost[0] for order in orders)):
        raise Refused(stopped)
    for room, asked in _asked_of(first.user, first.project, [order.cost for order in orders], lock=True):
        if _is_over(room, asked):
            raise Refused(no_room(room, asked))


def _check_price(price: int, expected: int | None) -> None:
    if expected is not None and price != expected:
        now = f"{money.show(price)} now" if price else "nothing now"
        words = f"The price has changed: it is {now}, not {money.show(expected)}. Nothing was sent or charged."
        raise PriceChanged(f"{words} Send it again to accept the new price.", "expected_price")


def book(order: Order) -> Generation:
    """Write the prompt, the generation and its hold, and wake the queue."""
    generation = write(order)
    set_aside(generation)
    return generation


def write(order: Order) -> Generation:
    """The prompt and the generation; `set_aside` must follow in the same transaction."""
    request = CheckoutRequest.of(order.idempotency_key)
    prompt = Prompt.objects.create(
        project=order.project,
        author=order.user,
        text=order.text,
        settings={**order.settings, "takes": order.takes, "format": order.format},
    )
    generation = Generation.objects.create(
        project=order.project,
        author=order.user,
        key=order.user.acting_with,
        prompt=prompt,
        model=order.model,
        takes_asked=order.takes,
        again_of=order.again_of,
        comparison=order.comparison,
        place=order.place,
        price=order.price,
        price_per_take=order.price.per_take,
        licence=Licence.objects.at(order.model.provider, timezone.now()),
        idempotency_key=request.key,
        request_hash=request.request_hash or None,
        due_at=timezone.now(),
    )
    states.note(generation, "Asked for", kind=Event.Kind.STATE, actor=order.user, data={"state": State.QUEUED})
    return generation


def set_aside(generation: Generation) -> None:
    hold(generation)
    queue.wake(generation)
