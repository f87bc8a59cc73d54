"""Things for a person to look at: what the books, the provider and the usual do not agree about."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.books import ProviderBill
from generator.models.catalogue import ProviderAccount
from generator.models.fields import MicrosField
from generator.models.generation import Generation
from generator.models.one_line import OneLineField


class MatterQuerySet(models.QuerySet["Matter"]):
    def unanswered(self) -> "MatterQuerySet":
        """Nobody has said what it is: neither reviewed nor settled by itself."""
        return self.filter(state__in=(Matter.State.OPEN, Matter.State.DISPUTED))


class Matter(models.Model):
    """One line of the work list. Found once, answered by people; some settle by themselves.

    open ──► reviewed │ disputed ──► reviewed │ gone (what it was about is no longer so)
    """

    class Kind(models.TextChoices):
        DOUBT = "doubt", "In doubt"
        REFUND = "refund", "Refund awaited"
        PRICE = "price", "Another price"
        SHORT = "short", "Takes missing"
        GATE = "gate", "Faulty sound"
        SPIKE = "spike", "Unusual spend"
        ORPHAN = "orphan", "Forgotten hold"
        BALANCE = "balance", "Balance moved"
        UNKNOWN = "unknown", "Billed, not ours"
        UNBILLED = "unbilled", "Charged, not billed"

    class State(models.TextChoices):
        OPEN = "open", "To look at"
        DISPUTED = "disputed", "Disputed"
        REVIEWED = "reviewed", "Reviewed"
        GONE = "gone", "Settled by itself"

    kind = models.CharField(max_length=8, choices=Kind, editable=False)
    subject = OneLineField(max_length=120, editable=False, help_text="What it is about: the same news is one line.")
    sentence = models.TextField(editable=False)
    amount = MicrosField(default=0, editable=False, help_text="What is at stake.")
    month = models.CharField(max_length=7, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN, editable=False)
    generation = models.ForeignKey(Generation, models.PROTECT, null=True, related_name="matters", editable=False)
    account = models.ForeignKey(ProviderAccount, models.PROTECT, null=True, related_name="+", editable=False)
    bill = models.ForeignKey(ProviderBill, models.PROTECT, null=True, related_name="matters", editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    found_at = models.DateTimeField(default=timezone.now, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)

    objects = MatterQuerySet.as_manager()

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="one_matter_a_subject")]
        indexes = [models.Index(fields=["state", "kind", "-id"], name="matter_to_do")]

    def __str__(self) -> str:
        return self.sentence

    @property
    def happened_at(self) -> dt.datetime:
        """When it happened, as far as is known: the bill's moment, else the run's, else when it was found."""
        if self.bill and self.bill.at:
            return self.bill.at
        return self.generation.created_at if self.generation else self.found_at


class BalanceReading(models.Model):
    """What a provider said was left, at a moment: two of them say how much went."""

    account = models.ForeignKey(ProviderAccount, models.CASCADE, related_name="readings", editable=False)
    balance = MicrosField(editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["account", "-at"], name="reading_newest")]

    def __str__(self) -> str:
        return f"{self.account} at {self.at:%Y-%m-%d %H:%M}"
