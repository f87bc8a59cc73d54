"""What the background cluster calls: one-line doors into the workflow."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.utils import timezone

from generator.models import Heartbeat, Track
from generator.workflow import accounts, control, housekeeping, news, queue, references, renditions, warnings, watch
from generator.workflow import collect as collecting
from generator.workflow import compose as composing
from generator.workflow import parts as making_parts
from generator.workflow import sweep as sweeping
from generator.workflow.webhooks import endpoints, sending


def outward(task: Callable[[], None]) -> Callable[[], None]:
    """Nothing is done while the studio is offline; what is due waits. The cluster finds the task by its own name."""

    @wraps(task)
    def unless_offline() -> None:
        if not settings.STUDIO_OFFLINE:
            task()

    return unless_offline


def beat() -> None:
    """Prove the cluster alive, and pick up what was left lying."""
    Heartbeat.objects.update_or_create(name="cluster", defaults={"at": timezone.now()})
    control.rescue()


def compose() -> None:
    if composing.work():
        composing.wake_successor()


@outward
def sweep() -> None:
    sweeping.run()


@outward
def collect() -> None:
    collecting.work()


def render(track_id: int, format: str, lufs: float | None = None) -> None:
    if (track := Track.objects.filter(pk=track_id).first()) and not renditions.make_in_turn(track, format, lufs):
        queue.start_later(queue.RENDER, track_id, format, lufs)


def parts(track_id: int) -> None:
    if (track := Track.objects.filter(pk=track_id).first()) and not making_parts.make_in_turn(track):
        queue.start_later(queue.PARTS, track_id)


def read_reference() -> None:
    references.work()


def warn(warned_id: int) -> None:
    warnings.send(warned_id)


def tell(people: list[int], subject: str, text: str, project_id: int | None = None, link: str = "") -> None:
    warnings.deliver(people, subject, text, project_id, link)


@outward
def send_webhooks() -> None:
    sending.run()


@outward
def hourly() -> None:
    accounts.refresh()
    watch.refresh()
    news.mail()
    endpoints.pick_up_kept()


def nightly() -> None:
    housekeeping.nightly()
