from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generator", "0002_rules_in_the_database")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="sessions_salt",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="Changing it ends every session of the person.",
                max_length=22,
            ),
        ),
    ]
