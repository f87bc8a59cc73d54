import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import generator.models.fields

# The record of who changed what is append-only, as the ledger is (0002).
TABLE = "generator_auditline"
SQL = {
    "sqlite": [
        (
            f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END",
            f"DROP TRIGGER {TABLE}_no_{verb.lower()}",
        )
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        (
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION generator_refuse()",
            f"DROP TRIGGER {TABLE}_append_only ON {TABLE}",
        )
    ],
}


def add_rules(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for do, _ in SQL[schema_editor.connection.vendor]:
        schema_editor.execute(do, params=None)


def drop_rules(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for _, undo in reversed(SQL[schema_editor.connection.vendor]):
        schema_editor.execute(undo, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0009_references"),
    ]

    operations = [
        migrations.CreateModel(
            name="HouseStyle",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="house",
                        serialize=False,
                        to="generator.project",
                    ),
                ),
                (
                    "allowed",
                    models.JSONField(default=list, editable=False, help_text="Keys of the allowed models; empty: all."),
                ),
                (
                    "format",
                    models.CharField(
                        blank=True, editable=False, help_text="Chosen where the model has it.", max_length=8
                    ),
                ),
                (
                    "lufs",
                    models.FloatField(
                        editable=False, help_text="Loudness of levelled downloads; empty: as made.", null=True
                    ),
                ),
                (
                    "words",
                    models.CharField(blank=True, editable=False, help_text="Added to every prompt.", max_length=200),
                ),
                (
                    "avoid",
                    models.CharField(
                        blank=True, editable=False, help_text="Words to keep out, with commas.", max_length=200
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="project",
            name="approver",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The member who approves tracks for use; empty: the owners do.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="PrivateTrack",
            fields=[
                (
                    "track",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="privacy",
                        serialize=False,
                        to="generator.track",
                    ),
                ),
                ("since", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShareLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField(editable=False)),
                ("allow_download", models.BooleanField(default=False, editable=False)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                ("visits", models.PositiveIntegerField(default=0, editable=False)),
                ("plays", models.PositiveIntegerField(default=0, editable=False)),
                ("downloads", models.PositiveIntegerField(default=0, editable=False)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="generator.track",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="TrackCopy",
            fields=[
                (
                    "track",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="origin",
                        serialize=False,
                        to="generator.track",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "copied_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "paid_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="generator.generation",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="copies",
                        to="generator.track",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "track copies",
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("withdrawn_at", models.DateTimeField(editable=False, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approvals",
                        to="generator.track",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("track",),
                        name="one_approval_a_track",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("members", "Members"),
                            ("settings", "Settings"),
                            ("visibility", "Visibility"),
                            ("approval", "Approval"),
                            ("tracks", "Tracks"),
                        ],
                        editable=False,
                        max_length=12,
                    ),
                ),
                ("text", models.CharField(editable=False, max_length=400)),
                (
                    "actor",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audit",
                        to="generator.project",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["project", "-id"], name="audit_newest")],
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("at_ms", models.PositiveIntegerField(editable=False, help_text="Where in the track.")),
                ("text", models.TextField(editable=False, max_length=1000)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("edited_at", models.DateTimeField(editable=False, null=True)),
                ("resolved_at", models.DateTimeField(editable=False, null=True)),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="generator.track",
                    ),
                ),
            ],
            options={
                "ordering": ["at_ms", "id"],
                "indexes": [models.Index(fields=["track", "at_ms", "id"], name="comment_in_order")],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("done", "My music is ready"),
                            ("failed", "My music could not be made"),
                            ("comment", "Someone comments on a track of mine"),
                            ("invitation", "I am invited to a project"),
                            ("budget", "A budget runs low"),
                        ],
                        editable=False,
                        max_length=12,
                    ),
                ),
                ("text", models.CharField(editable=False, max_length=300)),
                ("link", models.CharField(blank=True, editable=False, help_text="A path of ours.", max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("read_at", models.DateTimeField(editable=False, null=True)),
                ("in_app", models.BooleanField(default=True, editable=False)),
                ("browser", models.BooleanField(default=False, editable=False)),
                ("mail", models.BooleanField(default=False, editable=False)),
                ("mailed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "recipient",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["recipient", "-id"], name="news_newest"),
                    models.Index(
                        condition=models.Q(("read_at__isnull", True)), fields=["recipient"], name="news_unread"
                    ),
                    models.Index(
                        condition=models.Q(("mail", True), ("mailed_at__isnull", True)),
                        fields=["recipient"],
                        name="news_to_mail",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NotificationChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("done", "My music is ready"),
                            ("failed", "My music could not be made"),
                            ("comment", "Someone comments on a track of mine"),
                            ("invitation", "I am invited to a project"),
                            ("budget", "A budget runs low"),
                        ],
                        editable=False,
                        max_length=12,
                    ),
                ),
                ("in_app", models.BooleanField(editable=False)),
                ("browser", models.BooleanField(editable=False)),
                ("mail", models.BooleanField(editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="news_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "kind"), name="one_choice_a_kind")],
            },
        ),
        migrations.RunPython(add_rules, drop_rules),
    ]
