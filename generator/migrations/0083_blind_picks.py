from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0082_machine_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="picked_at",
            field=models.DateTimeField(
                editable=False,
                help_text="The same moment as `revealed_at` if the pick was blind; empty: no pick, or an earlier one.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="comparison",
            index=models.Index(
                condition=models.Q(("picked_at__isnull", False)),
                fields=["project", "-picked_at", "-id"],
                name="comparison_picked",
            ),
        ),
    ]
