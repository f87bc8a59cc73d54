"""Saved views of the work list, requests for approval, names of invited people."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0064_download_choice"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="webhookdelivery",
            options={"ordering": ["-id"], "verbose_name_plural": "webhook deliveries"},
        ),
        migrations.AddField(
            model_name="invitation",
            name="name",
            field=models.CharField(
                blank=True, help_text="Given to the person’s account if it has no name yet.", max_length=80
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("done", "My music is ready"),
                    ("failed", "My music could not be generated"),
                    ("comment", "Someone comments on my track"),
                    ("invitation", "I’m invited to a project"),
                    ("joined", "Someone I invited has joined"),
                    ("approval", "Approval is requested, granted, or declined"),
                    ("budget", "A budget is running low"),
                    ("webhook", "A webhook in my project is paused"),
                ],
                editable=False,
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="notificationpreference",
            name="kind",
            field=models.CharField(
                choices=[
                    ("done", "My music is ready"),
                    ("failed", "My music could not be generated"),
                    ("comment", "Someone comments on my track"),
                    ("invitation", "I’m invited to a project"),
                    ("joined", "Someone I invited has joined"),
                    ("approval", "Approval is requested, granted, or declined"),
                    ("budget", "A budget is running low"),
                    ("webhook", "A webhook in my project is paused"),
                ],
                editable=False,
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="ApprovalRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("answered_at", models.DateTimeField(editable=False, null=True)),
                ("is_declined", models.BooleanField(default=False, editable=False)),
                (
                    "answer",
                    models.CharField(blank=True, editable=False, help_text="Why it was declined.", max_length=300),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approval_requests",
                        to="generator.track",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("answered_at__isnull", True)),
                        fields=("track",),
                        name="one_open_approval_request",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(editable=False, max_length=40)),
                ("query", models.CharField(blank=True, editable=False, max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
                "constraints": [models.UniqueConstraint(fields=("user", "name"), name="one_saved_view_a_name")],
            },
        ),
    ]
