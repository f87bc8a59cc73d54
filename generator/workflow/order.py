"""The moment money is set aside: caps checked, prompt, generation and hold written, a worker woken."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from generator.models import Event, Generation, MusicModel, Price, Project, Prompt, State, User
from generator.money import Micros
from generator.providers.base import Value
from generator.workflow import queue, states
from generator.workflow.money import hold, no_room, rooms
from generator.workflow.refused import Refused

MOST_KEY = 64


@dataclass(frozen=True)
class Quote:
    """What a press of the button would cost, and what it would leave."""

    per_take: Micros
    total: Micros
    is_estimate: bool
    left: Micros | None  # in the tightest cap that applies; None: no cap
    cap_name: str
    refusal: str

    @property
    def left_after(self) -> Micros | None:
        return None if self.left is None else Micros(self.left - self.total)


def quote_of(user: User, project: Project, model: MusicModel, price: Price, takes: int, reason: str) -> Quote:
    """Price n takes for a person in a project; `reason`: why it cannot be asked for at all, if so."""
    total = Micros(price.per_take * takes)
    tightest = next(iter(rooms(user, project, model.provider.key)), None)
    refusal = reason
    if not refusal and tightest and tightest.left < total:
        refusal = no_room(tightest, total)
    return Quote(
        per_take=Micros(price.per_take),
        total=total,
        is_estimate=price.is_estimate,
        left=tightest.left if tightest else None,
        cap_name=tightest.budget.target if tightest else "",
        refusal=refusal,
    )


@dataclass(frozen=True)
class Order:
    """What is asked for, checked already."""

    user: User
    project: Project
    model: MusicModel
    price: Price
    text: str
    takes: int
    format: str
    settings: Mapping[str, Value]
    idempotency_key: str
    again_of: Generation | None = None


def placed_before(user: User, idempotency_key: str) -> Generation | None:
    """The first generation of this key, if there is one.

    Raises:
        Refused: it is no key.
    """
    if not idempotency_key or len(idempotency_key) > MOST_KEY:
        raise Refused("The form has lost its key. Reload the page and send it again.")
    return Generation.objects.filter(author=user, idempotency_key=idempotency_key).first()


def place(order: Order) -> Generation:
    """Write the generation and its hold; call it in a transaction, which is where other rows of the same press go.

    Raises:
        Refused: a cap is in the way.
        django.db.IntegrityError: a twin of this press has won the race.
    """
    _make_room(order)
    prompt = Prompt.objects.create(
        project=order.project,
        author=order.user,
        text=order.text,
        settings={**order.settings, "takes": order.takes, "format": order.format},
    )
    generation = Generation.objects.create(
        project=order.project,
        author=order.user,
        prompt=prompt,
        model=order.model,
        takes_asked=order.takes,
        again_of=order.again_of,
        price=order.price,
        price_per_take=order.price.per_take,
        idempotency_key=order.idempotency_key,
        due_at=timezone.now(),
    )
    hold(generation)
    states.note(generation, "Asked for", kind=Event.Kind.STATE, actor=order.user, data={"state": State.QUEUED})
    queue.wake(generation)
    return generation


def _make_room(order: Order) -> None:
    total = order.price.per_take * order.takes
    for room in rooms(order.user, order.project, order.model.provider.key, lock=True):
        if room.left < total:
            raise Refused(no_room(room, total))
