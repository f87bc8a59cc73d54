import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import generator.models.fields


class Migration(migrations.Migration):
    dependencies = [("generator", "0007_due_rows_by_index")]

    operations = [
        migrations.CreateModel(
            name="Comparison",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("text", models.TextField(editable=False, help_text="The brief that every candidate was given.")),
                ("idempotency_key", models.CharField(editable=False, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("revealed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comparisons",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "picked",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="generator.track",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comparisons",
                        to="generator.project",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("revealed_at", None)), fields=["project", "-id"], name="comparison_blind"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("author", "idempotency_key"), name="one_comparison_a_key")
                ],
            },
        ),
        # Both may be empty, so that SQLite adds them to the table instead of making it anew.
        migrations.AddField(
            model_name="generation",
            name="comparison",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="generations",
                to="generator.comparison",
            ),
        ),
        migrations.AddField(
            model_name="generation",
            name="place",
            field=models.PositiveSmallIntegerField(
                editable=False,
                help_text="Among the candidates of its comparison, drawn by lot: 0 is A.",
                null=True,
            ),
        ),
    ]
