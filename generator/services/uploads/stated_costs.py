"""What a track from elsewhere cost, as a person states it: entries of its own kind in the ledger (decision 0049).

A stated cost was paid outside of the studio. It is part of what a project spent, in no budget, and compared with no
provider's bill. It is booked in the month in which it is stated, and corrected by a second entry.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from generator import currency
from generator.currency import Micros
from generator.models import UPLOADED_TRACK, AuditLogEntry, Generation, LedgerEntry, Project, Track, TrackUpload, User
from generator.services.audit_log import record
from generator.services.billing import ledger
from generator.services.errors import UserError


def upload_of(track: Track) -> TrackUpload | None:
    """Return the upload that a track was made from, or None."""
    return TrackUpload.objects.filter(track=track, is_stem=False).select_related("author", "project").first()


def book_cost(upload: TrackUpload, generation: Generation) -> None:
    """Book the cost that was stated with an upload, if one was; for the transaction that adds its track."""
    if upload.cost is not None:
        _book(generation, Micros(upload.cost), takes=1, reason=_reason(upload), actor=upload.author)


def correct_cost(track: Track, cost: Micros, reason: str, actor: User, payers: "set[Project]") -> None:
    """State another cost of an uploaded track; the difference is a second entry, in the current month.

    `payers`: the projects that the actor may edit; the cost stays with the project that paid.

    Raises:
        UserError: the track was not uploaded here, was copied, or costs that already.
    """
    with transaction.atomic():
        upload = TrackUpload.objects.select_for_update().filter(track=track, is_stem=False).first()
        generation = track.generation
        if upload is None or hasattr(track, "origin") or generation.project not in payers:
            sentence = _("The cost can be corrected where the track was uploaded, by an editor of that project.")
            raise UserError(sentence, "cost", code="not_permitted")
        if upload.cost == cost:
            raise UserError(_("That cost is already stated."), "cost", code="unchanged")
        was_stated = upload.cost is not None
        difference = cost - (upload.cost or 0)
        text = reason.strip() or _("corrected")
        words = f"{actor.label}: an uploaded track cost {currency.show(cost)} ({text})"
        _book(generation, Micros(difference), takes=0 if was_stated else 1, reason=words, actor=actor)
        TrackUpload.objects.filter(pk=upload.pk).update(cost=cost)
        record(actor, AuditLogEntry.Action.ADJUSTED, words, project=generation.project, generation=generation)


def _reason(upload: TrackUpload) -> str:
    bought = f", bought on {upload.bought_on:%Y-%m-%d}" if upload.bought_on else ""
    return f"{upload.author.label}: cost of an uploaded track{bought}"


def _book(generation: Generation, amount: Micros, *, takes: int, reason: str, actor: User) -> None:
    ledger.book(
        LedgerEntry.Kind.STATED,
        amount,
        project=generation.project,
        user=generation.author,
        reason=reason[:300],
        model_key=UPLOADED_TRACK,
        generation=generation,
        takes=takes,
        actor=actor,
    )
