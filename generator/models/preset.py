"""Presets: settings of the create form under a name, for one person or for a project."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.fields import PublicIdField
from generator.models.one_line import OneLineField
from generator.models.project import Project


class Preset(models.Model):
    """Values of the create form by the names of its fields, the prompt only if it was included."""

    public_id = PublicIdField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="presets", editable=False)
    project = models.ForeignKey(
        Project,
        models.CASCADE,
        null=True,
        related_name="presets",
        editable=False,
        help_text=_("The project whose members share it. If empty, only its owner can use it."),
    )
    name = OneLineField(max_length=80, editable=False)
    fields = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    trashed_at = models.DateTimeField(null=True, editable=False, help_text=_("When it was deleted."))

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                condition=models.Q(project=None, trashed_at=None),
                name="one_personal_preset_per_name",
            ),
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=models.Q(project__isnull=False, trashed_at=None),
                name="one_preset_per_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def usable_in(cls, project: Project) -> models.Q:
        """Match the presets that can be used in a project: personal ones, and the project's."""
        return models.Q(project=None) | models.Q(project=project)
