"""What people say about a track: approved for use, and remarks pinned to a time."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.fields import RefField
from generator.models.track import Track


class Approval(models.Model):
    """A track approved for use: by whom, when, and who took it back. A track without an open one is a draft."""

    track = models.ForeignKey(Track, models.CASCADE, related_name="approvals", editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["track"], condition=models.Q(withdrawn_at__isnull=True), name="one_approval_a_track"
            )
        ]

    def __str__(self) -> str:
        return f"{self.track_id} approved by {self.by}"


class Comment(models.Model):
    ref = RefField()
    track = models.ForeignKey(Track, models.CASCADE, related_name="comments", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments", editable=False)
    at_ms = models.PositiveIntegerField(editable=False, help_text="Where in the track.")
    text = models.TextField(max_length=1000, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, editable=False)
    resolved_at = models.DateTimeField(null=True, editable=False)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["at_ms", "id"]
        indexes = [models.Index(fields=["track", "at_ms", "id"], name="comment_in_order")]

    def __str__(self) -> str:
        return self.text[:60]
