"""Project defaults: the models of a project, its file format, and the words that it wants or excludes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from generator.models.one_line import OneLineField
from generator.models.project import Project


class FallbackMode(models.TextChoices):
    """What happens with the next model of a project's fallback order when the chosen one is unavailable."""

    OFFER = "offer", _("Offer it")
    USE = "use", _("Use it, unless it costs more")


class ProjectDefaults(models.Model):
    """A project without a row has no rules; an empty row has none either."""

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True, related_name="defaults", editable=False)
    allowed_models = models.JSONField(default=list, editable=False, help_text="Keys of the allowed models; empty: all.")
    fallback_models = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        editable=False,
        help_text="Keys of the models to take when another is unavailable, the first first; empty: no order.",
    )
    fallback_mode = models.CharField(
        max_length=8,
        choices=FallbackMode,
        default=FallbackMode.OFFER,
        db_default=FallbackMode.OFFER,
        editable=False,
    )
    format = models.CharField(max_length=8, blank=True, editable=False, help_text="Selected if the model offers it.")
    lufs = models.FloatField(null=True, editable=False, help_text="Loudness of leveled downloads; empty: unchanged.")
    prompt_suffix = OneLineField(max_length=200, blank=True, editable=False, help_text="Added to every prompt.")
    excluded_terms = OneLineField(
        max_length=200, blank=True, editable=False, help_text="Words to exclude, separated by commas."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(fallback_mode__in=FallbackMode.values), name="fallback_mode_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"project defaults of {self.project_id}"
