"""One audit log for projects and money: the rows of the projects' own log move into it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

ACTIONS = {
    "cap": "budget_set",
    "asked": "increase_requested",
    "granted": "increase_granted",
    "declined": "increase_declined",
    "stopped": "suspended",
    "lifted": "suspension_lifted",
    "closed": "month_closed",
}
TABLES = ("generator_auditline", "generator_auditlogentry")
CHUNK = 2000


def drop_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for table in TABLES:
        if schema_editor.connection.vendor == "sqlite":
            for verb in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}", params=None)
        else:
            schema_editor.execute(f"DROP TRIGGER {table}_append_only ON {table}", params=None)


def add_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    table = TABLES[1]
    if schema_editor.connection.vendor == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
                params=None,
            )
    else:
        schema_editor.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION generator_refuse()",
            params=None,
        )


def merge(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    entries, lines = apps.get_model("generator", "AuditLogEntry"), apps.get_model("generator", "AuditLine")
    for old, new in ACTIONS.items():
        entries.objects.filter(action=old).update(action=new)
    last = 0
    while rows := list(lines.objects.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = rows[-1].pk
        entries.objects.bulk_create(
            entries(action=row.kind, text=row.text, actor_id=row.actor_id, at=row.at, project_id=row.project_id)
            for row in rows
        )
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE", params=None
        )  # no table is altered while rows wait for it


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0058_record_names"),
    ]

    operations = [
        migrations.RunPython(drop_triggers),
        migrations.AlterModelOptions(
            name="auditlogentry",
            options={
                "ordering": ["-at", "-id"],
                "permissions": [
                    ("view_billing", "May view everyone's spending, and add notes"),
                    ("manage_billing", "May book credits and adjustments, suspend, grant and close months"),
                ],
                "verbose_name_plural": "audit log entries",
            },
        ),
        migrations.AlterField(
            model_name="auditlogentry",
            name="action",
            field=models.CharField(
                choices=[
                    ("members", "Changed members"),
                    ("settings", "Changed settings"),
                    ("visibility", "Changed visibility"),
                    ("approval", "Changed an approval"),
                    ("tracks", "Moved tracks"),
                    ("budget_set", "Set a budget"),
                    ("increase_requested", "Requested a budget increase"),
                    ("increase_granted", "Granted a budget increase"),
                    ("increase_declined", "Declined a budget increase"),
                    ("suspended", "Suspended"),
                    ("suspension_lifted", "Lifted a suspension"),
                    ("month_closed", "Closed a month"),
                    ("noted", "Added a note"),
                    ("reviewed", "Marked as reviewed"),
                    ("disputed", "Disputed"),
                    ("reopened", "Reopened"),
                    ("credited", "Credited"),
                    ("adjusted", "Adjusted"),
                    ("released", "Released"),
                    ("charged", "Charged"),
                    ("settled", "Resolved automatically"),
                ],
                editable=False,
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="auditlogentry",
            name="actor",
            field=models.ForeignKey(
                editable=False,
                help_text="Empty: the studio.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="audit_log",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="auditlogentry",
            name="entry",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="audit_log",
                to="generator.ledgerentry",
            ),
        ),
        migrations.AlterField(
            model_name="auditlogentry",
            name="generation",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="audit_log",
                to="generator.generation",
            ),
        ),
        migrations.AlterField(
            model_name="auditlogentry",
            name="issue",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="audit_log",
                to="generator.reconciliationissue",
            ),
        ),
        migrations.AlterField(
            model_name="auditlogentry",
            name="project",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="audit_log",
                to="generator.project",
            ),
        ),
        migrations.AddIndex(
            model_name="auditlogentry",
            index=models.Index(fields=["project", "-at", "-id"], name="audit_log_newest"),
        ),
        migrations.RunPython(merge),
        migrations.DeleteModel("AuditLine"),
        migrations.RunPython(add_triggers),
    ]
