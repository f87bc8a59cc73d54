"""The secrets of second factors are encrypted, as other secrets in the database are."""

from django.db import migrations

from generator.models.sealed import seal, unseal

SECRET = ("secret", "seed")  # of an authenticator app; of the recovery codes


def change(apps, how):
    for row in apps.get_model("mfa", "Authenticator").objects.filter(type__in=("totp", "recovery_codes")):
        found = {name: how(row.data[name]) for name in SECRET if row.data.get(name)}
        if codes := row.data.get("migrated_codes"):
            found["migrated_codes"] = [how(code) for code in codes]
        row.data = {**row.data, **found}
        row.save(update_fields=["data"])


def seal_all(apps, schema_editor):
    change(apps, lambda text: text if unseal(text) else seal(text))


def unseal_all(apps, schema_editor):
    change(apps, unseal)


class Migration(migrations.Migration):
    dependencies = [
        ("mfa", "0003_authenticator_type_uniq"),
        ("generator", "0055_request_hash"),
    ]

    operations = [migrations.RunPython(seal_all, unseal_all)]
