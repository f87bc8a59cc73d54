"""Who may see and do what: the only place that answers it. Doors fetch every object through here.

    role      sees the library   generates, edits, bins   invites, deletes for good, sets budgets
    owner     yes                yes                      yes
    editor    yes                yes                      no
    viewer    yes                no                       no

Superusers and staff have no special sight on the pages; they review in the admin.
"""

from django.db.models import F, Q, QuerySet

from generator.models import Budget, Comparison, Generation, Project, Raise, Reference, Role, Stem, Track, User
from generator.models.comparison import ComparisonQuerySet
from generator.models.generation import GenerationQuerySet
from generator.models.raising import RaiseQuerySet
from generator.models.reference import ReferenceQuerySet
from generator.models.track import TrackQuerySet

_MAY_EDIT = (Role.OWNER, Role.EDITOR)


def projects(user: User) -> QuerySet[Project]:
    """The projects a person is a member of, their personal one first."""
    return Project.objects.filter(memberships__user=user, archived_at__isnull=True).order_by(
        F("personal_to_id").desc(nulls_last=True), "name", "id"
    )


def role(user: User, project: Project) -> Role | None:
    found = project.memberships.filter(user=user).values_list("role", flat=True).first()
    return Role(found) if found else None


def can_edit(user: User, project: Project) -> bool:
    """May generate, retry, cancel, rename, tag, bin and restore in this project."""
    return role(user, project) in _MAY_EDIT


def can_manage(user: User, project: Project) -> bool:
    """May delete for good, invite and change the project."""
    return role(user, project) == Role.OWNER


def managed_projects(user: User) -> QuerySet[Project]:
    """The shared projects a person owns, and so may invite people to."""
    return Project.objects.filter(
        memberships__user=user, memberships__role=Role.OWNER, personal_to=None, archived_at__isnull=True
    )


def budgets(user: User) -> QuerySet[Budget]:
    """The caps that can stand in a person's way, and for which they may ask for more."""
    mine = Project.objects.filter(memberships__user=user, archived_at__isnull=True)
    return Budget.objects.filter(
        Q(user=user, project=None)
        | Q(project__in=mine) & (Q(user=None) | Q(user=user))
        | ~Q(provider_key="") & Q(user=None, project=None)
    ).select_related("user", "project")


def answerable_requests(user: User) -> RaiseQuerySet:
    """The requests for more that an owner may answer; those about a person's or a provider's cap are the staff's."""
    return Raise.objects.filter(budget__project__in=managed_projects(user)).select_related(
        "budget__user", "budget__project", "asked_by"
    )


def tracks(user: User) -> TrackQuerySet:
    """Every track a person may see, binned ones included."""
    return Track.objects.filter(project__memberships__user=user, project__archived_at__isnull=True)


def editable_tracks(user: User) -> TrackQuerySet:
    return Track.objects.filter(
        project__memberships__user=user, project__memberships__role__in=_MAY_EDIT, project__archived_at__isnull=True
    )


def generations(user: User) -> GenerationQuerySet:
    return Generation.objects.filter(project__memberships__user=user, project__archived_at__isnull=True)


def editable_generations(user: User) -> GenerationQuerySet:
    return Generation.objects.filter(
        project__memberships__user=user, project__memberships__role__in=_MAY_EDIT, project__archived_at__isnull=True
    )


def comparisons(user: User) -> ComparisonQuerySet:
    return Comparison.objects.filter(project__memberships__user=user, project__archived_at__isnull=True)


def editable_comparisons(user: User) -> ComparisonQuerySet:
    """The comparisons a person may pick in and reveal."""
    return Comparison.objects.filter(
        project__memberships__user=user, project__memberships__role__in=_MAY_EDIT, project__archived_at__isnull=True
    )


def references(user: User) -> ReferenceQuerySet:
    return Reference.objects.filter(project__memberships__user=user, project__archived_at__isnull=True)


def editable_references(user: User) -> ReferenceQuerySet:
    """The references a person may register, bin and restore."""
    return Reference.objects.filter(
        project__memberships__user=user, project__memberships__role__in=_MAY_EDIT, project__archived_at__isnull=True
    )


def stems(user: User) -> QuerySet[Stem]:
    return Stem.objects.filter(track__project__memberships__user=user, track__project__archived_at__isnull=True)
