"""Additions to budgets: requests for more, grants with an end, and the alerts that were sent."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.fields import MicrosField
from generator.models.ledger import Budget
from generator.models.one_line import OneLineField


class BudgetIncreaseQuerySet(models.QuerySet["BudgetIncrease"]):
    def open(self) -> "BudgetIncreaseQuerySet":
        """Return the requests that have not been answered."""
        return self.filter(state=BudgetIncrease.State.OPEN)

    def in_force(self, now: dt.datetime) -> "BudgetIncreaseQuerySet":
        """Return the grants that have not expired."""
        return self.filter(state=BudgetIncrease.State.GRANTED, expires_at__gt=now)


class BudgetIncrease(models.Model):
    """A request for more than a budget leaves, answered once. A grant raises the budget until it expires.

    open ──► granted (amount, until) │ declined (why)
    """

    class State(models.TextChoices):
        OPEN = "open", _("Pending")
        GRANTED = "granted", _("Granted")
        DECLINED = "declined", _("Declined")

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="increases", editable=False)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    requested = MicrosField(editable=False, help_text="Micro-dollars on top of the budget.")
    reason = OneLineField(max_length=300, editable=False)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN, editable=False)
    granted = MicrosField(default=0, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)
    answer = OneLineField(max_length=300, blank=True, editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    answered_at = models.DateTimeField(null=True, editable=False)

    objects = BudgetIncreaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget request")
        verbose_name_plural = _("budget requests")
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "requested_by"], condition=models.Q(state="open"), name="one_open_request_each"
            ),
            models.CheckConstraint(condition=models.Q(requested__gt=0), name="increase_is_positive"),
            models.CheckConstraint(
                condition=~models.Q(state="granted") | models.Q(granted__gt=0, expires_at__isnull=False),
                name="a_grant_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"request by {self.requested_by}: {self.budget}"


class BudgetAlert(models.Model):
    """A budget has passed a threshold in a month. One alert is sent, however often it is passed."""

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="alerts", editable=False)
    month = models.CharField(max_length=7, editable=False)
    percent = models.PositiveSmallIntegerField(editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["budget", "month", "percent"], name="one_alert_per_threshold")]

    def __str__(self) -> str:
        return f"{self.percent}% in {self.month}"
