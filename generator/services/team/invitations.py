"""Invitations: a single-use link for one address, with an expiry date and optionally membership in a project.

The link's token is shown when it is created and stored as a hash. Where mail is configured, joining requires proof
that mail reaches the address: a mailed link contains it (`mailed_proof`), any other link requests it.
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
from django.utils.translation import gettext as _

from generator.models import AuditLogEntry, Invitation, Membership, Project, Role, User
from generator.services import throttling
from generator.services.audit_log import record
from generator.services.errors import UserError
from generator.services.team import notifications, outgoing_mail
from generator.services.team.notifications import shortened

INVITATION_LIFETIME = dt.timedelta(days=14)
SENDER_RATE_LIMIT = (40, 86_400)  # (invitations and renewals, seconds) per person; staff: STAFF_RATE_LIMIT
STAFF_RATE_LIMIT = (400, 86_400)
RECIPIENT_RATE_LIMIT = (4, 86_400)  # to one address, from all senders
MAX_OPEN_INVITATIONS = 200  # pending invitations per project
_MAX_NAME_CHARS = Invitation._meta.get_field("name").max_length or 0
UNPROVEN = "proof"  # the error field when proof of the address is missing


def invite(
    email: str, actor: User, project: Project | None = None, role: Role = Role.EDITOR, name: str = ""
) -> Invitation:
    """Create an invitation; only the returned instance holds its `token`.

    `name` is given to the person's account if it has none when they join.

    Raises:
        UserError: too many from this person, to this address, or for this project.
    """
    if project and pending(project).count() >= MAX_OPEN_INVITATIONS:
        sentence = _("This project already has {count} pending invitations, the maximum. Withdraw some first.")
        raise UserError(sentence.format(count=MAX_OPEN_INVITATIONS), "email", code="limit_reached")
    _count(email, actor)
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            digest=_digest(token),
            email=email.strip().lower(),
            name=shortened(name, _MAX_NAME_CHARS),
            project=project,
            role=role,
            invited_by=actor,
            expires_at=timezone.now() + INVITATION_LIFETIME,
        )
        if project:
            record(actor, AuditLogEntry.Action.MEMBERS, f"Invited {invitation.email} as {role.value}", project=project)
            notifications.invited(invitation.email, actor, project)
    invitation.token = token
    return invitation


def pending(project: Project) -> QuerySet[Invitation]:
    """Return a project's unused invitations, including expired ones."""
    return project.invitations.unused().select_related("invited_by")


def renew(invitation: Invitation, actor: User) -> bool:
    """Give an unused invitation a new link and expiry date, sent by `actor`; the old link stops working.

    Return False if it was used in the meantime.

    Raises:
        UserError: too many from this person or to this address.
    """
    _count(invitation.email, actor)
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        row = Invitation.objects.unused().filter(pk=invitation.pk)
        if not row.update(digest=_digest(token), expires_at=timezone.now() + INVITATION_LIFETIME, invited_by=actor):
            return False
        if invitation.project:
            record(
                actor,
                AuditLogEntry.Action.MEMBERS,
                f"Renewed the invitation for {invitation.email}",
                project=invitation.project,
            )
    invitation.refresh_from_db()
    invitation.token = token
    return True


def _count(email: str, actor: User) -> None:
    email = email.strip().lower()
    limit, seconds = STAFF_RATE_LIMIT if actor.is_staff else SENDER_RATE_LIMIT
    message = _("You have sent {count} invitations today, the maximum. Try again tomorrow.").format(count=limit)
    throttling.count(f"invite/by/{outgoing_mail.mailbox(actor.email)}", limit, seconds, message, "email")
    limit, seconds = RECIPIENT_RATE_LIMIT
    message = _("{email} was already sent {count} invitations today. Share the existing link, or try again tomorrow.")
    message = message.format(email=email, count=limit)
    throttling.count(f"invite/to/{outgoing_mail.mailbox(email)}", limit, seconds, message, "email")


def withdraw(invitation: Invitation, actor: User) -> None:
    """Withdraw an unused invitation; its link stops working."""
    with transaction.atomic():
        is_deleted = Invitation.objects.unused().filter(pk=invitation.pk).delete()[0]
        if is_deleted and invitation.project:
            notifications.uninvited(invitation.email, invitation.project)
            record(
                actor,
                AuditLogEntry.Action.MEMBERS,
                f"Withdrew the invitation for {invitation.email}",
                project=invitation.project,
            )


def open_invitation(token: str) -> Invitation | None:
    """Return the invitation with this token if it is still usable, or None."""
    return _open().filter(digest=_digest(token)).first()


def open_invitation_by_ref(public_id: str) -> Invitation | None:
    """Do the same by public_id, for a person who has already followed the link."""
    return _open().filter(public_id=public_id).first()


def _open() -> QuerySet[Invitation]:
    return Invitation.objects.open().select_related("project", "invited_by")


def mailed_proof(invitation: Invitation) -> str:
    """Return the proof in a mailed link; it is shown nowhere else, so its holder reads mail to the address."""
    signer = Signer(salt="generator.workflow.people.mailed")  # never rename: it would invalidate sent mails
    return signer.signature(f"{invitation.email}:{invitation.digest}")


def is_mailed_proof(invitation: Invitation, proof: str) -> bool:
    return constant_time_compare(proof, mailed_proof(invitation))


def accept(invitation: Invitation, user: User) -> None:
    """Accept an invitation for a person, who joins its project, if any.

    Raises:
        UserError: the address differs or is not proven (field `proof`), or the invitation is used or expired.
    """
    if invitation.email != user.email.lower():
        sentence = _("This invitation is for {email}.").format(email=invitation.email)
        raise UserError(sentence, "email", code="wrong_address")
    if settings.EMAIL_CONFIGURED and not user.address_is_proven:
        sentence = _("First, verify your email address ({email}).").format(email=invitation.email)
        raise UserError(sentence, UNPROVEN, code="unverified_address")
    with transaction.atomic():
        used = Invitation.objects.open().filter(pk=invitation.pk)
        if not Invitation.objects.unused().filter(pk__in=used.values("pk")).update(accepted_at=timezone.now()):
            sentence = _("This invitation has already been used or has expired. Ask for a new one.")
            raise UserError(sentence, code="invitation_expired")
        if invitation.project:
            role = Role(invitation.role)
            _membership, is_new = Membership.objects.get_or_create(
                project=invitation.project, user=user, defaults={"role": role}
            )
            if is_new:
                record(user, AuditLogEntry.Action.MEMBERS, f"Joined as {role.value}", project=invitation.project)
        if invitation.name and not user.name:
            user.name = invitation.name
            user.save(update_fields=["name"])
        notifications.joined(invitation, user)


def _digest(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()
