"""What is done once a night: empty old bins, sweep files no row names, prove the roll-ups."""

import datetime as dt
import logging

from django.conf import settings
from django.utils import timezone
from django_q.models import Schedule

from generator.models import Reference, Track
from generator.workflow import ingest, library, media, money, news, references
from generator.workflow.webhooks import endpoints

log = logging.getLogger(__name__)
ORPHAN_AGE = dt.timedelta(days=1)


def ensure_schedules() -> None:
    """Have the hourly and the nightly task scheduled, once."""
    Schedule.objects.get_or_create(
        name="hourly", defaults={"func": "generator.workflow.tasks.hourly", "schedule_type": Schedule.HOURLY}
    )
    Schedule.objects.get_or_create(
        name="nightly",
        defaults={
            "func": "generator.workflow.tasks.nightly",
            "schedule_type": Schedule.DAILY,
            "next_run": timezone.now().replace(hour=3, minute=0, second=0) + dt.timedelta(days=1),
        },
    )


def nightly() -> None:
    """Do all of it; every difference in the money is logged as an error."""
    before = timezone.now() - dt.timedelta(days=settings.STUDIO_BIN_DAYS)
    deleted = library.delete_for_good(Track.objects.filter(binned_at__lt=before))
    deleted += references.delete_for_good(Reference.objects.filter(binned_at__lt=before))
    swept = sweep_orphans()
    ingest.forget_unreadable()
    news.forget()
    endpoints.forget()
    for difference in money.differences():
        log.error("ledger and roll-up differ: %s", difference)
    log.info("nightly: %d binned tracks and references deleted, %d orphaned files swept", deleted, swept)


def sweep_orphans() -> int:
    """Delete stored files older than a day that no row names."""
    old = [name for name, age in media.stored() if age > ORPHAN_AGE.total_seconds()]
    known = media.named()
    return media.discard(name for name in old if name not in known)
