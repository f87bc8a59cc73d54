"""The circuit breaker: a failing provider gets no new work for a while; polling of accepted jobs continues.

It opens after BREAKER_FAILURES consecutive failures with no success for MIN_FAILING_S seconds. The time limit matters
because with hundreds of polls per second, five consecutive failures can be chance. Each job counts once, so that a
single failing job does not stop the others. After a rest, one request goes first (`half_open`); if it fails, the next
rest is twice as long. A refused key, exhausted credit or wrong settings halt the provider at once: queued work waits,
nothing new is offered, and one request after each rest tests whether the problem has been fixed.
"""

import time
from typing import Any

from django.utils import timezone

from generator.models import ProviderAccount
from generator.providers.errors import Cause, OperatorMustAct
from generator.services.generation import states

BREAKER_FAILURES = 5  # failures in a row
MIN_FAILING_S = 3.0
BREAKER_DELAY_S = 60.0
MAX_BREAKER_DELAY_S = 1800.0
CLOSED: dict[str, Any] = {"failures_in_a_row": 0, "resting_until": None, "halt_code": ""}

_failing: dict[int, float] = {}  # account pk → monotonic time of the first failure since a success; a per-process hint


def resting() -> list[int]:
    """Return the providers that currently get no new work: disabled, or resting after failures."""
    return [account.pk for account in ProviderAccount.objects.all() if account.is_resting or not account.enabled]


def half_open() -> set[int]:
    """Return the providers whose rest ended without a success since; each gets one new job at a time."""
    return {account.pk for account in ProviderAccount.objects.all() if _is_half_open(account)}


def _is_half_open(account: ProviderAccount) -> bool:
    has_failed = account.failures_in_a_row and (account.resting_until or account.failures_in_a_row >= BREAKER_FAILURES)
    return bool(account.halt_code or has_failed) and not account.is_resting


def is_counting(account: ProviderAccount) -> bool:
    """Return whether a success would change the breaker's state."""
    return account.pk in _failing or account.failures_in_a_row > 0


def record_failure(
    account: ProviderAccount, error: str, *, counts: bool = True, max_delay_s: float = MAX_BREAKER_DELAY_S
) -> None:
    """Count a failure, except during a rest, because many simultaneous poll failures are one outage.

    `counts`: whether it is the job's first failure; after a rest, every failure counts. `max_delay_s`: longest rest.
    """
    now = timezone.now()
    since = _failing.setdefault(account.pk, time.monotonic())
    account.refresh_from_db()
    changes: dict[str, Any] = {"last_error": error, "last_error_at": now}
    tried_again = _is_half_open(account)
    if not account.is_resting and (counts or tried_again):
        changes["failures_in_a_row"] = account.failures_in_a_row + 1
        over = account.failures_in_a_row + 1 - BREAKER_FAILURES
        if tried_again or (over >= 0 and time.monotonic() - since >= MIN_FAILING_S):
            changes["resting_until"] = states.later(now, _rest(max(over, 0), max_delay_s))
    ProviderAccount.objects.filter(pk=account.pk).update(**changes)


def halt(account: ProviderAccount, error: OperatorMustAct) -> bool:
    """Halt a provider at once, until a person acts; return False if it was already halted for this cause."""
    now = timezone.now()
    account.refresh_from_db()
    changes: dict[str, Any] = {"last_error": error.sentence, "last_error_at": now}
    code = error.cause or Cause.MISCONFIGURED
    if not account.is_resting:
        changes |= {"failures_in_a_row": account.failures_in_a_row + 1}
        changes["resting_until"] = states.later(now, _rest(account.failures_in_a_row, MAX_BREAKER_DELAY_S))
    row = ProviderAccount.objects.filter(pk=account.pk)
    row.update(**changes)
    account.halt_code = code
    return bool(row.exclude(halt_code=code).update(halt_code=code))


def _rest(times: int, max_delay_s: float) -> float:
    return float(min(BREAKER_DELAY_S * 2 ** min(times, 10), max_delay_s))


def record_success(account: ProviderAccount) -> None:
    """Reset the failures after a success; let a running rest end.

    An answer about an accepted job does not show that a halted provider accepts new ones.
    """
    if not is_counting(account):
        return
    _failing.pop(account.pk, None)
    account.failures_in_a_row = 0
    failing = ProviderAccount.objects.filter(pk=account.pk, failures_in_a_row__gt=0, halt_code="")
    failing.exclude(resting_until__gt=timezone.now()).update(failures_in_a_row=0, resting_until=None)


def record_accepted_job(account: ProviderAccount) -> None:
    """Close the breaker after a halt, because a new job was accepted."""
    ProviderAccount.objects.filter(pk=account.pk).exclude(halt_code="").update(**CLOSED)


def close(account: ProviderAccount) -> None:
    """Close the breaker because a person fixed or tested the account."""
    _failing.pop(account.pk, None)
    ProviderAccount.objects.filter(pk=account.pk).update(**CLOSED)
