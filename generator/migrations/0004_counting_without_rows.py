from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Written by hand: Django would make the table anew on SQLite, and the search triggers of 0002 would go with the old one.
ADD = "ALTER TABLE generator_track ADD COLUMN has_findings bool NOT NULL DEFAULT FALSE"
DROP = "ALTER TABLE generator_track DROP COLUMN has_findings"


def mark_findings(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tracks = apps.get_model("generator", "Track").objects.only("findings")
    flagged = [track.pk for track in tracks.iterator() if track.findings]
    for first in range(0, len(flagged), 500):
        tracks.filter(pk__in=flagged[first : first + 500]).update(has_findings=True)


class Migration(migrations.Migration):
    atomic = False  # PostgreSQL cannot change a table in the transaction that has just updated its rows

    dependencies = [("generator", "0003_sign_out_everywhere")]
    operations = [
        migrations.RemoveIndex(model_name="track", name="track_newest"),
        migrations.RunSQL(
            ADD,
            DROP,
            state_operations=[
                migrations.AddField("track", "has_findings", models.BooleanField(db_default=False, editable=False))
            ],
        ),
        migrations.RunPython(mark_findings, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(
                fields=[
                    "project",
                    "binned_at",
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
    ]
