"""Projects: creation, renaming, archiving. Projects are never deleted, because ledger entries refer to them."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.models import AuditLogEntry, Membership, Project, Role, User
from generator.services.audit_log import record
from generator.services.errors import UserError
from generator.services.text_input import one_line

MAX_OWNED_PROJECTS = 500
KIND = AuditLogEntry.Action.SETTINGS


def clean_name(name: str) -> str:
    """Return a cleaned project name. Raises UserError: it is empty or too long."""
    name = one_line(name, "name")
    max_chars = Project._meta.get_field("name").max_length or 0
    if not 0 < len(name) <= max_chars:
        sentence = _("Enter a name for the project, up to {limit} characters.").format(limit=max_chars)
        raise UserError(sentence, "name", code="invalid_name")
    return name


def start(name: str, owner: User) -> Project:
    """Create a shared project.

    Raises:
        UserError: the name is invalid, or the person owns too many projects.
    """
    if owner.memberships.filter(role=Role.OWNER).count() >= MAX_OWNED_PROJECTS:
        sentence = _("You already own {count} projects, the maximum. Transfer one to another member first.")
        raise UserError(sentence.format(count=MAX_OWNED_PROJECTS), "name", code="limit_reached")
    with transaction.atomic():
        project = Project.objects.create(name=clean_name(name))
        Membership.objects.create(project=project, user=owner, role=Role.OWNER)
        record(owner, KIND, "Created the project", project=project)
    return project


def rename(project: Project, name: str, actor: User) -> None:
    """Rename a project. Raises UserError: the name is invalid."""
    name, before = clean_name(name), project.name
    if name == before:
        return
    with transaction.atomic():
        Project.objects.filter(pk=project.pk).update(name=name)
        record(actor, KIND, f"Renamed the project from “{before}” to “{name}”", project=project)
    project.name = name


def name_approver(project: Project, person: User | None, actor: User) -> None:
    """Set the member who approves tracks for use; None: the owners.

    Raises:
        UserError: the person is not a member.
    """
    with transaction.atomic():
        if person and not Membership.objects.filter(project=project, user=person).exists():
            raise UserError(_("Only project members can approve tracks. Choose a member."), code="not_a_member")
        if Project.objects.filter(pk=project.pk).exclude(approver=person).update(approver=person):
            record(
                actor, KIND, f"Tracks are now approved by {person.label if person else 'the owners'}", project=project
            )
    project.approver = person


def archive(project: Project, actor: User) -> None:
    """Archive a project: it is hidden until an owner restores it. Running work is still finished.

    Raises:
        UserError: the project is personal.
    """
    if project.personal_to_id:
        raise UserError(_("A personal project cannot be archived."), code="personal_project")
    _set_archived(project, actor, True)


def unarchive(project: Project, actor: User) -> None:
    _set_archived(project, actor, False)


def _set_archived(project: Project, actor: User, on: bool) -> None:
    """Archive or restore a project; idempotent."""
    with transaction.atomic():
        moment = timezone.now() if on else None
        if Project.objects.filter(pk=project.pk, archived_at__isnull=on).update(archived_at=moment):
            record(actor, KIND, "Archived the project" if on else "Restored the project", project=project)
