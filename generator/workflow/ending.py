"""How generations end: the last state and the money, in one transaction."""

from django.db import transaction
from django.utils import timezone

from generator import money
from generator.models import Delivery, Generation, State, Track, User
from generator.providers.errors import ProviderError
from generator.workflow import history, news, states
from generator.workflow.money import settle


def fail(generation: Generation, error: ProviderError, *, actor: User | None = None) -> bool:
    """End as failed with the error's sentence; charge nothing unless takes had already been delivered."""
    delivered = _delivered(generation)
    if delivered:
        return _finish(generation, delivered, f"{error.sentence} The takes that were finished are kept.")
    with transaction.atomic():
        ended = states.advance(
            generation,
            State.FAILED,
            error.sentence,
            actor=actor,
            data={"error": error.code, "words": error.words},
            error_code=error.code,
            error_sentence=error.sentence,
            provider_words=error.words,
            **_closing(),
        )
        if ended:
            settle(generation, 0, f"Failed: {error.sentence}"[:300], actor)
            news.ended(generation, error.sentence, is_good=False)
    return ended


def give_up(generation: Generation, actor: User, text: str) -> bool:
    """End as failed because a person says so; the caller settles, in the same transaction."""
    return states.advance(
        generation, State.FAILED, text, actor=actor, error_code="given_up", error_sentence=text, **_closing()
    )


def cancel(generation: Generation, actor: User, text: str) -> bool:
    """End as cancelled, charging only takes that were delivered before."""
    delivered = _delivered(generation)
    with transaction.atomic():
        ended = states.advance(
            generation, State.CANCELLED, text, actor=actor, cancel_asked_at=timezone.now(), **_closing()
        )
        if ended:
            settle(generation, delivered, "Cancelled" if not delivered else f"Cancelled; {delivered} kept", actor)
            if charged := delivered * generation.price_per_take:
                news.ended(generation, f"cancelled; {money.show(charged)} was charged for what arrived.", is_good=False)
    return ended


def finish_if_complete(generation: Generation) -> bool:
    """End a collecting generation once nothing more is coming: ready, or failed when no take survived."""
    if Delivery.objects.filter(generation=generation, collected_at=None, given_up_at=None).exists():
        return False
    delivered = _delivered(generation)
    if delivered:
        return _finish(generation, delivered, _lost_parts(generation))
    lost = Delivery.objects.filter(generation=generation, given_up_at__isnull=False).order_by("take").first()
    sentence = lost.error if lost else "The provider finished without delivering any audio. It cost nothing."
    return fail(generation, _Nothing(sentence))


def finish(generation: Generation) -> bool:
    """End as ready, charging what is there."""
    return _finish(generation, _delivered(generation), "")


def _lost_parts(generation: Generation) -> str:
    """What to say of an action some of whose parts did not arrive; its price is for the whole."""
    lost = Delivery.objects.filter(generation=generation, given_up_at__isnull=False)
    if not generation.model.is_action or not lost.exists():
        return ""
    return f"Ready, but {lost.count()} of the parts could not be fetched; the provider’s price is for all of them."


class _Nothing(ProviderError):
    code = "failed"


def _finish(generation: Generation, delivered: int, remark: str) -> bool:
    missing = generation.takes_asked - delivered
    text = remark or "Ready"
    if missing > 0:
        text = f"{text}: {delivered} of {generation.takes_asked} takes arrived; the rest was not charged."
    with transaction.atomic():
        if generation.state != State.COLLECTING and not states.advance(
            generation, State.COLLECTING, "Checking what arrived"
        ):
            return False
        ended = states.advance(
            generation,
            State.READY,
            text,
            error_sentence=text if missing > 0 or (generation.model.is_action and remark) else "",
            **_closing(),
        )
        if ended:
            late = _cancel_was_late(generation, delivered)
            reason = f"{delivered} of {generation.takes_asked} takes delivered"
            settle(generation, delivered, f"{reason}; cancelled too late" if late else reason)
            news.ended(generation, late or _news(generation, delivered, missing), is_good=not late)
    if ended:
        history.learn(generation.model)
    return ended


def _cancel_was_late(generation: Generation, delivered: int) -> str:
    """What a cancel after the sending came to, where money was charged all the same; empty otherwise."""
    charged = delivered * generation.price_per_take
    if not charged or not Generation.objects.filter(pk=generation.pk, cancel_asked_at__isnull=False).exists():
        return ""
    return f"the cancel came too late. {money.show(charged)} was charged; what arrived is kept."


def _news(generation: Generation, delivered: int, missing: int) -> str:
    if missing > 0:
        return f"{delivered} of {generation.takes_asked} takes are ready; the rest was not charged."
    takes = f"{delivered} takes are" if delivered > 1 else "the take is"
    return "done." if generation.model.is_action else f"{takes} ready to play."


def _delivered(generation: Generation) -> int:
    """How many takes there are to pay for: of an action one, once it has given an id or a part."""
    if generation.model.is_action:
        has_id = generation.reference_ids.exclude(registered_id="").exists()
        return int(has_id or generation.stems.exists())
    return Track.objects.filter(generation=generation).count()


def _closing() -> dict:
    return {"finished_at": timezone.now(), "due_at": None, "stage": ""}
