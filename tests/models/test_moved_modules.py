"""Stored names still work after modules have moved and public names have changed."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.signing import Signer
from django_q.models import OrmQ, Schedule
from django_q.signing import SignedPackage

from generator.models import IdempotencyRecord, Notification, NotificationKind, Webhook, WebhookDelivery
from generator.providers.registry import Registry
from generator.services.background import job_queue
from generator.services.library import sharing
from generator.services.team import api_keys
from generator.services.webhooks.events import EVENTS


@pytest.mark.django_db
def test_schedules_and_queued_tasks_name_todays_functions():
    old = "generator.workflow.tasks."
    Schedule.objects.create(name="before", func=f"{old}nightly")
    Schedule.objects.create(name="poll", func=f"{old}sweep")
    OrmQ.objects.create(
        key="studio", payload=SignedPackage.dumps({"id": "1", "func": f"{old}render", "args": ("mp3",)})
    )
    OrmQ.objects.create(key="studio", payload="of another secret")
    for migration in ("0057_task_paths", "0061_task_names"):
        import_module(f"generator.migrations.{migration}").rename(apps, None)
    assert Schedule.objects.get(name="poll").func == "generator.services.background.tasks.poll_providers"
    assert Schedule.objects.get(name="before").func == "generator.services.background.tasks.nightly"
    task = SignedPackage.loads(OrmQ.objects.order_by("pk")[0].payload)
    assert (task["func"], task["args"]) == (job_queue.RENDER, ("mp3",))
    assert OrmQ.objects.order_by("pk")[1].payload == "of another secret"


def test_the_composers_old_name_in_the_settings_is_still_the_composer():
    assert [one.key for one in Registry(["generator.providers.composer"])] == ["composer"]


def test_a_link_that_was_shared_before_still_opens(client, user, make_track):
    link = sharing.share(make_track(), user, 7, allow_download=False)
    address = Signer(salt="generator.workflow.sharing", sep=".").sign(link.public_id)
    assert client.get(f"/l/{address}/").status_code == 200


@pytest.mark.django_db
def test_stored_public_names_are_todays(user, project):
    events = ["generation.ready", "generation.cancelled", "budget.warning"]
    hook = Webhook.objects.create(
        project=project, made_by=user, name="suite", url="https://example.com/", events=events
    )
    facts = {"budget": {"percent": 80, "cap": "5.000000", "left": "1.000000"}}
    WebhookDelivery.objects.create(project=project, webhook=hook, event="budget.warning", facts=facts)
    WebhookDelivery.objects.create(
        project=project, webhook=hook, event="track.withdrawn", facts={"by": "Ada"}, body="{}"
    )
    for link in ("/w/4n8Kk2f0Qw3xZb1R/", "/spend/"):
        Notification.objects.create(recipient=user, kind=NotificationKind.WEBHOOK, text="x", link=link)
    key, _ = api_keys.make(user, "farm")
    IdempotencyRecord.objects.create(key=key, token="t", location="/api/v1/deliveries/4n8Kk2f0Qw3xZb1R")
    migration = import_module("generator.migrations.0060_public_names")

    def stored() -> tuple:
        hook.refresh_from_db()
        messages = list(WebhookDelivery.objects.order_by("pk").values_list("event", "facts"))
        links = list(Notification.objects.order_by("pk").values_list("link", flat=True))
        return hook.events, messages, links, IdempotencyRecord.objects.get().location

    before = stored()
    migration.rename(apps, None)
    assert stored() == (
        ["generation.ready", "generation.canceled", "budget.alert"],
        [
            ("budget.alert", {"budget": {"percent": 80, "amount": "5.000000", "remaining": "1.000000"}}),
            ("track.approval_withdrawn", {"by": "Ada"}),  # its body is written: it is sent as it is
        ],
        ["/webhooks/4n8Kk2f0Qw3xZb1R/", "/spend/"],
        "/api/v1/webhook-deliveries/4n8Kk2f0Qw3xZb1R",
    )
    assert set(hook.events) <= set(EVENTS)
    migration.rename_back(apps, None)
    assert stored() == before
