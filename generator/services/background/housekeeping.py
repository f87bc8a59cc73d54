"""Nightly housekeeping: empty the trash, delete files that no row refers to, verify the roll-ups."""

import datetime as dt
import logging

from django.utils import timezone
from django_q.models import Schedule

from generator.services.background import received_files, retention
from generator.services.billing import ledger
from generator.services.finishing import edits
from generator.services.generation import ingest
from generator.services.library import media
from generator.services.packs import packs
from generator.services.team import notifications
from generator.services.uploads import adding
from generator.services.webhooks import endpoints

log = logging.getLogger(__name__)
MIN_ORPHAN_AGE = dt.timedelta(days=1)


def ensure_schedules() -> None:
    """Schedule the hourly and the nightly task, if missing."""
    Schedule.objects.get_or_create(
        name="hourly", defaults={"func": "generator.services.background.tasks.hourly", "schedule_type": Schedule.HOURLY}
    )
    Schedule.objects.get_or_create(
        name="nightly",
        defaults={
            "func": "generator.services.background.tasks.nightly",
            "schedule_type": Schedule.DAILY,
            "next_run": timezone.now().replace(hour=3, minute=0, second=0) + dt.timedelta(days=1),
        },
    )


def nightly() -> None:
    """Run all nightly tasks. Log every difference between ledger and roll-ups as an error."""
    deleted = retention.empty_trash()
    swept = sweep_orphans()
    edits.delete_expired()
    adding.delete_expired()
    packs.delete_expired()
    ingest.forget_unreadable()
    received_files.delete_old()
    notifications.delete_expired()
    endpoints.delete_expired()
    retention.delete_expired()
    for difference in ledger.differences():
        log.error("ledger and roll-up differ: %s", difference)
    log.info("nightly: %d trashed tracks and references deleted, %d orphaned files swept", deleted, swept)


def sweep_orphans() -> int:
    """Delete stored files older than a day that no row refers to; return how many."""
    old = [name for name, age in media.stored() if age > MIN_ORPHAN_AGE.total_seconds()]
    used_names = media.named()
    return media.discard(name for name in old if name not in used_names)
