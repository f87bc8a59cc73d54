"""Months that finance has closed."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.fields import MicrosField


class ClosedMonth(models.Model):
    """A month whose entries are final: the database accepts no more (triggers in migration 0001_squashed_0_1)."""

    month = models.CharField(max_length=7, unique=True, editable=False)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    closed_at = models.DateTimeField(default=timezone.now, editable=False)
    note = models.CharField(max_length=300, blank=True, editable=False)
    entries = models.PositiveIntegerField(editable=False)
    charged = MicrosField(editable=False)
    credited = MicrosField(editable=False)
    adjusted = MicrosField(editable=False)
    stated = MicrosField(default=0, db_default=0, editable=False)
    takes = models.PositiveIntegerField(editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 over its entries, in their order.")

    class Meta:
        ordering = ["-month"]

    def __str__(self) -> str:
        return self.month

    @property
    def spent(self) -> int:
        return self.charged + self.adjusted + self.stated - self.credited
