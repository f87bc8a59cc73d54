"""The circuit breaker: a provider that keeps failing gets no new work for a while; what is under way is asked on.

It opens after BREAKER_AT failures in a row, if there was no good answer for BREAKER_AFTER seconds either: among
hundreds of polls a second, five bad ones in a row are chance. Each job counts once, so that one job with nothing but
bad answers stops nobody else. After a rest one request goes first (`half_open`); its failure doubles the next rest.

A key that is refused, credit that is used up or settings that are wrong halt the provider at once: what is queued
waits, nothing new is offered, and one request after each rest finds out whether somebody has mended it.
"""

import time
from typing import Any

from django.utils import timezone

from generator.models import ProviderAccount
from generator.providers.errors import Cause, OperatorMustAct
from generator.workflow import states

BREAKER_AT = 5  # failures in a row
BREAKER_AFTER = 3.0  # seconds
BREAKER_SECONDS = 60.0
MOST_BREAK = 1800.0
CLOSED: dict[str, Any] = {"failures_in_a_row": 0, "resting_until": None, "halt_code": ""}

_failing: dict[int, float] = {}  # accounts whose last answer was a failure, and since when; a hint for this process


def resting() -> list[int]:
    """The providers that get no new work just now: switched off or resting after failures."""
    return [account.pk for account in ProviderAccount.objects.all() if account.is_resting or not account.enabled]


def half_open() -> set[int]:
    """The providers whose rest is over and that have given no good answer since: they get one new job at a time."""
    return {account.pk for account in ProviderAccount.objects.all() if _is_half_open(account)}


def _is_half_open(account: ProviderAccount) -> bool:
    has_failed = account.failures_in_a_row and (account.resting_until or account.failures_in_a_row >= BREAKER_AT)
    return bool(account.halt_code or has_failed) and not account.is_resting


def is_counting(account: ProviderAccount) -> bool:
    """Whether a good answer would be news."""
    return account.pk in _failing or account.failures_in_a_row > 0


def stumble(account: ProviderAccount, error: str, *, counts: bool = True, most: float = MOST_BREAK) -> None:
    """Count a failure; while the provider rests nothing is counted: many polls that fail together are one outage.

    `counts`: whether it is the first failure of its job; after a rest every one counts. `most`: the longest rest.
    """
    now = timezone.now()
    since = _failing.setdefault(account.pk, time.monotonic())
    account.refresh_from_db()
    changes: dict[str, Any] = {"last_error": error, "last_error_at": now}
    tried_again = _is_half_open(account)
    if not account.is_resting and (counts or tried_again):
        changes["failures_in_a_row"] = account.failures_in_a_row + 1
        over = account.failures_in_a_row + 1 - BREAKER_AT
        if tried_again or (over >= 0 and time.monotonic() - since >= BREAKER_AFTER):
            changes["resting_until"] = states.later(now, _rest(max(over, 0), most))
    ProviderAccount.objects.filter(pk=account.pk).update(**changes)


def halt(account: ProviderAccount, error: OperatorMustAct) -> bool:
    """Rest at once, and say that a person at the studio has to act; whether it is not halted for that already."""
    now = timezone.now()
    account.refresh_from_db()
    changes: dict[str, Any] = {"last_error": error.sentence, "last_error_at": now}
    code = error.cause or Cause.MISCONFIGURED
    if not account.is_resting:
        changes |= {"failures_in_a_row": account.failures_in_a_row + 1}
        changes["resting_until"] = states.later(now, _rest(account.failures_in_a_row, MOST_BREAK))
    mine = ProviderAccount.objects.filter(pk=account.pk)
    mine.update(**changes)
    account.halt_code = code
    return bool(mine.exclude(halt_code=code).update(halt_code=code))


def _rest(times: int, most: float) -> float:
    return float(min(BREAKER_SECONDS * 2 ** min(times, 10), most))


def well(account: ProviderAccount) -> None:
    """Forget the failures after a good answer; a rest that was begun is kept to its end.

    That a job under way is answered for does not mean that a halted provider takes new ones.
    """
    if not is_counting(account):
        return
    _failing.pop(account.pk, None)
    account.failures_in_a_row = 0
    failing = ProviderAccount.objects.filter(pk=account.pk, failures_in_a_row__gt=0, halt_code="")
    failing.exclude(resting_until__gt=timezone.now()).update(failures_in_a_row=0, resting_until=None)


def took_a_job(account: ProviderAccount) -> None:
    """Close it after a halt: a new job was accepted."""
    ProviderAccount.objects.filter(pk=account.pk).exclude(halt_code="").update(**CLOSED)


def close(account: ProviderAccount) -> None:
    """Close it because somebody has mended or tried the account."""
    _failing.pop(account.pk, None)
    ProviderAccount.objects.filter(pk=account.pk).update(**CLOSED)
