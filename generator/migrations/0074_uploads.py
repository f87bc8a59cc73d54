"""Uploads, and the ledger's entries about what they cost.

SQLite makes a table anew when one of its constraints changes, and its triggers are lost with the old one: those of the
ledger are kept here and written again at the end (tests/models/test_triggers.py counts them).
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import generator.models.fields

TABLES = ("generator_ledgerentry", "generator_rollup", "generator_closedmonth")
_kept: list[str] = []


def drop_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s, %s)", TABLES
        )
        found = cursor.fetchall()
    _kept[:] = [statement for _, statement in found]
    for name, _ in found:
        schema_editor.execute(f"DROP TRIGGER {name}", params=None)


def add_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _kept:
        schema_editor.execute(statement, params=None)
    _kept.clear()


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0073_packs"),
    ]

    operations = [
        migrations.RunPython(drop_triggers, add_triggers),
        migrations.CreateModel(
            name="TrackUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("is_stem", models.BooleanField(default=False, editable=False)),
                (
                    "set_key",
                    models.CharField(editable=False, help_text="Files of one set are read together.", max_length=22),
                ),
                (
                    "name",
                    models.CharField(editable=False, help_text="The name of the file as it came.", max_length=200),
                ),
                ("title", models.CharField(editable=False, max_length=120)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("bought", "Bought"),
                            ("recorded", "Recorded"),
                            ("tool", "Made with another tool"),
                            ("other", "From elsewhere"),
                        ],
                        default="other",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "source_text",
                    models.CharField(blank=True, editable=False, help_text="Where it comes from.", max_length=200),
                ),
                ("license_text", models.TextField(blank=True, editable=False, help_text="If empty, none was stated.")),
                (
                    "credit",
                    models.CharField(blank=True, editable=False, help_text="Its composer or author.", max_length=200),
                ),
                (
                    "cost",
                    generator.models.fields.MicrosField(
                        editable=False,
                        help_text="Micro-dollars, as a person stated them. If empty, not stated.",
                        null=True,
                    ),
                ),
                ("bought_on", models.DateField(editable=False, null=True)),
                (
                    "file",
                    models.CharField(
                        editable=False, help_text="The file as it came, under MEDIA_ROOT.", max_length=120
                    ),
                ),
                ("sha256", models.CharField(editable=False, max_length=64)),
                ("size", models.PositiveBigIntegerField(editable=False, help_text="Size in bytes.")),
                (
                    "due_at",
                    models.DateTimeField(
                        editable=False, help_text="Next attempt to read it; empty once done.", null=True
                    ),
                ),
                (
                    "claim",
                    models.BigIntegerField(editable=False, help_text="Number of the worker that holds it.", null=True),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("problem", models.TextField(blank=True, editable=False, help_text="Why it could not be added.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="only_adjustments_go_below_zero",
        ),
        migrations.AddField(
            model_name="closedmonth",
            name="stated",
            field=generator.models.fields.MicrosField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="rollup",
            name="stated",
            field=generator.models.fields.MicrosField(
                db_default=0, default=0, help_text="What tracks from elsewhere cost, as people stated it; in no budget."
            ),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("hold", "On hold"),
                    ("charge", "Charged"),
                    ("release", "Released"),
                    ("credit", "Credited"),
                    ("adjustment", "Adjusted"),
                    ("stated", "Stated by a person"),
                ],
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="rollup",
            name="takes",
            field=models.PositiveIntegerField(default=0, help_text="Charged takes, and uploaded tracks with a cost."),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["adjustment", "stated"]), ("amount__gte", 0), _connector="OR"),
                name="only_corrections_go_below_zero",
            ),
        ),
        migrations.AddField(
            model_name="trackupload",
            name="author",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="track_uploads",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="trackupload",
            name="key",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="generator.apikey",
            ),
        ),
        migrations.AddField(
            model_name="trackupload",
            name="project",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="track_uploads",
                to="generator.project",
            ),
        ),
        migrations.AddField(
            model_name="trackupload",
            name="track",
            field=models.ForeignKey(
                editable=False,
                help_text="The track it became, or whose stem it is.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="uploads",
                to="generator.track",
            ),
        ),
        migrations.AddIndex(
            model_name="trackupload",
            index=models.Index(fields=["project", "sha256"], name="upload_of_bytes"),
        ),
        migrations.AddIndex(
            model_name="trackupload",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="upload_due"),
        ),
        migrations.RunPython(add_triggers, drop_triggers),
    ]
