"""Notifications to people, and their preferences for how to receive them."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.one_line import OneLineField
from generator.models.project import Project


class NotificationKind(models.TextChoices):
    DONE = "done", _("My music is ready")
    FAILED = "failed", _("My music could not be generated")
    COMMENT = "comment", _("Someone comments on my track")
    INVITATION = "invitation", _("I’m invited to a project")
    JOINED = "joined", _("Someone I invited has joined")
    APPROVAL = "approval", _("Approval is requested, granted, or declined")
    BUDGET = "budget", _("A budget is running low")
    WEBHOOK = "webhook", _("A webhook in my project is paused")
    FILES = "files", _("My pack or edit is ready, or could not be made")


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> "NotificationQuerySet":
        return self.filter(in_app=True, read_at__isnull=True)


class Notification(models.Model):
    """One notification for one person. The channels were chosen by their preference when it was written."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", editable=False
    )
    kind = models.CharField(max_length=12, choices=NotificationKind, editable=False)
    project = models.ForeignKey(
        Project,
        models.CASCADE,
        null=True,
        related_name="+",
        editable=False,
        help_text="The project it is about; visible to its current members and the people it invites.",
    )
    text = OneLineField(max_length=300, editable=False)
    link = models.CharField(max_length=200, blank=True, editable=False, help_text="A path in the studio.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    in_app = models.BooleanField(default=True, editable=False)
    browser = models.BooleanField(default=False, editable=False)
    mail = models.BooleanField(default=False, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notification_newest"),
            models.Index(fields=["recipient"], condition=models.Q(read_at__isnull=True), name="notification_unread"),
            models.Index(
                fields=["recipient"], condition=models.Q(mail=True, mailed_at__isnull=True), name="notification_to_mail"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class NotificationPreference(models.Model):
    """How a person wants to hear of one kind of notification; without a row, `services.team.notifications` decides."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_preferences", editable=False
    )
    kind = models.CharField(max_length=12, choices=NotificationKind, editable=False)
    in_app = models.BooleanField(editable=False)
    browser = models.BooleanField(editable=False)
    mail = models.BooleanField(editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_choice_a_kind")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind}"
