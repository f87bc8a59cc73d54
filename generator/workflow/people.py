"""Invitations: a link for one address, once, until a day; with a project it makes the person a member too.

The link is the token in it, shown when it is made and kept as a hash. Where mail is set up, joining takes proof that
mail to the address arrives: a link that came by mail carries it (`mailed_proof`), any other link asks for it.
"""

import datetime as dt
import secrets
from hashlib import sha256

from django.conf import settings
from django.core.signing import Signer
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from generator.models import AuditLine, Invitation, Membership, Project, Role, User
from generator.workflow import news, throttle
from generator.workflow.audit import record
from generator.workflow.refused import Refused

LASTS = dt.timedelta(days=14)
MOST_SENT = (40, 86_400)  # invitations and new links by a person in so many seconds; by the staff STAFF_SENT
STAFF_SENT = (400, 86_400)
MOST_RECEIVED = (4, 86_400)  # to one address, whoever sends them
MOST_OPEN = 200  # invitations of a project
UNPROVEN = "proof"  # the field of a refusal that a proof of the address would mend


def invite(email: str, actor: User, project: Project | None = None, role: Role = Role.EDITOR) -> Invitation:
    """Make an invitation; its `token` is on the returned instance alone.

    Raises:
        Refused: too many by this person, to this address, or for this project.
    """
    if project and pending(project).count() >= MOST_OPEN:
        raise Refused(f"{MOST_OPEN} invitations of this project wait to be used. Withdraw some first.", "email")
    _count(email, actor)
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        made = Invitation.objects.create(
            digest=_digest(token),
            email=email.strip().lower(),
            project=project,
            role=role,
            invited_by=actor,
            expires_at=timezone.now() + LASTS,
        )
        if project:
            record(project, actor, AuditLine.Kind.MEMBERS, f"Invited {made.email} as {role.label.lower()}")
            news.invited(made.email, actor, project)
    made.token = token
    return made


def pending(project: Project) -> QuerySet[Invitation]:
    """A project's invitations that nobody has used yet, those that have run out among them."""
    return project.invitations.unused().select_related("invited_by")


def renew(invitation: Invitation, actor: User) -> bool:
    """Give an unused invitation a new link that lasts anew, sent by `actor`; the link before it stops working.

    False: it was used in between.

    Raises:
        Refused: too many by this person or to this address.
    """
    _count(invitation.email, actor)
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        mine = Invitation.objects.unused().filter(pk=invitation.pk)
        if not mine.update(digest=_digest(token), expires_at=timezone.now() + LASTS, invited_by=actor):
            return False
        if invitation.project:
            record(invitation.project, actor, AuditLine.Kind.MEMBERS, f"Renewed the invitation for {invitation.email}")
    invitation.refresh_from_db()
    invitation.token = token
    return True


def _count(email: str, actor: User) -> None:
    email = email.strip().lower()
    most, seconds = STAFF_SENT if actor.is_staff else MOST_SENT
    throttle.count(f"invite/by/{actor.pk}", most, seconds, f"You have sent {most} invitations today.", "email")
    most, seconds = MOST_RECEIVED
    said = f"{email} has been sent {most} invitations today. Hand on the link that is there, or wait until tomorrow."
    throttle.count(f"invite/to/{sha256(email.encode(errors='replace')).hexdigest()}", most, seconds, said, "email")


def withdraw(invitation: Invitation, actor: User) -> None:
    """Take an unused invitation back: its link stops working."""
    with transaction.atomic():
        gone, _ = Invitation.objects.unused().filter(pk=invitation.pk).delete()
        if gone and invitation.project:
            news.uninvited(invitation.email, invitation.project)
            record(invitation.project, actor, AuditLine.Kind.MEMBERS, f"Withdrew the invitation for {invitation.email}")


def open_invitation(token: str) -> Invitation | None:
    """The invitation behind a token, if it can still be used."""
    return _open().filter(digest=_digest(token)).first()


def open_invitation_by_ref(ref: str) -> Invitation | None:
    """The same, by its name: for whoever has followed its link before."""
    return _open().filter(ref=ref).first()


def _open() -> QuerySet[Invitation]:
    return Invitation.objects.open().select_related("project", "invited_by")


def mailed_proof(invitation: Invitation) -> str:
    """What a link carries that was mailed and shown to nobody: whoever has it reads the mail of that address."""
    return Signer(salt="generator.workflow.people.mailed").signature(f"{invitation.email}:{invitation.digest}")


def is_mailed_proof(invitation: Invitation, proof: str) -> bool:
    return constant_time_compare(proof, mailed_proof(invitation))


def accept(invitation: Invitation, user: User) -> None:
    """Use an invitation up for a person; they join its project, if it has one.

    Raises:
        Refused: it is for another address or one that is not proven (field `proof`), or was used in between.
    """
    if invitation.email != user.email.lower():
        raise Refused(f"This invitation is for {invitation.email}.", "email")
    if settings.EMAIL_CONFIGURED and not user.address_is_proven:
        raise Refused(f"First show that mail to {invitation.email} reaches you.", UNPROVEN)
    with transaction.atomic():
        used = Invitation.objects.open().filter(pk=invitation.pk)
        if not Invitation.objects.unused().filter(pk__in=used.values("pk")).update(accepted_at=timezone.now()):
            raise Refused("This invitation has been used or has run out. Ask for a new one.")
        if invitation.project:
            role = Role(invitation.role)
            _, is_new = Membership.objects.get_or_create(project=invitation.project, user=user, defaults={"role": role})
            if is_new:
                record(invitation.project, user, AuditLine.Kind.MEMBERS, f"Joined as {role.label.lower()}")


def _digest(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()
