"""Records, their fields and the permissions to them get the names that the first release is made with.

SQLite makes a table anew when one of its foreign keys changes, and its triggers are lost with the old one: all are dropped
here first and written again at the end (tests/models/test_triggers.py counts them). PostgreSQL keeps triggers, but a
function names its table.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

MODELS = {
    "Entry": "LedgerEntry",
    "Event": "GenerationEvent",
    "Delivery": "RemoteOutput",
    "WebhookMessage": "WebhookDelivery",
    "WebhookTry": "DeliveryAttempt",
    "Matter": "ReconciliationIssue",
    "Warned": "BudgetAlert",
    "Notice": "ProviderWebhookEvent",
    "Asked": "ClientRequest",
    "ActionRun": "ProviderAction",
    "ReferenceId": "ProviderReference",
    "HouseStyle": "ProjectDefaults",
    "Raise": "BudgetIncrease",
    "Stop": "Suspension",
    "NotificationChoice": "NotificationPreference",
    "Licence": "License",
    "Deed": "AuditLogEntry",
}
PERMISSIONS = {"look_at_money": "view_billing", "book_money": "manage_billing"} | {
    f"{verb}_{old.lower()}": f"{verb}_{new.lower()}"
    for old, new in MODELS.items()
    for verb in ("add", "change", "delete", "view")
}
PUBLIC_IDS = (
    *("apikey", "comment", "comparison", "generation", "invitation", "project", "prompt", "reference", "sharelink"),
    *("stem", "track", "upload", "webhook", "webhookdelivery"),
)

IS_CLOSED = "EXISTS (SELECT 1 FROM generator_closedmonth WHERE month = {row}.month)"
APPEND_ONLY = (
    *("generator_ledgerentry", "generator_generationevent", "generator_auditline", "generator_closedmonth"),
    "generator_auditlogentry",
)
SQLITE = [
    *(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in APPEND_ONLY
        for verb in ("UPDATE", "DELETE")
    ),
    "CREATE TRIGGER generator_ledgerentry_within_hold BEFORE INSERT ON generator_ledgerentry "
    "WHEN NEW.kind IN ('charge', 'release') BEGIN "
    "SELECT RAISE(ABORT, 'a charge or release needs its hold, and may not exceed it') WHERE COALESCE(("
    "SELECT SUM(CASE kind WHEN 'hold' THEN amount ELSE -amount END) FROM generator_ledgerentry "
    "WHERE generation_id = NEW.generation_id AND kind IN ('hold', 'charge', 'release')), -1) < NEW.amount; END",
    "CREATE TRIGGER generator_ledgerentry_month_open BEFORE INSERT ON generator_ledgerentry "
    f"WHEN {IS_CLOSED.format(row='NEW')} OR NEW.month <> substr(NEW.day, 1, 7) "
    "BEGIN SELECT RAISE(ABORT, 'the month is closed, or not that of the day'); END",
    *(
        f"CREATE TRIGGER generator_rollup_month_open_{verb.lower()} BEFORE {verb} ON generator_rollup "
        f"WHEN {' OR '.join(IS_CLOSED.format(row=row) for row in rows)} "
        "BEGIN SELECT RAISE(ABORT, 'the month is closed'); END"
        for verb, rows in {"INSERT": ["NEW"], "UPDATE": ["NEW", "OLD"], "DELETE": ["OLD"]}.items()
    ),
    "CREATE TRIGGER generator_track_fts_add AFTER INSERT ON generator_track BEGIN "
    "INSERT INTO generator_track_fts(rowid, search_text) VALUES (NEW.id, NEW.search_text); END",
    "CREATE TRIGGER generator_track_fts_change AFTER UPDATE OF search_text ON generator_track BEGIN "
    "INSERT INTO generator_track_fts(generator_track_fts, rowid, search_text) "
    "VALUES ('delete', OLD.id, OLD.search_text); "
    "INSERT INTO generator_track_fts(rowid, search_text) VALUES (NEW.id, NEW.search_text); END",
    "CREATE TRIGGER generator_track_fts_remove AFTER DELETE ON generator_track BEGIN "
    "INSERT INTO generator_track_fts(generator_track_fts, rowid, search_text) "
    "VALUES ('delete', OLD.id, OLD.search_text); END",
]
POSTGRESQL = [
    """
    CREATE OR REPLACE FUNCTION generator_within_hold() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.kind IN ('charge', 'release') AND COALESCE(
            (SELECT SUM(CASE kind WHEN 'hold' THEN amount ELSE -amount END) FROM generator_ledgerentry
             WHERE generation_id = NEW.generation_id AND kind IN ('hold', 'charge', 'release')), -1) < NEW.amount
        THEN RAISE EXCEPTION 'a charge or release needs its hold, and may not exceed it'
             USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    *(
        f"ALTER TRIGGER generator_{old}_{name} ON generator_{new} RENAME TO generator_{new}_{name}"
        for old, new, names in (
            ("entry", "ledgerentry", ("append_only", "within_hold", "month_open")),
            ("event", "generationevent", ("append_only",)),
            ("deed", "auditlogentry", ("append_only",)),
        )
        for name in names
    ),
]


def drop_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'generator\\_%' ESCAPE '\\'"
        )
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        schema_editor.execute(f"DROP TRIGGER {name}", params=None)


def add_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement, params=None)


def rename_permissions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Rename what people and groups were granted; the next `post_migrate` would add the new names beside the old."""
    rows = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="generator")
    for row in rows.filter(codename__in=PERMISSIONS):
        row.codename = PERMISSIONS[row.codename]
        row.save(update_fields=["codename"])


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("generator", "0057_task_paths"),
    ]

    operations = [
        migrations.RunPython(drop_triggers),
        migrations.RemoveConstraint(
            model_name="warned",
            name="one_warning_a_threshold",
        ),
        migrations.RemoveConstraint(
            model_name="raise",
            name="one_open_request_each",
        ),
        migrations.RemoveConstraint(
            model_name="raise",
            name="asks_for_something",
        ),
        migrations.RemoveConstraint(
            model_name="generation",
            name="takes_within_reason",
        ),
        migrations.RemoveConstraint(
            model_name="providerjob",
            name="one_generation_a_job",
        ),
        migrations.RemoveConstraint(
            model_name="notice",
            name="one_notice_an_event",
        ),
        migrations.RemoveConstraint(
            model_name="matter",
            name="one_matter_a_subject",
        ),
        migrations.RemoveConstraint(
            model_name="reference",
            name="one_reference_a_sound",
        ),
        migrations.RemoveConstraint(
            model_name="delivery",
            name="one_delivery_a_take",
        ),
        migrations.RemoveConstraint(
            model_name="webhookmessage",
            name="asked_for_once",
        ),
        migrations.RemoveConstraint(
            model_name="webhookmessage",
            name="message_has_one_target",
        ),
        migrations.RemoveIndex(
            model_name="notice",
            name="notice_handle",
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="track_bin",
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="track_newest",
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="track_kept",
        ),
        *(migrations.RenameModel(old, new) for old, new in MODELS.items()),
        *(migrations.RenameField(model, "ref", "public_id") for model in PUBLIC_IDS),
        *(
            migrations.RenameField(model, "handle", "provider_job_id")
            for model in ("generation", "providerbill", "providerjob", "providerwebhookevent")
        ),
        *(
            migrations.RenameField("generation", old, new)
            for old, new in {
                "takes_asked": "takes_requested",
                "again_of": "parent",
                "cancel_asked_at": "cancel_requested_at",
                "wait_sentence": "wait_message",
                "failed_looks": "failed_polls",
                "error_sentence": "error_message",
                "provider_words": "provider_message",
                "licence": "license",
            }.items()
        ),
        migrations.RenameField("apikey", "stand_in", "model_override"),
        migrations.RenameField("track", "binned_at", "trashed_at"),
        migrations.RenameField("track", "binned_by", "trashed_by"),
        migrations.RenameField("reference", "binned_at", "trashed_at"),
        migrations.RenameField("deliveryattempt", "message", "delivery"),
        migrations.RenameField("budgetincrease", "asked_by", "requested_by"),
        migrations.RenameField("budgetincrease", "asked_at", "requested_at"),
        migrations.RenameField("budgetincrease", "asked", "requested"),
        migrations.RenameField("auditlogentry", "what", "action"),
        migrations.RenameField("auditlogentry", "matter", "issue"),
        migrations.AlterModelOptions(
            name="budgetincrease",
            options={
                "ordering": ["-requested_at", "-id"],
                "verbose_name": "request for more",
                "verbose_name_plural": "requests for more",
            },
        ),
        migrations.RenameIndex(
            model_name="notification",
            new_name="notification_newest",
            old_name="news_newest",
        ),
        migrations.RenameIndex(
            model_name="notification",
            new_name="notification_unread",
            old_name="news_unread",
        ),
        migrations.RenameIndex(
            model_name="notification",
            new_name="notification_to_mail",
            old_name="news_to_mail",
        ),
        migrations.RenameIndex(
            model_name="reconciliationissue",
            new_name="issue_to_do",
            old_name="matter_to_do",
        ),
        migrations.RenameIndex(
            model_name="remoteoutput",
            new_name="remote_output_due",
            old_name="delivery_due",
        ),
        migrations.RenameIndex(
            model_name="webhookdelivery",
            new_name="webhook_delivery_due",
            old_name="webhook_message_due",
        ),
        migrations.RenameIndex(
            model_name="webhookdelivery",
            new_name="webhook_delivery_newest",
            old_name="webhook_message_newest",
        ),
        migrations.RenameIndex(
            model_name="webhookdelivery",
            new_name="webhook_delivery_at",
            old_name="webhook_message_at",
        ),
        migrations.AlterField(
            model_name="budgetalert",
            name="budget",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="alerts",
                to="generator.budget",
            ),
        ),
        migrations.AlterField(
            model_name="budgetincrease",
            name="budget",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="increases",
                to="generator.budget",
            ),
        ),
        migrations.AlterField(
            model_name="clientrequest",
            name="generation",
            field=models.OneToOneField(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="client_request",
                serialize=False,
                to="generator.generation",
            ),
        ),
        migrations.AlterField(
            model_name="deliveryattempt",
            name="delivery",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="delivery_attempts",
                to="generator.webhookdelivery",
            ),
        ),
        migrations.AlterField(
            model_name="generation",
            name="parent",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="children",
                to="generator.generation",
            ),
        ),
        migrations.AlterField(
            model_name="license",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="licenses",
                to="generator.provideraccount",
                verbose_name="provider",
            ),
        ),
        migrations.AlterField(
            model_name="notificationpreference",
            name="user",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notification_preferences",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="projectdefaults",
            name="project",
            field=models.OneToOneField(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="defaults",
                serialize=False,
                to="generator.project",
            ),
        ),
        migrations.AlterField(
            model_name="provideraction",
            name="generation",
            field=models.OneToOneField(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="provider_action",
                to="generator.generation",
            ),
        ),
        migrations.AlterField(
            model_name="provideraction",
            name="reference",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="provider_actions",
                to="generator.reference",
            ),
        ),
        migrations.AlterField(
            model_name="provideraction",
            name="track",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="provider_actions",
                to="generator.track",
            ),
        ),
        migrations.AlterField(
            model_name="providerreference",
            name="generation",
            field=models.ForeignKey(
                editable=False,
                help_text="What paid for it.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="provider_references",
                to="generator.generation",
            ),
        ),
        migrations.AlterField(
            model_name="providerreference",
            name="reference",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="provider_references",
                to="generator.reference",
            ),
        ),
        migrations.AlterField(
            model_name="providerwebhookevent",
            name="account",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="webhook_events",
                to="generator.provideraccount",
            ),
        ),
        migrations.AlterField(
            model_name="reconciliationissue",
            name="bill",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="issues",
                to="generator.providerbill",
            ),
        ),
        migrations.AlterField(
            model_name="reconciliationissue",
            name="generation",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="issues",
                to="generator.generation",
            ),
        ),
        migrations.AlterField(
            model_name="remoteoutput",
            name="generation",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="remote_outputs",
                to="generator.generation",
            ),
        ),
        migrations.AlterField(
            model_name="track",
            name="trashed_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="trashed",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="generation",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="webhook_deliveries",
                to="generator.generation",
            ),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="webhook",
            field=models.ForeignKey(
                editable=False,
                help_text="Empty: asked for with a single request, by a program.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="generator.webhook",
            ),
        ),
        migrations.AddIndex(
            model_name="providerwebhookevent",
            index=models.Index(fields=["provider_job_id"], name="provider_event_job"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(
                fields=[
                    "project",
                    "trashed_at",
                    "-created_at",
                    "-id",
                    "model_key",
                    "author",
                    "length_ms",
                    "bpm",
                    "musical_key",
                    "has_findings",
                ],
                name="track_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(
                fields=["created_at", "trashed_at", "author", "project", "model_key"], name="track_kept"
            ),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(
                condition=models.Q(("trashed_at__isnull", False)), fields=["trashed_at"], name="track_bin"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetalert",
            constraint=models.UniqueConstraint(fields=("budget", "month", "percent"), name="one_alert_per_threshold"),
        ),
        migrations.AddConstraint(
            model_name="budgetincrease",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("budget", "requested_by"), name="one_open_request_each"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetincrease",
            constraint=models.CheckConstraint(condition=models.Q(("requested__gt", 0)), name="increase_is_positive"),
        ),
        migrations.AddConstraint(
            model_name="generation",
            constraint=models.CheckConstraint(
                condition=models.Q(("takes_requested__gte", 1), ("takes_requested__lte", 10)),
                name="takes_within_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="providerjob",
            constraint=models.UniqueConstraint(fields=("account", "provider_job_id"), name="one_generation_a_job"),
        ),
        migrations.AddConstraint(
            model_name="providerwebhookevent",
            constraint=models.UniqueConstraint(fields=("account", "event"), name="one_row_per_provider_event"),
        ),
        migrations.AddConstraint(
            model_name="reconciliationissue",
            constraint=models.UniqueConstraint(fields=("kind", "subject"), name="one_issue_a_subject"),
        ),
        migrations.AddConstraint(
            model_name="reference",
            constraint=models.UniqueConstraint(
                condition=models.Q(("problem", ""), ("trashed_at__isnull", True)),
                fields=("project", "upload_sha256", "start_ms", "most_ms"),
                name="one_reference_a_sound",
            ),
        ),
        migrations.AddConstraint(
            model_name="remoteoutput",
            constraint=models.UniqueConstraint(fields=("generation", "take"), name="one_output_per_take"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("webhook__isnull", True)),
                fields=("generation", "url"),
                name="one_delivery_per_request",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("url", ""), ("webhook__isnull", False)),
                    models.Q(("webhook__isnull", True), models.Q(("url", ""), _negated=True)),
                    _connector="OR",
                ),
                name="delivery_has_one_target",
            ),
        ),
        migrations.RunPython(add_triggers),
        migrations.RunPython(rename_permissions),
    ]
