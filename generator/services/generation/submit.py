"""Submission: validate a form and queue a generation with its hold, in one transaction, once per idempotency key."""

import contextlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generator import currency
from generator.durations import parse_duration, show_duration
from generator.models import Generation, Project, State, User
from generator.models.one_line import is_visible
from generator.providers.base import Checking, Field, Kind, LocalProvider, ModelSpec, Request, Value
from generator.providers.errors import ProviderError, Rejected
from generator.services.errors import UserError
from generator.services.generation.checkout import CheckoutRequest, Order, Part, Quote, place, placed_before, quote_of
from generator.services.provider_jobs import catalog
from generator.services.provider_jobs.catalog import ModelChoice
from generator.services.team import project_defaults
from generator.translation import translate

NO_PROMPT_MESSAGE = gettext_noop("Describe the music in a few words, such as “warm lo-fi for a cooking video”.")
SECONDS = "seconds"  # the unit of duration fields

# --- quotes ---


class Wanted(NamedTuple):
    """A request to one model, as far as its price needs it."""

    model_key: str
    takes: int
    settings: Mapping[str, Value] = {}
    text: str = ""


def quote(
    user: User,
    project: Project,
    model_key: str,
    takes: int,
    settings: Mapping[str, Value] | None = None,
    text: str = "",
) -> Quote:
    """Return the quote for takes of one model, for a person in a project.

    Raises:
        UserError: the model is unknown or no longer offered, or the request has no price.
    """
    return quote_many(user, project, [Wanted(model_key, takes, settings or {}, text)])


def quote_many(user: User, project: Project, requests: Sequence[Wanted]) -> Quote:
    """Return one quote for several requests.

    Raises:
        UserError: a model is unknown or no longer offered, or a request has no price.
    """
    choices = [choice_of(wanted.model_key) for wanted in requests]
    parts = [
        part_of(choice, wanted.settings, wanted.takes, wanted.text)
        for choice, wanted in zip(choices, requests, strict=True)
    ]
    return quote_of(user, project, parts, next((choice.reason for choice in choices if choice.reason), ""))


def part_of(choice: ModelChoice, settings: Mapping[str, Value], takes: int, text: str = "") -> Part:
    """Return what a request to one model costs.

    Raises:
        UserError: it has no price.
    """
    total = choice.total(settings, takes, text)
    return Part(choice.model.provider.key, total, takes, choice.price.is_estimate)


def choice_of(model_key: str) -> ModelChoice:
    choice = catalog.choice(model_key)
    if choice is None:
        sentence = _("That model is no longer available. Choose another; your text is still here.")
        raise UserError(sentence, "model", code="model_unavailable")
    return choice


# --- validation against the model spec ---


def clean_settings(spec: ModelSpec, raw: Mapping[str, object]) -> dict[str, Value]:
    """Return the model's own settings from submitted form or API values; ignore unknown names.

    Raises:
        UserError: a value has the wrong kind or is out of range; `field` names it.
    """
    return clean_fields(spec.fields, raw)


def clean_fields(fields: Iterable[Field], raw: Mapping[str, object]) -> dict[str, Value]:
    """Do the same as `clean_settings` for any list of fields."""
    cleaned = {field.name: _clean(field, raw.get(field.name)) for field in fields}
    return {name: value for name, value in cleaned.items() if value is not None}


def valid_settings(spec: ModelSpec, raw: Mapping[str, object]) -> dict[str, Value]:
    """Return the same as `clean_settings` of a form that is being filled in; what is not valid yet is left out."""
    settings: dict[str, Value] = {}
    for field in spec.fields:
        with contextlib.suppress(UserError):
            settings |= clean_fields([field], raw)
    return settings


def _clean(field: Field, value: object) -> Value:
    if field.kind == Kind.SWITCH:
        return value in (True, "on", "true", "1")
    text = "" if value is None else str(value).replace("\r\n", "\n").strip()
    if not text:
        return field.default
    if field.kind == Kind.CHOICE:
        if text not in dict(field.choices):
            sentence = _("{field}: “{value}” is not an option. Choose one from the list.")
            raise UserError(
                sentence.format(field=translate(field.label), value=text[:40]), field.name, code="invalid_choice"
            )
        return text
    if field.kind in (Kind.WORDS, Kind.LEVELS):
        if field.maximum is not None and len(text) > field.maximum:
            sentence = _("{field}: use at most {limit} characters; this text has {count}.")
            sentence = sentence.format(field=translate(field.label), limit=f"{field.maximum:g}", count=len(text))
            raise UserError(sentence, field.name, code="too_long")
        return text
    return _clean_number(field, text)


def _clean_number(field: Field, text: str) -> Value:
    if field.unit == SECONDS:
        number = clean_duration(text, translate(field.label), field.name)
        if field.kind == Kind.WHOLE and number % 1:
            sentence = _("{field}: enter a whole number of seconds instead of {value}.")
            sentence = sentence.format(field=translate(field.label), value=show_duration(number))
            raise UserError(sentence, field.name, code="invalid_number")
        return _check_range(field, int(number) if field.kind == Kind.WHOLE else number)
    try:
        return _check_range(field, int(text) if field.kind == Kind.WHOLE else float(text.replace(",", ".")))
    except ValueError:
        sentence = _("{field}: “{value}” is not a number.").format(field=translate(field.label), value=text[:40])
        raise UserError(sentence, field.name, code="invalid_number") from None


def clean_duration(text: str, label: str, name: str) -> float:
    """Parse a duration in any supported notation and return seconds.

    Raises:
        UserError: the text is not a duration.
    """
    try:
        return parse_duration(text)
    except ValueError:
        sentence = _(
            "{field}: “{value}” is not a valid length. Enter a length such as 90, 1:30, 0:28.5, or 2 min 30 s."
        )
        raise UserError(sentence.format(field=label, value=text[:40]), name, code="invalid_duration") from None


def _check_range(field: Field, number: int | float) -> Value:
    low, high = field.minimum, field.maximum
    if (low is not None and not number >= low) or (high is not None and not number <= high):
        sentence = _("{field}: enter a value between {low} and {high}.")
        sentence = sentence.format(
            field=translate(field.label), low=f"{low:,.10g}", high=f"{high:,.10g} {translate(field.unit)}".strip()
        )
        raise UserError(sentence, field.name, code="out_of_range")
    return number


def _check(choice: ModelChoice, text: str, takes: int, format: str) -> str:
    spec = choice.spec
    text = text.strip()
    if not choice.available:
        raise UserError(choice.reason, "model", code="model_unavailable")
    if not text:
        raise UserError(_(NO_PROMPT_MESSAGE), "text", code="required")
    if len(text) > spec.prompt_limit:
        over = len(text) - spec.prompt_limit
        sentence = _("{model} accepts at most {limit} characters; your text is {over} over the limit.")
        sentence = sentence.format(model=spec.title, limit=f"{spec.prompt_limit:,}", over=f"{over:,}")
        raise UserError(sentence, "text", code="too_long")
    if "\x00" in text:
        sentence = _("The text contains a character that cannot be stored. Remove it, or type the text again.")
        raise UserError(sentence, "text", code="invalid_text")
    check_delivery(spec, takes, format)
    return text


def check_delivery(spec: ModelSpec, takes: int, format: str) -> None:
    """Check that a model makes that many takes, in that format.

    Raises:
        UserError: it does not; `field` names which.
    """
    if spec.takes_max < takes <= spec.calls_max:
        sentence = _("{model} makes one take per generation. Request several takes together as a batch.")
        raise UserError(sentence.format(model=spec.title), "takes", code="out_of_range")
    if not 1 <= takes <= spec.takes_max:
        sentence = _("{model} makes 1 to {limit} takes at a time.").format(model=spec.title, limit=spec.takes_max)
        raise UserError(sentence, "takes", code="out_of_range")
    if format not in spec.formats:
        sentence = _("{model} does not deliver {format}. Choose another format.")
        raise UserError(sentence.format(model=spec.title, format=format[:10]), "format", code="unsupported_format")


def interpret(spec: ModelSpec, text: str, settings: Mapping[str, Value]) -> str:
    """Return a local model's one-line interpretation of a text; empty for other models.

    Raises:
        UserError: the model rejects the request.
    """
    provider = catalog.provider_of(spec.key)
    if not isinstance(provider, LocalProvider):
        return ""
    request = Request(spec.key, text[: spec.prompt_limit], 1, spec.formats[0], settings, "", "", "")
    try:
        return translate(provider.interpret(request))
    except Rejected as error:
        raise UserError(translate(error.sentence), code="rejected") from error


# --- submission ---


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
    parent: Generation | None = None,
    **candidate: Any,
) -> Generation:
    """Queue a generation and hold its price; a repeated key returns the first generation unchanged.

    `candidate` holds the `comparison` and `place` of a generation that joins a comparison.

    Raises:
        UserError: the request is invalid or over budget; nothing is written.
    """
    if first := placed_before(user, idempotency_key):
        return first
    order = build_order(
        choice_of(model_key),
        text,
        takes,
        format,
        settings,
        user=user,
        project=project,
        idempotency_key=idempotency_key,
        parent=parent,
        **candidate,
    )
    return place_once(order)


def place_once(order: Order, record: Callable[[Generation], None] | None = None) -> Generation:
    """Place an order, or return the generation of a concurrent request with the same key.

    `record` writes what else belongs to a new generation, in its transaction.

    Raises:
        UserError: it is over budget; nothing is written.
    """
    try:
        with transaction.atomic():
            generation = place(order)
            if record:
                record(generation)
            return generation
    except IntegrityError:
        # A concurrent request with the same key was inserted after the caller had looked for one.
        if first := placed_before(order.user, order.idempotency_key):
            return first
        raise


def build_order(
    choice: ModelChoice, text: str, takes: int, format: str, settings: Mapping[str, Value], **common: Any
) -> Order:
    """Validate a request to a model before anything is written, and return its order.

    `who` holds the rest of the order: user, project, idempotency key, parent.

    Raises:
        UserError: the request is invalid.
    """
    if not is_visible(text):
        raise UserError(_(NO_PROMPT_MESSAGE), "text", code="required")
    text, settings = project_defaults.apply(
        project_defaults.defaults_of(common["project"]), choice.spec, text, settings
    )
    text = _check(choice, text, takes, format)
    settings = _with_seed(choice.spec, settings)
    interpret(choice.spec, text, settings)
    _check_with_provider(choice, text, takes, format, settings)
    return Order(
        model=choice.model,
        price=choice.price,
        total=choice.total(settings, takes, text),
        text=text,
        takes=takes,
        format=format,
        settings=settings,
        **common,
    )


def _check_with_provider(
    choice: ModelChoice, text: str, takes: int, format: str, settings: Mapping[str, Value]
) -> None:
    """Let the provider reject an impossible request before the hold is made."""
    provider = catalog.with_account(catalog.provider_of(choice.spec.key), choice.model.provider)
    if isinstance(provider, Checking):
        try:
            request = Request(choice.spec.key, text, takes, format, settings, "", "", "")
            entry = choice.spec.imported.entry if choice.spec.imported else {}
            provider.check(replace(request, corrections=choice.model.corrections, entry=entry))
        except ProviderError as error:
            raise UserError(translate(error.sentence), code="rejected") from error


def _with_seed(spec: ModelSpec, settings: Mapping[str, Value]) -> dict[str, Value]:
    """Add a random seed if the model takes one and none was given; the prompt keeps it for repetition."""
    chosen = dict(settings)
    if spec.field("seed") and chosen.get("seed") is None:
        chosen["seed"] = secrets.randbelow(2**31)
    return chosen


def retry(generation: Generation, actor: User, idempotency_key: str | CheckoutRequest) -> Generation:
    """Submit the same request as a new generation with its own hold.

    The seed is kept, so a local retry gives the same result. The retry of a candidate that did not become ready takes
    its place in the comparison.

    Raises:
        UserError: as for `submit`, or the first generation may still deliver and cost money.
    """
    if generation.state not in State.ended():
        sentence = _("This generation is still in progress. Try again when it has finished.")
        raise UserError(sentence, code="not_finished")
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
        parent=generation,
        **({} if generation.state == State.READY else {"comparison": generation.comparison, "place": generation.place}),
    )
    Generation.objects.filter(pk=generation.pk, dismissed_at__isnull=True).update(dismissed_at=timezone.now())
    return again


def price_line(quote: Quote) -> str:
    """Return a price in words: "free", "$0.06", "about $0.10"."""
    if quote.total == 0:
        return _("free")
    price = currency.show(quote.total)
    return _("about {price}").format(price=price) if quote.is_estimate else price
