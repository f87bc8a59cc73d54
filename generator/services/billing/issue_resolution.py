"""Resolving reconciliation issues: note, review, dispute; credit, correct, release, charge.

Each action writes its ledger entry and audit log entry in one transaction. A second attempt changes nothing.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from generator import currency
from generator.models import (
    AuditLogEntry,
    Generation,
    GenerationEvent,
    LedgerEntry,
    ReconciliationIssue,
    Rollup,
    State,
    User,
)
from generator.services.audit_log import record
from generator.services.billing import ledger
from generator.services.errors import UserError
from generator.services.generation import completion, states

MAX_NOTE_CHARS = 300
_NEXT = {
    AuditLogEntry.Action.REVIEWED: ReconciliationIssue.State.REVIEWED,
    AuditLogEntry.Action.DISPUTED: ReconciliationIssue.State.DISPUTED,
    AuditLogEntry.Action.REOPENED: ReconciliationIssue.State.OPEN,
}


def answer(issue: ReconciliationIssue, actor: User, action: AuditLogEntry.Action, text: str) -> None:
    """Add a note to an issue, or mark it as reviewed, disputed or open again.

    Raises:
        UserError: a note or a dispute without text.
    """
    text = text.strip()[:MAX_NOTE_CHARS]
    if not text and action in (AuditLogEntry.Action.NOTED, AuditLogEntry.Action.DISPUTED):
        raise UserError(_("Enter a note."), "text", code="required")
    with transaction.atomic():
        if state := _NEXT.get(action):
            answered = (
                None
                if state in (ReconciliationIssue.State.OPEN, ReconciliationIssue.State.DISPUTED)
                else timezone.now()
            )
            ReconciliationIssue.objects.filter(pk=issue.pk).update(state=state, answered_at=answered)
            issue.state = state
        record(actor, action, text or str(action.label), issue=issue, generation=issue.generation, user=issue.user)


def review_all(issues: Iterable[ReconciliationIssue], actor: User, reason: str) -> int:
    """Mark several issues as reviewed for one reason, each with its own audit log entry; return their number.

    Raises:
        UserError: no reason is given.
    """
    reason = reason.strip()[:MAX_NOTE_CHARS]
    if not reason:
        sentence = _("Enter a reason. It is recorded with each of the issues.")
        raise UserError(sentence, "text", code="required")
    with transaction.atomic():
        answered = list(issues)
        for issue in answered:
            answer(issue, actor, AuditLogEntry.Action.REVIEWED, reason)
    return len(answered)


def refundable(generation: Generation) -> int:
    """Return how much of a generation's charge can still be credited, in micro-dollars."""
    kinds = {"charged": Q(kind="charge"), "credited": Q(kind="credit"), "adjusted": Q(kind="adjustment")}
    sums = generation.entries.order_by().aggregate(**{n: Sum("amount", filter=q, default=0) for n, q in kinds.items()})
    return int(sums["charged"] + sums["adjusted"] - sums["credited"])


def credit(
    generation: Generation, actor: User, amount: int, reason: str, issue: ReconciliationIssue | None = None
) -> LedgerEntry:
    """Credit money for a generation, as an entry of the current month.

    Raises:
        UserError: no reason is given, the amount is not positive, or it exceeds what was charged.
    """
    reason = _reason(reason)
    with transaction.atomic():
        generation = _locked(generation)
        maximum = refundable(generation)
        if not 0 < amount <= maximum:
            sentence = _("Enter an amount from {least} to {most}.")
            sentence = sentence.format(least=currency.show(1), most=currency.show(max(maximum, 0)))
            raise UserError(sentence, "amount", code="out_of_range")
        entry = _book(generation, LedgerEntry.Kind.CREDIT, amount, reason, actor)
        text = f"Credited {currency.show(amount)}: {reason}"
        _done(generation, actor, AuditLogEntry.Action.CREDITED, text, issue, entry)
    return entry


def adjust(
    generation: Generation, actor: User, amount: int, reason: str, issue: ReconciliationIssue | None = None
) -> LedgerEntry:
    """Correct the cost of a generation up or down (for example, when an estimate was wrong).

    Raises:
        UserError: no reason is given, the amount is zero, or the total would become negative.
    """
    reason = _reason(reason)
    with transaction.atomic():
        generation = _locked(generation)
        if not amount or refundable(generation) + amount < 0:
            sentence = _("Enter a nonzero correction; the total cannot be negative.")
            raise UserError(sentence, "amount", code="out_of_range")
        entry = _book(generation, LedgerEntry.Kind.ADJUSTMENT, amount, reason, actor)
        _done(
            generation,
            actor,
            AuditLogEntry.Action.ADJUSTED,
            f"Corrected by {currency.show(amount)}: {reason}",
            issue,
            entry,
        )
    return entry


def release(generation: Generation, actor: User, reason: str, issue: ReconciliationIssue | None = None) -> None:
    """Release the hold of a generation that is in doubt or lost: it was not made, so it is not charged.

    Raises:
        UserError: no reason is given, or the generation is settled or still in progress.
    """
    _decide(generation, actor, AuditLogEntry.Action.RELEASED, _reason(reason), issue)


def charge(generation: Generation, actor: User, reason: str, issue: ReconciliationIssue | None = None) -> None:
    """Charge in full the hold of a generation that is in doubt or lost: the provider billed it.

    Raises:
        UserError: as for `release`.
    """
    _decide(generation, actor, AuditLogEntry.Action.CHARGED, _reason(reason), issue)


def _decide(
    generation: Generation, actor: User, action: AuditLogEntry.Action, reason: str, issue: ReconciliationIssue | None
) -> None:
    with transaction.atomic():
        generation = _locked(generation)
        if generation.settled_at:
            raise UserError(_("This generation has already been settled."), code="already_settled")
        if (
            generation.is_active
            and not ReconciliationIssue.objects.filter(
                generation=generation, kind=ReconciliationIssue.Kind.ORPHAN
            ).exists()
        ):
            sentence = _("This generation is still in progress. It is settled automatically when it ends.")
            raise UserError(sentence, code="not_finished")
        takes = generation.takes_requested if action == AuditLogEntry.Action.CHARGED else 0
        text = f"{action.value.capitalize()} by {actor}: {reason}"
        if generation.state not in State.ended():
            completion.give_up(generation, actor, text)
        if not ledger.settle(generation, takes, text[:300], actor):
            raise UserError(_("This generation has already been settled."), code="already_settled")
        _done(
            generation,
            actor,
            action,
            f"{action.value.capitalize()} {currency.show(generation.price_total)}: {reason}",
            issue,
        )


def _locked(generation: Generation) -> Generation:
    """Reload a generation and lock its row until the transaction ends."""
    rows = Generation.objects.select_for_update(of=("self",))
    return rows.select_related("model__provider", "project", "author", "price").get(pk=generation.pk)


def _reason(text: str) -> str:
    text = text.strip()[: MAX_NOTE_CHARS - 60]
    if not text:
        sentence = _("Enter a reason. It is recorded permanently in the ledger.")
        raise UserError(sentence, "text", code="required")
    return text


def _book(generation: Generation, kind: LedgerEntry.Kind, amount: int, reason: str, actor: User) -> LedgerEntry:
    return ledger.book(
        kind,
        amount,
        project=generation.project,
        user=generation.author,
        generation=generation,
        model_key=generation.model.key,
        price=generation.price,
        actor=actor,
        reason=reason,
    )


def _done(
    generation: Generation,
    actor: User,
    action: AuditLogEntry.Action,
    text: str,
    issue: ReconciliationIssue | None,
    entry: LedgerEntry | None = None,
) -> None:
    about = {"generation": generation, "user": generation.author, "project": generation.project}
    record(actor, action, text, issue=issue, entry=entry, **about)
    states.note(generation, text, kind=GenerationEvent.Kind.NOTE, actor=actor)
    if issue:
        now = timezone.now()
        ReconciliationIssue.objects.filter(pk=issue.pk).update(
            state=ReconciliationIssue.State.REVIEWED, answered_at=now
        )


def open_holds() -> int:
    """Return the sum of all open holds, in micro-dollars."""
    return int(Rollup.objects.aggregate(held=Sum("held", default=0))["held"])
