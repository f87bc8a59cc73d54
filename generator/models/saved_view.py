"""Saved views of the billing review's work list: filters that a person has named."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.one_line import OneLineField


class SavedView(models.Model):
    """A person's named filters of the work list, as the query string that shows them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", editable=False)
    name = OneLineField(max_length=40, editable=False)
    query = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_saved_view_a_name")]

    def __str__(self) -> str:
        return self.name
