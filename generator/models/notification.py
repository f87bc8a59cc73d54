"""What the studio has to tell a person, and by which ways they want to hear it."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.one_line import OneLineField
from generator.models.project import Project


class NewsKind(models.TextChoices):
    DONE = "done", "My music is ready"
    FAILED = "failed", "My music could not be made"
    COMMENT = "comment", "Someone comments on a track of mine"
    INVITATION = "invitation", "I am invited to a project"
    BUDGET = "budget", "A budget runs low"
    WEBHOOK = "webhook", "A webhook of my project is paused"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> "NotificationQuerySet":
        return self.filter(in_app=True, read_at__isnull=True)


class Notification(models.Model):
    """One piece of news for one person. How they wanted to be told was asked when it was written."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", editable=False
    )
    kind = models.CharField(max_length=12, choices=NewsKind, editable=False)
    project = models.ForeignKey(
        Project,
        models.CASCADE,
        null=True,
        related_name="+",
        editable=False,
        help_text="The project it is about: told to its members, and to those it invites, for as long as they are.",
    )
    text = OneLineField(max_length=300, editable=False)
    link = models.CharField(max_length=200, blank=True, editable=False, help_text="A path of ours.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    in_app = models.BooleanField(default=True, editable=False)
    browser = models.BooleanField(default=False, editable=False)
    mail = models.BooleanField(default=False, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["recipient", "-id"], name="news_newest"),
            models.Index(fields=["recipient"], condition=models.Q(read_at__isnull=True), name="news_unread"),
            models.Index(
                fields=["recipient"], condition=models.Q(mail=True, mailed_at__isnull=True), name="news_to_mail"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class NotificationChoice(models.Model):
    """By which ways a person wants to hear of one kind of news; without a row, as `generator.workflow.news` says."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="news_choices", editable=False)
    kind = models.CharField(max_length=12, choices=NewsKind, editable=False)
    in_app = models.BooleanField(editable=False)
    browser = models.BooleanField(editable=False)
    mail = models.BooleanField(editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_choice_a_kind")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind}"
