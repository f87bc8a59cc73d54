"""What a program's Idempotency-Key made is remembered, for whatever is neither a generation nor a comparison."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0040_reference_measured"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "token",
                    models.CharField(
                        editable=False, help_text="Half the key, half the request.", max_length=64, unique=True
                    ),
                ),
                (
                    "location",
                    models.CharField(editable=False, help_text="The path at which the result is read.", max_length=200),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "key",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="idempotency_records",
                        to="generator.apikey",
                    ),
                ),
            ],
        ),
    ]
