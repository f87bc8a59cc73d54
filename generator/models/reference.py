"""References: sounds of a project that steer later generations, and the ids that providers gave them.

uploaded ──► being checked ──► ready       decoded, trimmed, an MP3 of ours
                   └─────────► refused     `problem` says why; nothing of it is kept
"""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.catalog import ProviderAccount
from generator.models.fields import PublicIdField
from generator.models.generation import Generation, State
from generator.models.one_line import OneLineField
from generator.models.project import Project
from generator.models.track import Track


class ReferenceQuerySet(models.QuerySet["Reference"]):
    def kept(self) -> "ReferenceQuerySet":
        return self.filter(trashed_at__isnull=True)

    def with_ids(self) -> "ReferenceQuerySet":
        return self.prefetch_related(
            models.Prefetch("provider_references", ProviderReference.objects.select_related("generation", "account"))
        )


class Reference(models.Model):
    public_id = PublicIdField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="references", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="references", editable=False)
    track = models.ForeignKey(
        Track, models.SET_NULL, null=True, editable=False, help_text=_("The track that the reference was taken from.")
    )
    title = OneLineField(max_length=120, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    trashed_at = models.DateTimeField(null=True, editable=False)

    upload = models.CharField(
        max_length=120, blank=True, editable=False, help_text="The uploaded file, until it is read."
    )
    upload_sha256 = models.CharField(max_length=64, editable=False)
    start_ms = models.PositiveIntegerField(default=0, editable=False)
    most_ms = models.PositiveIntegerField(editable=False, help_text=_("Maximum length that is used, in milliseconds."))
    due_at = models.DateTimeField(null=True, editable=False, help_text="Next attempt to read it; empty once done.")
    claim = models.BigIntegerField(null=True, editable=False, help_text="Number of the worker that holds it.")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    problem = models.TextField(blank=True, editable=False, help_text=_("Why the reference cannot be used."))

    file = models.CharField(max_length=120, blank=True, editable=False, help_text="Its MP3, under MEDIA_ROOT.")
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    size = models.PositiveBigIntegerField(default=0, editable=False, help_text=_("Size in bytes."))
    length_ms = models.PositiveIntegerField(default=0, editable=False)
    came_ms = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Length of the uploaded file, in milliseconds.")
    )
    waveform = models.TextField(blank=True, editable=False)
    measured = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        editable=False,
        help_text=_("Tempo, key, brightness, and energy, for models that use them."),
    )

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["project", "-created_at", "-id"], name="reference_newest"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="reference_due"),
        ]
        constraints = [
            # The same sound is not kept, and so not paid for, twice; a refused or deleted one may be uploaded again.
            models.UniqueConstraint(
                fields=["project", "upload_sha256", "start_ms", "most_ms"],
                condition=models.Q(trashed_at__isnull=True, problem=""),
                name="one_reference_a_sound",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_ready(self) -> bool:
        return bool(self.file)

    @property
    def is_checking(self) -> bool:
        return not self.file and not self.problem

    @property
    def is_being_measured(self) -> bool:
        """Return whether it was read before references were measured and is waiting to be measured."""
        return self.is_ready and not self.measured and self.due_at is not None

    @property
    def length(self) -> dt.timedelta:
        return dt.timedelta(milliseconds=self.length_ms)


class ProviderReference(models.Model):
    """A provider's id of a reference, for one purpose. The row is the claim: two people cannot both pay for it.

    `registered_id` is empty until the generation that pays for it is ready; after a failure the next one takes over.
    """

    reference = models.ForeignKey(Reference, models.CASCADE, related_name="provider_references", editable=False)
    account = models.ForeignKey(ProviderAccount, models.PROTECT, related_name="+", editable=False)
    purpose = models.CharField(max_length=40, editable=False)
    registered_id = models.CharField(max_length=200, blank=True, editable=False)
    generation = models.ForeignKey(
        Generation,
        models.PROTECT,
        related_name="provider_references",
        editable=False,
        help_text=_("The generation that was charged for the reference."),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    registered_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False, help_text=_("If empty, not stated by the provider."))

    class Meta:
        verbose_name = _("provider reference")
        constraints = [models.UniqueConstraint(fields=["reference", "account", "purpose"], name="one_id_a_purpose")]

    def __str__(self) -> str:
        return self.registered_id or f"{self.purpose}, not registered yet"

    @property
    def is_good(self) -> bool:
        return bool(self.registered_id) and (self.expires_at is None or self.expires_at > timezone.now())

    @property
    def is_under_way(self) -> bool:
        return not self.registered_id and self.generation.state not in State.ended()
