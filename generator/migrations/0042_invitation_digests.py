"""Invitations keep the hash of their token; accounts that administrators made have their addresses on record.

Links that are out stay good: the hash is taken from the token they were made with.
"""

from hashlib import sha256

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F

import generator.models.fields


def hash_tokens(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for row in apps.get_model("generator", "Invitation").objects.all():
        row.ref = generator.models.fields.new_public_id()
        row.digest = sha256(row.token.encode()).hexdigest()
        row.save(update_fields=["ref", "digest"])
    told = apps.get_model("generator", "Notification").objects.filter(link__startswith="/join/")
    told.update(link="/projects/")  # where an invited person with an account accepts it


def record_addresses(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """An account without a primary address did not sign up by itself; its own address may be noted as unverified."""
    User = apps.get_model("generator", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    by_hand = User.objects.exclude(email="").exclude(pk__in=EmailAddress.objects.filter(primary=True).values("user"))
    for person in by_hand.exclude(pk__in=EmailAddress.objects.exclude(email=F("user__email")).values("user")):
        if not EmailAddress.objects.filter(email=person.email, verified=True).exclude(user=person).exists():
            EmailAddress.objects.update_or_create(
                user=person, email=person.email, defaults={"verified": True, "primary": True}
            )


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0041_claims"),
    ]

    operations = [
        migrations.AddField("invitation", "ref", models.CharField(max_length=16, null=True, editable=False)),
        migrations.AddField("invitation", "digest", models.CharField(max_length=64, null=True, editable=False)),
        migrations.RunPython(hash_tokens, migrations.RunPython.noop),
        migrations.RemoveField("invitation", "token"),
        migrations.AlterField("invitation", "ref", generator.models.fields.PublicIdField()),
        migrations.AlterField(
            "invitation",
            "digest",
            models.CharField(editable=False, help_text="SHA-256 of the token, in hex.", max_length=64, unique=True),
        ),
        migrations.RunPython(record_addresses, migrations.RunPython.noop),
    ]
