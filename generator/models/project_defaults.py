"""Project defaults: the models of a project, its file format, and the words that it wants or excludes."""

from django.db import models

from generator.models.one_line import OneLineField
from generator.models.project import Project


class ProjectDefaults(models.Model):
    """A project without a row has no rules; an empty row has none either."""

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True, related_name="defaults", editable=False)
    allowed_models = models.JSONField(default=list, editable=False, help_text="Keys of the allowed models; empty: all.")
    format = models.CharField(max_length=8, blank=True, editable=False, help_text="Selected if the model offers it.")
    lufs = models.FloatField(null=True, editable=False, help_text="Loudness of leveled downloads; empty: unchanged.")
    prompt_suffix = OneLineField(max_length=200, blank=True, editable=False, help_text="Added to every prompt.")
    excluded_terms = OneLineField(
        max_length=200, blank=True, editable=False, help_text="Words to exclude, separated by commas."
    )

    def __str__(self) -> str:
        return f"project defaults of {self.project_id}"
