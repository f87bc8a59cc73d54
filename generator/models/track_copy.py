"""The origin of a copied track."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.generation import Generation
from generator.models.track import Track


class TrackCopy(models.Model):
    """A copy refers to the generation that made and paid for the sound; its own generation only carries its license."""

    track = models.OneToOneField(Track, models.CASCADE, primary_key=True, related_name="origin", editable=False)
    source = models.ForeignKey(Track, models.SET_NULL, null=True, related_name="copies", editable=False)
    paid_by = models.ForeignKey(Generation, models.PROTECT, related_name="+", editable=False)
    copied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "track copies"

    def __str__(self) -> str:
        return f"{self.track_id}, copied from {self.source_id}"
