"""Cancellation and dismissal of generations, and recovery of stalled work."""

import datetime as dt

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from generator.messages import gettext_noop
from generator.models import Edit, Generation, GenerationEvent, Pack, Reference, RemoteOutput, State, TrackUpload, User
from generator.services.background import claims, job_queue
from generator.services.errors import UserError
from generator.services.generation import completion, states
from generator.services.model_choice import fallback
from generator.services.provider_jobs import catalog, downloader
from generator.services.webhooks import delivery, events

OVERDUE_TIMEOUT = dt.timedelta(seconds=4)  # a row due for longer than this has no worker assigned


def cancel(generation: Generation, actor: User) -> None:
    """Cancel a generation: stop queued or local work at once; once sent, ask the provider and keep what arrives.

    Raises:
        UserError: the generation has already ended.
    """
    is_local = generation.model.provider.key in catalog.local_keys()
    # The row may have been sent since it was loaded; then it is not free, and the provider has to be asked.
    sources = None if is_local else (State.QUEUED,)
    if (is_local or generation.state == State.QUEUED) and completion.cancel(
        generation, actor, gettext_noop("Canceled"), sources=sources
    ):
        return
    now = timezone.now()
    is_requested = Generation.objects.filter(
        pk=generation.pk, state__in=(*State.active(), State.IN_DOUBT), cancel_requested_at=None
    ).update(cancel_requested_at=now)
    if is_requested:
        states.note(generation, _requested_text(generation), kind=GenerationEvent.Kind.NOTE, actor=actor)
        open_jobs = Generation.objects.filter(pk=generation.pk, state__in=(State.RUNNING, State.IN_DOUBT))
        if catalog.canceled_job(generation):
            open_jobs.exclude(provider_job_id="").filter(due_at__gt=now).update(due_at=now)
        downloader.download_soon(generation)
        return
    generation.refresh_from_db()
    if generation.state in State.ended():
        sentence = _("Too late to cancel: this generation is already {state}.")
        sentence = sentence.format(state=State(generation.state).label.lower())
        raise UserError(sentence, code="already_finished")


def _requested_text(generation: Generation) -> str:
    if catalog.canceled_job(generation):
        return gettext_noop("Cancellation requested after sending: the provider is asked to stop")
    return gettext_noop(
        "Cancellation requested after sending: the provider may still finish and charge; takes received are kept"
    )


def may_still_cost(generation: Generation) -> bool:
    """Return whether a cancel may be too late to save money: there is a hold, and a provider has the request."""
    was_sent = generation.state in (*State.active(), State.IN_DOUBT) and generation.state != State.QUEUED
    return bool(generation.price_total) and was_sent and generation.model.provider.key not in catalog.local_keys()


def dismiss(generation: Generation) -> None:
    """Remove an ended generation's card from the running list."""
    Generation.objects.filter(pk=generation.pk, state__in=State.ended()).update(dismissed_at=timezone.now())


def rescue() -> None:
    """Wake a worker for each kind of overdue work; cheap enough to run on every beat."""
    now = timezone.now() - OVERDUE_TIMEOUT
    local_keys = catalog.local_keys()
    due = Generation.objects.filter(due_at__lte=now)
    if due.active().filter(model__provider__key__in=local_keys).exists():
        job_queue.start(job_queue.COMPOSE)
    remote = due.filter(Q(state__in=State.active()) | Q(state=State.IN_DOUBT))
    if remote.exclude(model__provider__key__in=local_keys).exists():
        async_task(job_queue.SWEEP, timeout=job_queue.SWEEP_TIMEOUT_S)
    if RemoteOutput.objects.filter(due_at__lte=now).exists():
        job_queue.start_download()
    if Reference.objects.filter(due_at__lte=now).exists():
        job_queue.start(job_queue.READ)
    if TrackUpload.objects.filter(due_at__lte=now).exists():
        job_queue.start(job_queue.READ_UPLOAD)
    if Edit.objects.active().filter(due_at__lte=now).exists():
        job_queue.start(job_queue.RENDER_EDIT)
    if Pack.objects.active().filter(due_at__lte=now).exists():
        job_queue.start(job_queue.MAKE_PACK)
    if delivery.is_waited_for(now):
        events.wake()
    fallback.follow_up_waiting()
    for generation in _stalled_generations():
        completion.finish_if_complete(generation)


def cluster_restarted(*, on_purpose: bool = False) -> None:
    """Release all claims of dead workers and make their work due; call only when no other cluster runs.

    `on_purpose`: the studio was stopped by a person, so the interrupted attempts are not counted.
    """
    now = timezone.now()
    claimed = Generation.objects.active().filter(due_at__gt=now)
    local_work = Generation.objects.active().filter(model__provider__key__in=catalog.local_keys())
    files = (Reference.objects.filter(due_at__isnull=False), TrackUpload.objects.filter(due_at__isnull=False))
    finishing = (Edit.objects.active(), Pack.objects.active())
    for rows in (local_work, *files, *finishing):
        taken = rows.filter(claim__isnull=False)  # includes claims whose worker was too slow to renew them
        if on_purpose:
            taken.filter(attempts__gt=0).update(attempts=F("attempts") - 1)
        taken.update(claim=None)
    waits_for_provider = Q(state=State.QUEUED) & ~Q(stage="")  # the provider sent a Retry-After
    claimed.exclude(waits_for_provider).update(due_at=now)
    for rows in (*files, *finishing):
        rows.filter(due_at__gt=now).update(due_at=now)
    RemoteOutput.objects.filter(due_at__gt=now, error="").update(
        due_at=now
    )  # with an error: waits for its next attempt
    claims.release_all()


def _stalled_generations() -> list[Generation]:
    """Return collecting generations whose worker stored the last output but died before ending them."""
    waiting = RemoteOutput.objects.filter(collected_at=None, given_up_at=None).values("generation")
    finished = Generation.objects.filter(state=State.COLLECTING, due_at=None).exclude(pk__in=waiting)
    return list(finished.select_related("model__provider", "project", "author", "price")[:100])
