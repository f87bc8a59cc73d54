"""The circuit breaker: a provider that keeps failing gets no new work for a while; what is under way is asked on.

It opens after BREAKER_AT failures in a row, if there was no good answer for BREAKER_AFTER seconds either: among
hundreds of polls a second, five bad ones in a row are chance. A key that is refused opens it at once. Each further
failure after a rest doubles the next one.
"""

import time
from typing import Any

from django.utils import timezone

from generator.models import ProviderAccount
from generator.workflow import states

BREAKER_AT = 5  # failures in a row
BREAKER_AFTER = 3.0  # seconds
BREAKER_SECONDS = 60.0
MOST_BREAK = 1800.0

_failing: dict[int, float] = {}  # accounts whose last answer was a failure, and since when; a hint for this process


def resting() -> list[int]:
    """The providers that get no new work just now: switched off or resting after failures."""
    return [account.pk for account in ProviderAccount.objects.all() if account.is_resting or not account.enabled]


def is_counting(account: ProviderAccount) -> bool:
    """Whether a good answer would be news."""
    return account.pk in _failing or account.failures_in_a_row > 0


def stumble(account: ProviderAccount, error: str, *, at_once: bool = False) -> None:
    """Count a failure; while the provider rests nothing is counted: many polls that fail together are one outage."""
    now = timezone.now()
    since = _failing.setdefault(account.pk, time.monotonic())
    account.refresh_from_db()
    changes: dict[str, Any] = {"last_error": error, "last_error_at": now}
    if not account.is_resting:
        changes["failures_in_a_row"] = account.failures_in_a_row + 1
        over = account.failures_in_a_row + 1 - (1 if at_once else BREAKER_AT)
        if over >= 0 and (at_once or time.monotonic() - since >= BREAKER_AFTER):
            rest = min(BREAKER_SECONDS * 2 ** min(over, 10), MOST_BREAK)
            changes["resting_until"] = states.later(now, rest)
    ProviderAccount.objects.filter(pk=account.pk).update(**changes)


def well(account: ProviderAccount) -> None:
    """Forget the failures after a good answer; a rest that was begun is kept to its end."""
    if not is_counting(account):
        return
    _failing.pop(account.pk, None)
    account.failures_in_a_row = 0
    failing = ProviderAccount.objects.filter(pk=account.pk, failures_in_a_row__gt=0)
    failing.exclude(resting_until__gt=timezone.now()).update(failures_in_a_row=0, resting_until=None)
