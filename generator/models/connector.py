"""Connectors as the operator writes them, and which one a generation was sent with. Rows are added, never changed."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.generation import Generation


class ConnectorVersion(models.Model):
    """One wording of a connector. The newest one that an administrator saved is in use, else the one shipped."""

    key = models.SlugField(max_length=30, editable=False, help_text=_("The provider’s key, as in the document."))
    text = models.TextField(blank=True, help_text=_("The document; empty: the one that comes with the studio again."))
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the text.")
    is_saved = models.BooleanField(
        default=True, editable=False, help_text="Saved by an administrator, and not only kept for a generation."
    )
    note = models.CharField(max_length=200, blank=True, help_text=_("What was changed, and why."))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("connector")
        ordering = ["-id"]
        indexes = [models.Index(fields=["key", "digest"], name="connector_text")]

    def __str__(self) -> str:
        return f"{self.key} {self.pk}"


class ConnectorUse(models.Model):
    """The version that a generation was sent with: its job is followed by it to the end."""

    generation = models.OneToOneField(Generation, models.CASCADE, related_name="connector_use", editable=False)
    version = models.ForeignKey(ConnectorVersion, models.PROTECT, related_name="uses", editable=False)

    def __str__(self) -> str:
        return f"{self.generation} {self.version}"
