"""What a person downloaded last in a project: it is offered first the next time."""

from django.conf import settings
from django.db import models

from generator.models.project import Project


class DownloadChoice(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="download_choices", editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="download_choices", editable=False)
    formats = models.CharField(max_length=20, editable=False, help_text="Joined by a dash: “mp3-wav” is both in a zip.")
    lufs = models.FloatField(null=True, editable=False, help_text="Target loudness; empty: as made.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "project"], name="one_download_choice_each")]

    def __str__(self) -> str:
        return f"{self.formats} for {self.user}"
