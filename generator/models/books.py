"""What a provider says of itself: lines of its own books, messages that a job has ended; and whose each job is."""

from django.db import models
from django.utils import timezone

from generator.models.catalogue import ProviderAccount
from generator.models.fields import MicrosField
from generator.models.generation import Generation


class ProviderBill(models.Model):
    """One line of a provider's books as it printed it; ours are the ledger's entries. Never changed once read."""

    account = models.ForeignKey(ProviderAccount, models.PROTECT, related_name="bills", editable=False)
    uuid = models.CharField(max_length=120, editable=False)
    kind = models.CharField(max_length=40, editable=False)
    amount = MicrosField(editable=False, help_text="Micro-dollars, as they print it.")
    at = models.DateTimeField(null=True, editable=False)
    handle = models.CharField(max_length=200, blank=True, editable=False)
    generation = models.ForeignKey(Generation, models.PROTECT, null=True, related_name="bills", editable=False)
    seen_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "provider's bill line"
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["account", "uuid"], name="one_bill_a_line")]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"


class ProviderJob(models.Model):
    """A job at a provider belongs to one generation: whoever writes the row first has it."""

    account = models.ForeignKey(ProviderAccount, models.PROTECT, related_name="jobs", editable=False)
    handle = models.CharField(max_length=200, editable=False)
    generation = models.OneToOneField(Generation, models.PROTECT, related_name="provider_job", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "handle"], name="one_generation_a_job")]
        indexes = [models.Index(fields=["account", "at"], name="provider_job_newest")]

    def __str__(self) -> str:
        return self.handle


class Notice(models.Model):
    """A signed message that a job has ended, kept until the job is known here: it may come before its id is stored."""

    account = models.ForeignKey(ProviderAccount, models.CASCADE, related_name="notices", editable=False)
    event = models.CharField(max_length=200, editable=False, help_text="The job and its state: the same news is one.")
    handle = models.CharField(max_length=200, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "event"], name="one_notice_an_event")]
        indexes = [models.Index(fields=["handle"], name="notice_handle")]

    def __str__(self) -> str:
        return self.event
