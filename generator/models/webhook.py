"""Outgoing webhooks: the addresses of a project, the messages to them, and each attempt to deliver one.

    message   waiting  ──due──►  tried ──2xx──► delivered
              (paused,             │  ▲
               or its work is      └──┘ again later; after the last try: given up
               not done yet)

`due_at` is also the claim: its worker owns the message until then (`generator.services.webhooks.delivery`).
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.encryption import EncryptedField
from generator.models.fields import PublicIdField
from generator.models.generation import Generation
from generator.models.one_line import OneLineField
from generator.models.project import Project


class Webhook(models.Model):
    """An address that a project's owners set to receive the project's events."""

    public_id = PublicIdField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="webhooks", editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    name = OneLineField(max_length=60, help_text=_("What receives the events, such as “edit suite”."))
    url = models.CharField(max_length=1000)
    events = models.JSONField(default=list, help_text=_("The event types sent to this webhook. If empty, all."))
    secret = EncryptedField(editable=False)
    former_secret = EncryptedField(blank=True, editable=False, help_text="Also signs until it expires.")
    former_until = models.DateTimeField(null=True, editable=False)
    base = models.CharField(
        max_length=200,
        editable=False,
        help_text=_("The address at which its owner opened the studio; used in links if no public address is set."),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    paused_why = OneLineField(max_length=300, blank=True, editable=False)
    failures_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return _("webhook “{name}”").format(name=self.name)

    def hears(self, event: str) -> bool:
        return not self.events or event in self.events

    @property
    def secrets(self) -> list[str]:
        """Return the secrets that sign a message, newest first."""
        overlapping = self.former_until is not None and self.former_until > timezone.now()
        return [self.secret, self.former_secret] if overlapping and self.former_secret else [self.secret]


class WebhookDelivery(models.Model):
    """One message to one address, written in the transaction of the change that it reports; its public ID is its id."""

    public_id = PublicIdField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", editable=False)
    webhook = models.ForeignKey(
        Webhook,
        models.CASCADE,
        null=True,
        related_name="deliveries",
        editable=False,
        help_text=_("If empty, requested by a program for a single generation."),
    )
    url = models.CharField(
        max_length=2000, blank=True, editable=False, help_text=_("Target address, if there is no webhook.")
    )
    base = models.CharField(
        max_length=200, blank=True, editable=False, help_text=_("The address at which the program reached the studio.")
    )
    generation = models.ForeignKey(
        Generation, models.PROTECT, null=True, related_name="webhook_deliveries", editable=False
    )
    event = models.CharField(max_length=40, editable=False)
    facts = models.JSONField(
        default=dict, editable=False, help_text=_("The data that the message body is created from.")
    )
    at = models.DateTimeField(default=timezone.now, editable=False)
    body = models.TextField(blank=True, editable=False, help_text="Written at the first attempt, and resent unchanged.")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(
        null=True, editable=False, help_text=_("Next attempt. If empty, no automatic attempt is planned.")
    )
    delivered_at = models.DateTimeField(null=True, editable=False)
    given_up_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="webhook_delivery_due"),
            models.Index(fields=["webhook", "-id"], name="webhook_delivery_newest"),
            models.Index(fields=["at"], name="webhook_delivery_at"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["generation", "url"], condition=Q(webhook__isnull=True), name="one_delivery_per_request"
            ),
            models.CheckConstraint(
                condition=Q(webhook__isnull=False, url="") | (Q(webhook__isnull=True) & ~Q(url="")),
                name="delivery_has_one_target",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"

    @property
    def message_id(self) -> str:
        """Return the id that the receiver sees, the same at every attempt."""
        return f"msg_{self.public_id}"

    @property
    def target(self) -> str:
        return self.webhook.url if self.webhook else self.url

    @property
    def outcome(self) -> str:
        """Return the delivery state as a word for the log."""
        if self.delivered_at and self.due_at is None:
            return "delivered"
        if self.given_up_at:
            return "given up"
        if self.due_at is None:
            return "kept"
        return "trying again" if self.attempts else "on its way"


class DeliveryAttempt(models.Model):
    """One delivery attempt, written before the request is sent. Without an end, the worker died during it."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="delivery_attempts", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    status = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text=_("HTTP status. If empty, no response was received.")
    )
    ms = models.PositiveIntegerField(default=0, editable=False)
    error = models.CharField(max_length=300, blank=True, editable=False)
    reply = models.TextField(blank=True, editable=False, help_text="The beginning of the response.")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.delivery} {self.status or self.error}"
