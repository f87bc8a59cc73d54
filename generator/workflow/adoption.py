"""Whose a provider's job is: its id goes to one generation, and a lost job is adopted only when it can be no other's.

A job is another's when another generation holds its id, or may still claim it or be answered with it: every run that
asked the same of the same model within a day and is not known to have been refused. Then all of them wait in
doubt, and a person decides; a doubt that is resolved by an answer leaves the others free to look again.
"""

import datetime as dt
import logging
from typing import Any

from django.db import IntegrityError, transaction

from generator.models import Event, Generation, ProviderAccount, ProviderJob, State
from generator.providers.base import Snapshot
from generator.workflow import states

log = logging.getLogger(__name__)

KNOWN_FOR = dt.timedelta(days=8)  # longer than providers remember
ABOUT = dt.timedelta(
    days=1
)  # a provider's clock may be wrong by hours, and tell another run's job as of this one's time
NOT_ACCEPTED = ("rejected", "operator", "busy")  # codes of failures that left nothing at the provider


def take(generation: Generation, handle: str, snapshot: Snapshot) -> bool:
    """Give a generation the job it was answered with; False when the answer is to be left at that.

    An answer that comes after another job was adopted in its place is right, and the other job was not ours.
    """
    generation.refresh_from_db(fields=["state", "handle"])
    if generation.handle == handle:
        return True
    late = bool(generation.handle)
    if late and generation.state not in (State.RUNNING, State.IN_DOUBT):
        text = f"The provider’s answer came late: its job is {handle[:80]}; {generation.handle} had been taken for it"
        log.error("%s: %s", generation.ref, text)
        states.note(generation, f"{text}. Both may be billed.", data=dict(snapshot.raw))
        return False
    if not _write(generation, handle):
        return False
    text = "The provider accepted it"
    if late:
        text = f"The provider’s answer came late: its job is {handle[:80]}; the one that was found was not this run’s"
    states.note(generation, text, kind=Event.Kind.REPLY, data=dict(snapshot.raw))
    return True


def _write(generation: Generation, handle: str) -> bool:
    """Store an id with its generation; False when another generation has it."""
    mine = {"account_id": generation.model.provider_id, "handle": handle}
    try:
        with transaction.atomic():
            ProviderJob.objects.update_or_create(generation=generation, defaults=mine)
            Generation.objects.filter(pk=generation.pk).update(handle=handle)
    except IntegrityError:
        return False
    generation.handle = handle
    return True


def known(generation: Generation) -> set[str]:
    """The ids of this provider's jobs that belong to generations already."""
    same = ProviderJob.objects.filter(account=generation.model.provider_id)
    return set(same.filter(at__gte=generation.created_at - KNOWN_FOR).values_list("handle", flat=True))


def adopt(generation: Generation, found: Snapshot, **changes: Any) -> bool:
    """Take a job that was found in the provider's list; False when it may be another run's."""
    with transaction.atomic():
        # Two that asked for the same may have been looked for side by side: they take turns here.
        ProviderAccount.objects.select_for_update().get(pk=generation.model.provider_id)
        if has_rivals(generation) or not _write(generation, found.handle):
            return False
        text = "Found again at the provider"
        if not states.advance(generation, State.RUNNING, text, data=dict(found.raw), **changes):
            transaction.set_rollback(True)
    return True


def has_rivals(generation: Generation) -> bool:
    """Whether a job like this one's may be another generation's that holds no id yet."""
    since = generation.submit_attempted_at
    if since is None:
        return True
    near = (since - ABOUT, since + ABOUT)
    rows = Generation.objects.filter(model=generation.model_id, handle="", submit_attempted_at__range=near)
    rows = rows.exclude(pk=generation.pk).exclude(state__in=(State.QUEUED, State.CANCELLED))
    rows = rows.exclude(state=State.FAILED, error_code__in=NOT_ACCEPTED).select_related("prompt", "model", "action")
    mine = _asked(generation)
    return any(_asked(row) == mine for row in rows)


def _asked(generation: Generation) -> tuple[object, ...]:
    """What was asked for, as far as a provider's list can tell it apart."""
    settings = {name: str(value).strip() for name, value in generation.prompt.settings.items()}
    said = tuple(sorted((name, value) for name, value in settings.items() if value not in ("", "None", "False")))
    if generation.model.is_action:
        return said, generation.action.address
    return said, generation.prompt.text.strip()
