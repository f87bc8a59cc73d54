"""A provider's own records: bill lines, messages that a job has ended, and which generation each job belongs to."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.catalog import ProviderAccount
from generator.models.fields import MicrosField
from generator.models.generation import Generation


class ProviderBill(models.Model):
    """One bill line as the provider printed it; ours are the ledger's entries. Never changed once read."""

    account = models.ForeignKey(ProviderAccount, models.PROTECT, related_name="bills", editable=False)
    uuid = models.CharField(max_length=120, editable=False)
    kind = models.CharField(max_length=40, editable=False)
    amount = MicrosField(editable=False, help_text="Micro-dollars, as billed by the provider.")
    at = models.DateTimeField(null=True, editable=False)
    provider_job_id = models.CharField(max_length=200, blank=True, editable=False)
    generation = models.ForeignKey(Generation, models.PROTECT, null=True, related_name="bills", editable=False)
    seen_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("provider bill")
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["account", "uuid"], name="one_bill_a_line")]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"


class ProviderJob(models.Model):
    """A provider's job belongs to one generation: the first to write the row has it."""

    account = models.ForeignKey(ProviderAccount, models.PROTECT, related_name="jobs", editable=False)
    provider_job_id = models.CharField(max_length=200, editable=False)
    generation = models.OneToOneField(Generation, models.PROTECT, related_name="provider_job", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "provider_job_id"], name="one_generation_a_job")]
        indexes = [models.Index(fields=["account", "at"], name="provider_job_newest")]

    def __str__(self) -> str:
        return self.provider_job_id


class ProviderWebhookEvent(models.Model):
    """A signed message that a job has ended, kept until the job is known: it may arrive before the job id is stored."""

    account = models.ForeignKey(ProviderAccount, models.CASCADE, related_name="webhook_events", editable=False)
    event = models.CharField(
        max_length=200, editable=False, help_text="The job and its state; identifies repeated messages."
    )
    provider_job_id = models.CharField(max_length=200, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "event"], name="one_row_per_provider_event")]
        indexes = [models.Index(fields=["provider_job_id"], name="provider_event_job")]

    def __str__(self) -> str:
        return self.event
