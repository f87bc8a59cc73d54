"""Schedules and queued tasks name a function by its module; the modules of the background tasks have moved."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django_q.signing import BadSignature, SignedPackage

OLD, NEW = "generator.workflow.tasks.", "generator.services.background.tasks."


def _rename(apps: StateApps, old: str, new: str) -> None:
    for schedule in apps.get_model("django_q", "Schedule").objects.filter(func__startswith=old):
        schedule.func = new + schedule.func.removeprefix(old)
        schedule.save(update_fields=["func"])
    for row in apps.get_model("django_q", "OrmQ").objects.all():
        try:
            task = SignedPackage.loads(row.payload)
        except BadSignature:  # of another SECRET_KEY: no worker takes it, either
            continue
        if isinstance(task["func"], str) and task["func"].startswith(old):
            task["func"] = new + task["func"].removeprefix(old)
            row.payload = SignedPackage.dumps(task)
            row.save(update_fields=["payload"])


def rename(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _rename(apps, OLD, NEW)


def rename_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _rename(apps, NEW, OLD)


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0056_sealed_second_factors"),
    ]

    operations = [migrations.RunPython(rename, rename_back)]
