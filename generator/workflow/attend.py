"""What the sweep does with one due generation: submit it, ask how it is, read its stream, or look for it.

Database work runs in threads (`sync_to_async`) and never while a reply is awaited; a provider's id is committed the
moment it is read.
"""

import contextlib
import datetime as dt
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import Any, ParamSpec, TypeGuard, TypeVar

import httpx
from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generator.models import Generation, Notice, Price, State
from generator.money import Micros
from generator.providers.base import PollProvider, Progress, Provider, Quoting, Request, Snapshot, StreamProvider
from generator.providers.errors import Busy, Failed, InDoubt, OperatorMustAct, PriceChanged, ProviderError, Rejected
from generator.workflow import (
    actions,
    adoption,
    breaker,
    catalogue,
    collect,
    ending,
    handover,
    looking,
    states,
    waiting,
)
from generator.workflow.compose import request_of

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

PATIENT_AFTER = dt.timedelta(minutes=15)  # our giving up on a quick answer is not their failure
STREAM_CLAIM = 150.0  # seconds a row stays claimed between two snapshots of an open stream


async def attend(generation: Generation, http: httpx.AsyncClient) -> None:
    """Move one claimed generation a step; every outcome leaves it in a state that says what is next."""
    if generation.state == State.SUBMITTING:
        await _db(_doubt)(generation, "The studio was interrupted while sending it")
        return
    provider = waiting.provider_of(generation)
    if isinstance(provider, waiting.Reason):
        await _db(looking.stand_by)(generation, provider)
        return
    if generation.state == State.QUEUED:
        await _submit(provider, generation, http)
    elif generation.handle or generation.state == State.RUNNING:
        await _ask(provider, generation, http)
    else:
        await _look_for(provider, generation, http)


def _db(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Run database work of the loop on the worker's own thread and connection."""
    return sync_to_async(function, thread_sensitive=True)


# --- submit: at most once ---


async def _submit(provider: Provider, generation: Generation, http: httpx.AsyncClient) -> None:
    if generation.model.is_action and not await handover.handed_over(provider, generation, http):
        return
    request = request_of(generation)
    if isinstance(provider, Quoting):
        try:
            await _agree(provider, generation, request, http)  # before the attempt: what dies here has sent nothing
        except ProviderError as error:
            await _db(_refused)(generation, error)
            return
        request = replace(request, price=None)
    if not await _db(_attempt)(generation):
        return
    claim = STREAM_CLAIM if isinstance(provider, StreamProvider) else None
    try:
        async with contextlib.aclosing(_answers(provider, request, http)) as snapshots:
            async for snapshot in snapshots:
                await _db(_heard)(generation, snapshot, claim)
        await _db(_stream_over)(generation)
    except ProviderError as error:
        await _db(_refused)(generation, error)
    except Exception as error:
        log.exception("submitting %s", generation.ref)
        await _db(_refused)(generation, InDoubt(looking.LOST, words=f"{type(error).__name__}: {error}"))


async def _agree(provider: Quoting, generation: Generation, request: Request, http: httpx.AsyncClient) -> None:
    """Compare their quote with what was set aside, or with the list where somebody has confirmed a price since.

    What was set aside stays what is charged; a difference is for the billing review.
    """
    try:
        await provider.agree(request, http)
    except PriceChanged:
        listed = await _db(_listed)(generation)
        if listed in (None, request.price):
            raise
        await provider.agree(replace(request, price=listed), http)


def _listed(generation: Generation) -> Micros | None:
    price = Price.objects.at(generation.model, timezone.now())
    return Micros(price.per_take * generation.takes_asked) if price else None


async def _answers(provider: Provider, request: Request, http: httpx.AsyncClient) -> AsyncGenerator[Snapshot]:
    if isinstance(provider, PollProvider):
        yield await provider.submit(request, http)
    elif isinstance(provider, StreamProvider):
        async for snapshot in provider.stream(request, http):
            yield snapshot
    else:
        raise Failed("This model is made on this machine and cannot be sent anywhere.")


def _attempt(generation: Generation) -> bool:
    """Write the attempt down before the request leaves; whoever draws this arrow is the only one who may send."""
    now = timezone.now()
    return states.advance(
        generation,
        State.SUBMITTING,
        f"Sending it to {generation.model.provider.title}",
        submit_attempted_at=now,
        started_at=now,
        attempts=F("attempts") + 1,
        due_at=states.later(now, STREAM_CLAIM),
        stage="Sending",
    )


def _refused(generation: Generation, error: ProviderError) -> None:
    generation.refresh_from_db(fields=["state", "handle", "attempts", "failed_looks", "wait_reason", "cancel_asked_at"])
    account = generation.model.provider
    # Once it was accepted, only its failure is an end: whatever else is said does not mean "send it again".
    accepted = bool(generation.handle) or generation.state not in (State.QUEUED, State.SUBMITTING)
    if isinstance(error, InDoubt) or (accepted and not isinstance(error, Failed)):
        _doubt(generation, error.sentence, words=error.words)
        looking.blame(generation, error)
    elif isinstance(error, (Busy, OperatorMustAct)):
        looking.blame(generation, error)
        looking.stay_queued(generation, error)
    else:
        if isinstance(error, Rejected):
            breaker.well(account)
        ending.fail(generation, error)


def _doubt(generation: Generation, why: str, *, words: str = "") -> None:
    """Lost touch: with an id it is simply asked again; without one it is in doubt, looked for, never re-sent."""
    now = timezone.now()
    if generation.handle:
        due_at, text = states.later(now, 5), f"{why}; asking again by its id"
        if states.advance(
            generation, State.RUNNING, text, sources=[State.SUBMITTING], due_at=due_at, stage="Being made"
        ):
            return  # it had died between the id and the next state
        Generation.objects.filter(pk=generation.pk, state=State.RUNNING).update(due_at=due_at)
        states.note(generation, text, data={"words": words})
        return
    looking.doubt(generation, why, words=words, due_at=states.later(now, 5))


def _stream_over(generation: Generation) -> None:
    """A stream (or a single answer) has ended: fine when it told us an id or the end, in doubt when it did not."""
    generation.refresh_from_db(fields=["state", "handle"])
    if generation.state == State.SUBMITTING or (generation.state == State.RUNNING and not generation.handle):
        _doubt(generation, "The provider's answer broke off before the end")


# --- what a snapshot changes ---


def _heard(generation: Generation, snapshot: Snapshot, claim: float | None = None) -> None:
    """Write down what a provider said: its id first, then progress, outputs or failure."""
    account = generation.model.provider
    if snapshot.handle and snapshot.handle != generation.handle:
        if not adoption.take(generation, snapshot.handle, snapshot):
            if generation.state == State.SUBMITTING:
                looking.doubt(generation, looking.TAKEN, due_at=states.later(timezone.now(), looking.SEARCH_EVERY))
            return
        breaker.took_a_job(account)
    breaker.well(account)
    if snapshot.progress == Progress.FAILED:
        ending.fail(generation, Failed(_failed_sentence(generation), words=snapshot.error))
    elif snapshot.progress == Progress.COMPLETED:
        _completed(generation, snapshot)
    else:
        _under_way(generation, snapshot, claim)


def _failed_sentence(generation: Generation) -> str:
    title = generation.model.provider.title
    return f"{title} accepted this and then failed to make it. It was not charged. Try again, or use another model."


def _completed(generation: Generation, snapshot: Snapshot) -> None:
    if generation.model.is_action and actions.registered(generation, snapshot):
        return
    if not snapshot.outputs:
        sentence = "The provider said it was finished but delivered no audio. It was not charged."
        ending.fail(generation, Failed(sentence, words=str(dict(snapshot.raw))))
        return
    asked = "" if generation.model.is_action else f" of {generation.takes_asked}"
    with transaction.atomic():
        moved = states.advance(
            generation,
            State.COLLECTING,
            f"{len(snapshot.outputs)}{asked} finished at the provider",
            data=dict(snapshot.raw),
            stage="Downloading and checking",
            percent=90,
            due_at=None,
            **looking.FOUND,
        )
        if moved:
            collect.announce(generation, snapshot.outputs)


def _under_way(generation: Generation, snapshot: Snapshot, claim: float | None) -> None:
    now = timezone.now()
    wait = min(claim or snapshot.retry_after or 0.0, looking.MOST_WAIT)
    changes: dict[str, Any] = {"stage": _stage(snapshot), **looking.FOUND}
    if snapshot.percent is not None:
        changes["percent"] = _percent(snapshot)
    if generation.state == State.RUNNING:
        if wait:
            changes["due_at"] = states.later(now, wait)
        Generation.objects.filter(pk=generation.pk, state=State.RUNNING).update(**changes)
        for name, value in changes.items():
            setattr(generation, name, value)
        return
    changes["due_at"] = states.later(now, wait or next_look(generation, now))
    if not states.advance(generation, State.RUNNING, "Being made", **changes) or not generation.handle:
        return
    if Notice.objects.filter(account=generation.model.provider_id, handle=generation.handle).exists():
        # Its message came before its id was stored; one that comes from now on finds the row running.
        Generation.objects.filter(pk=generation.pk, state=State.RUNNING).update(due_at=now)


def _stage(snapshot: Snapshot) -> str:
    return snapshot.stage[:80] or "Being made"


def _percent(snapshot: Snapshot) -> int:
    return max(0, min(99, snapshot.percent or 0))


def _is_news(generation: Generation, snapshot: Snapshot) -> bool:
    """Whether the answer to a poll changes anything; the claim has set the next look already."""
    return (
        snapshot.progress in (Progress.COMPLETED, Progress.FAILED)
        or snapshot.retry_after is not None
        or _stage(snapshot) != generation.stage
        or (snapshot.percent is not None and _percent(snapshot) != generation.percent)
        or generation.state != State.RUNNING
        or bool(generation.wait_reason)
        or generation.failed_looks > 0
        or breaker.is_counting(generation.model.provider)
    )


def next_look(generation: Generation, now: dt.datetime) -> float:
    """Seconds to the next poll: half the model's usual time first, often near its end, seldom when it drags on."""
    started = generation.started_at or now
    gone = (now - started).total_seconds()
    spec = catalogue.spec_of(generation.model.key) or catalogue.action_of(generation.model.key)
    usual = (generation.model.usual_ms or (spec.usual_seconds if spec else 45.0) * 1000) / 1000
    slow = (generation.model.slow_ms or usual * 2000) / 1000
    if gone < usual * 0.4:
        wait = min(max(2.0, usual * 0.5 - gone), 30.0)
    elif gone > PATIENT_AFTER.total_seconds():
        wait = looking.slower(gone)
    else:
        wait = 2.0 if gone < 2 * slow else 5.0
    return wait * random.uniform(0.9, 1.1)


# --- asking and looking ---


_polled: dict[type, bool] = {}  # comparing with a protocol costs as much as the rest of a poll without news


def _is_polled(provider: Provider) -> TypeGuard[PollProvider]:
    kind = type(provider)
    if kind not in _polled:
        _polled[kind] = isinstance(provider, PollProvider)
    return _polled[kind]


async def _ask(provider: Provider, generation: Generation, http: httpx.AsyncClient) -> None:
    if not generation.handle:  # a stream that died before it had told an id: there is nothing to ask for
        await _db(_doubt)(generation, "The provider's answer broke off before the end")
        return
    try:
        if _is_polled(provider):
            snapshot: Snapshot | None = await provider.poll(generation.handle, http)
        elif isinstance(provider, StreamProvider):
            snapshot = await provider.recover(generation.handle, http)
        else:
            raise Failed("This model is made on this machine and has no job at a provider.")
    except Failed as error:
        await _db(ending.fail)(generation, error)
        return
    except ProviderError as error:
        await _db(looking.ask_later)(generation, error, next_look(generation, timezone.now()))
        return
    if snapshot is None:
        await _db(looking.unknown)(generation, next_look(generation, timezone.now()), at_once=not _is_polled(provider))
    elif snapshot.progress in (Progress.WAITING, Progress.RUNNING) and looking.is_over(generation):
        await _db(looking.give_up)(generation)
    elif _is_news(generation, snapshot):
        await _db(_heard)(generation, snapshot)


async def _look_for(provider: Provider, generation: Generation, http: httpx.AsyncClient) -> None:
    """Look for a job whose id is not known, where there is a list to look through."""
    found: Snapshot | None = None
    several = False
    if isinstance(provider, PollProvider) and generation.submit_attempted_at:
        try:
            known = await _db(adoption.known)(generation)
            since = generation.submit_attempted_at.timestamp()
            found = await provider.find(request_of(generation), since, http, known=known)
        except InDoubt:
            several = True
        except OperatorMustAct as error:
            await _db(looking.blame)(generation, error)
        except ProviderError as error:
            log.info("the list in which %s may stand could not be read: %s", generation.ref, error.sentence)
    await _db(looking.looked)(generation, found, several=several)
