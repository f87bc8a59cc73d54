"""The secrets of second factors are encrypted, as other secrets in the database are."""

from collections.abc import Callable
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from generator.models.encryption import seal, unseal

SECRET = ("secret", "seed")  # of an authenticator app; of the recovery codes


def change(apps: StateApps, how: Callable[[str], str]) -> None:
    for row in apps.get_model("mfa", "Authenticator").objects.filter(type__in=("totp", "recovery_codes")):
        found: dict[str, Any] = {name: how(row.data[name]) for name in SECRET if row.data.get(name)}
        if codes := row.data.get("migrated_codes"):
            found["migrated_codes"] = [how(code) for code in codes]
        row.data = {**row.data, **found}
        row.save(update_fields=["data"])


def seal_all(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    change(apps, lambda text: text if unseal(text) else seal(text))


def unseal_all(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    change(apps, unseal)


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0055_request_hash"),
    ]

    operations = [migrations.RunPython(seal_all, unseal_all)]
