"""Reconciliation issues: disagreements between our books, the provider's and usual values, for a person to resolve."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.catalog import ProviderAccount
from generator.models.fields import MicrosField
from generator.models.generation import Generation
from generator.models.one_line import OneLineField
from generator.models.provider_records import ProviderBill


class ReconciliationIssueQuerySet(models.QuerySet["ReconciliationIssue"]):
    def unanswered(self) -> "ReconciliationIssueQuerySet":
        """Return the issues that are neither reviewed nor settled by themselves."""
        return self.filter(state__in=(ReconciliationIssue.State.OPEN, ReconciliationIssue.State.DISPUTED))


class ReconciliationIssue(models.Model):
    """One line of the work list. Found once, answered by people; some settle by themselves.

    open ──► reviewed │ disputed ──► reviewed │ gone (its cause no longer exists)
    """

    class Kind(models.TextChoices):
        DOUBT = "doubt", _("Unconfirmed")
        REFUND = "refund", _("Refund pending")
        PRICE = "price", _("Different price")
        SHORT = "short", _("Missing takes")
        GATE = "gate", _("Faulty audio")
        SPIKE = "spike", _("Unusual spend")
        ORPHAN = "orphan", _("Orphaned hold")
        BALANCE = "balance", _("Balance mismatch")
        UNKNOWN = "unknown", _("Unknown bill")
        UNBILLED = "unbilled", _("Charged, not billed")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DISPUTED = "disputed", _("Disputed")
        REVIEWED = "reviewed", _("Reviewed")
        GONE = "gone", _("Resolved automatically")

    kind = models.CharField(max_length=8, choices=Kind, editable=False)
    subject = OneLineField(max_length=120, editable=False, help_text="What it is about; identifies repeated findings.")
    sentence = models.TextField(editable=False)
    amount = MicrosField(default=0, editable=False, help_text="Disputed amount.")
    month = models.CharField(max_length=7, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN, editable=False)
    generation = models.ForeignKey(Generation, models.PROTECT, null=True, related_name="issues", editable=False)
    account = models.ForeignKey(ProviderAccount, models.PROTECT, null=True, related_name="+", editable=False)
    bill = models.ForeignKey(ProviderBill, models.PROTECT, null=True, related_name="issues", editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    found_at = models.DateTimeField(default=timezone.now, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)

    objects = ReconciliationIssueQuerySet.as_manager()

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="one_issue_a_subject")]
        indexes = [models.Index(fields=["state", "kind", "-id"], name="issue_to_do")]

    def __str__(self) -> str:
        return self.sentence

    @property
    def happened_at(self) -> dt.datetime:
        """Return when it happened, as far as known: the bill's time, else the generation's, else when it was found."""
        if self.bill and self.bill.at:
            return self.bill.at
        return self.generation.created_at if self.generation else self.found_at


class BalanceReading(models.Model):
    """A provider's reported balance at a moment; two readings show how much was spent."""

    account = models.ForeignKey(ProviderAccount, models.CASCADE, related_name="readings", editable=False)
    balance = MicrosField(editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["account", "-at"], name="reading_newest")]

    def __str__(self) -> str:
        return f"{self.account} at {self.at:%Y-%m-%d %H:%M}"
