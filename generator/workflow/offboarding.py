"""What ends when a person leaves a project, gets a lesser role, or is deactivated: whatever of theirs needs the role
they had. This is the one place that says so; every way of going ends here.

    what                                     needs            when its basis is gone
    invitations they sent                    owner            withdrawn
    webhooks they made                       owner            deleted
    API keys for the project alone           the key's scope  revoked
    callbacks their programs still wait for  a member         not sent any more
    share links they made                    editor           revoked, unless an owner keeps them as their own
    open requests for more money             a member         closed without an answer to anybody

Roles stop counting at once wherever they are asked (`generator.access`, `Invitation.objects.open`); this ends what
would work without asking, or work again if the person came back.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from generator.models import (
    ApiKey,
    AuditLine,
    Invitation,
    Membership,
    Notification,
    Project,
    Raise,
    Role,
    Scope,
    ShareLink,
    User,
    Webhook,
    WebhookMessage,
)
from generator.workflow import keys, people, sharing
from generator.workflow.audit import record
from generator.workflow.webhooks import endpoints

_MAY_EDIT = (Role.OWNER, Role.EDITOR)
_RANK = (Role.VIEWER, Role.EDITOR, Role.OWNER)


@dataclass(frozen=True)
class Holdings:
    """What of a person's in a project has no basis any more."""

    invitations: QuerySet[Invitation]
    webhooks: QuerySet[Webhook]
    keys: QuerySet[ApiKey]
    links: QuerySet[ShareLink]
    requests: QuerySet[Raise]
    callbacks: QuerySet[WebhookMessage]

    def in_words(self) -> list[str]:
        """What there is, for people: "3 share links"."""
        named = {
            "invitation": self.invitations,
            "webhook": self.webhooks,
            "API key": self.keys,
            "share link": self.links,
            "request for more": self.requests,
        }
        return [_many(number, name) for name, rows in named.items() if (number := rows.count())]


def holdings(person: User, project: Project, role: Role | None) -> Holdings:
    """What of a person's in a project would end if this were their role there; None: if they were no member."""
    is_out, may_edit, is_owner = role is None, role in _MAY_EDIT, role == Role.OWNER
    scopes = [] if role is None else [scope for scope in Scope if _RANK.index(scope.roles[-1]) <= _RANK.index(role)]
    return Holdings(
        invitations=Invitation.objects.unused().filter(_if(not is_owner), project=project, invited_by=person),
        webhooks=Webhook.objects.filter(_if(not is_owner), project=project, made_by=person),
        keys=ApiKey.objects.filter(project=project, user=person, revoked_at=None).exclude(scope__in=scopes),
        links=ShareLink.objects.open().filter(_if(not may_edit), track__project=project, made_by=person),
        requests=Raise.objects.open().filter(_if(is_out), budget__project=project, asked_by=person),
        callbacks=WebhookMessage.objects.filter(
            _if(is_out), webhook=None, project=project, generation__key__user=person, delivered_at=None
        ),
    )


def _if(ends: bool) -> Q:
    return Q() if ends else Q(pk__in=())


def end(person: User, project: Project, role: Role | None, actor: User, *, keep_links: bool = False) -> None:
    """End what has no basis any more; call it in the transaction of the change. Each thing is on record.

    `keep_links`: the share links go on, as the actor's.
    """
    found = holdings(person, project, role)
    if keep_links:
        kept = found.links.update(made_by=actor)
        if kept:
            text = f"Kept {_many(kept, 'share link')} of {person.label}"
            record(project, actor, AuditLine.Kind.VISIBILITY, text)
    for invitation in list(found.invitations):
        people.withdraw(invitation, actor)
    for hook in list(found.webhooks.select_related("project")):
        endpoints.delete(hook, actor)
    for key in list(found.keys.select_related("project", "user")):
        keys.revoke(key, actor)
    for link in list(found.links.select_related("track__project")):
        sharing.revoke(link, actor)
    if closed := _close(found.requests, actor):
        record(project, actor, AuditLine.Kind.MEMBERS, f"Closed {_many(closed, 'request for more')} of {person.label}")
    found.callbacks.delete()
    if role is None:  # older news does not know its project, but may name it
        Notification.objects.filter(recipient=person, project=None, text__contains=project.name).delete()


def _close(requests: QuerySet[Raise], actor: User) -> int:
    return requests.update(
        state=Raise.State.DECLINED,
        answer="No longer a member of the project.",
        answered_by=actor,
        answered_at=timezone.now(),
    )


def _many(number: int, what: str) -> str:
    first, _, rest = what.partition(" for ")
    return f"{number} {first}{'' if number == 1 else 's'}{f' for {rest}' if rest else ''}"


# --- deactivated, or no longer staff ---


def end_for(person: User, actor: User) -> None:
    """End whatever a person's account no longer carries: everything when it is deactivated. Twice is once."""
    with transaction.atomic():
        if not person.is_staff or not person.is_active:
            Invitation.objects.unused().filter(project=None, invited_by=person).delete()
        if person.is_active:
            return
        for project in _where(person):
            record(project, actor, AuditLine.Kind.MEMBERS, f"The account of {person.label} was deactivated")
            Project.objects.filter(pk=project.pk, approver=person).update(approver=None)
            end(person, project, None, actor)
        for key in ApiKey.objects.filter(user=person, revoked_at=None):
            keys.revoke(key, actor)
        _close(Raise.objects.open().filter(asked_by=person), actor)
        WebhookMessage.objects.filter(webhook=None, generation__key__user=person, delivered_at=None).delete()


def _where(person: User) -> Iterator[Project]:
    """The projects in which something of the person's would go on without them."""
    for project in Project.objects.filter(_holds(person)).distinct():
        if holdings(person, project, None).in_words() or project.approver_id == person.pk:
            yield project


def _holds(person: User) -> Q:
    links = ShareLink.objects.open().filter(made_by=person).values("track__project")
    return (
        Q(pk__in=Membership.objects.filter(user=person).values("project"))
        | Q(pk__in=Invitation.objects.unused().filter(invited_by=person, project__isnull=False).values("project"))
        | Q(pk__in=Webhook.objects.filter(made_by=person).values("project"))
        | Q(pk__in=ApiKey.objects.filter(user=person, revoked_at=None, project__isnull=False).values("project"))
        | Q(pk__in=links)
        | Q(approver=person)
    )


def on_standing_changed(sender: type[User], people: list[User], **_: object) -> None:
    """Told by the model whenever somebody may have lost their account or their staff status, however it was done."""
    for person in people:
        end_for(person, getattr(person, "changed_by", None) or person)
