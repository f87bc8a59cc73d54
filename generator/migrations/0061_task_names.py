"""Schedules and queued tasks name a function; some background tasks have new names."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django_q.signing import BadSignature, SignedPackage

TASKS = "generator.services.background.tasks."
NAMES = {
    "beat": "stamp_heartbeat",
    "sweep": "poll_providers",
    "collect": "download_outputs",
    "parts": "render_stems",
    "warn": "send_budget_alerts",
    "tell": "send_notifications",
}


def _rename(apps: StateApps, names: dict[str, str]) -> None:
    paths = {TASKS + old: TASKS + new for old, new in names.items()}
    for schedule in apps.get_model("django_q", "Schedule").objects.filter(func__in=paths):
        schedule.func = paths[schedule.func]
        schedule.save(update_fields=["func"])
    for row in apps.get_model("django_q", "OrmQ").objects.all():
        try:
            task = SignedPackage.loads(row.payload)
        except BadSignature:  # of another SECRET_KEY: no worker takes it, either
            continue
        if task["func"] in paths:
            task["func"] = paths[task["func"]]
            row.payload = SignedPackage.dumps(task)
            row.save(update_fields=["payload"])


def rename(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _rename(apps, NAMES)


def rename_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _rename(apps, {new: old for old, new in NAMES.items()})


class Migration(migrations.Migration):
    dependencies = [("generator", "0060_public_names")]

    operations = [migrations.RunPython(rename, rename_back)]
