"""Data with a retention period is deleted when it expires, and nothing else is; counters keep their time."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_q.models import Failure

from bgmsite import settings as production
from generator.models import DeliveryAttempt, IdempotencyRecord, Notification, WebhookDelivery
from generator.services.background import housekeeping, retention
from generator.services.team import api_keys, notifications
from generator.services.webhooks import endpoints

DAY = dt.timedelta(days=1)

# Every table of the studio, by purpose. A new one must be added here.
FOR_A_WHILE = {
    "IdempotencyRecord",
    "Notification",
    "WebhookDelivery",
    "DeliveryAttempt",
    "ProviderWebhookEvent",
    "Upload",
    "VoiceOver",
    "Pack",
    "PackItem",
}
# A row for each thing that people made, requested, chose or paid.
_FOR_GOOD = """
    ApiKey Approval ApprovalRequest AuditLogEntry Batch BatchItem Budget BudgetAlert BudgetIncrease ClientRequest
    ClosedMonth Comment Comparison ConnectorUse ConnectorVersion DownloadChoice Edit Fallback Generation GenerationEvent
    Heard ImportedModel ImportedVersion Installation Invitation
    LedgerEntry License Membership MusicModel NotificationPreference Preset Price PrivateTrack Project
    ProjectDefaults Prompt ProviderAccount ProviderAction ProviderBill ProviderJob ProviderReference
    ReconciliationIssue Reference RemoteOutput Rendition ReplacedCover Rollup SavedView ShareLink Star Stem
    Suspension Tag Tour Track TrackCopy TrackStructure TrackUpload User Webhook
"""
# One per name; one per hour per account, evidence for the month.
FOR_GOOD = {*_FOR_GOOD.split(), "GridChange", "Heartbeat", "BalanceReading"}


@pytest.fixture
def table(db, settings):
    """The cache of a studio without Redis."""
    settings.CACHES = {"default": production.DATABASE_CACHE}
    call_command("createcachetable")
    caches.close_all()
    return caches["default"]


def test_every_table_is_known_to_be_trimmed_or_to_stay():
    ours = {model.__name__ for model in apps.get_app_config("generator").get_models(include_auto_created=False)}
    assert ours == FOR_A_WHILE | FOR_GOOD


def test_the_night_throws_away_what_has_served_its_time(user, project, settings, table):
    key, _ = api_keys.make(user, "farm")
    hook = endpoints.make(project, user, "suite", "https://example.com/in")
    now = timezone.now()

    def make(age: dt.timedelta, name: str) -> None:
        task = {"name": "t", "func": "f", "started": now - age, "stopped": now - age, "success": False}
        Failure.objects.create(id=f"{name:f<32}", **task)
        Session.objects.create(session_key=name, session_data="", expire_date=now + DAY - age)
        row = IdempotencyRecord.objects.create(key=key, token=name, location="/x")
        IdempotencyRecord.objects.filter(pk=row.pk).update(created_at=now - age)
        said = WebhookDelivery.objects.create(project=project, webhook=hook, event="test", at=now - age)
        DeliveryAttempt.objects.create(delivery=said, at=now - age)
        Notification.objects.create(recipient=user, kind="done", text=name, created_at=now - age)

    ages = (
        retention.IDEMPOTENCY_AGE,
        retention.FAILURE_AGE,
        endpoints.MAX_DELIVERY_AGE,
        notifications.MAX_NOTIFICATION_AGE,
    )
    make(max(ages) + DAY, "old")
    make(dt.timedelta(hours=1), "new")
    table.set("new", 1, 60)
    table.set("old", 1, -60)
    housekeeping.nightly()
    assert list(IdempotencyRecord.objects.values_list("token", flat=True)) == ["new"]
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
    assert list(Notification.objects.values_list("text", flat=True)) == ["new"]
    assert [Failure.objects.count(), WebhookDelivery.objects.count(), DeliveryAttempt.objects.count()] == [1, 1, 1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM studio_cache")
        assert [name for (name,) in cursor.fetchall()] == [":1:new"]


# --- counters ---


def test_a_counter_keeps_its_time(table):
    def ends() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT expires FROM studio_cache")
            return cursor.fetchone()[0]

    table.add("mails/day", 0, 86_400)
    before = ends()
    assert [table.incr("mails/day") for _ in range(3)] == [1, 2, 3]
    assert ends() == before


def test_there_is_no_counter_that_has_run_out(table):
    table.set("mails/day", 4, -10)
    with pytest.raises(ValueError, match="no counter"):
        table.incr("mails/day")


def test_counts_outlast_many_others(table):
    """Failed sign-ins for made-up addresses evict no other counter."""
    table.set("a", 5, 300)
    for other in range(320):
        table.set(f"guess/{other}", 1, 300)
    assert table.get("a") == 5


@pytest.mark.skipif(connection.vendor == "sqlite", reason="the tests' SQLite is in the memory of one thread")
@pytest.mark.django_db(transaction=True)
def test_counts_of_threads_add_up(table):
    table.add("x", 0, 60)

    def count(_: int) -> int:
        try:
            return caches["default"].incr("x")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(count, range(40))) == list(range(1, 41))
