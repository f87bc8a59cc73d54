"""A job at a provider belongs to one generation; what was in doubt without a next look gets one."""

import datetime as dt

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.utils import timezone


def give_each_job_to_its_first_generation(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Copies of a run carry its id as their papers do, and are younger; of two that hold one id the first has it."""
    Generation = apps.get_model("generator", "Generation")
    ProviderJob = apps.get_model("generator", "ProviderJob")
    rows = Generation.objects.exclude(handle="").order_by("id")
    rows = rows.values_list("id", "model__provider", "handle", "created_at").iterator(chunk_size=2000)
    taken: set[tuple[int, str]] = set()
    jobs = []
    for pk, account, handle, at in rows:
        if (account, handle) not in taken:
            taken.add((account, handle))
            jobs.append(ProviderJob(account_id=account, handle=handle, generation_id=pk, at=at))
    ProviderJob.objects.bulk_create(jobs, batch_size=500)


def look_again(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Generation = apps.get_model("generator", "Generation")
    fresh = timezone.now() - dt.timedelta(days=7)
    rows = Generation.objects.filter(state="in_doubt", due_at=None, submit_attempted_at__gte=fresh)
    rows.update(due_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0042_invitation_digests"),
    ]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="failed_looks",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                editable=False,
                help_text="Tries in a row that brought nothing; each makes the next wait longer.",
            ),
        ),
        migrations.AddField(
            model_name="generation",
            name="wait_reason",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="Why remote work waits: a code.",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="generation",
            name="wait_sentence",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="halt_code",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="Why its queue waits for the administrator: key_refused, no_credit, not_allowed, misconfigured.",
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="ProviderJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("handle", models.CharField(editable=False, max_length=200)),
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
            options={
                "indexes": [models.Index(fields=["account", "at"], name="provider_job_newest")],
                "constraints": [models.UniqueConstraint(fields=("account", "handle"), name="one_generation_a_job")],
            },
        ),
        migrations.RunPython(give_each_job_to_its_first_generation, migrations.RunPython.noop),
        migrations.RunPython(look_again, migrations.RunPython.noop),
    ]
