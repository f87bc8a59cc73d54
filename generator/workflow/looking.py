"""What is to become of remote work whose provider gave no usable answer: when it is looked at again, and what is said.

    not accepted    back in the queue, with the reason; a failed connection is tried again within seconds
    accepted        asked again, slower and slower; what stays without a usable answer is in doubt, and asked on
    in doubt        looked for in the provider's list, or asked for by its id, slower and slower

After a week, which is what providers remember, nothing is looked for any more: the billing review decides.
"""

import datetime as dt
import random
from typing import Any

from django.utils import timezone

from generator.models import Generation, MusicModel, ProviderAccount, State
from generator.providers.base import Snapshot
from generator.providers.errors import Busy, Cause, InDoubt, OperatorMustAct, PriceChanged, ProviderError
from generator.workflow import adoption, breaker, ending, states, warnings
from generator.workflow.waiting import Reason, disputed_models

SEARCH_EVERY = 60.0  # seconds, at first
STAND_BY = 60.0  # seconds between two looks whether a provider is there again
MOST_WAIT = 600.0  # seconds that a provider may ask us to wait
MOST_PAUSE = 3600.0  # seconds between two looks for one job
RECONNECT = (2.0, 60.0)  # seconds to the next connection: at first, at most
DOUBT_AFTER = 4  # looks in a row without a usable answer
GIVE_UP_AFTER = dt.timedelta(days=7)  # providers forget jobs after a week
FOUND: dict[str, Any] = {
    "failed_looks": 0, "wait_reason": "", "wait_sentence": "", "error_code": "", "error_sentence": "",
    "provider_words": "",
}  # fmt: skip

LOST = (
    "The provider did not answer after the request was sent. It may be working on it, and it may cost; the studio "
    "looks for it and never sends it twice."
)
TAKEN = "The provider answered with the id of a job that belongs to another run"
SEVERAL = (
    "More than one run asked the provider for the same at about the same time, and it cannot be told which of them a "
    "job in its list belongs to. The studio goes on looking; the billing review can decide."
)
OVER = "The studio has looked for it for a week, and no longer does. The billing review decides about its hold."


def blame(generation: Generation, error: ProviderError) -> None:
    """Tell the breaker what an error says of the service: a job's own nonsense says nothing; each job counts once."""
    account = generation.model.provider
    if isinstance(error, PriceChanged):
        ProviderAccount.objects.filter(pk=account.pk).update(last_error=error.sentence, last_error_at=timezone.now())
        if _is_a_new_price(generation.model_id, round(error.theirs / generation.takes_asked)):
            warnings.tell_of_halt(account, error.sentence)
    elif isinstance(error, OperatorMustAct):
        if breaker.halt(account, error):
            warnings.tell_of_halt(account, error.sentence)
    elif error.cause == Cause.UNREACHABLE:
        breaker.stumble(account, error.sentence, counts=generation.failed_looks == 0, most=RECONNECT[1])
    elif error.cause != Cause.UNUSABLE and not _asked_to_wait(generation, error):
        breaker.stumble(account, error.sentence, counts=generation.failed_looks == 0)


def _is_a_new_price(model: int, theirs: int) -> bool:
    """Keep what a provider asks for a model; whether nobody has been told of it. Of several who find it out, one is."""
    known = model in disputed_models()
    before = MusicModel.objects.get(pk=model)
    mine = MusicModel.objects.filter(pk=model, quoted=before.quoted, quoted_at=before.quoted_at)
    moved = mine.update(quoted=theirs, quoted_at=timezone.now())
    return bool(moved) and not (known and before.quoted == theirs)


def _asked_to_wait(generation: Generation, error: ProviderError) -> bool:
    """Whether a provider has refused new work for now, which is an answer like any other."""
    return isinstance(error, Busy) and generation.state in (State.QUEUED, State.SUBMITTING) and not error.cause


# --- not accepted ---


def stay_queued(generation: Generation, error: ProviderError) -> None:
    """Keep a generation queued, or put it back, with what it waits for. A cancel asked for meanwhile costs nothing."""
    unreachable = error.cause == Cause.UNREACHABLE
    if unreachable:
        seconds = min(RECONNECT[0] * 2 ** min(generation.failed_looks, 10), RECONNECT[1])
    else:
        seconds = min(getattr(error, "retry_after", 5.0), MOST_WAIT)
    reason = _reason(error)
    changes: dict[str, Any] = {
        "due_at": _in(seconds),
        "stage": "Waiting for room" if reason == Reason.BUSY else f"Waiting: {reason.replace('_', ' ')}",
        "wait_reason": reason,
        "wait_sentence": error.sentence,
        "failed_looks": generation.failed_looks + 1 if unreachable else 0,
    }
    if generation.state == State.SUBMITTING:
        moved = states.advance(generation, State.QUEUED, error.sentence, data={"words": error.words}, **changes)
    else:
        moved = bool(Generation.objects.filter(pk=generation.pk, state=State.QUEUED).update(**changes))
        if moved and generation.wait_reason != reason:
            states.note(generation, error.sentence, data={"words": error.words})
    if moved and generation.cancel_asked_at:
        ending.cancel(generation, generation.author, "Cancelled; it had not been accepted")


def _reason(error: ProviderError) -> str:
    if isinstance(error, PriceChanged):
        return Reason.PRICE_CHANGED
    if isinstance(error, OperatorMustAct):
        return error.cause or Cause.MISCONFIGURED
    return error.cause or (Reason.BUSY if isinstance(error, Busy) else Cause.NO_ANSWER)


def stand_by(generation: Generation, reason: str) -> None:
    """Wait until the provider, its model or its key is there again; nothing is asked, and the hold stays."""
    mine = Generation.objects.filter(pk=generation.pk, state=generation.state)
    if mine.update(due_at=_in(STAND_BY), wait_reason=reason) and generation.wait_reason != reason:
        title = generation.model.provider.title
        states.note(generation, f"It waits: {title} cannot be asked just now ({reason.replace('_', ' ')})")


# --- accepted ---


def ask_later(generation: Generation, error: ProviderError, usual: float) -> None:
    """A poll that failed says nothing about the job: ask again later, for as long as a provider remembers."""
    generation.refresh_from_db(fields=["failed_looks", "wait_reason", "state"])
    blame(generation, error)
    least = error.retry_after if isinstance(error, Busy) else 3 * usual
    is_ours = error.cause == Cause.UNUSABLE  # the service answers: it is this job that has no answer
    sentence = (
        f"{generation.model.provider.title} gives no usable answer about this one." if is_ours else error.sentence
    )
    _look_again(generation, _reason(error), sentence, least, doubts=is_ours, words=error.words)


def unknown(generation: Generation, usual: float, *, at_once: bool = False) -> None:
    """The provider accepted it and says now that it knows no such job, or cannot be asked for one (`at_once`)."""
    generation.refresh_from_db(fields=["failed_looks", "wait_reason", "state"])
    title = generation.model.provider.title
    sentence = f"{title} has accepted this and cannot say what became of it."
    _look_again(generation, Reason.UNKNOWN_JOB, sentence, 3 * usual, doubts=True, at_once=at_once)


def _look_again(
    generation: Generation,
    reason: str,
    sentence: str,
    least: float,
    *,
    doubts: bool,
    at_once: bool = False,
    words: str = "",
) -> None:
    """Look again, each time after twice the pause: within a minute where the service is ill, else within an hour."""
    if is_over(generation):
        give_up(generation)
        return
    looks = min(generation.failed_looks + 1, 1000)
    most = MOST_PAUSE if doubts else max(SEARCH_EVERY, min(least, MOST_WAIT))
    changes: dict[str, Any] = {
        "due_at": _in(min(least * 2 ** min(looks - 1, 12), most)),
        "failed_looks": looks,
        "wait_reason": reason,
        "wait_sentence": sentence,
    }
    if generation.state == State.RUNNING and doubts and (at_once or looks >= DOUBT_AFTER):
        said = f"{sentence} It may cost; the studio goes on asking, and never sends it twice."
        doubt(generation, sentence, words=words, error_sentence=said, **changes)
        return
    open_ = Generation.objects.filter(pk=generation.pk, state__in=(State.RUNNING, State.IN_DOUBT))
    if open_.update(**changes) and generation.wait_reason != reason:
        states.note(generation, sentence, data={"words": words})


def doubt(generation: Generation, why: str, *, words: str = "", **changes: Any) -> None:
    """Say that it is unclear what became of it."""
    facts = {"error_code": InDoubt.code, "error_sentence": LOST, "provider_words": words, "stage": ""}
    states.advance(generation, State.IN_DOUBT, why, data={"words": words}, **facts | changes)


# --- in doubt ---


def looked(generation: Generation, found: Snapshot | None, *, several: bool) -> None:
    """After a look through the provider's list: adopt the job that is there, or look again later."""
    now = timezone.now()
    if found and found.handle:
        if adoption.adopt(generation, found, due_at=now, **FOUND):
            return
        several = True
    if is_over(generation):
        give_up(generation)
        return
    gone = (now - (generation.submit_attempted_at or generation.created_at)).total_seconds()
    reason, sentence = (Reason.AMBIGUOUS, SEVERAL) if several else ("", LOST)
    Generation.objects.filter(pk=generation.pk, state=State.IN_DOUBT).update(
        due_at=_in(slower(gone)), wait_reason=reason, wait_sentence="", error_sentence=sentence
    )


def is_over(generation: Generation) -> bool:
    """Whether a provider may have forgotten it."""
    since = generation.submit_attempted_at or generation.created_at
    return timezone.now() - since > GIVE_UP_AFTER


def give_up(generation: Generation) -> None:
    """Look no more: the billing review decides."""
    changes: dict[str, Any] = {"due_at": None, "wait_reason": "", "wait_sentence": "", "error_sentence": OVER}
    if generation.state == State.RUNNING:
        doubt(generation, "The provider cannot say what became of it", **changes)
    else:
        Generation.objects.filter(pk=generation.pk, state=State.IN_DOUBT).update(**changes)


def slower(gone: float) -> float:
    """Seconds to the next look for something that began so many seconds ago: a minute at first, an hour at most."""
    return min(max(SEARCH_EVERY, gone / 20), MOST_PAUSE)


def _in(seconds: float) -> dt.datetime:
    return states.later(timezone.now(), seconds * random.uniform(1, 1.25))
