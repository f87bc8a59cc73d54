"""From a filled-in form to a queued generation with its hold: one transaction, once per idempotency key."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from generator import money
from generator.durations import parse_duration, show_duration
from generator.models import Generation, Project, State, User
from generator.models.one_line import is_visible
from generator.providers.base import Checking, Field, Kind, LocalProvider, ModelSpec, Request, Value
from generator.providers.errors import ProviderError, Rejected
from generator.workflow import catalogue, house
from generator.workflow.catalogue import ModelChoice
from generator.workflow.order import CheckoutRequest, Order, Quote, place, placed_before, quote_of
from generator.workflow.refused import Refused

NOTHING_SAID = "Say in a few words what the music is for, such as “warm lo-fi under a cooking video”."
SECONDS = "seconds"  # the unit of fields that take a length

# --- the price before the click ---


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
    parts = [(one.model, one.price, takes[key]) for key, one in choices.items()]
    return quote_of(user, project, parts, next((one.reason for one in choices.values() if one.reason), ""))


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
    return clean_fields(spec.fields, raw)


def clean_fields(fields: Iterable[Field], raw: Mapping[str, object]) -> dict[str, Value]:
    """As `clean_settings`, for the fields of anything."""
    cleaned = {field.name: _clean(field, raw.get(field.name)) for field in fields}
    return {name: value for name, value in cleaned.items() if value is not None}


def _clean(field: Field, value: object) -> Value:
    if field.kind == Kind.SWITCH:
        return value in (True, "on", "true", "1")
    text = "" if value is None else str(value).replace("\r\n", "\n").strip()
    if not text:
        return field.default
    if field.kind == Kind.CHOICE:
        if text not in {key for key, _ in field.choices}:
            raise Refused(f"{field.label}: “{text[:40]}” is not one of the choices.", field.name)
        return text
    if field.kind in (Kind.WORDS, Kind.LEVELS):
        if field.maximum is not None and len(text) > field.maximum:
            raise Refused(f"{field.label}: at most {field.maximum:g} characters; these are {len(text)}.", field.name)
        return text
    return _clean_number(field, text)


def _clean_number(field: Field, text: str) -> Value:
    if field.unit == SECONDS:
        number = clean_duration(text, field.label, field.name)
        if field.kind == Kind.WHOLE and number % 1:
            raise Refused(f"{field.label}: whole seconds, please; this is {show_duration(number)}.", field.name)
        return _within(field, int(number) if field.kind == Kind.WHOLE else number)
    try:
        return _within(field, int(text) if field.kind == Kind.WHOLE else float(text.replace(",", ".")))
    except ValueError:
        raise Refused(f"{field.label}: “{text[:40]}” is not a number.", field.name) from None


def clean_duration(text: str, label: str, name: str) -> float:
    """Read a length in seconds, however it is written.

    Raises:
        Refused: it is none.
    """
    try:
        return parse_duration(text)
    except ValueError:
        words = "is not a number of seconds and is not understood as a length. Write 90, 1:30, 0:28.5 or 2 min 30 s."
        raise Refused(f"{label}: “{text[:40]}” {words}", name) from None


def _within(field: Field, number: int | float) -> Value:
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
        raise Refused(NOTHING_SAID, "text")
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


def submit(
    *,
    user: User,
    project: Project,
    model_key: str,
    text: str,
    takes: int,
    format: str,
    settings: Mapping[str, Value],
    idempotency_key: str | CheckoutRequest,
    again_of: Generation | None = None,
    **candidate: Any,
) -> Generation:
    """Queue a generation and set its price aside; the same key again returns the first one, untouched.

    `candidate` is the `comparison` and the `place` of one that is to join a comparison.

    Raises:
        Refused: anything that cannot be done, over budget among them; nothing is left behind.
    """
    if first := placed_before(user, idempotency_key):
        return first
    order = prepare(
        choice_of(model_key),
        text,
        takes,
        format,
        settings,
        user=user,
        project=project,
        idempotency_key=idempotency_key,
        again_of=again_of,
        **candidate,
    )
    try:
        with transaction.atomic():
            return place(order)
    except IntegrityError:
        # A twin of this request won the race between the look-up above and the insert.
        if first := placed_before(user, idempotency_key):
            return first
        raise


def prepare(
    choice: ModelChoice, text: str, takes: int, format: str, settings: Mapping[str, Value], **who: Any
) -> Order:
    """Check what is asked of a model, as far as it can be checked before anything is written.

    `who` is the rest of the order: the user, the project, the key, what it is again of.

    Raises:
        Refused: it cannot be done.
    """
    if not is_visible(text):
        raise Refused(NOTHING_SAID, "text")
    text, settings = house.dress(house.style_of(who["project"]), choice.spec, text, settings)
    text = _check(choice, text, takes, format)
    settings = _with_seed(choice.spec, settings)
    heard(choice.spec, text, settings)
    _ask_provider(choice, text, takes, format, settings)
    return Order(
        model=choice.model, price=choice.price, text=text, takes=takes, format=format, settings=settings, **who
    )


def _ask_provider(choice: ModelChoice, text: str, takes: int, format: str, settings: Mapping[str, Value]) -> None:
    """Let the provider refuse now what it could never accept, rather than after the hold."""
    provider = catalogue.with_account(catalogue.provider_of(choice.spec.key), choice.model.provider)
    if isinstance(provider, Checking):
        try:
            request = Request(choice.spec.key, text, takes, format, settings, "", "", "")
            provider.check(replace(request, corrections=choice.model.corrections))
        except ProviderError as error:
            raise Refused(error.sentence) from error


def _with_seed(spec: ModelSpec, settings: Mapping[str, Value]) -> dict[str, Value]:
    """Choose a seed where the model takes one and none was given: kept with the prompt, so a run can be repeated."""
    chosen = dict(settings)
    if spec.field("seed") and chosen.get("seed") is None:
        chosen["seed"] = secrets.randbelow(2**31)
    return chosen


def retry(generation: Generation, actor: User, idempotency_key: str | CheckoutRequest) -> Generation:
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
