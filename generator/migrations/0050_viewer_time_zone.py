from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import generator.models.user


def unset_the_default(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """UTC was everybody's zone until they chose another; from now on the browser's counts until then."""
    apps.get_model("generator", "User").objects.filter(time_zone="UTC").update(time_zone="")


class Migration(migrations.Migration):
    dependencies = [("generator", "0044_idempotency_records")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="time_zone",
            field=models.CharField(
                blank=True,
                help_text="Empty: the zone of the browser.",
                max_length=64,
                validators=[generator.models.user.a_time_zone],
            ),
        ),
        migrations.RunPython(unset_the_default, migrations.RunPython.noop),
    ]
