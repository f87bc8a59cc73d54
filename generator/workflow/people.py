"""Invitations: a link for one address, once, until a day; with a project it makes the person a member too."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from generator.models import Invitation, Membership, Project, Role, User
from generator.workflow.refused import Refused

LASTS = dt.timedelta(days=14)


def invite(email: str, actor: User, project: Project | None = None, role: Role = Role.EDITOR) -> Invitation:
    """Make an invitation; the link in it works without any mail server."""
    return Invitation.objects.create(
        email=email.strip().lower(),
        project=project,
        role=role,
        invited_by=actor,
        expires_at=timezone.now() + LASTS,
    )


def open_invitation(token: str) -> Invitation | None:
    """The invitation behind a token, if it can still be used."""
    found = Invitation.objects.filter(token=token).select_related("project", "invited_by").first()
    return found if found and found.is_open else None


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
            Membership.objects.get_or_create(project=invitation.project, user=user, defaults={"role": invitation.role})
