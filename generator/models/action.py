"""What providers do with sounds that exist already: a generation each, and the parts some of them give back."""

from django.db import models
from django.utils import timezone

from generator.models.fields import RefField
from generator.models.generation import Generation
from generator.models.one_line import OneLineField
from generator.models.reference import Reference
from generator.models.track import Track


class ActionRun(models.Model):
    """What an action's generation works on, and the address the provider has it under. Exactly one of the two sounds
    is set; it may be deleted after the work is over."""

    generation = models.OneToOneField(Generation, models.PROTECT, related_name="action", editable=False)
    reference = models.ForeignKey(Reference, models.SET_NULL, null=True, related_name="runs", editable=False)
    track = models.ForeignKey(Track, models.SET_NULL, null=True, related_name="runs", editable=False)
    address = models.TextField(blank=True, editable=False, help_text="Where the provider finds the sound.")
    uploaded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["track", "-id"], name="action_of_track")]

    def __str__(self) -> str:
        return str(self.generation)


class Stem(models.Model):
    """One part of a track, as the provider delivered it."""

    ref = RefField()
    track = models.ForeignKey(Track, models.CASCADE, related_name="stems", editable=False)
    generation = models.ForeignKey(Generation, models.PROTECT, related_name="stems", editable=False)
    number = models.PositiveSmallIntegerField(editable=False)
    title = OneLineField(max_length=80, editable=False)
    file = models.CharField(max_length=120, editable=False, help_text="Content-addressed name under MEDIA_ROOT.")
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.PositiveBigIntegerField(editable=False, help_text="Bytes.")
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
