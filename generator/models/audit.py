"""Who changed what in a project besides its music: members, settings, visibility, approvals."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.project import Project


class AuditLine(models.Model):
    """A line of a project's record; the database refuses to change or delete one."""

    class Kind(models.TextChoices):
        MEMBERS = "members"
        SETTINGS = "settings"
        VISIBILITY = "visibility"
        APPROVAL = "approval"
        TRACKS = "tracks"

    project = models.ForeignKey(Project, models.PROTECT, related_name="audit", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    kind = models.CharField(max_length=12, choices=Kind, editable=False)
    text = models.CharField(max_length=400, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["project", "-id"], name="audit_newest")]

    def __str__(self) -> str:
        return self.text
