"""Provider actions on existing audio: registering a reference, separating a track into stems.

    request (hold) ──► free upload of the audio ──► sent once ──► id or stems ──► charge
                                                              └──► failed ──► release

An action is a generation of one take whose model row is the action's. Holds, budgets, doubt, retries and the ledger
therefore work as for any other generation. Its `ProviderAction` holds its source.
"""

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generator import permissions
from generator.messages import Message, gettext_noop, join_texts
from generator.models import (
    Generation,
    PrivateTrack,
    Project,
    ProviderAction,
    ProviderReference,
    Reference,
    State,
    Track,
    User,
)
from generator.providers.base import Gives, Snapshot, Value
from generator.providers.errors import Failed
from generator.services.errors import NOT_CHARGED, UserError
from generator.services.generation import completion, states
from generator.services.generation.checkout import CheckoutRequest, Order, Part, Quote, place, placed_before, quote_of
from generator.services.generation.submit import clean_fields
from generator.services.generation.submit import retry as retry_generation
from generator.services.library import references
from generator.services.provider_jobs import catalog
from generator.services.provider_jobs.catalog import ActionChoice
from generator.translation import translate

FORMAT = "mp3"  # format in the prompt, which always names one


def quote(user: User, project: Project, choice: ActionChoice) -> Quote:
    """Return the quote for an action."""
    return quote_of(
        user,
        project,
        [Part(choice.model.provider.key, choice.total({}, 1), 1, choice.price.is_estimate)],
        choice.reason,
    )


# --- registering a reference ---


def register(
    *, user: User, reference: Reference, provider_key: str, purpose: str, idempotency_key: str | CheckoutRequest
) -> Generation:
    """Register a reference with a provider and hold the price.

    If an id exists or is being made, return the generation that pays for it and send nothing.

    Raises:
        UserError: it cannot be registered, or is over budget; nothing is written.
    """
    if first := placed_before(user, idempotency_key):
        return first
    choice = _require_available(catalog.registering(provider_key))
    _check_sound(reference, choice, purpose)
    text = f"Register “{reference.title}” with {choice.model.provider.title}"
    order = _build_order(user, reference.project, choice, text, {"purpose": purpose}, idempotency_key)
    try:
        with transaction.atomic():
            return _claim_id(reference, choice, purpose, order)
    except IntegrityError:
        # A concurrent request has the claim; the whole transaction, with its hold, was rolled back.
        if first := placed_before(user, idempotency_key):
            return first
        if known := references.id_of(reference, choice.model.provider_id, purpose):
            return known.generation
        raise


def _claim_id(reference: Reference, choice: ActionChoice, purpose: str, order: Order) -> Generation:
    claims = ProviderReference.objects.select_for_update(of=("self",)).select_related("generation")
    known = claims.filter(reference=reference, account=choice.model.provider, purpose=purpose).first()
    if known and (known.is_good or known.is_under_way):
        return known.generation
    generation = place(order)
    ProviderAction.objects.create(generation=generation, reference=reference)
    if known:
        known.generation, known.registered_id, known.expires_at = generation, "", None
        known.save()
    else:
        ProviderReference.objects.create(
            reference=reference, account=choice.model.provider, purpose=purpose, generation=generation
        )
    return generation


def _check_sound(reference: Reference, choice: ActionChoice, purpose: str) -> None:
    use = choice.spec.purpose(purpose)
    if use is None:
        sentence = _("{provider} does not register references for this use.")
        raise UserError(sentence.format(provider=choice.model.provider.title), code="unsupported_use")
    if reference.is_checking:
        sentence = _("“{title}” is still being processed. Try again in a moment.").format(title=reference.title)
        raise UserError(sentence, code="not_ready")
    if not reference.is_ready or reference.trashed_at:
        sentence = _("“{title}” cannot be used. {problem}").format(
            title=reference.title, problem=translate(reference.problem)
        )
        raise UserError(sentence.strip(), code="reference_unusable")
    if reference.length_ms < use.min_s * 1000:
        seconds = reference.length_ms / 1000
        sentence = _(
            "“{title}” is {seconds} seconds long; this use ({use}) needs at least {least} seconds of audio."
        ).format(use=use.title.lower(), least=f"{use.min_s:g}", title=reference.title, seconds=f"{seconds:.0f}")
        raise UserError(sentence, code="too_short")


def registered(generation: Generation, snapshot: Snapshot) -> bool:
    """Store a provider's id for a reference and end as ready; return False if the action does not give an id."""
    spec = catalog.action_of(generation.model.key)
    if spec is None or spec.gives != Gives.ID:
        return False
    if not snapshot.registered_id:
        sentence = join_texts(gettext_noop("The provider reported success but returned no ID."), NOT_CHARGED)
        completion.fail(generation, Failed(sentence, words=str(dict(snapshot.raw))))
        return True
    with transaction.atomic():
        is_stored = ProviderReference.objects.filter(generation=generation).update(
            registered_id=snapshot.registered_id[:200], registered_at=timezone.now()
        )
        if is_stored:
            states.note(
                generation, Message("Registered as {id}", id=snapshot.registered_id[:200]), data=dict(snapshot.raw)
            )
        completion.finish(generation)
    return True


# --- stem separation ---


def separate_stems(
    *, user: User, track: Track, action_key: str, settings: Mapping[str, object], idempotency_key: str | CheckoutRequest
) -> Generation:
    """Request a stem separation from a provider and hold the price; return the running one if there is one.

    Raises:
        UserError: the request is invalid or over budget; nothing is written.
    """
    if first := placed_before(user, idempotency_key):
        return first
    choice = _require_available(catalog.action(action_key))
    if choice.spec.gives != Gives.PARTS:
        raise UserError(_("This action does not separate tracks into stems."), code="unsupported_use")
    # The whole project sees cards and ledger lines, so they must not name a private track.
    title = "a private track" if PrivateTrack.objects.filter(track=track).exists() else f"“{track.title}”"
    text = f"{choice.spec.title}: {title}"
    chosen = clean_fields(choice.spec.fields, settings)
    order = _build_order(user, track.project, choice, text, chosen, idempotency_key)
    try:
        with transaction.atomic():
            Track.objects.select_for_update().get(pk=track.pk)
            if running := under_way(track):
                return running
            generation = place(order)
            ProviderAction.objects.create(generation=generation, track=track)
            return generation
    except IntegrityError:
        if first := placed_before(user, idempotency_key):
            return first
        raise


def under_way(track: Track) -> Generation | None:
    """Return a track's unfinished stem separation, or None."""
    generations = Generation.objects.filter(provider_action__track=track).exclude(state__in=State.ended())
    return generations.order_by("-id").first()


def last_separation(track: Track) -> Generation | None:
    """Return a track's newest stem separation, in any state, or None."""
    return (
        Generation.objects.filter(provider_action__track=track)
        .select_related("model__provider")
        .order_by("-id")
        .first()
    )


# --- both ---


def _require_available(choice: ActionChoice | None) -> ActionChoice:
    if choice is None:
        raise UserError(_("This action is no longer available."), code="action_unavailable")
    if choice.reason:
        raise UserError(choice.reason, code="action_unavailable")
    return choice


def _build_order(
    user: User,
    project: Project,
    choice: ActionChoice,
    text: str,
    settings: Mapping[str, Value],
    key: str | CheckoutRequest,
) -> Order:
    return Order(
        user=user,
        project=project,
        model=choice.model,
        price=choice.price,
        total=choice.total(settings, 1),
        text=text,
        takes=1,
        format=FORMAT,
        settings=settings,
        idempotency_key=key,
    )


def retry(generation: Generation, actor: User, idempotency_key: str | CheckoutRequest) -> Generation:
    """Submit the same action or music request as a new generation with its own hold.

    Raises:
        UserError: as for the first request; the first one may still deliver; or its source is gone.
    """
    if not generation.model.is_action:
        return retry_generation(generation, actor, idempotency_key)
    if generation.state not in State.ended():
        sentence = _("This generation is still in progress. Try again when it has finished.")
        raise UserError(sentence, code="not_finished")
    action, settings = generation.provider_action, generation.prompt.settings
    if action.reference and not permissions.editable_references(actor).filter(pk=action.reference.pk).exists():
        raise UserError(_("You no longer have access to the reference in this request."), code="source_gone")
    if action.track and not permissions.editable_tracks(actor).filter(pk=action.track.pk).exists():
        sentence = _("The track in this request has been moved or made private.")
        raise UserError(sentence, code="source_gone")
    if action.reference:
        new_generation = register(
            user=actor,
            reference=action.reference,
            provider_key=generation.model.provider.key,
            purpose=settings.get("purpose", ""),
            idempotency_key=idempotency_key,
        )
    elif action.track:
        key = generation.model.key
        new_generation = separate_stems(
            user=actor, track=action.track, action_key=key, settings=settings, idempotency_key=idempotency_key
        )
    else:
        raise UserError(_("The audio in this request has been deleted."), code="source_gone")
    Generation.objects.filter(pk=generation.pk, dismissed_at__isnull=True).update(dismissed_at=timezone.now())
    return new_generation
