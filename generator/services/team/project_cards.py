"""The cards of the Projects page: what each project holds, read with the same few queries however many there are."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from generator import permissions
from generator.currency import Micros
from generator.models import Comparison, Membership, Project, Role, Track, User
from generator.models.track import TrackQuerySet
from generator.services.billing.reports import spend

COVERS = 4
_COVER_COLUMNS = tuple(f"cover_{number}" for number in range(COVERS))


@dataclass(frozen=True)
class ProjectCard:
    project: Project
    role: Role
    members: int
    tracks: int
    covers: tuple[str, ...]  # public ids of the newest tracks
    newest_at: dt.datetime | None  # when the newest track was made
    spent: Micros  # by all members, this month


def cards(user: User) -> list[ProjectCard]:
    """Return a card per project of a person, in the order of `permissions.projects`.

    All members of a project may see its spend (`spend.scope_for`), so the card shows it to every role.
    """
    rows: list[Any] = list(_annotated(permissions.projects(user), user))
    counts = dict(_visible(user).filter(project__in=rows).values_list("project").annotate(Count("pk")).order_by())
    spent = spend.of_projects([row.pk for row in rows], spend.this_month())
    return [
        ProjectCard(
            project=row,
            role=Role(row.my_role),
            members=row.people,
            tracks=counts.get(row.pk, 0),
            covers=tuple(cover for name in _COVER_COLUMNS if (cover := getattr(row, name))),
            newest_at=row.newest_at,
            spent=spent.get(row.pk, Micros(0)),
        )
        for row in rows
    ]


def _visible(user: User) -> TrackQuerySet:
    return permissions.visible(Track.objects.kept(), user)


def _annotated(projects: QuerySet[Project], user: User) -> QuerySet[Project]:
    members = Membership.objects.filter(project=OuterRef("pk"))
    newest = _visible(user).filter(project=OuterRef("pk")).order_by("-created_at", "-id")
    # The covers of blind candidates could give their models away.
    revealed = newest.exclude(generation__comparison__in=Comparison.objects.blind().values("pk"))
    covers = {name: Subquery(revealed.values("public_id")[at : at + 1]) for at, name in enumerate(_COVER_COLUMNS)}
    return projects.annotate(
        my_role=Subquery(members.filter(user=user).values("role")[:1]),
        people=Subquery(members.order_by().values("project").annotate(n=Count("pk")).values("n")),
        newest_at=Subquery(newest.values("created_at")[:1]),
        **covers,
    )
