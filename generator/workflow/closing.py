"""Closing a month: its figures and a fingerprint of its entries are kept, and the database takes no more of them.

What comes later, a credit for a take of that month, is an entry of the month in which it is booked.
"""

import datetime as dt
from hashlib import sha256

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from generator.models import ClosedMonth, Deed, Entry, Matter, Rollup, User
from generator.workflow import money
from generator.workflow.deeds import record
from generator.workflow.refused import Refused

MARGIN = dt.timedelta(hours=1)  # what began to be booked in a month has long been booked by then
_COLUMNS = ("id", "kind", "amount", "project_id", "user_id", "generation_id", "model_key", "takes", "day", "reason")


def close(month: str, actor: User, note: str = "") -> ClosedMonth:
    """Make a month final.

    Raises:
        Refused: it is not over, was closed before, an earlier one is open, or its books do not agree.
    """
    with transaction.atomic():
        _stand_still()
        if reason := why_not(month):
            raise Refused(reason)
        made = ClosedMonth.objects.create(month=month, closed_by=actor, note=note.strip()[:300], **_figures(month))
        record(actor, Deed.What.CLOSED, f"Closed {month}: {made.entries} entries" + (f". {made.note}" if note else ""))
    return made


def why_not(month: str) -> str:
    """Why a month cannot be closed now, or an empty text."""
    if ClosedMonth.objects.filter(month=month).exists():
        return "This month is closed already."
    if month >= money.month_of(timezone.now() - MARGIN):
        return "A month can be closed an hour after it has ended."
    months = Rollup.objects.values_list("month", flat=True).distinct()
    if month not in months:
        return "Nothing was booked in this month."
    before = set(months.filter(month__lt=month)) - set(ClosedMonth.objects.values_list("month", flat=True))
    if before:
        return f"Close {min(before)} first: months are closed in their order."
    if left := Matter.objects.unanswered().filter(month__lte=month).count():
        return f"{left} thing{'' if left == 1 else 's'} of this month or before are still to be looked at."
    if wrong := money.differences(month):
        return f"The books of this month do not agree: {wrong[0]}."
    return ""


def _stand_still() -> None:
    """Wait for entries that are being written, and hold new ones until the month is closed.

    SQLite: the IMMEDIATE transaction does that already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE generator_entry IN SHARE MODE")


def _figures(month: str) -> dict[str, int | str]:
    columns = ("charged", "credited", "adjusted", "takes")
    sums = Rollup.objects.filter(month=month).aggregate(**{f"{name}_": Sum(name, default=0) for name in columns})
    count, digest = fingerprint(month)
    return {**{name: sums[f"{name}_"] for name in columns}, "entries": count, "digest": digest}


def fingerprint(month: str) -> tuple[int, str]:
    """How many entries a month has, and a SHA-256 over what they say."""
    digest, count = sha256(), 0
    for row in Entry.objects.filter(month=month).order_by("id").values_list(*_COLUMNS).iterator(chunk_size=5000):
        digest.update("\x1f".join(map(str, row)).encode() + b"\n")
        count += 1
    return count, digest.hexdigest()


def is_unchanged(closed: ClosedMonth) -> bool:
    """Whether a closed month's entries still say what they said when it was closed."""
    return fingerprint(closed.month) == (closed.entries, closed.digest)
