"""One card per batch: its progress while it is under way, then what has arrived, its cost and what failed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, Sum

from generator import permissions
from generator.models import Batch, Generation, Heard, LedgerEntry, Project, State, Track, User
from generator.services.briefs import batches
from generator.services.briefs.batches import BatchProgress

MAX_CARDS = 10
MAX_QUEUED = 100  # tracks that the button of a card plays one after the other
_UNUSED = ("peaks", "measured", "search_text")


@dataclass(frozen=True)
class EndedBatch:
    """A batch that has ended, until the person who submitted it has heard a take of it or dismisses it."""

    progress: BatchProgress
    tracks: Sequence[Track]
    charged: int

    @property
    def queued_tracks(self) -> Sequence[Track]:
        return self.tracks[:MAX_QUEUED]

    @property
    def batch(self) -> Batch:
        return self.progress.batch


def load(user: User, project: Project, shown_ids: Iterable[str]) -> tuple[list[BatchProgress], list[EndedBatch]]:
    """Return a project's batches under way, and those of the person's that have ended, newest first.

    `shown_ids`: public IDs of the batches that the page shows already, which stay when they are heard.
    """
    under_way = Generation.objects.active().filter(batch_item__batch=OuterRef("pk"))
    hearings = Heard.objects.filter(user=user, track__generation__batch_item__batch=OuterRef("pk"))
    of_programs = Generation.objects.filter(batch_item__batch=OuterRef("pk"), key__isnull=False)
    is_waiting = Q(public_id__in=list(shown_ids)) | (Q(created_at__gt=user.heard_until) & ~Exists(hearings))
    is_ended_card = Q(author=user, dismissed_at=None) & ~Exists(of_programs) & is_waiting
    rows = list(Batch.objects.filter(Exists(under_way) | is_ended_card, project=project).order_by("-id")[:MAX_CARDS])
    lines = batches.progress_of(rows)
    return [line for line in lines if line.is_moving], _ended(user, [line for line in lines if not line.is_moving])


def _ended(user: User, lines: list[BatchProgress]) -> list[EndedBatch]:
    if not lines:
        return []
    rows = [line.batch.pk for line in lines]
    takes = permissions.tracks(user).kept().with_new(user).filter(generation__batch_item__batch__in=rows)
    takes = takes.select_related("generation__model", "generation__comparison", "generation__batch_item")
    takes = takes.defer(*_UNUSED).order_by("generation__batch_item__place", "take")
    tracks: dict[int, list[Track]] = {pk: [] for pk in rows}
    for track in takes:
        tracks[track.generation.batch_item.batch_id].append(track)
    charges = LedgerEntry.objects.filter(kind="charge", generation__batch_item__batch__in=rows).order_by()
    charged = dict(charges.values_list("generation__batch_item__batch").annotate(total=Sum("amount")))
    cards = [EndedBatch(line, tracks[line.batch.pk], charged.get(line.batch.pk, 0)) for line in lines]
    # What was thrown away is not announced; a batch without any take says so until it is dismissed.
    return [card for card in cards if card.tracks or not card.progress.ready]


def without_own_card() -> Q:
    """Match the generations that their batch's card stands for.

    An unconfirmed one has its own, as its hold stays, and so does one that has a suggestion to use.
    """
    return Q(batch_item__isnull=False) & ~Q(state=State.IN_DOUBT) & Q(suggestion__isnull=True)
