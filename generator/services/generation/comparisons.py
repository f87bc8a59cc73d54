"""Comparisons: one prompt to several models with all holds or none, then picking or revealing the candidates."""

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.models import Comparison, Generation, Project, Star, Track, User
from generator.models.comparison import LETTERS, ComparisonQuerySet
from generator.models.generation import GenerationQuerySet
from generator.providers.base import Kind, ModelSpec, Value
from generator.services.errors import UserError
from generator.services.generation.checkout import (
    CheckoutRequest,
    Order,
    check_budgets,
    compared_before,
    make_room,
    place_hold,
    write,
)
from generator.services.generation.submit import build_order, choice_of, clean_settings
from generator.services.library import tracks
from generator.services.provider_jobs.catalog import ModelChoice

MIN_CANDIDATES, MAX_CANDIDATES = 2, len(LETTERS)


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
    parent: Generation | None = None,
) -> Comparison:
    """Queue the same prompt on several models in one transaction, with one hold per model.

    A repeated key returns the first comparison. `raw` holds the submitted form values. Each model receives only its
    own settings, the format if it supports it, and at most as many takes as it can make at a time.

    Raises:
        UserError: the request is invalid; the message names the model, and nothing is written.
    """
    if first := compared_before(user, idempotency_key):
        return first
    request = CheckoutRequest.from_key(idempotency_key)
    keys = list(dict.fromkeys(model_keys))
    if not MIN_CANDIDATES <= len(keys) <= MAX_CANDIDATES:
        sentence = _("Choose {least} to {most} models to compare.").format(least=MIN_CANDIDATES, most=MAX_CANDIDATES)
        raise UserError(sentence, "model", code="out_of_range")
    common = {"user": user, "project": project, "parent": parent}
    orders = [
        _build_order(key, text, takes, format, raw, idempotency_key=_candidate_request(request, key), **common)
        for key in keys
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
            generations = [
                write(replace(order, comparison=comparison, place=place)) for place, order in enumerate(orders)
            ]
            for generation in sorted(
                generations, key=lambda generation: generation.model.key
            ):  # hides their places in the ledger's order
                place_hold(generation)
            check_budgets(orders)
    except IntegrityError:
        # A concurrent request with the same key was inserted after the look-up above.
        if first := compared_before(user, idempotency_key):
            return first
        raise
    return comparison


def _candidate_request(request: CheckoutRequest, model_key: str) -> CheckoutRequest:
    """Return one model's request, with a key that is stable per submission and never equals a form's key."""
    return replace(request, key=sha256(f"{request.key}\n{model_key}".encode()).hexdigest())


def _build_order(model_key: str, text: str, takes: int, format: str, raw: Mapping[str, object], **common: Any) -> Order:
    choice = choice_of(model_key)
    spec = choice.spec
    fitting = format if format in spec.formats else spec.formats[0]

    def make() -> Order:
        return build_order(choice, text, min(takes, spec.takes_max), fitting, settings_for(spec, raw), **common)

    return _with_model_name(choice, make)


def settings_for(spec: ModelSpec, raw: Mapping[str, object]) -> dict[str, Value]:
    """Return a model's own settings out of values for several models; drop choices that this model does not offer.

    Raises:
        UserError: as for `clean_settings`.
    """
    choices = [field for field in spec.fields if field.kind == Kind.CHOICE and raw.get(field.name)]
    foreign = [field.name for field in choices if str(raw[field.name]).strip() not in dict(field.choices)]
    return clean_settings(spec, {**raw, **dict.fromkeys(foreign)})


def _with_model_name(choice: ModelChoice, make: Callable[[], Order]) -> Order:
    try:
        return make()
    except UserError as error:
        title, sentence = choice.spec.title, error.sentence
        about_all = error.field == "text" and error.code != "too_long"
        if about_all or title in sentence:
            raise
        raise UserError(f"{title}: {sentence}", error.field, code=error.code) from error


# --- results ---


def candidates(comparison: Comparison, known: GenerationQuerySet | None = None) -> list[Generation]:
    """Return the candidates by letter, limited to `known` if given; a retried candidate is its newest generation."""
    rows = comparison.generations.all() if known is None else known.filter(comparison=comparison)
    rows = rows.select_related("model__provider", "prompt", "price").order_by("id")
    return sorted({row.letter: row for row in rows}.values(), key=lambda row: row.letter)


def pick(comparison: Comparison, track: Track | None, actor: User) -> None:
    """Pick the take to keep, once for all members; reveal the comparison and star the take for `actor`.

    Raises:
        UserError: the track is not in the comparison, or another take was already picked.
    """
    if track is None or track.generation.comparison_id != comparison.pk:
        raise UserError(_("That take is not part of this comparison."), code="not_found")
    now = timezone.now()
    with transaction.atomic():
        row = Comparison.objects.filter(pk=comparison.pk)
        if not row.filter(picked=None).update(picked=track, picked_at=now) and not row.filter(picked=track).exists():
            sentence = _("Another take has already been picked. To keep this one as well, star it.")
            raise UserError(sentence, code="already_picked")
        _reveal(row, now)
        Star.objects.get_or_create(user=actor, track=track)


def reveal(comparison: Comparison) -> None:
    """Reveal the models without picking a take; idempotent."""
    with transaction.atomic():
        _reveal(Comparison.objects.filter(pk=comparison.pk), timezone.now())


def _reveal(comparisons: ComparisonQuerySet, now: dt.datetime) -> None:
    """Mark comparisons as revealed and reindex their takes so that search finds titles and models."""
    if comparisons.blind().update(revealed_at=now):
        tracks.reindex_all(Track.objects.filter(generation__comparison__in=comparisons))
