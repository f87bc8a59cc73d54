"""Backoff for remote work without a usable answer from its provider: the next poll and the message.

    not accepted    back in the queue, with the reason; a failed connection is retried within seconds
    accepted        polled at growing intervals; without a usable answer it becomes in doubt, and polling continues
    in doubt        searched for in the provider's list, or polled by its id, at growing intervals

After a week, which is how long providers remember jobs, the search ends and the billing review decides.
"""

import datetime as dt
import random
from typing import Any

from django.utils import timezone

from generator.messages import Message, gettext_noop, join_texts
from generator.models import Generation, MusicModel, ProviderAccount, State
from generator.providers.base import CanceledJob, Snapshot
from generator.providers.errors import Busy, Cause, InDoubt, OperatorMustAct, PriceChanged, ProviderError
from generator.services.billing import budget_alerts
from generator.services.generation import completion, states
from generator.services.provider_jobs import adoption, catalog, circuit_breaker
from generator.services.provider_jobs.waiting_reasons import Reason, disputed_models

SLOW_POLL_AFTER = dt.timedelta(minutes=15)  # polls become rarer after this; slowness alone is not a failure
SEARCH_INTERVAL_S = 60.0  # seconds, at first
STAND_BY_INTERVAL_S = 60.0  # seconds between checks whether a provider is available again
MAX_RETRY_AFTER_S = 600.0  # the longest wait accepted from a provider
MAX_POLL_INTERVAL_S = 3600.0  # the longest interval between polls for one job
RECONNECT_DELAYS_S = (2.0, 60.0)  # seconds to the next connection: initial, maximum
MAX_UNUSABLE_REPLIES = 4  # consecutive polls without a usable answer
GIVE_UP_AFTER = dt.timedelta(days=7)  # providers forget jobs after a week
ABOUT_ONE_JOB = (Cause.UNUSABLE, Cause.NO_CREDIT, Cause.NOT_ALLOWED)  # for polls of an accepted job
FOUND_COLUMNS: dict[str, Any] = {
    "failed_polls": 0, "wait_reason": "", "wait_message": "", "error_code": "", "error_message": "",
    "provider_message": "",
}  # fmt: skip

LOST_MESSAGE = gettext_noop(
    "The provider did not answer after the request was sent. It may still make the music and charge for it. The studio "
    "keeps looking for the job and never sends the request twice."
)
TAKEN_MESSAGE = gettext_noop("The provider answered with the ID of a job that belongs to another generation")
SEVERAL_MESSAGE = gettext_noop(
    "Several generations sent the same request at about the same time, and it is not clear which of them a job in the "
    "provider’s list belongs to. The studio keeps looking; the billing review can decide."
)
_MAY_BE_CHARGED = gettext_noop("You may still be charged. The studio keeps asking and never sends the request twice.")
GIVEN_UP_MESSAGE = gettext_noop(
    "The studio has stopped looking for the job after a week. The billing review decides about its hold."
)
CANCELED_MESSAGE = gettext_noop(
    "The provider stopped the job, but it is not known whether it charges for it. The billing review decides about its "
    "hold."
)


def record_failure(generation: Generation, error: ProviderError) -> None:
    """Update the circuit breaker after an error. Errors of one job alone do not count; each job counts once."""
    account = generation.model.provider
    if isinstance(error, PriceChanged):
        ProviderAccount.objects.filter(pk=account.pk).update(last_error=error.sentence, last_error_at=timezone.now())
        if _is_a_new_price(generation.model_id, round(error.theirs / generation.takes_requested)):
            budget_alerts.notify_of_halt(account, error.sentence)
    elif isinstance(error, OperatorMustAct):
        if circuit_breaker.halt(account, error):
            budget_alerts.notify_of_halt(account, error.sentence)
    elif error.cause == Cause.UNREACHABLE:
        circuit_breaker.record_failure(
            account, error.sentence, counts=generation.failed_polls == 0, max_delay_s=RECONNECT_DELAYS_S[1]
        )
    elif error.cause != Cause.UNUSABLE and not _is_told_to_wait(generation, error):
        circuit_breaker.record_failure(account, error.sentence, counts=generation.failed_polls == 0)


def _is_a_new_price(model: int, quoted: int) -> bool:
    """Store the price a provider quotes for a model; return True for exactly one caller if it is new."""
    is_disputed = model in disputed_models()
    before = MusicModel.objects.get(pk=model)
    row = MusicModel.objects.filter(pk=model, quoted=before.quoted, quoted_at=before.quoted_at)
    is_stored = row.update(quoted=quoted, quoted_at=timezone.now())
    return bool(is_stored) and not (is_disputed and before.quoted == quoted)


def _is_told_to_wait(generation: Generation, error: ProviderError) -> bool:
    """Return whether a provider told new work to wait, which is not a failure."""
    return isinstance(error, Busy) and generation.state in (State.QUEUED, State.SUBMITTING) and not error.cause


# --- not accepted ---


def stay_queued(generation: Generation, error: ProviderError) -> None:
    """Keep or return a generation to the queue with its wait reason; apply a pending cancel, at no cost."""
    unreachable = error.cause == Cause.UNREACHABLE
    if unreachable:
        seconds = min(RECONNECT_DELAYS_S[0] * 2 ** min(generation.failed_polls, 10), RECONNECT_DELAYS_S[1])
    else:
        seconds = min(getattr(error, "retry_after", 5.0), MAX_RETRY_AFTER_S)
    reason = _reason(error)
    changes: dict[str, Any] = {
        "due_at": _seconds_from_now(seconds),
        "stage": gettext_noop("Waiting for capacity")
        if reason == Reason.BUSY
        else Message("Waiting: {reason}", reason=reason.replace("_", " ")),
        "wait_reason": reason,
        "wait_message": error.sentence,
        "failed_polls": generation.failed_polls + 1 if unreachable else 0,
    }
    if generation.state == State.SUBMITTING:
        is_changed = states.advance(generation, State.QUEUED, error.sentence, data={"words": error.words}, **changes)
    else:
        is_changed = bool(Generation.objects.filter(pk=generation.pk, state=State.QUEUED).update(**changes))
        if is_changed and generation.wait_reason != reason:
            states.note(generation, error.sentence, data={"words": error.words})
    if is_changed and generation.cancel_requested_at:
        completion.cancel(generation, generation.author, gettext_noop("Canceled before it was accepted"))


def _reason(error: ProviderError) -> str:
    if isinstance(error, PriceChanged):
        return Reason.PRICE_CHANGED
    if isinstance(error, OperatorMustAct):
        return error.cause or Cause.MISCONFIGURED
    return error.cause or (Reason.BUSY if isinstance(error, Busy) else Cause.NO_ANSWER)


def stand_by(generation: Generation, reason: str) -> None:
    """Wait until the provider, model or key is available again; send no request and keep the hold."""
    row = Generation.objects.filter(pk=generation.pk, state=generation.state)
    if (
        row.update(due_at=_seconds_from_now(STAND_BY_INTERVAL_S), wait_reason=reason)
        and generation.wait_reason != reason
    ):
        title = generation.model.provider.title
        states.note(
            generation,
            Message("Waiting: {title} is unavailable ({reason})", title=title, reason=reason.replace("_", " ")),
        )


# --- accepted ---


def ask_later(generation: Generation, error: ProviderError, usual_delay_s: float) -> None:
    """Poll again later: a failed poll says nothing about the job. Repeat for as long as providers keep jobs."""
    generation.refresh_from_db(fields=["failed_polls", "wait_reason", "state"])
    min_delay_s = error.retry_after if isinstance(error, Busy) else 3 * usual_delay_s
    if _is_its_own(generation, error):
        sentence = Message(
            "{provider} gives no usable answer about this job.", provider=generation.model.provider.title
        )
        _poll_again(generation, Cause.UNUSABLE, sentence, min_delay_s, doubts=True, words=error.words)
        return
    record_failure(generation, error)
    _poll_again(generation, _reason(error), error.sentence, min_delay_s, doubts=False, words=error.words)


def _is_its_own(generation: Generation, error: ProviderError) -> bool:
    """Return whether an error concerns only this accepted job, while the service works.

    Polling is free, so missing credit or permission cannot block it; only new work shows whether new work is accepted.
    A refused key affects all jobs, so a refusal repeated for one job alone concerns that job.
    """
    if error.cause == Cause.KEY_REFUSED:
        return generation.failed_polls > 0 and not generation.model.provider.halt_code
    return error.cause in ABOUT_ONE_JOB


def unknown(generation: Generation, usual_delay_s: float, *, at_once: bool = False) -> None:
    """Handle an accepted job that its provider no longer knows, or cannot be polled for (`at_once`)."""
    generation.refresh_from_db(fields=["failed_polls", "wait_reason", "state"])
    title = generation.model.provider.title
    sentence = Message("{title} accepted this request but cannot report its outcome.", title=title)
    _poll_again(generation, Reason.UNKNOWN_JOB, sentence, 3 * usual_delay_s, doubts=True, at_once=at_once)


def _poll_again(
    generation: Generation,
    reason: str,
    sentence: str,
    min_delay_s: float,
    *,
    doubts: bool,
    at_once: bool = False,
    words: str = "",
) -> None:
    """Poll again after twice the previous wait: at most a minute (or `least`) if the service fails, else an hour."""
    if is_over(generation):
        give_up(generation)
        return
    polls = min(generation.failed_polls + 1, 1000)
    max_delay_s = MAX_POLL_INTERVAL_S if doubts else max(SEARCH_INTERVAL_S, min(min_delay_s, MAX_RETRY_AFTER_S))
    changes: dict[str, Any] = {
        "due_at": _seconds_from_now(min(min_delay_s * 2 ** min(polls - 1, 12), max_delay_s)),
        "failed_polls": polls,
        "wait_reason": reason,
        "wait_message": sentence,
    }
    if generation.state == State.RUNNING and doubts and (at_once or polls >= MAX_UNUSABLE_REPLIES):
        error_message = join_texts(sentence, _MAY_BE_CHARGED)
        mark_in_doubt(generation, sentence, words=words, error_message=error_message, **changes)
        return
    open_ = Generation.objects.filter(pk=generation.pk, state__in=(State.RUNNING, State.IN_DOUBT))
    if open_.update(**changes) and generation.wait_reason != reason:
        states.note(generation, sentence, data={"words": words})


def mark_in_doubt(generation: Generation, reason: str, *, words: str = "", **changes: Any) -> None:
    """Mark a generation as in doubt."""
    columns = {"error_code": InDoubt.code, "error_message": LOST_MESSAGE, "provider_message": words, "stage": ""}
    states.advance(generation, State.IN_DOUBT, reason, data={"words": words}, **columns | changes)


# --- in doubt ---


def record_poll(generation: Generation, snapshot: Snapshot | None, *, several: bool) -> None:
    """After a search of the provider's list, adopt the job found or schedule another search."""
    now = timezone.now()
    if snapshot and snapshot.provider_job_id:
        if adoption.adopt(generation, snapshot, due_at=now, **FOUND_COLUMNS):
            return
        several = True
    if is_over(generation):
        give_up(generation)
        return
    elapsed = (now - (generation.submit_attempted_at or generation.created_at)).total_seconds()
    reason, sentence = (Reason.AMBIGUOUS, SEVERAL_MESSAGE) if several else ("", LOST_MESSAGE)
    Generation.objects.filter(pk=generation.pk, state=State.IN_DOUBT).update(
        due_at=_seconds_from_now(slower(elapsed)), wait_reason=reason, wait_message="", error_message=sentence
    )


def is_over(generation: Generation) -> bool:
    """Return whether the provider may have forgotten the job."""
    since = generation.submit_attempted_at or generation.created_at
    return timezone.now() - since > GIVE_UP_AFTER


def give_up(generation: Generation) -> None:
    """Stop polling and leave the decision to the billing review."""
    changes: dict[str, Any] = {"due_at": None, "wait_reason": "", "wait_message": "", "error_message": GIVEN_UP_MESSAGE}
    if generation.state == State.RUNNING:
        mark_in_doubt(generation, gettext_noop("The provider cannot report the outcome"), **changes)
    else:
        Generation.objects.filter(pk=generation.pk, state=State.IN_DOUBT).update(**changes)


def end_canceled(generation: Generation, rule: CanceledJob | None) -> None:
    """End a job that its provider stopped at our request; if it may charge for that, a person decides."""
    if rule in (CanceledJob.FREE, CanceledJob.CHARGED):
        completion.cancel_at_provider(generation, is_charged=rule == CanceledJob.CHARGED)
        return
    changes: dict[str, Any] = {"due_at": None, "error_message": CANCELED_MESSAGE}
    if generation.state == State.RUNNING:
        mark_in_doubt(generation, CANCELED_MESSAGE, **changes)
    else:
        Generation.objects.filter(pk=generation.pk, state=State.IN_DOUBT).update(**changes)


def next_poll(generation: Generation, now: dt.datetime) -> float:
    """Return the seconds to the next poll: half the usual time first, then frequent, rarer when overdue."""
    started = generation.started_at or now
    elapsed = (now - started).total_seconds()
    usual_s = (generation.model.usual_ms or catalog.usual_seconds_of(generation.model) * 1000) / 1000
    slow_s = (generation.model.slow_ms or usual_s * 2000) / 1000
    if elapsed < usual_s * 0.4:
        wait = min(max(2.0, usual_s * 0.5 - elapsed), 30.0)
    elif elapsed > SLOW_POLL_AFTER.total_seconds():
        wait = slower(elapsed)
    else:
        wait = 2.0 if elapsed < 2 * slow_s else 5.0
    return wait * random.uniform(0.9, 1.1)


def slower(elapsed: float) -> float:
    """Return the seconds to the next poll for work that is `elapsed` seconds old: from a minute up to an hour."""
    return min(max(SEARCH_INTERVAL_S, elapsed / 20), MAX_POLL_INTERVAL_S)


def _seconds_from_now(seconds: float) -> dt.datetime:
    return states.later(timezone.now(), seconds * random.uniform(1, 1.25))
