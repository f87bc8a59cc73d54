"""One brief to several models at once: every hold or none, and what people do with what comes back."""

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from generator.models import Comparison, Generation, Project, Star, Track, User
from generator.models.comparison import LETTERS, ComparisonQuerySet
from generator.models.generation import GenerationQuerySet
from generator.providers.base import Kind, ModelSpec, Value
from generator.workflow import library
from generator.workflow.catalogue import ModelChoice
from generator.workflow.order import CheckoutRequest, Order, compared_before, look_at_caps, make_room, set_aside, write
from generator.workflow.refused import Refused
from generator.workflow.submit import choice_of, clean_settings, prepare

LEAST, MOST = 2, len(LETTERS)


def submit_many(
    *,
    user: User,
    project: Project,
    model_keys: Sequence[str],
    text: str,
    takes: int,
    format: str,
    raw: Mapping[str, object],
    idempotency_key: str | CheckoutRequest,
    again_of: Generation | None = None,
) -> Comparison:
    """Queue the same brief on several models: one transaction, one hold each; the same key again returns the first.

    `raw` is what the form sent; each model gets the settings it has, the format if it delivers it, and no more takes
    than it makes at a time.

    Raises:
        Refused: anything that cannot be done, named with its model; nothing is left behind.
    """
    if first := compared_before(user, idempotency_key):
        return first
    request = CheckoutRequest.of(idempotency_key)
    keys = list(dict.fromkeys(model_keys))
    if not LEAST <= len(keys) <= MOST:
        raise Refused(f"Choose {LEAST} to {MOST} models to compare.", "model")
    who = {"user": user, "project": project, "again_of": again_of}
    orders = [
        _order(key, text, takes, format, raw, idempotency_key=_request_of_one(request, key), **who) for key in keys
    ]
    secrets.SystemRandom().shuffle(orders)
    try:
        with transaction.atomic():
            make_room(orders)
            comparison = Comparison.objects.create(
                project=project,
                author=user,
                text=orders[0].text,
                idempotency_key=request.key,
                request_hash=request.request_hash or None,
            )
            runs = [write(replace(order, comparison=comparison, place=place)) for place, order in enumerate(orders)]
            for run in sorted(runs, key=lambda run: run.model.key):  # the ledger's order says nothing of their places
                set_aside(run)
            look_at_caps(orders)
    except IntegrityError:
        # A twin of this request won the race between the look-up above and the insert.
        if first := compared_before(user, idempotency_key):
            return first
        raise
    return comparison


def _request_of_one(request: CheckoutRequest, model_key: str) -> CheckoutRequest:
    """One model's part, under a key that is always the same for the same press, and never that of a form."""
    return replace(request, key=sha256(f"{request.key}\n{model_key}".encode()).hexdigest())


def _order(model_key: str, text: str, takes: int, format: str, raw: Mapping[str, object], **who: Any) -> Order:
    choice = choice_of(model_key)
    spec = choice.spec
    fitting = format if format in spec.formats else spec.formats[0]

    def make() -> Order:
        return prepare(choice, text, min(takes, spec.takes_max), fitting, settings_for(spec, raw), **who)

    return _naming(choice, make)


def settings_for(spec: ModelSpec, raw: Mapping[str, object]) -> dict[str, Value]:
    """Read a model's own fields from what was meant for several: a choice of another model leaves it to the text.

    Raises:
        Refused: as `clean_settings`.
    """
    choices = [field for field in spec.fields if field.kind == Kind.CHOICE and raw.get(field.name)]
    foreign = [field.name for field in choices if str(raw[field.name]).strip() not in dict(field.choices)]
    return clean_settings(spec, {**raw, **dict.fromkeys(foreign)})


def _naming(choice: ModelChoice, make: Callable[[], Order]) -> Order:
    try:
        return make()
    except Refused as refused:
        title, sentence = choice.spec.title, refused.sentence
        about_all = refused.field == "text" and "at most" not in sentence
        if about_all or title in sentence:
            raise
        raise Refused(f"{title}: {sentence}", refused.field) from refused


# --- afterwards ---


def candidates(comparison: Comparison, known: GenerationQuerySet | None = None) -> list[Generation]:
    """The candidates in their places, of the runs a person knows; one that was tried again is its newest run."""
    rows = comparison.generations.all() if known is None else known.filter(comparison=comparison)
    rows = rows.select_related("model__provider", "prompt", "price").order_by("id")
    return sorted({row.letter: row for row in rows}.values(), key=lambda row: row.letter)


def pick(comparison: Comparison, track: Track | None, actor: User) -> None:
    """Choose the take to keep: once, for everybody. It reveals the comparison and stars the take for this person.

    Raises:
        Refused: it is not one of the takes, or another one was picked before.
    """
    if track is None or track.generation.comparison_id != comparison.pk:
        raise Refused("That take is not in this comparison.")
    now = timezone.now()
    with transaction.atomic():
        mine = Comparison.objects.filter(pk=comparison.pk)
        if not mine.filter(picked=None).update(picked=track) and not mine.filter(picked=track).exists():
            raise Refused("Another take was picked before. Star this one if you want to keep both.")
        _reveal(mine, now)
        Star.objects.get_or_create(user=actor, track=track)


def reveal(comparison: Comparison) -> None:
    """Show which is which without picking; doing it twice is doing it once."""
    with transaction.atomic():
        _reveal(Comparison.objects.filter(pk=comparison.pk), timezone.now())


def _reveal(comparisons: ComparisonQuerySet, now: dt.datetime) -> None:
    """From now on its takes are found by their titles and models, too."""
    if comparisons.blind().update(revealed_at=now):
        library.reindex_all(Track.objects.filter(generation__comparison__in=comparisons))
