"""References are measured; those that were read before are due for it."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.utils import timezone


def measure_what_is_there(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Reference = apps.get_model("generator", "Reference")
    rows = Reference.objects.filter(problem="", due_at=None).exclude(file="")
    rows.update(due_at=timezone.now(), attempts=0)


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0023_wavespeed_doors"),
    ]

    operations = [
        migrations.AddField(
            model_name="reference",
            name="measured",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                editable=False,
                help_text="Tempo, key, brightness and energy, for models that follow them.",
            ),
        ),
        migrations.RunPython(measure_what_is_there, migrations.RunPython.noop),
    ]
