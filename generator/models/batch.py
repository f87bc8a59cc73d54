"""Generations that were submitted with one press and paid with one price: a show kit, several briefs or takes."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.fields import PublicIdField
from generator.models.generation import Generation
from generator.models.project import Project


class Batch(models.Model):
    class Kind(models.TextChoices):
        KIT = "kit", _("Show kit")
        BRIEFS = "briefs", _("Several briefs")
        TAKES = "takes", _("Several takes")

    public_id = PublicIdField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="batches", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="batches", editable=False)
    kind = models.CharField(max_length=8, choices=Kind, editable=False)
    idempotency_key = models.CharField(max_length=64, editable=False)
    request_hash = models.CharField(  # noqa: DJ001  null: the same column as in the other requests
        max_length=64, null=True, editable=False, help_text="SHA-256 of what was sent with the key."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    dismissed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name_plural = "batches"
        indexes = [models.Index(fields=["project", "-id"], name="batch_newest")]
        constraints = [models.UniqueConstraint(fields=["author", "idempotency_key"], name="one_batch_a_key")]

    def __str__(self) -> str:
        return f"{self.public_id} {self.kind}"


class BatchItem(models.Model):
    """One generation of a batch. A side table: there are many generations and few batches."""

    generation = models.OneToOneField(
        Generation, models.CASCADE, primary_key=True, related_name="batch_item", editable=False
    )
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="items", editable=False)
    place = models.PositiveSmallIntegerField(editable=False)
    title = models.CharField(max_length=40, blank=True, editable=False)

    class Meta:
        ordering = ["place"]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.place}"
