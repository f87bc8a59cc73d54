"""Suspensions: refuse new work for a person, project or provider, or all work. Work already requested continues.

Every submission checks suspensions in its transaction. Quotes check them too, so the form shows them in advance.
"""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.models import AuditLogEntry, Project, ProviderAccount, Suspension, User
from generator.page_memory import remembered
from generator.services.audit_log import record
from generator.services.errors import UserError
from generator.services.provider_jobs import catalog

MAX_REASON_CHARS = 300


@remembered
def reason_in_force(user: User, project: Project, *provider_keys: str) -> str:
    """Return why new work is refused, or an empty string."""
    own = Q(provider_key="", user=user, project=None) | Q(provider_key="", user=None, project=project)
    everything = Q(provider_key="", user=None, project=None)
    suspensions = Suspension.objects.in_force().filter(own | everything | Q(provider_key__in=provider_keys))
    stop = suspensions.select_related("user", "project").order_by("id").first()
    return message(stop) if stop else ""


def message(suspension: Suspension) -> str:
    """Return the message that explains a suspension to the people it affects."""
    if suspension.user_id:
        scope = _("New generations are suspended for your account")
    elif suspension.project:
        scope = _("New generations are suspended in {project}").format(project=suspension.project.name)
    elif suspension.provider_key:
        scope = _("New generations with {provider} are suspended").format(
            provider=provider_title(suspension.provider_key)
        )
    else:
        scope = _("New generations are suspended for everyone")
    sentence = _("{suspension}: {reason}. Generations that were already requested continue.")
    return sentence.format(suspension=scope, reason=suspension.reason.rstrip("."))


def provider_title(key: str) -> str:
    try:
        return catalog.provider_of(key).title
    except KeyError:
        return key


def suspend(
    actor: User, reason: str, *, user: User | None = None, project: Project | None = None, provider_key: str = ""
) -> Suspension:
    """Start a suspension; without a target it covers all work.

    Raises:
        UserError: no reason, more than one target, an unknown provider, or the target is already suspended.
    """
    if not reason.strip():
        raise UserError(_("Enter a reason. It is shown to the people affected."), "reason", code="required")
    if sum(map(bool, (user, project, provider_key))) > 1:
        sentence = _("Choose only one of these: a person, a project, or a provider.")
        raise UserError(sentence, code="invalid_choice")
    if provider_key and not ProviderAccount.objects.filter(key=provider_key).exists():
        raise UserError(_("That provider does not exist. Choose another."), "provider", code="not_found")
    try:
        with transaction.atomic():
            suspension = Suspension.objects.create(
                by=actor,
                reason=reason.strip()[:MAX_REASON_CHARS],
                user=user,
                project=project,
                provider_key=provider_key,
            )
            record(
                actor,
                AuditLogEntry.Action.SUSPENDED,
                f"Suspended {suspension.target}: {suspension.reason}",
                user=user,
                project=project,
            )
    except IntegrityError:
        raise UserError(_("The same suspension is already active."), code="already_suspended") from None
    return suspension


def lift(stop: Suspension, actor: User) -> None:
    """End a suspension; idempotent."""
    with transaction.atomic():
        now = timezone.now()
        if Suspension.objects.in_force().filter(pk=stop.pk).update(lifted_at=now, lifted_by=actor):
            record(
                actor,
                AuditLogEntry.Action.SUSPENSION_LIFTED,
                f"Ended the suspension of {stop.target}",
                user=stop.user,
                project=stop.project,
            )
