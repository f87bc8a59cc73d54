from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0067_tour_and_backup_time"),
    ]

    operations = [
        migrations.RenameField("projectdefaults", "allowed", "allowed_models"),
        migrations.RenameField("projectdefaults", "words", "prompt_suffix"),
        migrations.RenameField("projectdefaults", "avoid", "excluded_terms"),
    ]
