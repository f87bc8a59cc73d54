"""What stands beside a cap: requests for more room, what was granted until when, and the warnings that were sent."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.fields import MicrosField
from generator.models.ledger import Budget
from generator.models.one_line import OneLineField


class RaiseQuerySet(models.QuerySet["Raise"]):
    def open(self) -> "RaiseQuerySet":
        """Those nobody has answered yet."""
        return self.filter(state=Raise.State.OPEN)

    def in_force(self, now: dt.datetime) -> "RaiseQuerySet":
        """Granted, and not run out."""
        return self.filter(state=Raise.State.GRANTED, expires_at__gt=now)


class Raise(models.Model):
    """Somebody asks for more room under a cap; answered once. A grant widens the cap until it expires.

    open ──► granted (amount, until) │ declined (why)
    """

    class State(models.TextChoices):
        OPEN = "open", "Waiting for an answer"
        GRANTED = "granted", "Granted"
        DECLINED = "declined", "Declined"

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="raises", editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    asked = MicrosField(editable=False, help_text="Micro-dollars more than the cap.")
    reason = OneLineField(max_length=300, editable=False)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN, editable=False)
    granted = MicrosField(default=0, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)
    answer = OneLineField(max_length=300, blank=True, editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    answered_at = models.DateTimeField(null=True, editable=False)

    objects = RaiseQuerySet.as_manager()

    class Meta:
        verbose_name = "request for more"
        verbose_name_plural = "requests for more"
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "asked_by"], condition=models.Q(state="open"), name="one_open_request_each"
            ),
            models.CheckConstraint(condition=models.Q(asked__gt=0), name="asks_for_something"),
            models.CheckConstraint(
                condition=~models.Q(state="granted") | models.Q(granted__gt=0, expires_at__isnull=False),
                name="a_grant_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_by} asks for more: {self.budget}"


class Warned(models.Model):
    """A cap has passed a threshold in a month; told once, however often it is passed."""

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="warnings", editable=False)
    month = models.CharField(max_length=7, editable=False)
    percent = models.PositiveSmallIntegerField(editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["budget", "month", "percent"], name="one_warning_a_threshold")]

    def __str__(self) -> str:
        return f"{self.percent} % in {self.month}"
