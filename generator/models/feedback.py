"""Feedback on a track: approvals, and comments at a time in the track."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.fields import PublicIdField
from generator.models.one_line import OneLineField
from generator.models.track import Track


class Approval(models.Model):
    """Approval of a track for use: by whom, when, and who withdrew it. A track without an open approval is a draft."""

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


class ApprovalRequest(models.Model):
    """A member’s request to approve a track, open until it is answered."""

    track = models.ForeignKey(Track, models.CASCADE, related_name="approval_requests", editable=False)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    answered_at = models.DateTimeField(null=True, editable=False)
    is_declined = models.BooleanField(default=False, editable=False)
    answer = OneLineField(max_length=300, blank=True, editable=False, help_text=_("Why it was declined."))

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["track"], condition=models.Q(answered_at__isnull=True), name="one_open_approval_request"
            )
        ]

    def __str__(self) -> str:
        return f"{self.requested_by} requests approval of {self.track_id}"


class Comment(models.Model):
    public_id = PublicIdField()
    track = models.ForeignKey(Track, models.CASCADE, related_name="comments", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments", editable=False)
    at_ms = models.PositiveIntegerField(editable=False, help_text=_("Position in the track, in milliseconds."))
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
