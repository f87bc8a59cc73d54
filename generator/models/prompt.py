"""The text and settings that music is requested with. A row is never changed: a new wording is a new row."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.fields import PublicIdField
from generator.models.project import Project


class Prompt(models.Model):
    public_id = PublicIdField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="prompts", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="prompts", editable=False)
    text = models.TextField(editable=False)
    settings = models.JSONField(
        default=dict, editable=False, help_text="Every other field of the form, by its name in the model spec."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.text[:60]
