"""What the people who look after the money leave behind: stop switches, closed months, and a line for every deed."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.fields import MicrosField
from generator.models.generation import Generation
from generator.models.ledger import Entry
from generator.models.matter import Matter
from generator.models.project import Project


class StopQuerySet(models.QuerySet["Stop"]):
    def in_force(self) -> "StopQuerySet":
        return self.filter(lifted_at=None)


class Stop(models.Model):
    """Nothing new may be asked for: by a person, in a project, of a provider, or (all empty) anywhere."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="stops", editable=False)
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="stops", editable=False)
    provider_key = models.CharField(max_length=50, blank=True, editable=False)
    reason = models.CharField(max_length=300, editable=False, help_text="Shown to the people it stops.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    lifted_at = models.DateTimeField(null=True, editable=False)

    objects = StopQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=models.Q(lifted_at=None), name="one_stop_a_user"),
            models.UniqueConstraint(fields=["project"], condition=models.Q(lifted_at=None), name="one_stop_a_project"),
            models.UniqueConstraint(
                fields=["provider_key"],
                condition=models.Q(lifted_at=None, user=None, project=None),
                name="one_stop_a_provider_and_one_for_everything",
            ),
        ]

    def __str__(self) -> str:
        return f"stop: {self.target}"

    @property
    def target(self) -> str:
        """What is stopped, in words."""
        if self.provider_key:
            return f"everything sent to {self.provider_key}"
        return str(self.user or self.project or "everything")


class ClosedMonth(models.Model):
    """A month whose entries are final: the database takes no more with its name (triggers in migration 0012)."""

    month = models.CharField(max_length=7, unique=True, editable=False)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    closed_at = models.DateTimeField(default=timezone.now, editable=False)
    note = models.CharField(max_length=300, blank=True, editable=False)
    entries = models.PositiveIntegerField(editable=False)
    charged = MicrosField(editable=False)
    credited = MicrosField(editable=False)
    adjusted = MicrosField(editable=False)
    takes = models.PositiveIntegerField(editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 over its entries, in their order.")

    class Meta:
        ordering = ["-month"]

    def __str__(self) -> str:
        return self.month

    @property
    def spent(self) -> int:
        return self.charged + self.adjusted - self.credited


class Deed(models.Model):
    """Who did what with money, when; the database refuses to change or delete one."""

    class What(models.TextChoices):
        CAP = "cap", "Set a cap"
        ASKED = "asked", "Asked for more"
        GRANTED = "granted", "Granted more"
        DECLINED = "declined", "Declined"
        STOPPED = "stopped", "Stopped"
        LIFTED = "lifted", "Lifted a stop"
        CLOSED = "closed", "Closed a month"
        NOTED = "noted", "Noted"
        REVIEWED = "reviewed", "Marked as reviewed"
        DISPUTED = "disputed", "Disputed"
        REOPENED = "reopened", "Opened again"
        CREDITED = "credited", "Credited"
        ADJUSTED = "adjusted", "Corrected"
        RELEASED = "released", "Released"
        CHARGED = "charged", "Charged"
        SETTLED = "settled", "Settled by itself"

    what = models.CharField(max_length=8, choices=What, editable=False)
    text = models.TextField(editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="deeds", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="+", editable=False)
    generation = models.ForeignKey(Generation, models.PROTECT, null=True, related_name="deeds", editable=False)
    entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="deeds", editable=False)

    matter = models.ForeignKey(Matter, models.PROTECT, null=True, related_name="deeds", editable=False)

    class Meta:
        ordering = ["-at", "-id"]
        permissions = [
            ("look_at_money", "May look at everybody's money, and note"),
            ("book_money", "May book credits and corrections, stop, grant and close"),
        ]

    def __str__(self) -> str:
        return self.text
