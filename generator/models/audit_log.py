"""The audit log: who changed what, and when; of projects for their owners, of money for finance."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.generation import Generation
from generator.models.ledger import LedgerEntry
from generator.models.project import Project
from generator.models.reconciliation_issue import ReconciliationIssue


class AuditLogQuerySet(models.QuerySet["AuditLogEntry"]):
    def project_changes(self) -> "AuditLogQuerySet":
        """Return what the owners of a project see: members, settings, visibility, approvals, tracks."""
        return self.filter(action__in=AuditLogEntry.Action.of_projects())

    def billing_changes(self) -> "AuditLogQuerySet":
        """Return what finance sees: everything about budgets and money."""
        return self.exclude(action__in=AuditLogEntry.Action.of_projects())


class AuditLogEntry(models.Model):
    """Who did what, and when; the database refuses to change or delete a row."""

    class Action(models.TextChoices):
        MEMBERS = "members", _("Changed members")
        SETTINGS = "settings", _("Changed settings")
        VISIBILITY = "visibility", _("Changed visibility")
        APPROVAL = "approval", _("Changed an approval")
        TRACKS = "tracks", _("Moved tracks")

        BUDGET_SET = "budget_set", _("Set a budget")
        INCREASE_REQUESTED = "increase_requested", _("Requested a budget increase")
        INCREASE_GRANTED = "increase_granted", _("Granted a budget increase")
        INCREASE_DECLINED = "increase_declined", _("Declined a budget increase")
        SUSPENDED = "suspended", _("Suspended")
        SUSPENSION_LIFTED = "suspension_lifted", _("Lifted a suspension")
        MONTH_CLOSED = "month_closed", _("Closed a month")
        NOTED = "noted", _("Added a note")
        REVIEWED = "reviewed", _("Marked as reviewed")
        DISPUTED = "disputed", _("Disputed")
        REOPENED = "reopened", _("Reopened")
        CREDITED = "credited", _("Credited")
        ADJUSTED = "adjusted", _("Adjusted")
        RELEASED = "released", _("Released")
        CHARGED = "charged", _("Charged")
        SETTLED = "settled", _("Resolved automatically")

        @classmethod
        def of_projects(cls) -> "tuple[AuditLogEntry.Action, ...]":
            return (cls.MEMBERS, cls.SETTINGS, cls.VISIBILITY, cls.APPROVAL, cls.TRACKS)

    action = models.CharField(max_length=20, choices=Action, editable=False)
    text = models.TextField(editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="audit_log",
        editable=False,
        help_text=_("If empty, the studio itself."),
    )
    at = models.DateTimeField(default=timezone.now, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="audit_log", editable=False)
    generation = models.ForeignKey(Generation, models.PROTECT, null=True, related_name="audit_log", editable=False)
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, null=True, related_name="audit_log", editable=False)
    issue = models.ForeignKey(ReconciliationIssue, models.PROTECT, null=True, related_name="audit_log", editable=False)

    objects = AuditLogQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("audit log entries")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["project", "-at", "-id"], name="audit_log_newest")]
        permissions = [
            ("view_billing", "May view everyone's spending, and add notes"),
            ("manage_billing", "May book credits and adjustments, suspend, grant and close months"),
        ]

    def __str__(self) -> str:
        return self.text
