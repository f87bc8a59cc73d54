"""What reviewers and controllers do with a matter: note, review, dispute; credit, correct, release, charge.

Each is one transaction with its entry and its line in the history of deeds. Whoever comes second does nothing.
"""

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from generator import money as micros
from generator.models import Deed, Entry, Event, Generation, Matter, Rollup, State, User
from generator.workflow import ending, money, states
from generator.workflow.deeds import record
from generator.workflow.refused import Refused

MOST_WORDS = 300
_NEXT = {
    Deed.What.REVIEWED: Matter.State.REVIEWED,
    Deed.What.DISPUTED: Matter.State.DISPUTED,
    Deed.What.REOPENED: Matter.State.OPEN,
}


def say(matter: Matter, actor: User, what: Deed.What, text: str) -> None:
    """Note something, or mark a matter as reviewed, disputed or open again.

    Raises:
        Refused: a note or a dispute without words.
    """
    text = text.strip()[:MOST_WORDS]
    if not text and what in (Deed.What.NOTED, Deed.What.DISPUTED):
        raise Refused("Write a word about it.", "text")
    with transaction.atomic():
        if state := _NEXT.get(what):
            answered = None if state in (Matter.State.OPEN, Matter.State.DISPUTED) else timezone.now()
            Matter.objects.filter(pk=matter.pk).update(state=state, answered_at=answered)
            matter.state = state
        record(actor, what, text or what.label, matter=matter, generation=matter.generation, user=matter.user)


def refundable(generation: Generation) -> int:
    """What of a generation's charge can still be given back."""
    kinds = {"charged": Q(kind="charge"), "credited": Q(kind="credit"), "adjusted": Q(kind="adjustment")}
    sums = generation.entries.order_by().aggregate(**{n: Sum("amount", filter=q, default=0) for n, q in kinds.items()})
    return int(sums["charged"] + sums["adjusted"] - sums["credited"])


def credit(generation: Generation, actor: User, amount: int, reason: str, matter: Matter | None = None) -> Entry:
    """Give money back for a generation, as an entry of the open month.

    Raises:
        Refused: no reason, nothing to give back, or more than was charged.
    """
    reason = _reason(reason)
    with transaction.atomic():
        generation = _locked(generation)
        most = refundable(generation)
        if not 0 < amount <= most:
            raise Refused(f"Between $0.000001 and {micros.show(max(most, 0))} can be credited here.", "amount")
        entry = _book(generation, Entry.Kind.CREDIT, amount, reason, actor)
        text = f"Credited {micros.show(amount)}: {reason}"
        _done(generation, actor, Deed.What.CREDITED, text, matter, entry)
    return entry


def adjust(generation: Generation, actor: User, amount: int, reason: str, matter: Matter | None = None) -> Entry:
    """Correct what a generation cost, either way (an estimate that turned out otherwise).

    Raises:
        Refused: no reason, nothing to correct, or it would cost less than nothing.
    """
    reason = _reason(reason)
    with transaction.atomic():
        generation = _locked(generation)
        if not amount or refundable(generation) + amount < 0:
            raise Refused("A correction is not zero, and nothing can cost less than nothing.", "amount")
        entry = _book(generation, Entry.Kind.ADJUSTMENT, amount, reason, actor)
        _done(generation, actor, Deed.What.ADJUSTED, f"Corrected by {micros.show(amount)}: {reason}", matter, entry)
    return entry


def release(generation: Generation, actor: User, reason: str, matter: Matter | None = None) -> None:
    """Let a hold go: what is in doubt or forgotten was not made, and is not charged.

    Raises:
        Refused: no reason, or it is settled, or still under way.
    """
    _decide(generation, actor, Deed.What.RELEASED, _reason(reason), matter)


def charge(generation: Generation, actor: User, reason: str, matter: Matter | None = None) -> None:
    """Charge a hold in full: what is in doubt or forgotten was billed by the provider.

    Raises:
        Refused: as `release`.
    """
    _decide(generation, actor, Deed.What.CHARGED, _reason(reason), matter)


def _decide(generation: Generation, actor: User, what: Deed.What, reason: str, matter: Matter | None) -> None:
    with transaction.atomic():
        generation = _locked(generation)
        if generation.settled_at:
            raise Refused("It is settled already.")
        if generation.is_active and not Matter.objects.filter(generation=generation, kind=Matter.Kind.ORPHAN).exists():
            raise Refused("It is still under way; it settles by itself.")
        takes = generation.takes_asked if what == Deed.What.CHARGED else 0
        text = f"{what.label} by {actor}: {reason}"
        if generation.state not in State.ended():
            ending.give_up(generation, actor, text)
        if not money.settle(generation, takes, text[:300], actor):
            raise Refused("It is settled already.")
        _done(generation, actor, what, f"{what.label} {micros.show(generation.held)}: {reason}", matter)


def _locked(generation: Generation) -> Generation:
    """The row as it is now, and nobody else's until the transaction is over."""
    rows = Generation.objects.select_for_update(of=("self",))
    return rows.select_related("model__provider", "project", "author", "price").get(pk=generation.pk)


def _reason(text: str) -> str:
    text = text.strip()[: MOST_WORDS - 60]
    if not text:
        raise Refused("Say why: it stands in the ledger for good.", "text")
    return text


def _book(generation: Generation, kind: Entry.Kind, amount: int, reason: str, actor: User) -> Entry:
    return money.book(
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
    generation: Generation, actor: User, what: Deed.What, text: str, matter: Matter | None, entry: Entry | None = None
) -> None:
    about = {"generation": generation, "user": generation.author, "project": generation.project}
    record(actor, what, text, matter=matter, entry=entry, **about)
    states.note(generation, text, kind=Event.Kind.NOTE, actor=actor)
    if matter:
        now = timezone.now()
        Matter.objects.filter(pk=matter.pk).update(state=Matter.State.REVIEWED, answered_at=now)


def open_holds() -> int:
    """Everything that is held now, of everybody."""
    return int(Rollup.objects.aggregate(held=Sum("held", default=0))["held"])
