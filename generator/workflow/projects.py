"""Projects: started, renamed, put away and fetched back. None is ever deleted, because there is money behind it."""

from django.db import transaction
from django.utils import timezone

from generator.models import AuditLine, Membership, Project, Role, User
from generator.workflow.audit import record
from generator.workflow.lines import one_line
from generator.workflow.refused import Refused

MOST_OWNED = 500
KIND = AuditLine.Kind.SETTINGS


def clean_name(name: str) -> str:
    """Raises Refused: an empty name, or one too long."""
    name = one_line(name, "name")
    longest = Project._meta.get_field("name").max_length or 0
    if not 0 < len(name) <= longest:
        raise Refused(f"Give the project a name of at most {longest} characters.", "name")
    return name


def start(name: str, owner: User) -> Project:
    """Start a project to share.

    Raises:
        Refused: no name for it, or too many by the same person.
    """
    if owner.memberships.filter(role=Role.OWNER).count() >= MOST_OWNED:
        raise Refused(f"You own {MOST_OWNED} projects already. Hand one over first.", "name")
    with transaction.atomic():
        project = Project.objects.create(name=clean_name(name))
        Membership.objects.create(project=project, user=owner, role=Role.OWNER)
        record(project, owner, KIND, "Started the project")
    return project


def rename(project: Project, name: str, actor: User) -> None:
    """Raises Refused: no name for it."""
    name, before = clean_name(name), project.name
    if name == before:
        return
    with transaction.atomic():
        Project.objects.filter(pk=project.pk).update(name=name)
        record(project, actor, KIND, f"Renamed it from “{before}” to “{name}”")
    project.name = name


def name_approver(project: Project, person: User | None, actor: User) -> None:
    """Say which member approves tracks for use; None: the owners do.

    Raises:
        Refused: not a member.
    """
    with transaction.atomic():
        if person and not Membership.objects.filter(project=project, user=person).exists():
            raise Refused("Only a member can approve tracks.")
        if Project.objects.filter(pk=project.pk).exclude(approver=person).update(approver=person):
            record(project, actor, KIND, f"Tracks are approved by {person.label if person else 'the owners'}")
    project.approver = person


def archive(project: Project, actor: User) -> None:
    """Put a project away: nobody sees it until an owner fetches it back. Work under way is finished first.

    Raises:
        Refused: it is somebody's own.
    """
    if project.personal_to_id:
        raise Refused("Everyone keeps their own project; it cannot be archived.")
    _set_archived(project, actor, True)


def unarchive(project: Project, actor: User) -> None:
    _set_archived(project, actor, False)


def _set_archived(project: Project, actor: User, on: bool) -> None:
    """Doing it twice is doing it once."""
    with transaction.atomic():
        moment = timezone.now() if on else None
        if Project.objects.filter(pk=project.pk, archived_at__isnull=on).update(archived_at=moment):
            record(project, actor, KIND, "Archived the project" if on else "Fetched the project back")
