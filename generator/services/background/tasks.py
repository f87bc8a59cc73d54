"""The task functions that the background cluster calls. Each delegates to a service."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.utils import timezone

from generator.models import Heartbeat, Track
from generator.services.background import housekeeping, job_queue
from generator.services.billing import budget_alerts, reconciliation
from generator.services.downloads import stem_archive
from generator.services.finishing import rendering, structures, voice_overs
from generator.services.generation import cancellation, local_jobs
from generator.services.library import composer_stems, references, renditions
from generator.services.packs import making
from generator.services.provider_jobs import downloader, poller, provider_accounts
from generator.services.team import notification_digest
from generator.services.uploads import intake
from generator.services.vendor_catalog import changes
from generator.services.webhooks import delivery, endpoints


def provider_task(task: Callable[[], None]) -> Callable[[], None]:
    """Skip a task while the studio is offline, so that due work waits. `wraps` keeps the name the cluster looks up."""

    @wraps(task)
    def unless_offline() -> None:
        if not settings.STUDIO_OFFLINE:
            task()

    return unless_offline


def stamp_heartbeat() -> None:
    """Record that the cluster is alive, recover abandoned work, and delete voice-overs whose day is over."""
    Heartbeat.objects.update_or_create(name="cluster", defaults={"at": timezone.now()})
    cancellation.rescue()
    voice_overs.delete_expired()


def compose() -> None:
    if local_jobs.work():
        local_jobs.wake_successor()


@provider_task
def poll_providers() -> None:
    poller.run()


@provider_task
def download_outputs() -> None:
    downloader.work()


def render(track_id: int, format: str, lufs: float | None = None) -> None:
    if (track := Track.objects.filter(pk=track_id).first()) and not renditions.make_in_turn(track, format, lufs):
        job_queue.start_later(job_queue.RENDER, track_id, format, lufs)


def render_stems(track_id: int) -> None:
    if (track := Track.objects.filter(pk=track_id).first()) and not composer_stems.make_in_turn(track):
        job_queue.start_later(job_queue.PARTS, track_id)


def zip_stems(track_id: int, format: str) -> None:
    if track := Track.objects.filter(pk=track_id).first():
        stem_archive.make(track, format)


def read_reference() -> None:
    references.work()


def read_upload() -> None:
    intake.work()


def render_edit() -> None:
    rendering.work()


def make_pack() -> None:
    making.work()


def measure_structure(track_id: int) -> None:
    if track := Track.objects.filter(pk=track_id).first():
        structures.measure_in_turn(track)


def send_budget_alerts(warned_id: int) -> None:
    budget_alerts.send(warned_id)


def send_notifications(
    people: list[int], subject: str, text: str, project_id: int | None = None, link: str = ""
) -> None:
    budget_alerts.deliver(people, subject, text, project_id, link)


@provider_task
def send_webhooks() -> None:
    delivery.run()


@provider_task
def hourly() -> None:
    provider_accounts.refresh()
    reconciliation.refresh()
    notification_digest.send_digests()
    endpoints.pick_up_kept()
    changes.compare_daily()


def nightly() -> None:
    housekeeping.nightly()
