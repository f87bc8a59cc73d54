"""What a provider does with a sound that exists already: registering a reference, splitting a track into stems.

    asked (hold) ──► the sound is uploaded, free ──► sent once ──► id or parts ──► charge
                                                              └──► failed ──► release

An action is a generation of one take whose model row is the action's, so that holds, caps, doubt, retries and the
ledger are those of every other generation; what it works on is its `ActionRun`.
"""

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from generator import access
from generator.models import ActionRun, Generation, PrivateTrack, Project, Reference, ReferenceId, State, Track, User
from generator.providers.base import Gives, Snapshot, Value
from generator.providers.errors import Failed
from generator.workflow import catalogue, ending, references, states
from generator.workflow.catalogue import ActionChoice
from generator.workflow.order import CheckoutRequest, Order, Quote, place, placed_before, quote_of
from generator.workflow.refused import Refused
from generator.workflow.submit import clean_fields
from generator.workflow.submit import retry as retry_generation

FORMAT = "mp3"  # of what is sent; a prompt always names one


def quote(user: User, project: Project, choice: ActionChoice) -> Quote:
    """Price an action before the click."""
    return quote_of(user, project, [(choice.model, choice.price, 1)], choice.reason)


# --- registering a reference ---


def register(
    *, user: User, reference: Reference, provider_key: str, purpose: str, idempotency_key: str | CheckoutRequest
) -> Generation:
    """Ask a provider for an id of a reference, and set its price aside; while there is one, or one is on its way, the
    generation that pays for it is returned and nothing is asked.

    Raises:
        Refused: it cannot be registered, over budget among the reasons; nothing is left behind.
    """
    if first := placed_before(user, idempotency_key):
        return first
    choice = _offered(catalogue.registering(provider_key))
    _check_sound(reference, choice, purpose)
    text = f"Register “{reference.title}” with {choice.model.provider.title}"
    order = _order(user, reference.project, choice, text, {"purpose": purpose}, idempotency_key)
    try:
        with transaction.atomic():
            return _claim_id(reference, choice, purpose, order)
    except IntegrityError:
        # A twin of this press, or somebody else's, has the claim; the whole transaction is gone, hold and all.
        if first := placed_before(user, idempotency_key):
            return first
        if known := references.id_of(reference, choice.model.provider_id, purpose):
            return known.generation
        raise


def _claim_id(reference: Reference, choice: ActionChoice, purpose: str, order: Order) -> Generation:
    claims = ReferenceId.objects.select_for_update(of=("self",)).select_related("generation")
    known = claims.filter(reference=reference, account=choice.model.provider, purpose=purpose).first()
    if known and (known.is_good or known.is_under_way):
        return known.generation
    generation = place(order)
    ActionRun.objects.create(generation=generation, reference=reference)
    if known:
        known.generation, known.registered_id, known.expires_at = generation, "", None
        known.save()
    else:
        ReferenceId.objects.create(
            reference=reference, account=choice.model.provider, purpose=purpose, generation=generation
        )
    return generation


def _check_sound(reference: Reference, choice: ActionChoice, purpose: str) -> None:
    wanted = choice.spec.purpose(purpose)
    if wanted is None:
        raise Refused(f"{choice.model.provider.title} does not register sounds for this.")
    if reference.is_checking:
        raise Refused(f"“{reference.title}” is still being read. Try again in a moment.")
    if not reference.is_ready or reference.binned_at:
        raise Refused(f"“{reference.title}” cannot be used. {reference.problem}".strip())
    if reference.length_ms < wanted.least * 1000:
        seconds = reference.length_ms / 1000
        raise Refused(
            f"For this use ({wanted.title.lower()}) at least {wanted.least:g} seconds are needed; "
            f"“{reference.title}” has {seconds:.0f}."
        )


def registered(generation: Generation, snapshot: Snapshot) -> bool:
    """Keep the id a provider has given, and end as ready; False when this generation was not about an id."""
    spec = catalogue.action_of(generation.model.key)
    if spec is None or spec.gives != Gives.ID:
        return False
    if not snapshot.registered_id:
        sentence = "The provider said it was finished but gave no id. It was not charged."
        ending.fail(generation, Failed(sentence, words=str(dict(snapshot.raw))))
        return True
    with transaction.atomic():
        kept = ReferenceId.objects.filter(generation=generation).update(
            registered_id=snapshot.registered_id[:200], registered_at=timezone.now()
        )
        if kept:
            states.note(generation, f"Registered as {snapshot.registered_id[:200]}", data=dict(snapshot.raw))
        ending.finish(generation)
    return True


# --- splitting a track ---


def split(
    *,
    user: User,
    track: Track,
    action_key: str,
    settings: Mapping[str, object],
    idempotency_key: str | CheckoutRequest,
) -> Generation:
    """Ask a provider for the parts of a track, and set the price aside; while that runs, the running one is returned.

    Raises:
        Refused: it cannot be done, over budget among the reasons; nothing is left behind.
    """
    if first := placed_before(user, idempotency_key):
        return first
    choice = _offered(catalogue.action(action_key))
    if choice.spec.gives != Gives.PARTS:
        raise Refused("A track cannot be split with this.")
    # Cards and ledger lines show it to the whole project, which need not know what a private track is called.
    named = "a private track" if PrivateTrack.objects.filter(track=track).exists() else f"“{track.title}”"
    text = f"{choice.spec.title}: {named}"
    chosen = clean_fields(choice.spec.fields, settings)
    order = _order(user, track.project, choice, text, chosen, idempotency_key)
    try:
        with transaction.atomic():
            Track.objects.select_for_update().get(pk=track.pk)
            if running := under_way(track):
                return running
            generation = place(order)
            ActionRun.objects.create(generation=generation, track=track)
            return generation
    except IntegrityError:
        if first := placed_before(user, idempotency_key):
            return first
        raise


def under_way(track: Track) -> Generation | None:
    """The splitting of a track that has not ended yet."""
    runs = Generation.objects.filter(action__track=track).exclude(state__in=State.ended())
    return runs.order_by("-id").first()


def last_split(track: Track) -> Generation | None:
    """The newest splitting of a track, whatever became of it."""
    return Generation.objects.filter(action__track=track).select_related("model__provider").order_by("-id").first()


# --- both ---


def _offered(choice: ActionChoice | None) -> ActionChoice:
    if choice is None:
        raise Refused("That is not offered here any more.")
    if choice.reason:
        raise Refused(choice.reason)
    return choice


def _order(
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
        text=text,
        takes=1,
        format=FORMAT,
        settings=settings,
        idempotency_key=key,
    )


def retry(generation: Generation, actor: User, idempotency_key: str | CheckoutRequest) -> Generation:
    """Ask for the same again, an action or music, as a new generation with a hold of its own.

    Raises:
        Refused: as the first time, while the first one may still deliver, or when its sound is gone.
    """
    if not generation.model.is_action:
        return retry_generation(generation, actor, idempotency_key)
    if generation.state not in State.ended():
        raise Refused("It has not ended yet. It can be tried again once it has.")
    run, settings = generation.action, generation.prompt.settings
    if run.reference and not access.editable_references(actor).filter(pk=run.reference.pk).exists():
        raise Refused("The sound this was about is not yours to use any more.")
    if run.track and not access.editable_tracks(actor).filter(pk=run.track.pk).exists():
        raise Refused("The track this was about has been moved, or is private now.")
    if run.reference:
        again = register(
            user=actor,
            reference=run.reference,
            provider_key=generation.model.provider.key,
            purpose=settings.get("purpose", ""),
            idempotency_key=idempotency_key,
        )
    elif run.track:
        key = generation.model.key
        again = split(user=actor, track=run.track, action_key=key, settings=settings, idempotency_key=idempotency_key)
    else:
        raise Refused("The sound this was about has been deleted.")
    Generation.objects.filter(pk=generation.pk, dismissed_at__isnull=True).update(dismissed_at=timezone.now())
    return again
