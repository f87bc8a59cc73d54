"""Stop switches: for a person, a project, a provider or everything. What was asked for already goes on.

Every submit asks here inside its transaction, and every price before it, so the form says it before anybody presses.
"""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from generator.models import Deed, Project, ProviderAccount, Stop, User
from generator.workflow import catalogue
from generator.workflow.deeds import record
from generator.workflow.refused import Refused

MOST_WORDS = 300


def in_the_way(user: User, project: Project, *provider_keys: str) -> str:
    """Say why nothing may be asked for, or an empty text."""
    mine = Q(provider_key="", user=user, project=None) | Q(provider_key="", user=None, project=project)
    everything = Q(provider_key="", user=None, project=None)
    found = Stop.objects.in_force().filter(mine | everything | Q(provider_key__in=provider_keys))
    stop = found.select_related("user", "project").order_by("id").first()
    return sentence(stop) if stop else ""


def sentence(stop: Stop) -> str:
    """A stop as the person it stops reads it."""
    if stop.user_id:
        whom = "New music is stopped for your account"
    elif stop.project:
        whom = f"New music is stopped in {stop.project.name}"
    elif stop.provider_key:
        whom = f"Nothing is sent to {provider_title(stop.provider_key)} at present"
    else:
        whom = "New music is stopped for everybody at present"
    return f"{whom}: {stop.reason.rstrip('.')}. What was asked for already goes on."


def provider_title(key: str) -> str:
    try:
        return catalogue.provider_of(key).title
    except KeyError:
        return key


def stop(
    actor: User, reason: str, *, user: User | None = None, project: Project | None = None, provider_key: str = ""
) -> Stop:
    """Throw a switch; without a target it is the one for everything.

    Raises:
        Refused: no reason, more than one target, an unknown provider, or it is thrown already.
    """
    if not reason.strip():
        raise Refused("Say why: it is shown to the people who are stopped.", "reason")
    if sum(map(bool, (user, project, provider_key))) > 1:
        raise Refused("Choose a person, a project or a provider, not several at once.")
    if provider_key and not ProviderAccount.objects.filter(key=provider_key).exists():
        raise Refused("There is no such provider.", "provider")
    try:
        with transaction.atomic():
            made = Stop.objects.create(
                by=actor, reason=reason.strip()[:MOST_WORDS], user=user, project=project, provider_key=provider_key
            )
            record(actor, Deed.What.STOPPED, f"Stopped {made.target}: {made.reason}", user=user, project=project)
    except IntegrityError:
        raise Refused("That is stopped already.") from None
    return made


def lift(stop: Stop, actor: User) -> None:
    """Let work go on again; doing it twice is doing it once."""
    with transaction.atomic():
        now = timezone.now()
        if Stop.objects.in_force().filter(pk=stop.pk).update(lifted_at=now, lifted_by=actor):
            record(actor, Deed.What.LIFTED, f"Let {stop.target} go on", user=stop.user, project=stop.project)
