"""Public names that are stored: events of webhooks, and paths of notifications and of idempotent results."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Value
from django.db.models.functions import Concat, Substr

EVENTS = {
    "generation.cancelled": "generation.canceled",
    "track.withdrawn": "track.approval_withdrawn",
    "budget.warning": "budget.alert",
}
FACTS = {"by": "actor"}  # in the body of a webhook message that is still to be written
BUDGET = {"cap": "amount", "left": "remaining"}  # in the budget of such a body
PAGES = {
    "/p/": "/projects/",
    "/t/": "/tracks/",
    "/c/": "/comparisons/",
    "/w/": "/webhooks/",
    "/news/": "/notifications/",
}
RESULTS = {
    "/api/v1/deliveries/": "/api/v1/webhook-deliveries/",
    "/api/v1/links/": "/api/v1/share-links/",
    "/api/v1/requests/": "/api/v1/budget-requests/",
}


def _backwards(names: dict[str, str]) -> dict[str, str]:
    return {new: old for old, new in names.items()}


def _rename_events(apps: StateApps, events: dict[str, str], facts: dict[str, str], budget: dict[str, str]) -> None:
    for webhook in apps.get_model("generator", "Webhook").objects.exclude(events=[]):
        webhook.events = [events.get(event, event) for event in webhook.events]
        webhook.save(update_fields=["events"])
    messages = apps.get_model("generator", "WebhookDelivery").objects
    for row in messages.filter(body="", webhook__isnull=False).exclude(facts={}):
        row.facts = {facts.get(name, name): value for name, value in row.facts.items()}
        if isinstance(row.facts.get("budget"), dict):
            row.facts["budget"] = {budget.get(name, name): value for name, value in row.facts["budget"].items()}
        row.save(update_fields=["facts"])
    for old, new in events.items():
        messages.filter(event=old).update(event=new)


def _replace_beginnings(rows: Any, field: str, beginnings: dict[str, str]) -> None:
    for old, new in beginnings.items():
        found = rows.filter(**{f"{field}__startswith": old})
        found.update(**{field: Concat(Value(new), Substr(field, len(old) + 1))})


def rename(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _rename_events(apps, EVENTS, FACTS, BUDGET)
    _replace_beginnings(apps.get_model("generator", "Notification").objects, "link", PAGES)
    _replace_beginnings(apps.get_model("generator", "IdempotencyRecord").objects, "location", RESULTS)


def rename_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _rename_events(apps, _backwards(EVENTS), _backwards(FACTS), _backwards(BUDGET))
    _replace_beginnings(apps.get_model("generator", "Notification").objects, "link", _backwards(PAGES))
    _replace_beginnings(apps.get_model("generator", "IdempotencyRecord").objects, "location", _backwards(RESULTS))


class Migration(migrations.Migration):
    dependencies = [("generator", "0059_one_audit_log")]

    operations = [migrations.RunPython(rename, rename_back)]
