"""Setting caps, asking for more than one leaves, and answering once.

ask ──► granted: the cap is wider by that much until it ends │ declined: with a reason
"""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from generator import money
from generator.models import Budget, Deed, Project, Raise, User
from generator.workflow import warnings
from generator.workflow.deeds import record
from generator.workflow.refused import Refused

MOST_WORDS = 300
LONGEST = dt.timedelta(days=92)


def set_cap(project: Project, amount: int | None, actor: User, member: User | None = None) -> Budget | None:
    """Set, change or (None) take away the cap of a project, or of one member inside it.

    Raises:
        Refused: it is below zero, or about somebody who is no member.
    """
    if amount is not None and amount < 0:
        raise Refused("A cap cannot be below zero.", "cap")
    if member and not project.memberships.filter(user=member).exists():
        raise Refused(f"{member.label} is not a member of {project.name}.", "member")
    about: dict[str, Any] = {"project": project, "user": member, "provider_key": ""}
    with transaction.atomic():
        was = Budget.objects.filter(**about).first()
        if amount is None:
            if was:
                record_cap(actor, was, None)
                was.delete()
            return None
        budget, _ = Budget.objects.update_or_create(**about, defaults={"cap": amount})
        if was is None or was.cap != amount:
            record_cap(actor, budget, amount)
    return budget


def record_cap(actor: User, budget: Budget, amount: int | None) -> None:
    """Write down what a cap is from now on; None: there is none any more."""
    now = f"{money.show(amount)} a month" if amount is not None else f"none (was {money.show(budget.cap)} a month)"
    record(actor, Deed.What.CAP, f"Cap on {budget.target}: {now}", user=budget.user, project=budget.project)


def ask_for_more(budget: Budget, user: User, amount: int, reason: str) -> Raise:
    """Ask for room on top of a cap; those who may grant it are told.

    Raises:
        Refused: nothing is asked for, no reason is given, or an earlier request is still open.
    """
    reason = reason.strip()
    if amount <= 0:
        raise Refused("Ask for an amount, such as 5.", "amount")
    if not reason:
        raise Refused("Say in a few words what it is for; whoever grants it decides by that.", "reason")
    try:
        with transaction.atomic():
            made = Raise.objects.create(budget=budget, asked_by=user, asked=amount, reason=reason[:MOST_WORDS])
            about = {"user": budget.user, "project": budget.project}
            text = f"Asked for {money.show(amount)} more on {budget.target}: {made.reason}"
            record(user, Deed.What.ASKED, text, **about)
            warnings.tell_of_request(made)
    except IntegrityError:
        raise Refused("You have asked for this already; it is waiting for an answer.") from None
    return made


def grant(asked: Raise, actor: User, amount: int, until: dt.datetime, answer: str = "") -> None:
    """Widen the cap by an amount until a moment; once.

    Raises:
        Refused: no amount, no sensible end, or it was answered before.
    """
    now = timezone.now()
    if amount <= 0:
        raise Refused("Grant an amount above zero, or decline with a reason.", "amount")
    if not now < until <= now + LONGEST:
        raise Refused(f"A grant ends: choose a day from tomorrow to {LONGEST.days} days ahead.", "until")
    _answer(asked, actor, Raise.State.GRANTED, answer, granted=amount, expires_at=until)


def decline(asked: Raise, actor: User, answer: str) -> None:
    """Say no, with a reason; once.

    Raises:
        Refused: no reason, or it was answered before.
    """
    if not answer.strip():
        raise Refused("Say why, so that the person knows what to do instead.", "answer")
    _answer(asked, actor, Raise.State.DECLINED, answer)


def _answer(asked: Raise, actor: User, state: Raise.State, answer: str, **more: object) -> None:
    facts = {"state": state, "answer": answer.strip()[:MOST_WORDS], "answered_by": actor, "answered_at": timezone.now()}
    with transaction.atomic():
        if not Raise.objects.open().filter(pk=asked.pk).update(**facts, **more):
            raise Refused("Somebody has answered this already.")
        asked.refresh_from_db()
        what = Deed.What.GRANTED if state == Raise.State.GRANTED else Deed.What.DECLINED
        text = f"{asked.asked_by} on {asked.budget.target}: {in_words(asked)}"
        record(actor, what, text, user=asked.asked_by, project=asked.budget.project)
        warnings.tell_of_answer(asked)


def in_words(asked: Raise) -> str:
    """A request with its answer, in a line."""
    if asked.state == Raise.State.GRANTED and asked.expires_at:
        return f"{money.show(asked.granted)} granted until {timezone.localtime(asked.expires_at):%-d %B %Y}"
    return f"declined: {asked.answer}" if asked.state == Raise.State.DECLINED else "waiting for an answer"
