"""The tour of a new person's first minutes: when it began, what only a visit shows, and when it was closed."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Tour(models.Model):
    """One row per person who is shown the tour. What they generated and whom they invited, other rows say."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="tour", editable=False
    )
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    listened_at = models.DateTimeField(null=True, editable=False)
    downloaded_at = models.DateTimeField(null=True, editable=False)
    dismissed_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"tour of {self.user_id} since {self.started_at:%Y-%m-%d}"
