"""The job runner: submit a due generation, poll it, read its stream, or search for it at the provider.

Database work runs in threads (`sync_to_async`) and never while a reply is awaited. A provider's job id is committed
as soon as it is read.
"""

import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import Any, ParamSpec, TypeGuard, TypeVar

import httpx
from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generator.currency import Micros
from generator.messages import Message, gettext_noop, join_texts
from generator.models import Generation, ProviderWebhookEvent, State
from generator.providers.base import (
    Cancelling,
    Output,
    PollProvider,
    Progress,
    Provider,
    Quoting,
    Request,
    Snapshot,
    StreamProvider,
)
from generator.providers.errors import Busy, Failed, InDoubt, OperatorMustAct, PriceChanged, ProviderError, Rejected
from generator.services.background import received_files
from generator.services.connectors import pinning
from generator.services.errors import NOT_CHARGED
from generator.services.generation import completion, states
from generator.services.generation.local_jobs import request_of
from generator.services.model_choice import fallback
from generator.services.provider_jobs import (
    adoption,
    backoff,
    catalog,
    circuit_breaker,
    downloader,
    provider_accounts,
    provider_actions,
    upload_source,
    waiting_reasons,
)

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

STREAM_CLAIM_S = 150.0  # seconds that a row stays claimed between snapshots of an open stream


async def advance(generation: Generation, http: httpx.AsyncClient) -> None:
    """Advance one claimed generation by a step; every outcome leaves a state that determines the next step."""
    if generation.state != State.QUEUED and (outputs := received_files.outputs_of(generation)):
        await _db(_deliver_received)(generation, outputs)
        return
    if generation.state == State.SUBMITTING:
        await _db(_handle_doubt)(generation, "The studio was interrupted while sending the request")
        return
    provider = waiting_reasons.provider_of(generation)
    if isinstance(provider, waiting_reasons.Reason):
        await _db(backoff.stand_by)(generation, provider)
        return
    if generation.state == State.QUEUED:
        await _submit(provider, generation, http)
    elif generation.provider_job_id or generation.state == State.RUNNING:
        await _poll(provider, generation, http)
    else:
        await _find_job(provider, generation, http)


def _db(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Run the loop's database work on the worker's own thread and connection."""
    return sync_to_async(function, thread_sensitive=True)


# --- submit: at most once ---


async def _submit(provider: Provider, generation: Generation, http: httpx.AsyncClient) -> None:
    if generation.model.is_action and not await upload_source.upload_source(provider, generation, http):
        return
    request = await _db(request_of)(generation)
    if isinstance(provider, Quoting):
        try:
            await _agree(provider, generation, request, http)  # before the attempt, so a crash here has sent nothing
        except ProviderError as error:
            await _db(_handle_error)(generation, error)
            return
        request = replace(request, price=None)
    if not await _db(_attempt)(generation, provider):
        return
    claim = STREAM_CLAIM_S if isinstance(provider, StreamProvider) else None
    try:
        async with contextlib.aclosing(_answers(provider, request, http)) as snapshots:
            async for snapshot in snapshots:
                await _db(_apply_snapshot)(generation, snapshot, claim)
        await _db(_stream_over)(generation)
    except ProviderError as error:
        await _db(_handle_error)(generation, error)
    except Exception as error:
        log.exception("submitting %s", generation.public_id)
        await _db(_handle_error)(generation, InDoubt(backoff.LOST_MESSAGE, words=f"{type(error).__name__}: {error}"))


async def _agree(provider: Quoting, generation: Generation, request: Request, http: httpx.AsyncClient) -> None:
    """Compare the provider's quote with the hold, or with the listed price if it was confirmed since.

    The charge stays as held; the billing review handles a difference.
    """
    try:
        await provider.agree(request, http)
    except PriceChanged:
        listed = await _db(_listed)(generation)
        if listed in (None, request.price):
            raise
        await provider.agree(replace(request, price=listed), http)


def _listed(generation: Generation) -> Micros | None:
    find_choice = catalog.action if generation.model.is_action else catalog.choice
    choice = find_choice(generation.model.key)
    return choice.total_again(generation) if choice else None


async def _answers(provider: Provider, request: Request, http: httpx.AsyncClient) -> AsyncGenerator[Snapshot]:
    if isinstance(provider, PollProvider):
        yield await provider.submit(request, http)
    elif isinstance(provider, StreamProvider):
        async for snapshot in provider.stream(request, http):
            yield snapshot
    else:
        raise Failed(gettext_noop("This model runs on this machine and cannot be sent to a provider."))


def _attempt(generation: Generation, provider: Provider) -> bool:
    """Record the attempt, and how it is made, before sending; only the caller that makes this transition may send."""
    now = timezone.now()
    with transaction.atomic():
        is_ours = states.advance(
            generation,
            State.SUBMITTING,
            Message("Sending to {provider}", provider=generation.model.provider.title),
            submit_attempted_at=now,
            started_at=now,
            attempts=F("attempts") + 1,
            due_at=states.later(now, STREAM_CLAIM_S),
            stage=gettext_noop("Sending"),
        )
        if is_ours:
            pinning.pin(generation, provider)
    return is_ours


def _handle_error(generation: Generation, error: ProviderError) -> None:
    generation.refresh_from_db(
        fields=["state", "provider_job_id", "attempts", "failed_polls", "wait_reason", "cancel_requested_at"]
    )
    account = generation.model.provider
    # After acceptance, only `Failed` ends it; no other error may cause the request to be sent again.
    accepted = bool(generation.provider_job_id) or generation.state not in (State.QUEUED, State.SUBMITTING)
    if isinstance(error, InDoubt) or (accepted and not isinstance(error, Failed)):
        _handle_doubt(generation, error.sentence, words=error.words)
        backoff.record_failure(generation, error)
    elif isinstance(error, (Busy, OperatorMustAct)):
        backoff.record_failure(generation, error)
        backoff.stay_queued(generation, error)
        if isinstance(error, OperatorMustAct):
            fallback.follow_up(generation)
    else:
        if isinstance(error, Rejected):
            circuit_breaker.record_success(account)
        completion.fail(generation, error)


def _handle_doubt(generation: Generation, reason: str, *, words: str = "") -> None:
    """Handle a lost connection: with a job id, poll again; without one, mark as in doubt and never resend."""
    now = timezone.now()
    if generation.provider_job_id:
        due_at, text = states.later(now, 5), Message("{problem}; polling again with its job ID", problem=reason)
        if states.advance(
            generation, State.RUNNING, text, sources=[State.SUBMITTING], due_at=due_at, stage=gettext_noop("Generating")
        ):
            return  # the process had died between storing the id and the next state
        Generation.objects.filter(pk=generation.pk, state=State.RUNNING).update(due_at=due_at)
        states.note(generation, text, data={"words": words})
        return
    backoff.mark_in_doubt(generation, reason, words=words, due_at=states.later(now, 5))


def _stream_over(generation: Generation) -> None:
    """Handle the end of a stream or single answer; without an id or a result, the generation is in doubt."""
    generation.refresh_from_db(fields=["state", "provider_job_id"])
    if generation.state == State.SUBMITTING or (generation.state == State.RUNNING and not generation.provider_job_id):
        _handle_doubt(generation, gettext_noop("The provider’s answer ended early"))


# --- snapshots ---


def _apply_snapshot(generation: Generation, snapshot: Snapshot, claim: float | None = None) -> None:
    """Store a provider's snapshot: the job id first, then progress, outputs or failure."""
    account = generation.model.provider
    if snapshot.provider_job_id and snapshot.provider_job_id != generation.provider_job_id:
        if not adoption.assign_job(generation, snapshot.provider_job_id, snapshot):
            if generation.state == State.SUBMITTING:
                backoff.mark_in_doubt(
                    generation, backoff.TAKEN_MESSAGE, due_at=states.later(timezone.now(), backoff.SEARCH_INTERVAL_S)
                )
            return
        circuit_breaker.record_accepted_job(account)
    circuit_breaker.record_success(account)
    if snapshot.cost is not None:
        provider_accounts.record_cost(generation, snapshot.cost)
    if snapshot.progress in (Progress.CANCELED, Progress.FAILED) and generation.cancel_accepted:
        backoff.end_canceled(generation, catalog.canceled_job(generation))
    elif snapshot.progress in (Progress.CANCELED, Progress.FAILED):
        completion.fail(generation, Failed(_failed_sentence(generation), words=snapshot.error))
    elif snapshot.progress == Progress.COMPLETED:
        _handle_success(generation, snapshot)
    else:
        _under_way(generation, snapshot, claim)


def _failed_sentence(generation: Generation) -> str:
    title = generation.model.provider.title
    return join_texts(
        Message("{provider} accepted this but could not make it.", provider=title),
        NOT_CHARGED,
        gettext_noop("Try again, or use another model."),
    )


def _handle_success(generation: Generation, snapshot: Snapshot) -> None:
    if generation.model.is_action and provider_actions.registered(generation, snapshot):
        return
    if not snapshot.outputs:
        sentence = join_texts(gettext_noop("The provider reported success but delivered no audio."), NOT_CHARGED)
        completion.fail(generation, Failed(sentence, words=str(dict(snapshot.raw))))
        return
    count, requested = len(snapshot.outputs), generation.takes_requested
    text = (
        Message("{count} finished at the provider", count=count)
        if generation.model.is_action
        else Message("{count} of {requested} finished at the provider", count=count, requested=requested)
    )
    with transaction.atomic():
        is_moved = states.advance(
            generation,
            State.COLLECTING,
            text,
            data=dict(snapshot.raw),
            stage=gettext_noop("Downloading and checking"),
            percent=90,
            due_at=None,
            machine_ms=_machine_ms(generation),
            **backoff.FOUND_COLUMNS,
        )
        if is_moved:
            downloader.announce(generation, snapshot.outputs)


def _machine_ms(generation: Generation) -> int | None:
    """Return for how long a server of the operator's was seen at work; None for others, and if it was never seen."""
    if generation.machine_from is None:
        return None
    return round((timezone.now() - generation.machine_from).total_seconds() * 1000)


def _deliver_received(generation: Generation, outputs: tuple[Output, ...]) -> None:
    """Deliver what a reply had brought before its process died: it was made and is paid, whatever is known of it."""
    states.note(generation, gettext_noop("The provider’s reply had arrived completely before the interruption"))
    _handle_success(generation, Snapshot(Progress.COMPLETED, generation.provider_job_id, outputs=outputs))


def _under_way(generation: Generation, snapshot: Snapshot, claim: float | None) -> None:
    now = timezone.now()
    wait = min(claim or snapshot.retry_after or 0.0, backoff.MAX_RETRY_AFTER_S)
    changes: dict[str, Any] = {"stage": _stage(snapshot), **backoff.FOUND_COLUMNS}
    if snapshot.percent is not None:
        changes["percent"] = _percent(snapshot)
    is_at_work = snapshot.progress == Progress.RUNNING and generation.machine_from is None
    if is_at_work and catalog.is_own_machine(generation):
        changes["machine_from"] = now
    if generation.state == State.RUNNING:
        if wait:
            changes["due_at"] = states.later(now, wait)
        Generation.objects.filter(pk=generation.pk, state=State.RUNNING).update(**changes)
        for name, value in changes.items():
            setattr(generation, name, value)
        return
    changes["due_at"] = states.later(now, wait or backoff.next_poll(generation, now))
    if (
        not states.advance(generation, State.RUNNING, gettext_noop("Generating"), **changes)
        or not generation.provider_job_id
    ):
        return
    if ProviderWebhookEvent.objects.filter(
        account=generation.model.provider_id, provider_job_id=generation.provider_job_id
    ).exists():
        # The webhook event came before the id was stored; later ones find the row running.
        Generation.objects.filter(pk=generation.pk, state=State.RUNNING).update(due_at=now)


def _stage(snapshot: Snapshot) -> str:
    if snapshot.stage:
        return snapshot.stage[:80]
    if snapshot.position is not None:
        return Message("In the provider’s queue, place {place}", place=snapshot.position)
    return gettext_noop("Generating")


def _percent(snapshot: Snapshot) -> int:
    return max(0, min(99, snapshot.percent or 0))


def _is_news(generation: Generation, snapshot: Snapshot) -> bool:
    """Return whether a poll's answer changes anything; the claim has already set the next poll."""
    return (
        snapshot.progress in (Progress.COMPLETED, Progress.FAILED, Progress.CANCELED)
        or snapshot.retry_after is not None
        or _stage(snapshot) != generation.stage
        or (snapshot.percent is not None and _percent(snapshot) != generation.percent)
        or generation.state != State.RUNNING
        or bool(generation.wait_reason)
        or generation.failed_polls > 0
        or circuit_breaker.is_counting(generation.model.provider)
    )


# --- polling and searching ---


_polled: dict[type, bool] = {}  # a protocol check costs as much as the rest of a poll without changes


def _is_polled(provider: Provider) -> TypeGuard[PollProvider]:
    kind = type(provider)
    if kind not in _polled:
        _polled[kind] = isinstance(provider, PollProvider)
    return _polled[kind]


async def _poll(provider: Provider, generation: Generation, http: httpx.AsyncClient) -> None:
    if not generation.provider_job_id:  # the stream ended before sending an id, so there is nothing to poll
        await _db(_handle_doubt)(generation, "The provider’s answer ended early")
        return
    await _ask_to_cancel(provider, generation, http)
    try:
        if _is_polled(provider):
            snapshot: Snapshot | None = await provider.poll(generation.provider_job_id, http)
        elif isinstance(provider, StreamProvider):
            snapshot = await provider.recover(generation.provider_job_id, http)
        else:
            raise Failed(gettext_noop("This model runs on this machine and has no job at a provider."))
    except Failed as error:
        await _db(completion.fail)(generation, error)
        return
    except ProviderError as error:
        await _db(backoff.ask_later)(generation, error, backoff.next_poll(generation, timezone.now()))
        return
    if snapshot is None and generation.cancel_accepted:
        canceled = Snapshot(Progress.CANCELED, generation.provider_job_id)  # taken from its queue, and forgotten
        await _db(_apply_snapshot)(generation, canceled)
    elif snapshot is None:
        await _db(backoff.unknown)(
            generation, backoff.next_poll(generation, timezone.now()), at_once=not _is_polled(provider)
        )
    elif snapshot.progress in (Progress.WAITING, Progress.RUNNING) and backoff.is_over(generation):
        await _db(backoff.give_up)(generation)
    elif _is_news(generation, snapshot):
        await _db(_apply_snapshot)(generation, snapshot)


async def _ask_to_cancel(provider: Provider, generation: Generation, http: httpx.AsyncClient) -> None:
    """Ask the provider to stop a job whose cancel was requested, until it has answered; its polls tell how it ended."""
    if not generation.cancel_requested_at or generation.cancel_accepted is not None:
        return
    if not isinstance(provider, Cancelling) or provider.canceled_job is None:
        return
    try:
        is_accepted = await provider.cancel(generation.provider_job_id, http)
    except ProviderError as error:
        log.info("%s could not be canceled yet: %s", generation.public_id, error.sentence)
        return
    await _db(_record_cancel)(generation, is_accepted)


def _record_cancel(generation: Generation, is_accepted: bool) -> None:
    Generation.objects.filter(pk=generation.pk).update(cancel_accepted=is_accepted)
    generation.cancel_accepted = is_accepted
    accepted = gettext_noop("The provider accepted the cancellation")
    states.note(generation, accepted if is_accepted else gettext_noop("The provider did not cancel the job"))


async def _find_job(provider: Provider, generation: Generation, http: httpx.AsyncClient) -> None:
    """Search the provider's list, if it has one, for a job whose id is unknown."""
    snapshot: Snapshot | None = None
    several = False
    if isinstance(provider, PollProvider) and generation.submit_attempted_at:
        try:
            known_job_ids = await _db(adoption.known)(generation)
            since = generation.submit_attempted_at.timestamp()
            request = await _db(request_of)(generation)
            snapshot = await provider.find(request, since, http, known=known_job_ids)
        except InDoubt:
            several = True
        except Rejected as error:  # it is certain that the provider never accepted it
            await _db(completion.fail)(generation, error)
            return
        except ProviderError as error:
            if isinstance(error, OperatorMustAct) and error.cause not in backoff.ABOUT_ONE_JOB:
                await _db(backoff.record_failure)(generation, error)
            log.info("the list in which %s may stand could not be read: %s", generation.public_id, error.sentence)
    await _db(backoff.record_poll)(generation, snapshot, several=several)
