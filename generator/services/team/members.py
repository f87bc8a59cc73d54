"""Members of a project: role changes, removal and transfer of ownership. A project always has an owner.

A former member's tracks stay under their name. Only private tracks move to their personal project: other members could
never hear them, and nothing that was paid for is lost.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from generator.models import AuditLogEntry, Membership, Project, Role, Track, User
from generator.models.track import TrackQuerySet
from generator.services.audit_log import record
from generator.services.errors import UserError
from generator.services.library import transfer as library_transfer
from generator.services.team import offboarding

KIND = AuditLogEntry.Action.MEMBERS


def change_role(project: Project, person: User, role: Role, actor: User, *, keep_links: bool = False) -> None:
    """Change a member's role; end what requires the old one (`offboarding`). `keep_links`: as for `remove`.

    Raises:
        UserError: the person is not a member, or the project would have no owner.
    """
    with transaction.atomic():
        membership = _locked(project, person)
        if membership.role == role:
            return
        if role != Role.OWNER:
            _check_last_owner(project, membership)
        before = Role(membership.role)
        membership.role = role
        membership.save(update_fields=["role"])
        record(actor, KIND, f"Changed the role of {person.label} from {before.value} to {role.value}", project=project)
        offboarding.end(person, project, role, actor, keep_links=keep_links)


def remove(project: Project, person: User, actor: User, *, keep_links: bool = False) -> int:
    """Remove a member, or let them leave; return how many private tracks moved with them.

    `offboarding` defines what ends with it. `keep_links`: their share links continue, as the actor's.

    Raises:
        UserError: the person is not a member, or the project would have no owner.
    """
    with transaction.atomic():
        membership = _locked(project, person)
        _check_last_owner(project, membership)
        moved_tracks = library_transfer.carry(private_tracks(project, person), Project.objects.personal_for(person))
        membership.delete()
        was_approver = Project.objects.filter(pk=project.pk, approver=person).update(approver=None)
        text = "Left the project" if actor == person else f"Removed {person.label}"
        record(actor, KIND, f"{text}; owners now approve tracks" if was_approver else text, project=project)
        stays = keep_links and actor != person  # a person who leaves keeps nothing here
        offboarding.end(person, project, None, actor, keep_links=stays)
    return moved_tracks


def transfer(project: Project, to: User, actor: User) -> None:
    """Transfer a project: another member becomes its owner, and the actor becomes an editor.

    Raises:
        UserError: the project is personal, or the other person is not a member or is the actor.
    """
    if to == actor:
        raise UserError(_("You already own this project. Choose another member."), code="already_owner")
    with transaction.atomic():
        new_owner = _locked(project, to)
        own = _locked(project, actor)
        if project.personal_to_id:
            raise UserError(_("A personal project cannot be transferred."), code="personal_project")
        new_owner.role, own.role = Role.OWNER, Role.EDITOR
        new_owner.save(update_fields=["role"])
        own.save(update_fields=["role"])
        record(actor, KIND, f"Transferred the project to {to.label}", project=project)
        offboarding.end(actor, project, Role.EDITOR, actor)


def private_tracks(project: Project, person: User) -> TrackQuerySet:
    """Return the tracks of a project that only this person can hear."""
    return Track.objects.filter(project=project, privacy__author=person)


def _locked(project: Project, person: User) -> Membership:
    """Lock the project and return a membership, so that two owners cannot leave at the same time."""
    Project.objects.select_for_update().get(pk=project.pk)
    membership = Membership.objects.filter(project=project, user=person).first()
    if membership is None:
        raise UserError(_("That person is not a member of this project."), code="not_a_member")
    return membership


def _check_last_owner(project: Project, going: Membership) -> None:
    if project.personal_to_id == going.user_id:
        sentence = _("The owner of a personal project cannot leave it or change their role.")
        raise UserError(sentence, code="personal_project")
    others = project.memberships.filter(role=Role.OWNER).exclude(pk=going.pk)
    if going.role == Role.OWNER and not others.exists():
        sentence = _("A project needs at least one owner. Make another member an owner first.")
        raise UserError(sentence, code="last_owner")
