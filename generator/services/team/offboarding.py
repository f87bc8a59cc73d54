"""Offboarding: ends what required a person's role when they leave a project, get a lesser role or are deactivated.

This is the only place that defines it; every way of leaving uses it.

    what                                     needs            without that role
    invitations they sent                    owner            withdrawn
    webhooks they made                       owner            deleted
    API keys for the project alone           the key's scope  revoked
    callbacks their programs still wait for  a member         no longer sent
    share links they made                    editor           revoked, unless an owner keeps them as their own
    open budget requests                     a member         closed without a notification

Permission checks reflect a role change at once (`generator.permissions`, `Invitation.objects.open`). This module ends
what would work without such a check, or work again if the person came back.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from generator.models import (
    ApiKey,
    AuditLogEntry,
    BudgetIncrease,
    Invitation,
    Membership,
    Notification,
    Project,
    Role,
    Scope,
    ShareLink,
    User,
    Webhook,
    WebhookDelivery,
)
from generator.services.audit_log import record
from generator.services.library import sharing
from generator.services.team import api_keys
from generator.services.team import invitations as team_invitations
from generator.services.webhooks import endpoints

_MAY_EDIT = (Role.OWNER, Role.EDITOR)
_RANK = (Role.VIEWER, Role.EDITOR, Role.OWNER)


@dataclass(frozen=True)
class Holdings:
    """A person's objects in a project that their role no longer permits."""

    invitations: QuerySet[Invitation]
    webhooks: QuerySet[Webhook]
    keys: QuerySet[ApiKey]
    links: QuerySet[ShareLink]
    requests: QuerySet[BudgetIncrease]
    callbacks: QuerySet[WebhookDelivery]

    def in_words(self) -> list[str]:
        """Return the counts in words: "3 share links"."""
        rows = (self.invitations, self.webhooks, self.keys, self.links, self.requests)
        invitations, webhooks, keys, links, requests = (holding.count() for holding in rows)
        phrases = (
            (invitations, ngettext("{count} invitation", "{count} invitations", invitations)),
            (webhooks, ngettext("{count} webhook", "{count} webhooks", webhooks)),
            (keys, ngettext("{count} API key", "{count} API keys", keys)),
            (links, ngettext("{count} share link", "{count} share links", links)),
            (requests, ngettext("{count} budget request", "{count} budget requests", requests)),
        )
        return [phrase.format(count=count) for count, phrase in phrases if count]


def holdings(person: User, project: Project, role: Role | None) -> Holdings:
    """Return what would end if a person had this role in a project; None: if they were not a member."""
    is_out, may_edit, is_owner = role is None, role in _MAY_EDIT, role == Role.OWNER
    scopes = [] if role is None else [scope for scope in Scope if _RANK.index(scope.roles[-1]) <= _RANK.index(role)]
    return Holdings(
        invitations=Invitation.objects.unused().filter(_all_or_none(not is_owner), project=project, invited_by=person),
        webhooks=Webhook.objects.filter(_all_or_none(not is_owner), project=project, made_by=person),
        keys=ApiKey.objects.filter(project=project, user=person, revoked_at=None).exclude(scope__in=scopes),
        links=ShareLink.objects.open().filter(_all_or_none(not may_edit), track__project=project, made_by=person),
        requests=BudgetIncrease.objects.open().filter(
            _all_or_none(is_out), budget__project=project, requested_by=person
        ),
        callbacks=WebhookDelivery.objects.filter(
            _all_or_none(is_out), webhook=None, project=project, generation__key__user=person, delivered_at=None
        ),
    )


def _all_or_none(ends: bool) -> Q:
    return Q() if ends else Q(pk__in=())


def end(person: User, project: Project, role: Role | None, actor: User, *, keep_links: bool = False) -> None:
    """End what the new role no longer permits, and log it; call in the transaction of the change.

    `keep_links`: the share links continue, as the actor's.
    """
    ending = holdings(person, project, role)
    if keep_links:
        links_kept = ending.links.update(made_by=actor)
        if links_kept:
            text = f"Kept {_count_in_words(links_kept, 'share link')} of {person.label}"
            record(actor, AuditLogEntry.Action.VISIBILITY, text, project=project)
    for invitation in list(ending.invitations):
        team_invitations.withdraw(invitation, actor)
    for webhook in list(ending.webhooks.select_related("project")):
        endpoints.delete(webhook, actor)
    for key in list(ending.keys.select_related("project", "user")):
        api_keys.revoke(key, actor)
    for link in list(ending.links.select_related("track__project")):
        sharing.revoke(link, actor)
    if closed := _close(ending.requests, actor):
        record(
            actor,
            AuditLogEntry.Action.MEMBERS,
            f"Closed {_count_in_words(closed, 'budget request')} of {person.label}",
            project=project,
        )
    ending.callbacks.delete()
    if role is None:  # older notifications have no project, but may name it
        Notification.objects.filter(recipient=person, project=None, text__contains=project.name).delete()


def _close(requests: QuerySet[BudgetIncrease], actor: User) -> int:
    return requests.update(
        state=BudgetIncrease.State.DECLINED,
        answer="No longer a member of the project.",
        answered_by=actor,
        answered_at=timezone.now(),
    )


def _count_in_words(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# --- deactivation and loss of staff status ---


def end_for(person: User, actor: User) -> None:
    """End what a person's account no longer permits: everything if it was deactivated. Idempotent."""
    with transaction.atomic():
        if not person.is_staff or not person.is_active:
            Invitation.objects.unused().filter(project=None, invited_by=person).delete()
        if person.is_active:
            return
        for project in _projects_with_holdings(person):
            record(
                actor, AuditLogEntry.Action.MEMBERS, f"The account of {person.label} was deactivated", project=project
            )
            Project.objects.filter(pk=project.pk, approver=person).update(approver=None)
            end(person, project, None, actor)
        for key in ApiKey.objects.filter(user=person, revoked_at=None):
            api_keys.revoke(key, actor)
        _close(BudgetIncrease.objects.open().filter(requested_by=person), actor)
        WebhookDelivery.objects.filter(webhook=None, generation__key__user=person, delivered_at=None).delete()


def _projects_with_holdings(person: User) -> Iterator[Project]:
    """Yield the projects in which something of the person's would continue without them."""
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
    """Handle the model's signal that people may have lost their account or staff status."""
    for person in people:
        end_for(person, getattr(person, "changed_by", None) or person)
