"""What the studio tells other programs: a project's webhooks, the messages to them, and each try to deliver one.

    message   waiting  ──due──►  tried ──2xx──► delivered
              (paused,             │  ▲
               or its work is      └──┘ again later; after the last try: given up
               not done yet)

`due_at` is the claim as well: whoever moves it has the message until then (`generator.workflow.webhooks.sending`).
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from generator.models.fields import RefField
from generator.models.generation import Generation
from generator.models.one_line import OneLineField
from generator.models.project import Project
from generator.models.sealed import SealedField


class Webhook(models.Model):
    """An address that a project's owners want told of what happens in it."""

    ref = RefField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="webhooks", editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    name = OneLineField(max_length=60, help_text="What listens there, such as “edit suite”.")
    url = models.CharField(max_length=1000)
    events = models.JSONField(default=list, help_text="The kinds it is told of; empty: all.")
    secret = SealedField(editable=False)
    former_secret = SealedField(blank=True, editable=False, help_text="Signs beside the new one until it ends.")
    former_until = models.DateTimeField(null=True, editable=False)
    base = models.CharField(
        max_length=200, editable=False, help_text="How its owner reached the studio; for links where no address is set."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    paused_why = OneLineField(max_length=300, blank=True, editable=False)
    failures_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"webhook “{self.name}”"

    def hears(self, event: str) -> bool:
        return not self.events or event in self.events

    @property
    def secrets(self) -> list[str]:
        """What a message is signed with, the newest first."""
        overlapping = self.former_until is not None and self.former_until > timezone.now()
        return [self.secret, self.former_secret] if overlapping and self.former_secret else [self.secret]


class WebhookMessage(models.Model):
    """One thing to tell one address, written in the transaction of the change it tells of; its ref is its id."""

    ref = RefField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", editable=False)
    webhook = models.ForeignKey(
        Webhook,
        models.CASCADE,
        null=True,
        related_name="messages",
        editable=False,
        help_text="Empty: asked for with a single request, by a program.",
    )
    url = models.CharField(max_length=2000, blank=True, editable=False, help_text="Where to, without a webhook.")
    base = models.CharField(max_length=200, blank=True, editable=False, help_text="As the program reached the studio.")
    generation = models.ForeignKey(Generation, models.PROTECT, null=True, related_name="messages", editable=False)
    event = models.CharField(max_length=40, editable=False)
    facts = models.JSONField(default=dict, editable=False, help_text="What has to be known to write its body.")
    at = models.DateTimeField(default=timezone.now, editable=False)
    body = models.TextField(blank=True, editable=False, help_text="Written at the first try, and sent again as it is.")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(null=True, editable=False, help_text="Next try; empty: none is to come by itself.")
    delivered_at = models.DateTimeField(null=True, editable=False)
    given_up_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="webhook_message_due"),
            models.Index(fields=["webhook", "-id"], name="webhook_message_newest"),
            models.Index(fields=["at"], name="webhook_message_at"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["generation", "url"], condition=Q(webhook__isnull=True), name="asked_for_once"
            ),
            models.CheckConstraint(
                condition=Q(webhook__isnull=False, url="") | (Q(webhook__isnull=True) & ~Q(url="")),
                name="message_has_one_target",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"

    @property
    def message_id(self) -> str:
        """What the receiver knows it by, the same at every try."""
        return f"msg_{self.ref}"

    @property
    def target(self) -> str:
        return self.webhook.url if self.webhook else self.url

    @property
    def outcome(self) -> str:
        """How it stands: a word for the log."""
        if self.delivered_at and self.due_at is None:
            return "delivered"
        if self.given_up_at:
            return "given up"
        if self.due_at is None:
            return "kept"
        return "trying again" if self.attempts else "on its way"


class WebhookTry(models.Model):
    """One try, written before the request leaves. Without an end, whoever made it has died over it."""

    message = models.ForeignKey(WebhookMessage, models.CASCADE, related_name="tries", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    status = models.PositiveSmallIntegerField(null=True, editable=False, help_text="HTTP; empty: no answer.")
    ms = models.PositiveIntegerField(default=0, editable=False)
    error = models.CharField(max_length=300, blank=True, editable=False)
    reply = models.TextField(blank=True, editable=False, help_text="The beginning of the answer.")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.message} {self.status or self.error}"
