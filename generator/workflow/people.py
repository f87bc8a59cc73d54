"""Invitations: a link for one address, once, until a day; with a project it makes the person a member too."""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from generator.models import AuditLine, Invitation, Membership, Project, Role, User
from generator.workflow import news
from generator.workflow.audit import record
from generator.workflow.refused import Refused

LASTS = dt.timedelta(days=14)


def invite(email: str, actor: User, project: Project | None = None, role: Role = Role.EDITOR) -> Invitation:
    """Make an invitation; the link in it works without any mail server."""
    with transaction.atomic():
        made = Invitation.objects.create(
            email=email.strip().lower(),
            project=project,
            role=role,
            invited_by=actor,
            expires_at=timezone.now() + LASTS,
        )
        if project:
            record(project, actor, AuditLine.Kind.MEMBERS, f"Invited {made.email} as {role.label.lower()}")
            news.invited(made.email, actor, project, reverse("join", args=[made.token]))
    return made


def pending(project: Project) -> QuerySet[Invitation]:
    """A project's invitations that nobody has used yet, those that have run out among them."""
    return project.invitations.filter(accepted_at=None).select_related("invited_by")


def renew(invitation: Invitation, actor: User) -> bool:
    """Let an unused invitation run anew from today, with the same link; False when it was used in between."""
    with transaction.atomic():
        mine = Invitation.objects.filter(pk=invitation.pk, accepted_at=None)
        if not mine.update(expires_at=timezone.now() + LASTS):
            return False
        if invitation.project:
            record(invitation.project, actor, AuditLine.Kind.MEMBERS, f"Renewed the invitation for {invitation.email}")
    invitation.refresh_from_db()
    return True


def withdraw(invitation: Invitation, actor: User) -> None:
    """Take an unused invitation back: its link stops working."""
    with transaction.atomic():
        gone, _ = Invitation.objects.filter(pk=invitation.pk, accepted_at=None).delete()
        if gone and invitation.project:
            record(invitation.project, actor, AuditLine.Kind.MEMBERS, f"Withdrew the invitation for {invitation.email}")


def open_invitation(token: str) -> Invitation | None:
    """The invitation behind a token, if it can still be used."""
    found = Invitation.objects.filter(token=token).select_related("project", "invited_by").first()
    if found is None or not found.is_open:
        return None
    return None if found.project and found.project.archived_at else found


def accept(invitation: Invitation, user: User) -> None:
    """Use an invitation up for a person; they join its project, if it has one.

    Raises:
        Refused: it is for another address, or was used or withdrawn in between.
    """
    if invitation.email != user.email.lower():
        raise Refused(f"This invitation is for {invitation.email}.", "email")
    with transaction.atomic():
        now = timezone.now()
        used = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, expires_at__gt=now).update(accepted_at=now)
        if not used:
            raise Refused("This invitation has been used or has run out. Ask for a new one.")
        if invitation.project:
            role = Role(invitation.role)
            _, is_new = Membership.objects.get_or_create(project=invitation.project, user=user, defaults={"role": role})
            if is_new:
                record(invitation.project, user, AuditLine.Kind.MEMBERS, f"Joined as {role.label.lower()}")
