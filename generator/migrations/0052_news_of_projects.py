"""News knows the project it is about, so that it ends with the membership. What was told before is found by its link."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def find_projects(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Notification = apps.get_model("generator", "Notification")
    kinds = {
        "/p/": ("Project", "pk"),
        "/t/": ("Track", "project"),
        "/c/": ("Comparison", "project"),
        "/w/": ("Webhook", "project"),
    }
    for start, (model, column) in kinds.items():
        rows = Notification.objects.filter(link__startswith=start)
        known: dict[str, list[int]] = {}
        for pk, link in rows.values_list("pk", "link"):
            known.setdefault(link.removeprefix(start).partition("/")[0], []).append(pk)
        refs = list(known)
        for first in range(0, len(refs), 500):
            found = apps.get_model("generator", model).objects.filter(ref__in=refs[first : first + 500])
            for ref, project in found.values_list("ref", column):
                Notification.objects.filter(pk__in=known[ref][:10_000]).update(project=project)


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0051_installation"),
    ]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="project",
            field=models.ForeignKey(
                editable=False,
                help_text="The project it is about: told to its members, and to those it invites, "
                "for as long as they are.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="generator.project",
            ),
        ),
        migrations.RunPython(find_projects, migrations.RunPython.noop),
    ]
