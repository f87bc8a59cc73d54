"""Assignment of provider jobs: a job id belongs to one generation, and a lost job is adopted only if it is unambiguous.

A job may belong to another generation if that generation holds its id or may still receive it. The latter applies to
every generation that made the same request to the same model within a day and is not known to have been refused. Then
all of them stay in doubt and a person decides. An answer that resolves one doubt lets the others search again.
"""

import datetime as dt
import logging
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from generator.messages import Message, gettext_noop
from generator.models import Generation, GenerationEvent, MusicModel, ProviderAccount, ProviderJob, State
from generator.providers.base import Snapshot
from generator.services.generation import states

log = logging.getLogger(__name__)

MAX_JOB_AGE = dt.timedelta(days=8)  # longer than providers remember
MATCH_WINDOW = dt.timedelta(
    days=1
)  # a provider's clock may be off by hours, so jobs this close in time can be confused
NOT_ACCEPTED = ("rejected", "operator", "busy")  # error codes of failures that created no job at the provider


def assign_job(generation: Generation, provider_job_id: str, snapshot: Snapshot) -> bool:
    """Assign the job in the provider's answer to its generation; return False if the answer must be ignored.

    If another job was adopted before the answer came, the answer is right and the adopted job was not this one's.
    """
    generation.refresh_from_db(fields=["state", "provider_job_id"])
    if generation.provider_job_id == provider_job_id:
        return True
    late = bool(generation.provider_job_id)
    if late and generation.state not in (State.RUNNING, State.IN_DOUBT):
        adopted_id = generation.provider_job_id
        text = Message(
            "The provider’s answer came late: its job is {id}, but {adopted_id} had been adopted",
            id=provider_job_id[:80],
            adopted_id=adopted_id,
        )
        log.error("%s: %s", generation.public_id, text)
        states.note(generation, Message("{text}. Both may be billed.", text=text), data=dict(snapshot.raw))
        return False
    if not _write(generation, provider_job_id):
        return False
    text = gettext_noop("Accepted by the provider")
    if late:
        text = Message(
            "The provider’s answer came late: its job is {id}, not the one that had been adopted",
            id=provider_job_id[:80],
        )
    states.note(generation, text, kind=GenerationEvent.Kind.REPLY, data=dict(snapshot.raw))
    return True


def _write(generation: Generation, provider_job_id: str) -> bool:
    """Store a job id with its generation; return False if another generation has it."""
    columns = {"account_id": generation.model.provider_id, "provider_job_id": provider_job_id}
    try:
        with transaction.atomic():
            ProviderJob.objects.update_or_create(generation=generation, defaults=columns)
            Generation.objects.filter(pk=generation.pk).update(provider_job_id=provider_job_id)
    except IntegrityError:
        return False
    generation.provider_job_id = provider_job_id
    return True


def known(generation: Generation) -> set[str]:
    """Return the ids of this provider's jobs that already belong to generations."""
    same = ProviderJob.objects.filter(account=generation.model.provider_id)
    return set(same.filter(at__gte=generation.created_at - MAX_JOB_AGE).values_list("provider_job_id", flat=True))


def adopt(generation: Generation, snapshot: Snapshot, **changes: Any) -> bool:
    """Adopt a job found at the provider; return False if it may belong to another generation.

    One that was found by our own id belongs to no other.
    """
    with transaction.atomic():
        # Searches for two identical requests may run concurrently; this lock serializes them.
        ProviderAccount.objects.select_for_update().get(pk=generation.model.provider_id)
        is_rivaled = not snapshot.is_certain and has_rivals(generation)
        if is_rivaled or not _write(generation, snapshot.provider_job_id):
            return False
        text = gettext_noop("Found at the provider")
        if not states.advance(generation, State.RUNNING, text, data=dict(snapshot.raw), **changes):
            transaction.set_rollback(True)
    return True


def has_rivals(generation: Generation) -> bool:
    """Return whether another generation without a job id may own a job that looks like this one's."""
    since = generation.submit_attempted_at
    if since is None:
        return True
    window = (since - MATCH_WINDOW, since + MATCH_WINDOW)
    rows = Generation.objects.filter(
        _perhaps_one_model(generation.model), provider_job_id="", submit_attempted_at__range=window
    )
    rows = rows.exclude(pk=generation.pk).exclude(state__in=(State.QUEUED, State.CANCELLED))
    rows = rows.exclude(state=State.FAILED, error_code__in=NOT_ACCEPTED).select_related(
        "prompt", "model", "provider_action"
    )
    request = _comparable_request(generation)
    return any(_comparable_request(row) == request for row in rows)


def _perhaps_one_model(model: MusicModel) -> Q:
    """Filter models that may be one at the provider: an operator's correction can give two rows the same path."""
    others = Q(model__provider=model.provider_id)
    return others if model.corrections else Q(model=model) | others & ~Q(model__corrections={})


def _comparable_request(generation: Generation) -> tuple[object, ...]:
    """Return the parts of the request by which a provider's list can distinguish it."""
    settings = {name: str(value).strip() for name, value in generation.prompt.settings.items()}
    values = tuple(sorted((name, value) for name, value in settings.items() if value not in ("", "None", "False")))
    if generation.model.is_action:
        return values, generation.provider_action.address
    return values, generation.prompt.text.strip()
