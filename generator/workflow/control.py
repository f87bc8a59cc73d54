"""What people do to running work, and how work that was left lying is picked up again."""

import datetime as dt

from django.db.models import F, Q
from django.utils import timezone
from django_q.tasks import async_task

from generator.models import Delivery, Event, Generation, Reference, State, User
from generator.workflow import catalogue, collect, ending, heartbeat, queue, states
from generator.workflow.refused import Refused
from generator.workflow.webhooks import events, sending

PATIENCE = dt.timedelta(seconds=4)  # a row due for longer than this has nobody on its way to it


def cancel(generation: Generation, actor: User) -> None:
    """Stop a generation: at once while it is ours; once it was sent, ask, keep what arrives, and say so.

    Raises:
        Refused: it has ended already.
    """
    local = generation.model.provider.key in catalogue.local_keys()
    if (local or generation.state == State.QUEUED) and ending.cancel(generation, actor, "Cancelled"):
        return
    asked = Generation.objects.filter(
        pk=generation.pk, state__in=(*State.active(), State.IN_DOUBT), cancel_asked_at=None
    ).update(cancel_asked_at=timezone.now())
    if asked:
        states.note(
            generation,
            "Cancel asked for after it was sent: the provider may finish and charge for it; what arrives is kept",
            kind=Event.Kind.NOTE,
            actor=actor,
        )
        collect.hurry(generation)
        return
    generation.refresh_from_db()
    if generation.state in State.ended():
        raise Refused(f"Too late to cancel: it is {State(generation.state).label.lower()} already.")


def may_still_cost(generation: Generation) -> bool:
    """Whether a cancel may come too late to save anything: it costs, and was sent to somebody else."""
    was_sent = generation.state in (*State.active(), State.IN_DOUBT) and generation.state != State.QUEUED
    return bool(generation.held) and was_sent and generation.model.provider.key not in catalogue.local_keys()


def dismiss(generation: Generation) -> None:
    """Take an ended generation's card off the running list."""
    Generation.objects.filter(pk=generation.pk, state__in=State.ended()).update(dismissed_at=timezone.now())


def rescue() -> None:
    """Wake a worker for each kind of work that has been due for a while; cheap enough for every beat."""
    now = timezone.now() - PATIENCE
    local = catalogue.local_keys()
    due = Generation.objects.filter(due_at__lte=now)
    if due.active().filter(model__provider__key__in=local).exists():
        queue.start(queue.COMPOSE)
    remote = due.filter(Q(state__in=State.active()) | Q(state=State.IN_DOUBT))
    if remote.exclude(model__provider__key__in=local).exists():
        async_task(queue.SWEEP, timeout=queue.SWEEP_TIMEOUT)
    if Delivery.objects.filter(due_at__lte=now).exists():
        queue.collect()
    if Reference.objects.filter(due_at__lte=now).exists():
        queue.start(queue.READ)
    if sending.is_waited_for(now):
        events.wake()
    for generation in _left_behind():
        ending.finish_if_complete(generation)


def cluster_restarted(*, on_purpose: bool = False) -> None:
    """Let go of every claim of workers that are certainly gone (no other cluster runs): their work is due at once.

    `on_purpose`: somebody stopped the studio, so no attempt is counted for what was under way.
    """
    now = timezone.now()
    claimed = Generation.objects.active().filter(due_at__gt=now)
    local = Generation.objects.active().filter(model__provider__key__in=catalogue.local_keys())
    for rows in (local, Reference.objects.filter(due_at__isnull=False)):
        taken = rows.filter(claim__isnull=False)  # also by one that was too slow to renew it
        if on_purpose:
            taken.filter(attempts__gt=0).update(attempts=F("attempts") - 1)
        taken.update(claim=None)
    told_to_wait = Q(state=State.QUEUED) & ~Q(stage="")  # by a provider, until its Retry-After
    claimed.exclude(told_to_wait).update(due_at=now)
    Reference.objects.filter(due_at__gt=now).update(due_at=now)
    Delivery.objects.filter(due_at__gt=now, error="").update(due_at=now)  # with an error: it waits for its next try
    heartbeat.let_go()


def _left_behind() -> list[Generation]:
    """Collecting generations whose last delivery was stored by a worker that died before it could end them."""
    waiting = Delivery.objects.filter(collected_at=None, given_up_at=None).values("generation")
    found = Generation.objects.filter(state=State.COLLECTING, due_at=None).exclude(pk__in=waiting)
    return list(found.select_related("model__provider", "project", "author", "price")[:100])
