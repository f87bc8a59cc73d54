"""What is coming and what has come: places in the list for takes under way, and the cards of takes not heard yet."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Case, Exists, OuterRef, Prefetch, Q, When

from generator import permissions
from generator.models import Generation, Heard, Project, State, Track, TrackCopy, User
from generator.models.generation import GenerationQuerySet
from generator.services.provider_jobs import catalog
from generator.services.team import sample_project

MAX_READY = 2  # cards that nobody on the page has seen yet; the rows of others are still marked as new
MAX_PLACES = 12  # a longer queue must not push the library away


@dataclass
class Place:
    """The place in the list of a take that has not arrived: a row of the same height, so that nothing moves then.

    A run that failed keeps its places: the first says so, with what to do about it.
    """

    run: Generation
    take: int
    is_tied: bool = False  # to the row before, which is of the same run
    tells_failure: bool = False
    is_held: bool = True  # since before the failure, on the page that shows it: it must not change its height
    price_again: int | None = None
    refresh_key: str = ""

    @property
    def is_blind(self) -> bool:
        return self.run.is_blind

    @property
    def is_under_way(self) -> bool:
        return self.run.is_active


def places(user: User, project: Project, held_ids: Iterable[str] = ()) -> list[Place]:
    """Return the places of all takes under way, and of failures until they are dismissed, newest run first.

    `held_ids`: public IDs of the runs whose places the page shows already. Of another failure, one place is enough.
    """
    arrived = Prefetch("tracks", Track.objects.only("generation_id", "take"))
    keeps_places = Q(state__in=State.active()) | Q(state__in=_STOPPED, dismissed_at=None)
    runs = permissions.project_generations(user, project).filter(keeps_places, model__is_action=False)
    runs = runs.select_related("prompt", "model", "comparison").prefetch_related(arrived)
    held = set(held_ids)
    listed: list[Place] = []
    for run in runs.order_by(_UNDER_WAY_FIRST, "-id")[: 2 * MAX_PLACES]:
        takes = missing(run)
        if not run.is_active and run.public_id not in held:
            takes = takes[:1]
        for number, take in enumerate(takes):
            is_held = run.is_active or run.public_id in held
            listed.append(Place(run, take, tells_failure=not run.is_active and not number, is_held=is_held))
    listed = sorted(listed[:MAX_PLACES], key=lambda place: (-place.run.pk, -place.take))
    _price_again([place for place in listed if place.tells_failure])
    return listed


_STOPPED = (State.FAILED, State.IN_DOUBT)
_UNDER_WAY_FIRST = Case(When(state__in=State.active(), then=0), default=1)


def _price_again(failures: list[Place]) -> None:
    """Set the current price of a retry: the price shown on the button and charged."""
    choices = {choice.model.pk: choice for choice in catalog.models()} if failures else {}
    for place in failures:
        choice = choices.get(place.run.model_id)
        place.price_again = choice.total_again(place.run) if choice else None
        place.refresh_key = secrets.token_urlsafe(12)


def missing(run: Generation) -> list[int]:
    """Return the takes of a run that have not arrived, latest first; load it with its tracks."""
    arrived = {track.take for track in run.tracks.all()} if run.state in (*State.active(), *_STOPPED) else None
    return [] if arrived is None else [take for take in range(run.takes_requested, 0, -1) if take not in arrived]


def arrange(places: Sequence[Place], tracks: Sequence[Track], *, is_last_page: bool) -> tuple[list[Place], list[Place]]:
    """Put places among the tracks of a page; return those above the first track, and those below the last.

    What is under way is above all tracks. A failure stays below the tracks of later runs (`track.places_before`); on
    a further page it has no place.
    """
    above = [place for place in places if place.is_under_way]
    failures = [place for place in places if not place.is_under_way]
    rows: list[Place | Track] = list(above)
    for track in tracks:
        before = [place for place in failures if place.run.pk > track.generation_id]
        failures = failures[len(before) :]
        track.places_before = before  # type: ignore[attr-defined]
        rows += [*before, track]
    below = failures if is_last_page else []
    _tie([*rows, *below])
    return above, below


def _tie(rows: Sequence[Place | Track], previous: tuple[str, int | None] | None = None) -> None:
    for row in rows:
        own = tie_of(row.run if isinstance(row, Place) else row.generation)
        row.is_tied, previous = own == previous, own  # type: ignore[union-attr]


def tie_of(run: Generation) -> tuple[str, int | None]:
    """Return what rows that belong together have in common: their run, or their comparison while it is blind."""
    return ("comparison", run.comparison_id) if run.is_blind else ("run", run.pk)


def tie(tracks: Sequence[Track], before: Generation | None) -> None:
    """Set `is_tied` on tracks that belong to the same run as the row before; `before` is the run of the row above."""
    _tie(tracks, tie_of(before) if before else None)


def ready(user: User, project: Project, shown_ids: Iterable[str]) -> GenerationQuerySet:
    """Return this person's finished runs to show as cards: the newest that they have not heard, and those in `shown`.

    A card on an open page stays when its takes are heard, so that nothing moves under the pointer; the next visit does
    not show it again.
    """
    unheard = Q(pk__in=unheard_runs(user, project).order_by("-finished_at").values("pk")[:MAX_READY])
    shown = list(shown_ids)
    if not shown:
        return Generation.objects.filter(unheard)
    return _ready_runs(user, project).filter(unheard | Q(public_id__in=shown))


def unheard_runs(user: User, project: Project) -> GenerationQuerySet:
    hearings = Heard.objects.filter(user=user, track__generation=OuterRef("pk"))
    return _ready_runs(user, project).filter(~Exists(hearings))


def _ready_runs(user: User, project: Project) -> GenerationQuerySet:
    """Return the runs that a card announces when they are ready.

    What programs requested, and what is compared, has its own pages; a batch has one card, and samples have none.
    """
    kept_tracks = permissions.tracks(user).kept().filter(generation=OuterRef("pk"), project=project)
    runs = permissions.project_generations(user, project).exclude(sample_project.is_sample(project))
    return runs.filter(
        Exists(kept_tracks),
        ~Exists(TrackCopy.objects.filter(track__generation=OuterRef("pk"))),
        author=user,
        state=State.READY,
        dismissed_at=None,
        finished_at__gt=user.heard_until,
        cancel_requested_at=None,
        key=None,
        comparison=None,
        batch_item=None,
    )
