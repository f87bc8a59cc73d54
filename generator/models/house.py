"""A project's house style: which models it works with, how its files come, and which words it wants or does not."""

from django.db import models

from generator.models.one_line import OneLineField
from generator.models.project import Project


class HouseStyle(models.Model):
    """A project without a row has no rules; neither has one whose row is empty."""

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True, related_name="house", editable=False)
    allowed = models.JSONField(default=list, editable=False, help_text="Keys of the allowed models; empty: all.")
    format = models.CharField(max_length=8, blank=True, editable=False, help_text="Chosen where the model has it.")
    lufs = models.FloatField(null=True, editable=False, help_text="Loudness of levelled downloads; empty: as made.")
    words = OneLineField(max_length=200, blank=True, editable=False, help_text="Added to every prompt.")
    avoid = OneLineField(max_length=200, blank=True, editable=False, help_text="Words to keep out, with commas.")

    def __str__(self) -> str:
        return f"the house style of {self.project_id}"
