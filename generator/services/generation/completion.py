"""Completion of generations: the final state and the settlement, in one transaction."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generator import currency
from generator.messages import Message, gettext_noop, join_texts
from generator.models import Generation, RemoteOutput, State, Track, User
from generator.providers.errors import ProviderError, Rejected
from generator.services.billing.ledger import settle
from generator.services.errors import NOT_CHARGED
from generator.services.generation import eta, states
from generator.services.provider_jobs import catalog
from generator.services.team import notifications
from generator.translation import translate

REPLACED = "replaced"  # the error code of a generation whose place another one took


def fail(generation: Generation, error: ProviderError, *, actor: User | None = None) -> bool:
    """Fail with the error's message; if takes were already delivered, keep and charge them and end as ready."""
    delivered = _delivered(generation)
    if delivered:
        return _finish(generation, delivered, join_texts(error.sentence, gettext_noop("The finished takes were kept.")))
    with transaction.atomic():
        ended = states.advance(
            generation,
            State.FAILED,
            error.sentence,
            actor=actor,
            data={"error": error.code, "words": error.words},
            error_code=error.code,
            error_message=error.sentence,
            provider_message=error.words,
            suggestion=(error.suggestion or None) if isinstance(error, Rejected) else None,
            **_ended_columns(),
        )
        if ended:
            settle(generation, 0, f"Failed: {error.sentence}"[:300], actor)
            notifications.ended(generation, translate(error.sentence), is_good=False)
    return ended


def give_up(generation: Generation, actor: User, text: str) -> bool:
    """Fail on a person's decision; the caller settles in the same transaction."""
    return states.advance(
        generation, State.FAILED, text, actor=actor, error_code="given_up", error_message=text, **_ended_columns()
    )


def replace(generation: Generation, text: str, *, actor: User | None = None) -> bool:
    """End a queued generation because another one takes its place; the caller settles in the same transaction."""
    return states.advance(
        generation,
        State.FAILED,
        text,
        sources=[State.QUEUED],
        actor=actor,
        error_code=REPLACED,
        error_message=text,
        dismissed_at=timezone.now(),
        **_ended_columns(),
    )


def cancel(generation: Generation, actor: User, text: str, *, sources: Iterable[State] | None = None) -> bool:
    """Cancel, charging only the takes already delivered; `sources`: only if it still is in one of these states."""
    delivered = _delivered(generation)
    with transaction.atomic():
        ended = states.advance(
            generation,
            State.CANCELLED,
            text,
            sources=sources,
            actor=actor,
            cancel_requested_at=timezone.now(),
            **_ended_columns(),
        )
        if ended:
            settle(generation, delivered, "Canceled" if not delivered else f"Canceled; {delivered} kept", actor)
            if charged := generation.price_of(delivered):
                sentence = _("canceled. You were charged {amount} for the takes that had already arrived.")
                notifications.ended(generation, sentence.format(amount=currency.show(charged)), is_good=False)
    return ended


def cancel_at_provider(generation: Generation, *, is_charged: bool) -> bool:
    """Cancel a job that its provider has stopped, charging nothing, or all of it where the provider does the same."""
    text = gettext_noop("Canceled at the provider")
    if not is_charged:
        return cancel(generation, generation.author, text)
    with transaction.atomic():
        ended = states.advance(generation, State.CANCELLED, text, **_ended_columns())
        if ended:
            settle(generation, generation.takes_requested, "Canceled; the provider charges for canceled jobs")
            sentence = _("canceled. You were charged {amount}, because the provider charges for canceled jobs.")
            amount = currency.show(generation.price_total)
            notifications.ended(generation, sentence.format(amount=amount), is_good=False)
    return ended


def finish_if_complete(generation: Generation) -> bool:
    """End a collecting generation once no output is pending: as ready, or as failed when no take arrived."""
    if RemoteOutput.objects.filter(generation=generation, collected_at=None, given_up_at=None).exists():
        return False
    delivered = _delivered(generation)
    if delivered:
        return _finish(generation, delivered, _lost_parts(generation))
    lost = RemoteOutput.objects.filter(generation=generation, given_up_at__isnull=False).order_by("take").first()
    sentence = (
        lost.error
        if lost
        else join_texts(gettext_noop("The provider finished without delivering any audio."), NOT_CHARGED)
    )
    return fail(generation, _Nothing(sentence))


def finish(generation: Generation) -> bool:
    """End as ready, charging the delivered takes."""
    return _finish(generation, _delivered(generation), "")


def _lost_parts(generation: Generation) -> str:
    """Return the message for an action with missing files (the price covers all of them), or an empty string."""
    lost = RemoteOutput.objects.filter(generation=generation, given_up_at__isnull=False)
    if not generation.model.is_action or not lost.exists():
        return ""
    return Message(
        "Ready, but {count} of the stems could not be downloaded. The provider charges for all of them.",
        count=lost.count(),
    )


class _Nothing(ProviderError):
    code = "failed"


def _finish(generation: Generation, delivered: int, remark: str) -> bool:
    missing = generation.takes_requested - delivered
    text = remark or gettext_noop("Ready")
    if missing > 0:
        arrived = Message(
            "{delivered} of {requested} takes arrived. You were not charged for the rest.",
            delivered=delivered,
            requested=generation.takes_requested,
        )
        text = join_texts(remark, arrived) if remark else Message("Ready: {arrived}", arrived=arrived)
    with transaction.atomic():
        if generation.state != State.COLLECTING and not states.advance(
            generation, State.COLLECTING, gettext_noop("Checking the delivered files")
        ):
            return False
        ended = states.advance(
            generation,
            State.READY,
            text,
            error_message=text if missing > 0 or (generation.model.is_action and remark) else "",
            **_ended_columns(),
        )
        if ended:
            late = _cancel_was_late(generation, delivered)
            reason = f"{delivered} of {generation.takes_requested} takes delivered"
            settle(generation, delivered, f"{reason}; canceled too late" if late else reason)
            notifications.ended(generation, late or _result_message(generation, delivered, missing), is_good=not late)
    if ended:
        eta.learn(generation.model)
        catalog.record_trial(generation)
    return ended


def _cancel_was_late(generation: Generation, delivered: int) -> str:
    """Return the message for a cancel that came too late to avoid a charge, or an empty string."""
    charged = generation.price_of(delivered)
    if not charged or not Generation.objects.filter(pk=generation.pk, cancel_requested_at__isnull=False).exists():
        return ""
    sentence = _("canceled too late. You were charged {amount}; the takes that arrived were kept.")
    return sentence.format(amount=currency.show(charged))


def _result_message(generation: Generation, delivered: int, missing: int) -> str:
    if missing > 0:
        sentence = _("{delivered} of {requested} takes are ready. You were not charged for the rest.")
        return sentence.format(delivered=delivered, requested=generation.takes_requested)
    if generation.model.is_action:
        return _("done.")
    return ngettext("ready to play.", "{count} takes are ready to play.", delivered).format(count=delivered)


def _delivered(generation: Generation) -> int:
    """Return the number of takes to charge; for an action, 1 once it has produced an id or a stem."""
    if generation.model.is_action:
        has_id = generation.provider_references.exclude(registered_id="").exists()
        return int(has_id or generation.stems.exists())
    return Track.objects.filter(generation=generation).count()


def _ended_columns() -> dict[str, Any]:
    return {"finished_at": timezone.now(), "due_at": None, "stage": ""}
