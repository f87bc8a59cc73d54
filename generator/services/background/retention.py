"""Data retention: which rows are temporary, how long they are kept, and what deletes them.

    rows                                        kept             deleted by
    idempotency records of programs             30 days          here
    expired sessions                            -                here
    expired cache rows                          -                here (Redis does it by itself)
    failed tasks                                30 days          here (successful tasks are never kept)
    notifications                               180 days         `notifications.delete_expired`
    webhook deliveries and their attempts       30 days          `webhooks.endpoints.delete_expired`
    provider webhook events                     1 day            `provider_accounts.refresh`
    announced uploads that never arrived        hours            the next announcement (`api.compat.wavespeed.media`)
    trashed tracks, references and presets      the setting      here (STUDIO_TRASH_DAYS)
    voice-overs, and mixes that contain them    1 day            `voice_overs.delete_expired`
    drafts of edits, and trashed edits          1 day            `edits.delete_expired`
    uploads that were refused                   7 days           `uploads.adding.delete_expired`
    delivery packs: the zip                     7 days           `packs.delete_expired`
    delivery packs: the record                  30 days more     `packs.delete_expired`
    delivered files that could not be read      30 days          `ingest.forget_unreadable`
    files from replies, once they are tracks    -                `received_files.discard`
    files from replies that were not delivered  30 days          `received_files.delete_old`

Everything else is a record of work or money and is kept: one row per thing that was made, requested or paid.
Visits to a share link are counters on its row. Failed sign-ins are counters in the cache.
"""

import datetime as dt

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone
from django_q.models import Failure

from generator.models import IdempotencyRecord, Reference, Track
from generator.services.briefs import presets
from generator.services.library import references, tracks

IDEMPOTENCY_AGE = dt.timedelta(days=30)
FAILURE_AGE = dt.timedelta(days=30)


def empty_trash() -> int:
    """Delete what has been in the trash for STUDIO_TRASH_DAYS; return how many rows that were."""
    before = timezone.now() - dt.timedelta(days=settings.STUDIO_TRASH_DAYS)
    deleted = tracks.delete_for_good(Track.objects.filter(trashed_at__lt=before)) + presets.delete_trashed(before)
    return deleted + references.delete_for_good(Reference.objects.filter(trashed_at__lt=before))


def delete_expired() -> int:
    """Delete expired rows; return how many were deleted."""
    now = timezone.now()
    old = (
        Session.objects.filter(expire_date__lt=now),
        IdempotencyRecord.objects.filter(created_at__lt=now - IDEMPOTENCY_AGE),
        Failure.objects.filter(stopped__lt=now - FAILURE_AGE),
    )
    cached = getattr(cache, "forget", None)  # only the database cache keeps expired rows
    return sum(rows.delete()[0] for rows in old) + (cached() if cached else 0)
