"""Closing a month: store its figures and a fingerprint of its entries, after which the database rejects new entries.

A later correction, such as a credit for a take of that month, is an entry of the month in which it is booked.
"""

import datetime as dt
from hashlib import sha256

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generator.models import AuditLogEntry, ClosedMonth, LedgerEntry, ReconciliationIssue, Rollup, User
from generator.services.audit_log import record
from generator.services.billing import ledger
from generator.services.errors import UserError

SETTLING_TIME = dt.timedelta(hours=1)  # by then, every booking that began in the month has finished
_COLUMNS = ("id", "kind", "amount", "project_id", "user_id", "generation_id", "model_key", "takes", "day", "reason")


def close(month: str, actor: User, note: str = "") -> ClosedMonth:
    """Close a month.

    Raises:
        UserError: the month is not over, is empty or already closed, an earlier month is open, an issue up to its end
            is unanswered, or its roll-ups differ from its entries.
    """
    with transaction.atomic():
        _lock_ledger()
        if refusal := _refusal(month):
            raise refusal
        closed_month = ClosedMonth.objects.create(
            month=month, closed_by=actor, note=note.strip()[:300], **_month_totals(month)
        )
        record(
            actor,
            AuditLogEntry.Action.MONTH_CLOSED,
            f"Closed {month}: {closed_month.entries} entries" + (f". {closed_month.note}" if note else ""),
        )
    return closed_month


def first_open_month() -> str:
    """Return the earliest month with ledger entries that is not closed, or an empty string."""
    closed = ClosedMonth.objects.values_list("month", flat=True)
    months = Rollup.objects.exclude(month__in=closed).order_by("month").values_list("month", flat=True)
    return months.first() or ""


def why_not_closable(month: str) -> str:
    """Return why a month cannot be closed now, or an empty string."""
    refusal = _refusal(month)
    return refusal.sentence if refusal else ""


def _refusal(month: str) -> UserError | None:
    if ClosedMonth.objects.filter(month=month).exists():
        return UserError(_("This month is already closed."), code="already_closed")
    if month >= ledger.month_of(timezone.now() - SETTLING_TIME):
        return UserError(_("A month can be closed one hour after it has ended."), code="month_not_over")
    months = Rollup.objects.values_list("month", flat=True).distinct()
    if month not in months:
        return UserError(_("This month has no ledger entries."), code="nothing_booked")
    earlier = set(months.filter(month__lt=month)) - set(ClosedMonth.objects.values_list("month", flat=True))
    if earlier:
        sentence = _("Close {month} first; months are closed in order.").format(month=min(earlier))
        return UserError(sentence, code="earlier_month_open")
    if open_issues := ReconciliationIssue.objects.unanswered().filter(month__lte=month).count():
        sentence = ngettext(
            "First resolve the {count} open issue from this month or earlier.",
            "First resolve the {count} open issues from this month or earlier.",
            open_issues,
        )
        return UserError(sentence.format(count=open_issues), code="issues_open")
    if differences := ledger.differences(month):
        sentence = _("The ledger for this month does not balance: {difference}.").format(difference=differences[0])
        return UserError(sentence, code="ledger_differs")
    return None


def _lock_ledger() -> None:
    """Wait for entries that are being written, and block new ones until the month is closed.

    On SQLite, the IMMEDIATE transaction already does this.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE generator_ledgerentry IN SHARE MODE")


def _month_totals(month: str) -> dict[str, int | str]:
    columns = ("charged", "credited", "adjusted", "stated", "takes")
    sums = Rollup.objects.filter(month=month).aggregate(**{f"{name}_": Sum(name, default=0) for name in columns})
    count, digest = fingerprint(month)
    return {**{name: sums[f"{name}_"] for name in columns}, "entries": count, "digest": digest}


def fingerprint(month: str) -> tuple[int, str]:
    """Return the number of entries in a month and a SHA-256 hex digest of their contents."""
    digest, count = sha256(), 0
    for row in LedgerEntry.objects.filter(month=month).order_by("id").values_list(*_COLUMNS).iterator(chunk_size=5000):
        digest.update("\x1f".join(map(str, row)).encode() + b"\n")
        count += 1
    return count, digest.hexdigest()


def is_unchanged(closed: ClosedMonth) -> bool:
    """Return whether the entries of a closed month still match their fingerprint."""
    return fingerprint(closed.month) == (closed.entries, closed.digest)
