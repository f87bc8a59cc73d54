"""Everything as of the first release, in one step for a new database; an older one goes through the migrations replaced.

What the database itself keeps true: an append-only ledger, history and audit log, holds that are never exceeded, closed
months, and a search index in step with the tracks. A later migration that makes one of these tables anew on SQLite loses
its triggers: tests/models/test_triggers.py counts them.
"""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.core.management import call_command
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import generator.models.encryption
import generator.models.fields
import generator.models.installation
import generator.models.user

IS_CLOSED = "EXISTS (SELECT 1 FROM generator_closedmonth WHERE month = {row}.month)"
APPEND_ONLY = (
    *("generator_ledgerentry", "generator_generationevent", "generator_closedmonth"),
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
    # The terms come normalized (`generator.models.search`): only spaces separate them, and nothing is folded again.
    "CREATE VIRTUAL TABLE generator_track_fts USING fts5(search_text, content='generator_track', "
    "content_rowid='id', tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\", prefix='2 3')",
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
REFUSE = (
    "THEN RAISE EXCEPTION 'the month is closed, or not that of the day' "
    "USING ERRCODE = 'integrity_constraint_violation'; END IF; "
)
POSTGRESQL = [
    """
    CREATE FUNCTION generator_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    """
    CREATE FUNCTION generator_within_hold() RETURNS trigger LANGUAGE plpgsql AS $$
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
    "CREATE TRIGGER generator_ledgerentry_within_hold BEFORE INSERT ON generator_ledgerentry "
    "FOR EACH ROW EXECUTE FUNCTION generator_within_hold()",
    "CREATE FUNCTION generator_month_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF {IS_CLOSED.format(row='NEW')} OR NEW.month <> to_char(NEW.day, 'YYYY-MM') {REFUSE}"
    "RETURN NEW; END $$",
    "CREATE TRIGGER generator_ledgerentry_month_open BEFORE INSERT ON generator_ledgerentry "
    "FOR EACH ROW EXECUTE FUNCTION generator_month_open()",
    "CREATE FUNCTION generator_rollup_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF TG_OP <> 'INSERT' THEN IF {IS_CLOSED.format(row='OLD')} {REFUSE} END IF; "
    f"IF TG_OP <> 'DELETE' THEN IF {IS_CLOSED.format(row='NEW')} {REFUSE} RETURN NEW; END IF; "
    "RETURN OLD; END $$",
    "CREATE TRIGGER generator_rollup_month_open BEFORE INSERT OR UPDATE OR DELETE ON generator_rollup "
    "FOR EACH ROW EXECUTE FUNCTION generator_rollup_open()",
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION generator_refuse()"
        for table in APPEND_ONLY
    ),
    "ALTER TABLE generator_track ADD COLUMN search_vector tsvector GENERATED ALWAYS AS "
    "(array_to_tsvector(array_remove(string_to_array(search_text, ' '), ''))) STORED",
    "CREATE INDEX generator_track_search ON generator_track USING gin (search_vector)",
]


def add_rules(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement, params=None)


def add_cache_table(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("generator", "0001_initial"),
        ("generator", "0002_rules_in_the_database"),
        ("generator", "0003_sign_out_everywhere"),
        ("generator", "0004_counting_without_rows"),
        ("generator", "0005_provider_accounts"),
        ("generator", "0006_provider_books"),
        ("generator", "0007_due_rows_by_index"),
        ("generator", "0008_comparisons"),
        ("generator", "0009_references"),
        ("generator", "0010_teams"),
        ("generator", "0011_billing_raises"),
        ("generator", "0012_billing_desk"),
        ("generator", "0013_closed_months"),
        ("generator", "0014_billing_matters"),
        ("generator", "0015_billing_licences"),
        ("generator", "0016_billing_by_index"),
        ("generator", "0020_corrections"),
        ("generator", "0021_keys"),
        ("generator", "0022_webhooks"),
        ("generator", "0023_wavespeed_doors"),
        ("generator", "0040_reference_measured"),
        ("generator", "0041_claims"),
        ("generator", "0042_invitation_digests"),
        ("generator", "0043_provider_jobs"),
        ("generator", "0044_idempotency_records"),
        ("generator", "0050_viewer_time_zone"),
        ("generator", "0051_installation"),
        ("generator", "0052_news_of_projects"),
        ("generator", "0053_estimates"),
        ("generator", "0054_search_terms"),
        ("generator", "0055_request_hash"),
        ("generator", "0056_sealed_second_factors"),
        ("generator", "0057_task_paths"),
        ("generator", "0058_record_names"),
        ("generator", "0059_one_audit_log"),
        ("generator", "0060_public_names"),
        ("generator", "0061_task_names"),
        ("generator", "0062_labels"),
    ]
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Generation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("takes_requested", models.PositiveSmallIntegerField(editable=False)),
                (
                    "place",
                    models.PositiveSmallIntegerField(
                        editable=False,
                        help_text="Random position among the candidates of its comparison; 0 is A.",
                        null=True,
                    ),
                ),
                ("price_per_take", generator.models.fields.MicrosField(editable=False)),
                ("idempotency_key", models.CharField(editable=False, max_length=64)),
                (
                    "request_hash",
                    models.CharField(
                        editable=False, help_text="SHA-256 of what was sent with the key.", max_length=64, null=True
                    ),
                ),
                ("settled_at", models.DateTimeField(editable=False, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("submitting", "Sending"),
                            ("running", "Generating"),
                            ("collecting", "Checking and saving"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("cancelled", "Canceled"),
                            ("in_doubt", "Unconfirmed"),
                        ],
                        default="queued",
                        editable=False,
                        max_length=12,
                    ),
                ),
                ("stage", models.CharField(blank=True, editable=False, max_length=80)),
                ("percent", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "expected_ms",
                    models.PositiveIntegerField(
                        editable=False,
                        help_text="Expected duration in milliseconds, estimated at the start.",
                        null=True,
                    ),
                ),
                ("cancel_requested_at", models.DateTimeField(editable=False, null=True)),
                (
                    "due_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="When the row is due next. A worker claims it by moving this forward, so it is also the lease.",
                        null=True,
                    ),
                ),
                (
                    "claim",
                    models.BigIntegerField(editable=False, help_text="Number of the worker that holds it.", null=True),
                ),
                (
                    "provider_job_id",
                    models.CharField(
                        blank=True, editable=False, help_text="The provider's id for the job.", max_length=200
                    ),
                ),
                ("submit_attempted_at", models.DateTimeField(editable=False, null=True)),
                (
                    "wait_reason",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        editable=False,
                        help_text="Code for why the remote work is waiting.",
                        max_length=20,
                    ),
                ),
                ("wait_message", models.TextField(blank=True, db_default="", default="", editable=False)),
                (
                    "failed_polls",
                    models.PositiveSmallIntegerField(
                        db_default=0,
                        default=0,
                        editable=False,
                        help_text="Consecutive failed attempts; each one lengthens the next wait.",
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("started_at", models.DateTimeField(editable=False, null=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                ("dismissed_at", models.DateTimeField(editable=False, null=True)),
                ("error_code", models.CharField(blank=True, editable=False, max_length=20)),
                ("error_message", models.TextField(blank=True, editable=False)),
                ("provider_message", models.TextField(blank=True, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="Comparison",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("text", models.TextField(editable=False, help_text="The prompt that every candidate was given.")),
                ("idempotency_key", models.CharField(editable=False, max_length=64)),
                (
                    "request_hash",
                    models.CharField(
                        editable=False, help_text="SHA-256 of what was sent with the key.", max_length=64, null=True
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("revealed_at", models.DateTimeField(editable=False, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
                ("at", models.DateTimeField()),
                (
                    "claim",
                    models.BigIntegerField(
                        editable=False, help_text="Number of the worker that holds the name.", null=True
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MusicModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(editable=False, max_length=120, unique=True)),
                ("title", models.CharField(editable=False, max_length=80)),
                ("enabled", models.BooleanField(default=True)),
                (
                    "is_action",
                    models.BooleanField(
                        db_default=False,
                        editable=False,
                        help_text="Processes existing audio; not offered for new music.",
                    ),
                ),
                (
                    "corrections",
                    models.JSONField(
                        blank=True,
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        help_text="Differences from the built-in specification; see docs/providers.md.",
                    ),
                ),
                (
                    "usual_ms",
                    models.PositiveIntegerField(
                        editable=False,
                        help_text="Median of recent generations: milliseconds per take (local models: per second of audio).",
                        null=True,
                    ),
                ),
                (
                    "slow_ms",
                    models.PositiveIntegerField(
                        editable=False, help_text="95th percentile of the same value.", null=True
                    ),
                ),
                (
                    "quoted",
                    generator.models.fields.MicrosField(
                        editable=False,
                        help_text="Price per take that the provider quoted when it differed from the studio’s.",
                        null=True,
                    ),
                ),
                ("quoted_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "model",
                "ordering": ["provider", "key"],
            },
        ),
        migrations.CreateModel(
            name="Track",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("take", models.PositiveSmallIntegerField(editable=False)),
                ("model_key", models.CharField(editable=False, max_length=120)),
                ("title", models.CharField(max_length=120)),
                ("notes", models.TextField(blank=True, max_length=2000)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("trashed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "file",
                    models.CharField(
                        editable=False, help_text="Content-addressed name under MEDIA_ROOT.", max_length=120
                    ),
                ),
                ("cover", models.CharField(editable=False, max_length=120)),
                ("sha256", models.CharField(editable=False, max_length=64)),
                ("size", models.PositiveBigIntegerField(editable=False, help_text="Size in bytes.")),
                ("format", models.CharField(editable=False, max_length=8)),
                ("length_ms", models.PositiveIntegerField(editable=False)),
                ("sample_rate", models.PositiveIntegerField(editable=False, help_text="Hz.")),
                ("channels", models.PositiveSmallIntegerField(editable=False)),
                (
                    "lufs",
                    models.FloatField(
                        editable=False,
                        help_text="Integrated loudness in LUFS (BS.1770-4). If empty, the track is silent.",
                        null=True,
                    ),
                ),
                (
                    "true_peak",
                    models.FloatField(editable=False, help_text="True peak in dBTP, 4× oversampled.", null=True),
                ),
                ("bpm", models.FloatField(editable=False, null=True)),
                ("musical_key", models.CharField(blank=True, editable=False, max_length=12)),
                ("peaks", models.BinaryField(help_text="The waveform: one byte per bucket, 0–255.")),
                (
                    "waveform",
                    models.TextField(
                        editable=False, help_text="The SVG path of the list's waveform, drawn from the peaks."
                    ),
                ),
                (
                    "measured",
                    models.JSONField(
                        default=dict, editable=False, help_text="All other results of generator.audio.measure."
                    ),
                ),
                (
                    "findings",
                    models.JSONField(
                        default=list,
                        editable=False,
                        help_text="Results of the quality checks: code, severity, sentence.",
                    ),
                ),
                ("has_findings", models.BooleanField(db_default=False, editable=False)),
                (
                    "made_of",
                    models.JSONField(
                        default=dict,
                        editable=False,
                        help_text="What the provider reports about the track, such as how it interpreted the prompt, or the seed.",
                    ),
                ),
                (
                    "search_text",
                    models.TextField(
                        default="", editable=False, help_text="Search index: title, prompt, tags, model, author."
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="ProviderAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(editable=False, unique=True)),
                ("title", models.CharField(editable=False, max_length=60)),
                (
                    "enabled",
                    models.BooleanField(
                        default=True, help_text="Off: no new work is sent; work in progress still finishes."
                    ),
                ),
                (
                    "secret",
                    generator.models.encryption.EncryptedField(
                        blank=True,
                        default="",
                        help_text="The provider’s API key; encrypted. If empty, the key from the environment is used.",
                        verbose_name="key",
                    ),
                ),
                (
                    "base_url",
                    models.URLField(
                        blank=True,
                        default="",
                        help_text="Leave empty to use the provider’s default.",
                        verbose_name="address",
                    ),
                ),
                (
                    "extra",
                    models.JSONField(blank=True, default=dict, help_text="Settings by name; see docs/providers.md."),
                ),
                (
                    "webhook_secret",
                    generator.models.encryption.EncryptedField(
                        blank=True, default="", help_text="Signs the provider’s messages to the studio; encrypted."
                    ),
                ),
                (
                    "balance",
                    generator.models.fields.MicrosField(
                        editable=False, help_text="Balance last reported by the provider, in micro-dollars.", null=True
                    ),
                ),
                ("balance_at", models.DateTimeField(editable=False, null=True)),
                ("failures_in_a_row", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "resting_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Circuit breaker: no new work is sent before this time. Clear it to try again now.",
                        null=True,
                    ),
                ),
                (
                    "halt_code",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        editable=False,
                        help_text="Why its queue waits for an administrator: key_refused, no_credit, not_allowed, misconfigured.",
                        max_length=20,
                    ),
                ),
                ("last_error", models.TextField(blank=True, editable=False)),
                ("last_error_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "provider",
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="email address")),
                (
                    "name",
                    models.CharField(
                        blank=True, help_text="Shown to the people you share projects with.", max_length=80
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        help_text="If empty, the browser’s time zone is used.",
                        max_length=64,
                        validators=[generator.models.user.a_time_zone],
                    ),
                ),
                (
                    "theme",
                    models.CharField(
                        choices=[("system", "System"), ("light", "Light"), ("dark", "Dark")],
                        default="system",
                        max_length=8,
                    ),
                ),
                ("is_staff", models.BooleanField(default=False, verbose_name="can open the admin")),
                ("is_active", models.BooleanField(default=True)),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "sessions_salt",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="Changing it signs the person out everywhere.",
                        max_length=22,
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("name", models.CharField(help_text="What uses this key, such as “render farm”.", max_length=60)),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("read", "Read: view, search, listen, and download"),
                            ("generate", "Generate: everything in Read, plus generating music and spending money"),
                            ("manage", "Manage: everything its creator can do"),
                        ],
                        default="generate",
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("prefix", models.CharField(editable=False, max_length=12, unique=True)),
                (
                    "digest",
                    models.CharField(editable=False, help_text="SHA-256 of the whole key, in hex.", max_length=64),
                ),
                (
                    "webhook_secret",
                    generator.models.encryption.EncryptedField(
                        editable=False, help_text="Signs deliveries to webhooks requested with this key."
                    ),
                ),
                (
                    "model_override",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="The model used in place of any model that a vendor’s client requests. If empty, the requested model.",
                        max_length=120,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField(editable=False, null=True)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        help_text="Who created it.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider_key", models.CharField(blank=True, max_length=50)),
                ("cap", generator.models.fields.MicrosField(help_text="Micro-dollars per calendar month.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "key",
                    models.OneToOneField(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="budget",
                        to="generator.apikey",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="budgets",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BudgetAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.CharField(editable=False, max_length=7)),
                ("percent", models.PositiveSmallIntegerField(editable=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("sent_at", models.DateTimeField(editable=False, null=True)),
                (
                    "budget",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="generator.budget",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BudgetIncrease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "requested",
                    generator.models.fields.MicrosField(
                        editable=False, help_text="Micro-dollars on top of the budget."
                    ),
                ),
                ("reason", models.CharField(editable=False, max_length=300)),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Pending"), ("granted", "Granted"), ("declined", "Declined")],
                        default="open",
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("granted", generator.models.fields.MicrosField(default=0, editable=False)),
                ("expires_at", models.DateTimeField(editable=False, null=True)),
                ("answer", models.CharField(blank=True, editable=False, max_length=300)),
                ("answered_at", models.DateTimeField(editable=False, null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "budget",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="increases",
                        to="generator.budget",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "budget request",
                "verbose_name_plural": "budget requests",
                "ordering": ["-requested_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ClientRequest",
            fields=[
                (
                    "generation",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="client_request",
                        serialize=False,
                        to="generator.generation",
                    ),
                ),
                ("path", models.CharField(editable=False, max_length=200)),
                ("inputs", models.JSONField(default=dict, editable=False)),
                ("hidden_at", models.DateTimeField(editable=False, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="generation",
            name="author",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="generations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="generation",
            name="key",
            field=models.ForeignKey(
                editable=False,
                help_text="If empty, made in the web app.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="generations",
                to="generator.apikey",
            ),
        ),
        migrations.AddField(
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
        migrations.CreateModel(
            name="ClosedMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.CharField(editable=False, max_length=7, unique=True)),
                ("closed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("note", models.CharField(blank=True, editable=False, max_length=300)),
                ("entries", models.PositiveIntegerField(editable=False)),
                ("charged", generator.models.fields.MicrosField(editable=False)),
                ("credited", generator.models.fields.MicrosField(editable=False)),
                ("adjusted", generator.models.fields.MicrosField(editable=False)),
                ("takes", models.PositiveIntegerField(editable=False)),
                (
                    "digest",
                    models.CharField(
                        editable=False, help_text="SHA-256 over its entries, in their order.", max_length=64
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-month"],
            },
        ),
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
            model_name="comparison",
            name="author",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="comparisons",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="GenerationEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("state", "State"),
                            ("sent", "Sent"),
                            ("reply", "Reply"),
                            ("take", "Take"),
                            ("note", "Note"),
                        ],
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("text", models.TextField(editable=False)),
                ("data", models.JSONField(default=dict, editable=False)),
                (
                    "actor",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "generation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="generator.generation",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
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
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identity", models.CharField(default=generator.models.installation.new_identity, max_length=32)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="installation_is_one")],
            },
        ),
        migrations.CreateModel(
            name="License",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(help_text="Printed on certificates exactly as entered.")),
                ("source", models.URLField(blank=True, help_text="Where the terms are published.")),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="licenses",
                        to="generator.provideraccount",
                        verbose_name="provider",
                    ),
                ),
            ],
            options={
                "ordering": ["-valid_from", "-id"],
            },
        ),
        migrations.AddField(
            model_name="generation",
            name="license",
            field=models.ForeignKey(
                editable=False,
                help_text="The license terms on the day the generation was made.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="generator.license",
            ),
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("editor", "Editor"), ("viewer", "Viewer")], max_length=8
                    ),
                ),
                ("joined_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="generation",
            name="model",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="generations",
                to="generator.musicmodel",
            ),
        ),
        migrations.CreateModel(
            name="NotificationPreference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("done", "My music is ready"),
                            ("failed", "My music could not be generated"),
                            ("comment", "Someone comments on my track"),
                            ("invitation", "I’m invited to a project"),
                            ("budget", "A budget is running low"),
                            ("webhook", "A webhook in my project is paused"),
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
                        related_name="notification_preferences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("per_take", generator.models.fields.MicrosField(help_text="Micro-dollars per take.")),
                (
                    "is_estimate",
                    models.BooleanField(
                        default=False, help_text="The provider does not publish this price; it is shown as “about”."
                    ),
                ),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="prices", to="generator.musicmodel"
                    ),
                ),
            ],
            options={
                "ordering": ["-valid_from", "-id"],
            },
        ),
        migrations.AddField(
            model_name="generation",
            name="price",
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, to="generator.price"),
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
            ],
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
            ],
            options={
                "verbose_name_plural": "track copies",
            },
        ),
        migrations.AddField(
            model_name="track",
            name="author",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tracks",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="track",
            name="generation",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tracks",
                to="generator.generation",
            ),
        ),
        migrations.AddField(
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
        migrations.AddField(
            model_name="comparison",
            name="picked",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="generator.track",
            ),
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                (
                    "at_ms",
                    models.PositiveIntegerField(editable=False, help_text="Position in the track, in milliseconds."),
                ),
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
                    "withdrawn_by",
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
                        related_name="approvals",
                        to="generator.track",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ProjectDefaults",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="defaults",
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
                        blank=True, editable=False, help_text="Selected if the model offers it.", max_length=8
                    ),
                ),
                (
                    "lufs",
                    models.FloatField(
                        editable=False, help_text="Loudness of leveled downloads; empty: unchanged.", null=True
                    ),
                ),
                (
                    "words",
                    models.CharField(blank=True, editable=False, help_text="Added to every prompt.", max_length=200),
                ),
                (
                    "avoid",
                    models.CharField(
                        blank=True, editable=False, help_text="Words to exclude, separated by commas.", max_length=200
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="track",
            name="project",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tracks",
                to="generator.project",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="approver",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The member who approves tracks for use. If empty, the owners.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="members",
            field=models.ManyToManyField(
                related_name="projects", through="generator.Membership", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="personal_to",
            field=models.OneToOneField(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="personal_project",
                to=settings.AUTH_USER_MODEL,
            ),
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
                            ("failed", "My music could not be generated"),
                            ("comment", "Someone comments on my track"),
                            ("invitation", "I’m invited to a project"),
                            ("budget", "A budget is running low"),
                            ("webhook", "A webhook in my project is paused"),
                        ],
                        editable=False,
                        max_length=12,
                    ),
                ),
                ("text", models.CharField(editable=False, max_length=300)),
                (
                    "link",
                    models.CharField(blank=True, editable=False, help_text="A path in the studio.", max_length=200),
                ),
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
                (
                    "project",
                    models.ForeignKey(
                        editable=False,
                        help_text="The project it is about; visible to its current members and the people it invites.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="generator.project",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="membership",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="generator.project"
            ),
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("hold", "On hold"),
                            ("charge", "Charged"),
                            ("release", "Released"),
                            ("credit", "Credited"),
                            ("adjustment", "Adjusted"),
                        ],
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("amount", generator.models.fields.MicrosField(editable=False)),
                ("provider_key", models.CharField(editable=False, max_length=50)),
                ("model_key", models.CharField(editable=False, max_length=120)),
                ("takes", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("reason", models.CharField(editable=False, max_length=300)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("day", models.DateField(editable=False, help_text="The day in the studio’s time zone.")),
                (
                    "month",
                    models.CharField(editable=False, help_text="The billing month, such as 2026-11.", max_length=7),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        editable=False,
                        help_text="If empty, the studio itself.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "generation",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="generator.generation",
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="generator.apikey",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        help_text="The person who pays.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "price",
                    models.ForeignKey(
                        editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="generator.price"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="generator.project",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "ledger entries",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                (
                    "digest",
                    models.CharField(
                        editable=False, help_text="SHA-256 of the token, in hex.", max_length=64, unique=True
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("editor", "Editor"), ("viewer", "Viewer")],
                        default="editor",
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations_sent",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="generator.project",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.AddField(
            model_name="generation",
            name="project",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="generations",
                to="generator.project",
            ),
        ),
        migrations.AddField(
            model_name="comparison",
            name="project",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="comparisons",
                to="generator.project",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="project",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="budgets",
                to="generator.project",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="project",
            field=models.ForeignKey(
                editable=False,
                help_text="The only project that this key can access. If empty, all of its creator’s projects.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keys",
                to="generator.project",
            ),
        ),
        migrations.CreateModel(
            name="Prompt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("text", models.TextField(editable=False)),
                (
                    "settings",
                    models.JSONField(
                        default=dict,
                        editable=False,
                        help_text="Every other field of the form, by its name in the model spec.",
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prompts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prompts",
                        to="generator.project",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="generation",
            name="prompt",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="generations",
                to="generator.prompt",
            ),
        ),
        migrations.AddField(
            model_name="musicmodel",
            name="provider",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="models",
                to="generator.provideraccount",
            ),
        ),
        migrations.CreateModel(
            name="BalanceReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("balance", generator.models.fields.MicrosField(editable=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "account",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="readings",
                        to="generator.provideraccount",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ProviderBill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.CharField(editable=False, max_length=120)),
                ("kind", models.CharField(editable=False, max_length=40)),
                (
                    "amount",
                    generator.models.fields.MicrosField(
                        editable=False, help_text="Micro-dollars, as billed by the provider."
                    ),
                ),
                ("at", models.DateTimeField(editable=False, null=True)),
                ("provider_job_id", models.CharField(blank=True, editable=False, max_length=200)),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "account",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bills",
                        to="generator.provideraccount",
                    ),
                ),
                (
                    "generation",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bills",
                        to="generator.generation",
                    ),
                ),
            ],
            options={
                "verbose_name": "provider bill",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ProviderJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider_job_id", models.CharField(editable=False, max_length=200)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "account",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="generator.provideraccount",
                    ),
                ),
                (
                    "generation",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="provider_job",
                        to="generator.generation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProviderWebhookEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "event",
                    models.CharField(
                        editable=False, help_text="The job and its state; identifies repeated messages.", max_length=200
                    ),
                ),
                ("provider_job_id", models.CharField(editable=False, max_length=200)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "account",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhook_events",
                        to="generator.provideraccount",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReconciliationIssue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("doubt", "Unconfirmed"),
                            ("refund", "Refund pending"),
                            ("price", "Different price"),
                            ("short", "Missing takes"),
                            ("gate", "Faulty audio"),
                            ("spike", "Unusual spend"),
                            ("orphan", "Orphaned hold"),
                            ("balance", "Balance mismatch"),
                            ("unknown", "Unknown bill"),
                            ("unbilled", "Charged, not billed"),
                        ],
                        editable=False,
                        max_length=8,
                    ),
                ),
                (
                    "subject",
                    models.CharField(
                        editable=False, help_text="What it is about; identifies repeated findings.", max_length=120
                    ),
                ),
                ("sentence", models.TextField(editable=False)),
                (
                    "amount",
                    generator.models.fields.MicrosField(default=0, editable=False, help_text="Disputed amount."),
                ),
                ("month", models.CharField(editable=False, max_length=7)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("disputed", "Disputed"),
                            ("reviewed", "Reviewed"),
                            ("gone", "Resolved automatically"),
                        ],
                        default="open",
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("answered_at", models.DateTimeField(editable=False, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="generator.provideraccount",
                    ),
                ),
                (
                    "bill",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="issues",
                        to="generator.providerbill",
                    ),
                ),
                (
                    "generation",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="issues",
                        to="generator.generation",
                    ),
                ),
                (
                    "user",
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
                "ordering": ["-found_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="AuditLogEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
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
                ("text", models.TextField(editable=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "actor",
                    models.ForeignKey(
                        editable=False,
                        help_text="If empty, the studio itself.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audit_log",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "generation",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audit_log",
                        to="generator.generation",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audit_log",
                        to="generator.ledgerentry",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audit_log",
                        to="generator.project",
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audit_log",
                        to="generator.reconciliationissue",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit log entries",
                "ordering": ["-at", "-id"],
                "permissions": [
                    ("view_billing", "May view everyone's spending, and add notes"),
                    ("manage_billing", "May book credits and adjustments, suspend, grant and close months"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("title", models.CharField(editable=False, max_length=120)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("trashed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "upload",
                    models.CharField(
                        blank=True, editable=False, help_text="The uploaded file, until it is read.", max_length=120
                    ),
                ),
                ("upload_sha256", models.CharField(editable=False, max_length=64)),
                ("start_ms", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "most_ms",
                    models.PositiveIntegerField(
                        editable=False, help_text="Maximum length that is used, in milliseconds."
                    ),
                ),
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
                (
                    "problem",
                    models.TextField(blank=True, editable=False, help_text="Why the reference cannot be used."),
                ),
                (
                    "file",
                    models.CharField(
                        blank=True, editable=False, help_text="Its MP3, under MEDIA_ROOT.", max_length=120
                    ),
                ),
                ("sha256", models.CharField(blank=True, editable=False, max_length=64)),
                ("size", models.PositiveBigIntegerField(default=0, editable=False, help_text="Size in bytes.")),
                ("length_ms", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "came_ms",
                    models.PositiveIntegerField(
                        default=0, editable=False, help_text="Length of the uploaded file, in milliseconds."
                    ),
                ),
                ("waveform", models.TextField(blank=True, editable=False)),
                (
                    "measured",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        editable=False,
                        help_text="Tempo, key, brightness, and energy, for models that use them.",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="references",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="references",
                        to="generator.project",
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        editable=False,
                        help_text="The track that the reference was taken from.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="generator.track",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProviderReference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(editable=False, max_length=40)),
                ("registered_id", models.CharField(blank=True, editable=False, max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("registered_at", models.DateTimeField(editable=False, null=True)),
                (
                    "expires_at",
                    models.DateTimeField(editable=False, help_text="If empty, not stated by the provider.", null=True),
                ),
                (
                    "account",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="generator.provideraccount",
                    ),
                ),
                (
                    "generation",
                    models.ForeignKey(
                        editable=False,
                        help_text="The generation that was charged for the reference.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="provider_references",
                        to="generator.generation",
                    ),
                ),
                (
                    "reference",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="provider_references",
                        to="generator.reference",
                    ),
                ),
            ],
            options={
                "verbose_name": "provider reference",
            },
        ),
        migrations.CreateModel(
            name="ProviderAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "address",
                    models.TextField(
                        blank=True, editable=False, help_text="Where the provider can download the audio."
                    ),
                ),
                ("uploaded_at", models.DateTimeField(editable=False, null=True)),
                (
                    "generation",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="provider_action",
                        to="generator.generation",
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="provider_actions",
                        to="generator.track",
                    ),
                ),
                (
                    "reference",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="provider_actions",
                        to="generator.reference",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RemoteOutput",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("take", models.PositiveSmallIntegerField(editable=False)),
                ("url", models.TextField(editable=False)),
                ("title", models.CharField(blank=True, editable=False, max_length=200)),
                ("cover_url", models.TextField(blank=True, editable=False)),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "useless",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, help_text="Complete downloads that were not audio."
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        editable=False, help_text="Next attempt; empty once downloaded or given up.", null=True
                    ),
                ),
                (
                    "claim",
                    models.BigIntegerField(editable=False, help_text="Number of the worker that holds it.", null=True),
                ),
                ("error", models.TextField(blank=True, editable=False)),
                ("collected_at", models.DateTimeField(editable=False, null=True)),
                ("given_up_at", models.DateTimeField(editable=False, null=True)),
                (
                    "generation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="remote_outputs",
                        to="generator.generation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Rendition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recipe", models.JSONField(help_text='What was done, such as {"format": "mp3"}.')),
                ("recipe_hash", models.CharField(max_length=64)),
                ("file", models.CharField(max_length=120)),
                ("size", models.PositiveBigIntegerField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "used_at",
                    models.DateTimeField(help_text="Day of the last request; empty: when it was made.", null=True),
                ),
                (
                    "track",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="renditions", to="generator.track"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Rollup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.CharField(max_length=7)),
                ("provider_key", models.CharField(max_length=50)),
                ("model_key", models.CharField(max_length=120)),
                (
                    "held",
                    generator.models.fields.MicrosField(
                        default=0,
                        help_text="Holds − charges − releases booked in this month; open holds are the sum over all months.",
                    ),
                ),
                ("charged", generator.models.fields.MicrosField(default=0)),
                ("credited", generator.models.fields.MicrosField(default=0)),
                ("adjusted", generator.models.fields.MicrosField(default=0)),
                ("takes", models.PositiveIntegerField(default=0, help_text="Charged takes.")),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="generator.project"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShareLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
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
            name="Star",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "track",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stars", to="generator.track"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stars", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Stem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(editable=False)),
                ("title", models.CharField(editable=False, max_length=80)),
                (
                    "file",
                    models.CharField(
                        editable=False, help_text="Content-addressed name under MEDIA_ROOT.", max_length=120
                    ),
                ),
                ("sha256", models.CharField(editable=False, max_length=64)),
                ("size", models.PositiveBigIntegerField(editable=False, help_text="Size in bytes.")),
                ("length_ms", models.PositiveIntegerField(editable=False)),
                ("waveform", models.TextField(editable=False)),
                ("lufs", models.FloatField(editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "generation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stems",
                        to="generator.generation",
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stems",
                        to="generator.track",
                    ),
                ),
            ],
            options={
                "ordering": ["generation_id", "number"],
            },
        ),
        migrations.CreateModel(
            name="Suspension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider_key", models.CharField(blank=True, editable=False, max_length=50)),
                (
                    "reason",
                    models.CharField(
                        editable=False, help_text="Shown to the people whose work is suspended.", max_length=300
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("lifted_at", models.DateTimeField(editable=False, null=True)),
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
                    "lifted_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stops",
                        to="generator.project",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stops",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="track",
            name="tags",
            field=models.ManyToManyField(blank=True, related_name="tracks", to="generator.tag"),
        ),
        migrations.AddField(
            model_name="tag",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="tags", to="generator.project"
            ),
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("name", models.CharField(editable=False, max_length=200)),
                ("size", models.PositiveBigIntegerField(editable=False, help_text="Announced size in bytes.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "key",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to="generator.apikey",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="generator.project",
                    ),
                ),
                (
                    "reference",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to="generator.reference",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("name", models.CharField(help_text="What receives the events, such as “edit suite”.", max_length=60)),
                ("url", models.CharField(max_length=1000)),
                (
                    "events",
                    models.JSONField(default=list, help_text="The event types sent to this webhook. If empty, all."),
                ),
                ("secret", generator.models.encryption.EncryptedField(editable=False)),
                (
                    "former_secret",
                    generator.models.encryption.EncryptedField(
                        blank=True, editable=False, help_text="Also signs until it expires."
                    ),
                ),
                ("former_until", models.DateTimeField(editable=False, null=True)),
                (
                    "base",
                    models.CharField(
                        editable=False,
                        help_text="The address at which its owner opened the studio; used in links if no public address is set.",
                        max_length=200,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("paused_at", models.DateTimeField(editable=False, null=True)),
                ("paused_why", models.CharField(blank=True, editable=False, max_length=300)),
                ("failures_in_a_row", models.PositiveIntegerField(default=0, editable=False)),
                ("failing_since", models.DateTimeField(editable=False, null=True)),
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
                    "project",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="webhooks",
                        to="generator.project",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    generator.models.fields.PublicIdField(
                        default=generator.models.fields.new_public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                (
                    "url",
                    models.CharField(
                        blank=True, editable=False, help_text="Target address, if there is no webhook.", max_length=2000
                    ),
                ),
                (
                    "base",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="The address at which the program reached the studio.",
                        max_length=200,
                    ),
                ),
                ("event", models.CharField(editable=False, max_length=40)),
                (
                    "facts",
                    models.JSONField(
                        default=dict, editable=False, help_text="The data that the message body is created from."
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "body",
                    models.TextField(
                        blank=True, editable=False, help_text="Written at the first attempt, and resent unchanged."
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "due_at",
                    models.DateTimeField(
                        editable=False, help_text="Next attempt. If empty, no automatic attempt is planned.", null=True
                    ),
                ),
                ("delivered_at", models.DateTimeField(editable=False, null=True)),
                ("given_up_at", models.DateTimeField(editable=False, null=True)),
                (
                    "generation",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="webhook_deliveries",
                        to="generator.generation",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="generator.project",
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        editable=False,
                        help_text="If empty, requested by a program for a single generation.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="generator.webhook",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                (
                    "status",
                    models.PositiveSmallIntegerField(
                        editable=False, help_text="HTTP status. If empty, no response was received.", null=True
                    ),
                ),
                ("ms", models.PositiveIntegerField(default=0, editable=False)),
                ("error", models.CharField(blank=True, editable=False, max_length=300)),
                ("reply", models.TextField(blank=True, editable=False, help_text="The beginning of the response.")),
                (
                    "delivery",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="delivery_attempts",
                        to="generator.webhookdelivery",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"), name="user_email_any_case"
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
            model_name="budgetincrease",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "granted"), _negated=True),
                    models.Q(("expires_at__isnull", False), ("granted__gt", 0)),
                    _connector="OR",
                ),
                name="a_grant_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="notificationpreference",
            constraint=models.UniqueConstraint(fields=("user", "kind"), name="one_choice_a_kind"),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.CheckConstraint(condition=models.Q(("per_take__gte", 0)), name="price_not_negative"),
        ),
        migrations.AddField(
            model_name="privatetrack",
            name="author",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="trackcopy",
            name="copied_by",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="trackcopy",
            name="paid_by",
            field=models.ForeignKey(
                editable=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="generator.generation"
            ),
        ),
        migrations.AddField(
            model_name="trackcopy",
            name="source",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="copies",
                to="generator.track",
            ),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["track", "at_ms", "id"], name="comment_in_order"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at__isnull", True)), fields=("track",), name="one_approval_a_track"
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["recipient", "-id"], name="notification_newest"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("read_at__isnull", True)), fields=["recipient"], name="notification_unread"
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("mail", True), ("mailed_at__isnull", True)),
                fields=["recipient"],
                name="notification_to_mail",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(fields=("project", "user"), name="one_membership_a_project"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["user", "month", "kind", "day", "amount", "takes"], name="entry_of_user"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["project", "month", "kind", "day", "amount", "takes"], name="entry_of_project"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["month", "kind", "day", "amount", "takes"], name="entry_of_month"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                fields=["provider_key", "month", "kind", "day", "amount", "takes"], name="entry_of_provider"
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["model_key", "month", "kind", "day", "amount", "takes"], name="entry_of_model"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("key__isnull", False)),
                fields=["key", "month", "kind", "amount", "takes"],
                name="entry_of_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["hold", "charge", "release"])),
                fields=("generation", "kind"),
                name="one_hold_one_settlement",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "adjustment"), ("amount__gte", 0), _connector="OR"),
                name="only_adjustments_go_below_zero",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ["hold", "charge", "release"]), _negated=True),
                    ("generation__isnull", False),
                    _connector="OR",
                ),
                name="holds_belong_to_a_generation",
            ),
        ),
        migrations.AddIndex(
            model_name="comparison",
            index=models.Index(
                condition=models.Q(("revealed_at", None)), fields=["project", "-id"], name="comparison_blind"
            ),
        ),
        migrations.AddConstraint(
            model_name="comparison",
            constraint=models.UniqueConstraint(fields=("author", "idempotency_key"), name="one_comparison_a_key"),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(condition=models.Q(("cap__gte", 0)), name="cap_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("key__isnull", True), ("provider_key", ""), ("user__isnull", False)),
                    models.Q(("key__isnull", True), ("project__isnull", False), ("provider_key", "")),
                    models.Q(
                        models.Q(("provider_key", ""), _negated=True),
                        ("key__isnull", True),
                        ("project__isnull", True),
                        ("user__isnull", True),
                    ),
                    models.Q(
                        ("key__isnull", False), ("project__isnull", True), ("provider_key", ""), ("user__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="cap_has_one_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("project__isnull", True), ("provider_key", "")),
                fields=("user",),
                name="one_cap_a_user",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("provider_key", ""), ("user__isnull", True)),
                fields=("project",),
                name="one_cap_a_project",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("provider_key", "")), fields=("user", "project"), name="one_cap_a_member"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("provider_key", ""), _negated=True),
                fields=("provider_key",),
                name="one_cap_a_provider",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("scope__in", ["read", "generate", "manage"])), name="scope_is_known"
            ),
        ),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="generation_due"),
        ),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(fields=["project", "-created_at", "-id"], name="generation_newest"),
        ),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(fields=["model", "state", "-finished_at"], name="generation_history"),
        ),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(fields=["project", "state"], name="generation_state"),
        ),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", True)), fields=["id"], name="generation_unsettled"
            ),
        ),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(
                condition=models.Q(("key__isnull", False)), fields=["key", "-id"], name="generation_of_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="generation",
            constraint=models.UniqueConstraint(fields=("author", "idempotency_key"), name="one_submit_a_key"),
        ),
        migrations.AddConstraint(
            model_name="generation",
            constraint=models.CheckConstraint(
                condition=models.Q(("takes_requested__gte", 1), ("takes_requested__lte", 10)),
                name="takes_within_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="generation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["queued", "submitting", "running", "collecting", "ready", "failed", "cancelled", "in_doubt"],
                    )
                ),
                name="state_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="balancereading",
            index=models.Index(fields=["account", "-at"], name="reading_newest"),
        ),
        migrations.AddConstraint(
            model_name="providerbill",
            constraint=models.UniqueConstraint(fields=("account", "uuid"), name="one_bill_a_line"),
        ),
        migrations.AddIndex(
            model_name="providerjob",
            index=models.Index(fields=["account", "at"], name="provider_job_newest"),
        ),
        migrations.AddConstraint(
            model_name="providerjob",
            constraint=models.UniqueConstraint(fields=("account", "provider_job_id"), name="one_generation_a_job"),
        ),
        migrations.AddIndex(
            model_name="providerwebhookevent",
            index=models.Index(fields=["provider_job_id"], name="provider_event_job"),
        ),
        migrations.AddConstraint(
            model_name="providerwebhookevent",
            constraint=models.UniqueConstraint(fields=("account", "event"), name="one_row_per_provider_event"),
        ),
        migrations.AddIndex(
            model_name="reconciliationissue",
            index=models.Index(fields=["state", "kind", "-id"], name="issue_to_do"),
        ),
        migrations.AddConstraint(
            model_name="reconciliationissue",
            constraint=models.UniqueConstraint(fields=("kind", "subject"), name="one_issue_a_subject"),
        ),
        migrations.AddIndex(
            model_name="auditlogentry",
            index=models.Index(fields=["project", "-at", "-id"], name="audit_log_newest"),
        ),
        migrations.AddIndex(
            model_name="reference",
            index=models.Index(fields=["project", "-created_at", "-id"], name="reference_newest"),
        ),
        migrations.AddIndex(
            model_name="reference",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="reference_due"),
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
            model_name="providerreference",
            constraint=models.UniqueConstraint(fields=("reference", "account", "purpose"), name="one_id_a_purpose"),
        ),
        migrations.AddIndex(
            model_name="provideraction",
            index=models.Index(fields=["track", "-id"], name="action_of_track"),
        ),
        migrations.AddIndex(
            model_name="remoteoutput",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="remote_output_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="remoteoutput",
            constraint=models.UniqueConstraint(fields=("generation", "take"), name="one_output_per_take"),
        ),
        migrations.AddConstraint(
            model_name="rendition",
            constraint=models.UniqueConstraint(fields=("track", "recipe_hash"), name="one_rendition_a_recipe"),
        ),
        migrations.AddIndex(
            model_name="rollup",
            index=models.Index(fields=["user", "month"], name="rollup_of_user"),
        ),
        migrations.AddIndex(
            model_name="rollup",
            index=models.Index(fields=["provider_key", "month"], name="rollup_of_provider"),
        ),
        migrations.AddConstraint(
            model_name="rollup",
            constraint=models.UniqueConstraint(
                fields=("month", "project", "user", "model_key"), name="one_rollup_a_cell"
            ),
        ),
        migrations.AddConstraint(
            model_name="star",
            constraint=models.UniqueConstraint(fields=("user", "track"), name="one_star_each"),
        ),
        migrations.AddConstraint(
            model_name="stem",
            constraint=models.UniqueConstraint(fields=("generation", "number"), name="one_stem_a_number"),
        ),
        migrations.AddConstraint(
            model_name="suspension",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at", None)), fields=("user",), name="one_stop_a_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="suspension",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at", None)), fields=("project",), name="one_stop_a_project"
            ),
        ),
        migrations.AddConstraint(
            model_name="suspension",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at", None), ("project", None), ("user", None)),
                fields=("provider_key",),
                name="one_stop_a_provider_and_one_for_everything",
            ),
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
            index=models.Index(fields=["project", "model_key", "-created_at", "-id"], name="track_by_model"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["project", "title", "id"], name="track_by_title"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["project", "length_ms", "id"], name="track_by_length"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["project", "bpm", "id"], name="track_by_bpm"),
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
            model_name="track",
            constraint=models.UniqueConstraint(fields=("generation", "take"), name="one_track_a_take"),
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(fields=("project", "name"), name="one_tag_a_name"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["created_at"], name="upload_oldest"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="webhook_delivery_due"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["webhook", "-id"], name="webhook_delivery_newest"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["at"], name="webhook_delivery_at"),
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
        migrations.RunPython(add_rules),
        migrations.RunPython(add_cache_table),
    ]
