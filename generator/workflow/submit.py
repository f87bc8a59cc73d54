"""From a filled-in form to a queued generation with its hold: one transaction, once per idempotency key."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from generator import money
from generator.models import Event, Generation, Project, Prompt, State, User
from generator.money import Micros
from generator.providers.base import Checking, Field, Kind, LocalProvider, ModelSpec, Request, Value
from generator.providers.errors import ProviderError, Rejected
from generator.workflow import catalogue, queue, states
from generator.workflow.catalogue import ModelChoice
from generator.workflow.money import Room, hold, no_room, rooms
from generator.workflow.refused import Refused

MOST_KEY = 64


# --- the price before the click ---


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


def quote(user: User, project: Project, model_key: str, takes: int) -> Quote:
    """Price n takes of a model for a person in a project.

    Raises:
        Refused: the studio does not know the model (any more).
    """
    return quote_many(user, project, {model_key: takes})


def quote_many(user: User, project: Project, takes: Mapping[str, int]) -> Quote:
    """Price takes of several models at once: model key → takes.

    Raises:
        Refused: the studio does not know one of the models (any more).
    """
    choices = {key: choice_of(key) for key in takes}
    costs = [(one.spec.provider, one.price.per_take * takes[key]) for key, one in choices.items()]
    total = sum(cost for _, cost in costs)
    asked_of = _asked_of(user, project, costs)
    tightest, asked = min(asked_of, key=lambda one: one[0].left - one[1], default=(None, 0))
    refusal = next((one.reason for one in choices.values() if one.reason), "")
    if not refusal and tightest and tightest.left < asked:
        refusal = no_room(tightest, asked)
    return Quote(
        per_take=Micros(sum(one.price.per_take for one in choices.values())),
        total=Micros(total),
        is_estimate=any(one.price.is_estimate for one in choices.values()),
        left=tightest.left if tightest else None,
        left_after=Micros(tightest.left - asked) if tightest else None,
        cap_name=tightest.budget.target if tightest else "",
        refusal=refusal,
    )


Costs = Sequence[tuple[str, int]]  # provider key, micro-dollars


def _asked_of(user: User, project: Project, costs: Costs, *, lock: bool = False) -> Iterator[tuple[Room, int]]:
    """Every cap that applies, with what would be asked of it: all of it, or a provider's own share."""
    for room in rooms(user, project, *{provider for provider, _ in costs}, lock=lock):
        ceiling = room.budget.provider_key
        yield room, sum(cost for provider, cost in costs if ceiling in ("", provider))


def choice_of(model_key: str) -> ModelChoice:
    choice = catalogue.choice(model_key)
    if choice is None:
        raise Refused("That model is no longer offered. Choose another; everything you typed is still here.", "model")
    return choice


# --- checking what was asked against the spec ---


def clean_settings(spec: ModelSpec, raw: Mapping[str, object]) -> dict[str, Value]:
    """Read the model's own fields from what a form or a program sent; unknown names are left out.

    Raises:
        Refused: a value is not of its kind or outside its limits; `field` names it.
    """
    cleaned = {field.name: _clean(field, raw.get(field.name)) for field in spec.fields}
    return {name: value for name, value in cleaned.items() if value is not None}


def _clean(field: Field, value: object) -> Value:
    if field.kind == Kind.SWITCH:
        return value in (True, "on", "true", "1")
    text = "" if value is None else str(value).strip()
    if not text:
        return field.default
    if field.kind == Kind.CHOICE:
        if text not in {key for key, _ in field.choices}:
            raise Refused(f"{field.label}: “{text[:40]}” is not one of the choices.", field.name)
        return text
    if field.kind == Kind.WORDS:
        if field.maximum is not None and len(text) > field.maximum:
            raise Refused(f"{field.label}: at most {field.maximum:g} characters; these are {len(text)}.", field.name)
        return text
    return _clean_number(field, text)


def _clean_number(field: Field, text: str) -> Value:
    try:
        number = int(text) if field.kind == Kind.WHOLE else float(text.replace(",", "."))
    except ValueError:
        raise Refused(f"{field.label}: “{text[:40]}” is not a number.", field.name) from None
    low, high = field.minimum, field.maximum
    if (low is not None and not number >= low) or (high is not None and not number <= high):
        raise Refused(f"{field.label}: between {low:,.10g} and {high:,.10g} {field.unit}".strip() + ".", field.name)
    return number


def _check(choice: ModelChoice, text: str, takes: int, format: str) -> str:
    spec = choice.spec
    text = text.strip()
    if not choice.available:
        raise Refused(choice.reason, "model")
    if not text:
        raise Refused("Say in a few words what the music is for, such as “warm lo-fi under a cooking video”.", "text")
    if len(text) > spec.prompt_limit:
        over = len(text) - spec.prompt_limit
        raise Refused(
            f"{spec.title} takes at most {spec.prompt_limit:,} characters; this is {over:,} too long.", "text"
        )
    if "\x00" in text:
        raise Refused("The text has a character that cannot be stored. Type it again by hand.", "text")
    if not 1 <= takes <= spec.takes_max:
        raise Refused(f"{spec.title} makes 1 to {spec.takes_max} takes at a time.", "takes")
    if format not in spec.formats:
        raise Refused(f"{spec.title} does not deliver {format[:10]}.", "format")
    return text


def heard(spec: ModelSpec, text: str, settings: Mapping[str, Value]) -> str:
    """What a local model understands of a text, in a line; empty for models that do not say.

    Raises:
        Refused: it understands that it cannot be done.
    """
    provider = catalogue.provider_of(spec.key)
    if not isinstance(provider, LocalProvider):
        return ""
    request = Request(spec.key, text[: spec.prompt_limit], 1, spec.formats[0], settings, "", "", "")
    try:
        return provider.heard(request)
    except Rejected as error:
        raise Refused(error.sentence) from error


# --- the submit ---


@dataclass(frozen=True)
class Order:
    """One model's part of a submit: checked, and ready to be booked."""

    choice: ModelChoice
    text: str
    takes: int
    format: str
    settings: Mapping[str, Value]

    @property
    def cost(self) -> tuple[str, int]:
        return self.choice.spec.provider, self.choice.price.per_take * self.takes


def submit(
    *,
    user: User,
    project: Project,
    model_key: str,
    text: str,
    takes: int,
    format: str,
    settings: Mapping[str, Value],
    idempotency_key: str,
    again_of: Generation | None = None,
    **candidate: Any,
) -> Generation:
    """Queue a generation and set its price aside; the same key again returns the first one, untouched.

    `candidate` is the `comparison` and the `place` of one that is to join a comparison.

    Raises:
        Refused: anything that cannot be done, over budget among them; nothing is left behind.
    """
    check_key(idempotency_key)
    if first := Generation.objects.filter(author=user, idempotency_key=idempotency_key).first():
        return first
    order = prepare(choice_of(model_key), text, takes, format, settings)
    try:
        with transaction.atomic():
            make_room(user, project, [order])
            return book(order, user, project, idempotency_key, again_of=again_of, **candidate)
    except IntegrityError:
        # A twin of this request won the race between the look-up above and the insert.
        if first := Generation.objects.filter(author=user, idempotency_key=idempotency_key).first():
            return first
        raise


def check_key(idempotency_key: str) -> None:
    if not idempotency_key or len(idempotency_key) > MOST_KEY:
        raise Refused("The form has lost its key. Reload the page and send it again.")


def prepare(choice: ModelChoice, text: str, takes: int, format: str, settings: Mapping[str, Value]) -> Order:
    """Check what is asked of a model, as far as it can be checked before anything is written.

    Raises:
        Refused: it cannot be done.
    """
    text = _check(choice, text, takes, format)
    settings = _with_seed(choice.spec, settings)
    heard(choice.spec, text, settings)
    _ask_provider(choice, text, takes, format, settings)
    return Order(choice, text, takes, format, settings)


def make_room(user: User, project: Project, orders: Sequence[Order]) -> None:
    """Lock the caps that apply and see that everything fits; call it in the transaction that books.

    Raises:
        Refused: a cap is in the way.
    """
    for room, asked in _asked_of(user, project, [order.cost for order in orders], lock=True):
        if room.left < asked:
            raise Refused(no_room(room, asked))


def book(order: Order, user: User, project: Project, key: str, **more: Any) -> Generation:
    """Write the prompt, the generation and its hold, and wake the queue; `more` are further columns."""
    asked = {**order.settings, "takes": order.takes, "format": order.format}
    generation = Generation.objects.create(
        project=project,
        author=user,
        prompt=Prompt.objects.create(project=project, author=user, text=order.text, settings=asked),
        model=order.choice.model,
        takes_asked=order.takes,
        price=order.choice.price,
        price_per_take=order.choice.price.per_take,
        idempotency_key=key,
        due_at=timezone.now(),
        **more,
    )
    hold(generation)
    states.note(generation, "Asked for", kind=Event.Kind.STATE, actor=user, data={"state": State.QUEUED})
    queue.wake(generation)
    return generation


def _ask_provider(choice: ModelChoice, text: str, takes: int, format: str, settings: Mapping[str, Value]) -> None:
    """Let the provider refuse now what it could never accept, rather than after the hold."""
    provider = catalogue.with_account(catalogue.provider_of(choice.spec.key), choice.model.provider)
    if isinstance(provider, Checking):
        try:
            provider.check(Request(choice.spec.key, text, takes, format, settings, "", "", ""))
        except ProviderError as error:
            raise Refused(error.sentence) from error


def _with_seed(spec: ModelSpec, settings: Mapping[str, Value]) -> dict[str, Value]:
    """Choose a seed where the model takes one and none was given: kept with the prompt, so a run can be repeated."""
    chosen = dict(settings)
    if spec.field("seed") and chosen.get("seed") is None:
        chosen["seed"] = secrets.randbelow(2**31)
    return chosen


def retry(generation: Generation, actor: User, idempotency_key: str) -> Generation:
    """Ask for the same again as a new generation with a hold of its own; a seed is kept, so a local retry is the same.

    The retry of a candidate that was not made takes its place in the comparison.

    Raises:
        Refused: as `submit`, and while the first one may still deliver and cost.
    """
    if generation.state not in State.ended():
        raise Refused("It has not ended yet. It can be tried again once it has.")
    settings = dict(generation.prompt.settings)
    takes, format = settings.pop("takes"), settings.pop("format")
    again = submit(
        user=actor,
        project=generation.project,
        model_key=generation.model.key,
        text=generation.prompt.text,
        takes=takes,
        format=format,
        settings=settings,
        idempotency_key=idempotency_key,
        again_of=generation,
        **({} if generation.state == State.READY else {"comparison": generation.comparison, "place": generation.place}),
    )
    Generation.objects.filter(pk=generation.pk, dismissed_at__isnull=True).update(dismissed_at=timezone.now())
    return again


def price_line(quote: Quote) -> str:
    """Say a price in a word or two: "free", "$0.06", "about $0.10"."""
    if quote.total == 0:
        return "free"
    return f"about {money.show(quote.total)}" if quote.is_estimate else money.show(quote.total)
