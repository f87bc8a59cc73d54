from django.db import migrations, models

# Null where nothing is known, so that SQLite adds the columns in place instead of making the tables anew.


def column() -> "models.CharField[str | None, str | None]":
    return models.CharField(
        null=True, max_length=64, editable=False, help_text="SHA-256 of what was sent with the key."
    )


class Migration(migrations.Migration):
    dependencies = [("generator", "0054_search_terms")]

    operations = [
        migrations.AddField("generation", "request_hash", column()),
        migrations.AddField("comparison", "request_hash", column()),
    ]
