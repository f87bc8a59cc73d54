"""What a project has besides its tracks, asked in one query, so that its page reads only what there is."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from generator import permissions
from generator.models import Batch, Comparison, Generation, Project, Reference, State, Tour, Track, User
from generator.page_memory import remembered
from generator.web.generation.arrivals import unheard_runs

UNFINISHED = (State.IN_DOUBT, State.FAILED, State.CANCELLED)  # shown until dismissed


@dataclass(frozen=True)
class Activity:
    has_runs: bool  # under way, or ended without success and not dismissed
    has_ready_runs: bool
    has_batches: bool
    has_blind_comparisons: bool
    has_references: bool
    has_tour: bool
    newest_track: str | None


@remembered
def activity_of(user: User, project: Project) -> Activity:
    """Return what a member finds in a project at the moment."""
    runs = Generation.objects.filter(project=OuterRef("pk"))
    # Two questions, each of which an index answers.
    unfinished = runs.filter(state__in=(*State.active(), *UNFINISHED), dismissed_at=None)
    too_late = runs.filter(state=State.READY, cancel_requested_at__isnull=False, dismissed_at=None)
    found = Project.objects.filter(pk=project.pk).annotate(
        has_runs=Exists(unfinished) | Exists(too_late),
        has_ready_runs=Exists(unheard_runs(user, project)),
        has_batches=Exists(Batch.objects.filter(project=OuterRef("pk"), dismissed_at=None)),
        has_blind_comparisons=Exists(Comparison.objects.blind().filter(project=OuterRef("pk"))),
        has_references=Exists(Reference.objects.filter(project=OuterRef("pk"))),
        has_tour=Exists(Tour.objects.filter(user=user, dismissed_at=None)),
        newest_track=Subquery(_newest(user, project)),
    )
    return Activity(**found.values(*Activity.__dataclass_fields__).get())


def _newest(user: User, project: Project) -> Any:
    tracks = permissions.visible(Track.objects.filter(project=project), user).kept()
    return tracks.order_by("-created_at", "-id").values("public_id")[:1]
