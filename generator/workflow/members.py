"""The members of a project: their roles, and how they go. A project is never without an owner.

A leaver's tracks stay, under their name. Only what was private goes with them, to their own project: it was never the
others' to hear, and nothing that was paid for is lost.
"""

from django.db import transaction

from generator.models import AuditLine, Membership, Project, Role, Track, User
from generator.models.track import TrackQuerySet
from generator.workflow import moving, offboarding
from generator.workflow.audit import record
from generator.workflow.refused import Refused

KIND = AuditLine.Kind.MEMBERS


def change_role(project: Project, person: User, role: Role, actor: User, *, keep_links: bool = False) -> None:
    """Give a member another role; what of theirs needs the one they had ends (`offboarding`).

    Raises:
        Refused: not a member, or the project would be left without an owner.
    """
    with transaction.atomic():
        membership = _locked(project, person)
        if membership.role == role:
            return
        if role != Role.OWNER:
            _keep_an_owner(project, membership)
        before = membership.get_role_display().lower()
        membership.role = role
        membership.save(update_fields=["role"])
        record(project, actor, KIND, f"Made {person.label} {_an(role)} (was {before})")
        offboarding.end(person, project, role, actor, keep_links=keep_links)


def remove(project: Project, person: User, actor: User, *, keep_links: bool = False) -> int:
    """Take a member out of a project, or let them leave; return how many private tracks went with them.

    What of theirs ends with it says `offboarding`; `keep_links`: their share links go on, as the actor's.

    Raises:
        Refused: not a member, or the project would be left without an owner.
    """
    with transaction.atomic():
        membership = _locked(project, person)
        _keep_an_owner(project, membership)
        took = moving.carry(private_tracks(project, person), Project.objects.personal_for(person))
        membership.delete()
        was_approver = Project.objects.filter(pk=project.pk, approver=person).update(approver=None)
        said = "Left the project" if actor == person else f"Removed {person.label}"
        record(project, actor, KIND, f"{said}; the owners approve tracks now" if was_approver else said)
        stays = keep_links and actor != person  # who goes keeps nothing here
        offboarding.end(person, project, None, actor, keep_links=stays)
    return took


def transfer(project: Project, to: User, actor: User) -> None:
    """Hand a project over: another member becomes its owner, and whoever hands it over an editor.

    Raises:
        Refused: it is somebody's own, or the other is no member, or the same person.
    """
    if to == actor:
        raise Refused("The project is yours already. Choose somebody else.")
    with transaction.atomic():
        theirs = _locked(project, to)
        mine = _locked(project, actor)
        if project.personal_to_id:
            raise Refused("Everyone keeps their own project; it cannot be handed over.")
        theirs.role, mine.role = Role.OWNER, Role.EDITOR
        theirs.save(update_fields=["role"])
        mine.save(update_fields=["role"])
        record(project, actor, KIND, f"Handed the project over to {to.label}")
        offboarding.end(actor, project, Role.EDITOR, actor)


def private_tracks(project: Project, person: User) -> TrackQuerySet:
    """What of a project only this person can hear."""
    return Track.objects.filter(project=project, privacy__author=person)


def _locked(project: Project, person: User) -> Membership:
    """A membership, with the project locked: two owners who leave at once cannot both believe the other stays."""
    Project.objects.select_for_update().get(pk=project.pk)
    found = Membership.objects.filter(project=project, user=person).first()
    if found is None:
        raise Refused("That person is not a member of this project.")
    return found


def _keep_an_owner(project: Project, going: Membership) -> None:
    if project.personal_to_id == going.user_id:
        raise Refused("Everyone keeps their own project.")
    others = project.memberships.filter(role=Role.OWNER).exclude(pk=going.pk)
    if going.role == Role.OWNER and not others.exists():
        raise Refused("A project needs an owner. Make somebody else an owner first.")


def _an(role: Role) -> str:
    return f"{'an' if role in (Role.OWNER, Role.EDITOR) else 'a'} {role.label.lower()}"
