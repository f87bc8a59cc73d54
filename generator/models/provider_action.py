"""What providers do with existing sounds: one generation each, and the stems that some of them return."""

from django.db import models
from django.utils import timezone

from generator.models.fields import PublicIdField
from generator.models.generation import Generation
from generator.models.one_line import OneLineField
from generator.models.reference import Reference
from generator.models.track import Track


class ProviderAction(models.Model):
    """The sound that an action works on (exactly one; it may be deleted afterwards) and its address at the provider."""

    generation = models.OneToOneField(Generation, models.PROTECT, related_name="provider_action", editable=False)
    reference = models.ForeignKey(
        Reference, models.SET_NULL, null=True, related_name="provider_actions", editable=False
    )
    track = models.ForeignKey(Track, models.SET_NULL, null=True, related_name="provider_actions", editable=False)
    address = models.TextField(blank=True, editable=False, help_text="Where the provider can download the audio.")
    uploaded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["track", "-id"], name="action_of_track")]

    def __str__(self) -> str:
        return str(self.generation)


class Stem(models.Model):
    """One stem of a track, as the provider delivered it."""

    public_id = PublicIdField()
    track = models.ForeignKey(Track, models.CASCADE, related_name="stems", editable=False)
    generation = models.ForeignKey(Generation, models.PROTECT, related_name="stems", editable=False)
    number = models.PositiveSmallIntegerField(editable=False)
    title = OneLineField(max_length=80, editable=False)
    role = models.CharField(
        max_length=20, blank=True, default="", editable=False, help_text="As the composer wrote it: lead, bass, pad."
    )
    file = models.CharField(max_length=120, editable=False, help_text="Content-addressed name under MEDIA_ROOT.")
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.PositiveBigIntegerField(editable=False, help_text="Size in bytes.")
    length_ms = models.PositiveIntegerField(editable=False)
    waveform = models.TextField(editable=False)
    lufs = models.FloatField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["generation_id", "number"]
        constraints = [models.UniqueConstraint(fields=["generation", "number"], name="one_stem_a_number")]

    def __str__(self) -> str:
        return f"{self.title} of {self.track_id}"

    @property
    def extension(self) -> str:
        return self.file.rpartition(".")[2]
