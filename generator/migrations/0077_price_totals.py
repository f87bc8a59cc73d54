from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F

import generator.models.fields


def add_totals(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    generation = apps.get_model("generator", "Generation")
    generation.objects.using(schema_editor.connection.alias).update(
        price_total=F("price_per_take") * F("takes_requested")
    )


def divide_totals(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    generation = apps.get_model("generator", "Generation")
    rows = generation.objects.using(schema_editor.connection.alias).filter(takes_requested__gt=0)
    rows.update(price_per_take=F("price_total") / F("takes_requested"))


class Migration(migrations.Migration):
    dependencies = [("generator", "0076_files_notifications")]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="price_total",
            field=generator.models.fields.MicrosField(
                default=0, editable=False, help_text="Micro-dollars for all requested takes."
            ),
            preserve_default=False,
        ),
        migrations.RunPython(add_totals, divide_totals),
        migrations.RemoveField(model_name="generation", name="price_per_take"),
        migrations.AddField(
            model_name="price",
            name="formula",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Empty: the price is per take. Otherwise the micro-dollars of a request, computed from the "
                "price above as “base_price”, the model’s fields and “takes”; see docs/providers.md.",
                max_length=4000,
            ),
        ),
    ]
