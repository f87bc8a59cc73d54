"""Finished audio: tracks, the files made from them, and how people keep order among them."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from generator.models.fields import RefField
from generator.models.generation import Generation
from generator.models.one_line import OneLineField
from generator.models.project import Project


class Tag(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="tags")
    name = OneLineField(max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_tag_a_name")]

    def __str__(self) -> str:
        return self.name


class TrackQuerySet(models.QuerySet["Track"]):
    def kept(self) -> "TrackQuerySet":
        """Tracks that are not in the bin."""
        return self.filter(binned_at__isnull=True)

    def binned(self) -> "TrackQuerySet":
        return self.filter(binned_at__isnull=False)

    def starred_by(self, user) -> "TrackQuerySet":
        return self.filter(stars__user=user)

    def with_starred(self, user) -> "TrackQuerySet":
        """Annotate `starred`: whether this user starred the track."""
        return self.annotate(starred=models.Exists(Star.objects.filter(track=models.OuterRef("pk"), user=user)))


class Track(models.Model):
    """One take, stored, decoded, measured. The file is never changed; edits are renditions."""

    ref = RefField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="tracks", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tracks", editable=False)
    generation = models.ForeignKey(Generation, models.PROTECT, related_name="tracks", editable=False)
    take = models.PositiveSmallIntegerField(editable=False)
    model_key = models.CharField(max_length=120, editable=False)
    title = OneLineField(max_length=120)
    notes = models.TextField(blank=True, max_length=2000)
    tags = models.ManyToManyField(Tag, related_name="tracks", blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    binned_at = models.DateTimeField(null=True, editable=False)
    binned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="binned"
    )

    file = models.CharField(max_length=120, editable=False, help_text="Content-addressed name under MEDIA_ROOT.")
    cover = models.CharField(max_length=120, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.PositiveBigIntegerField(editable=False, help_text="Bytes.")
    format = models.CharField(max_length=8, editable=False)
    length_ms = models.PositiveIntegerField(editable=False)
    sample_rate = models.PositiveIntegerField(editable=False, help_text="Hz.")
    channels = models.PositiveSmallIntegerField(editable=False)
    lufs = models.FloatField(null=True, editable=False, help_text="Integrated loudness, BS.1770-4; empty if silent.")
    true_peak = models.FloatField(null=True, editable=False, help_text="dBTP, 4× oversampled.")
    bpm = models.FloatField(null=True, editable=False)
    musical_key = models.CharField(max_length=12, blank=True, editable=False)
    peaks = models.BinaryField(editable=False, help_text="One byte a bucket, 0–255: the waveform.")
    waveform = models.TextField(editable=False, help_text="The SVG path of the list's waveform, drawn from the peaks.")
    measured = models.JSONField(
        default=dict, editable=False, help_text="Everything else generator.audio.measure found."
    )
    findings = models.JSONField(default=list, editable=False, help_text="The quality gate: code, severity, sentence.")
    has_findings = models.BooleanField(db_default=False, editable=False)
    made_of = models.JSONField(
        default=dict, editable=False, help_text="What the provider says of it: heard words, seed…"
    )
    search_text = models.TextField(
        editable=False, default="", help_text="Title, prompt, tags, model, author: for search."
    )

    objects = TrackQuerySet.as_manager()

    class Meta:
        indexes = [
            # Rows are wide; with all that filters and facets look at in the index, counting never touches them.
            models.Index(
                fields=[
                    "project",
                    "binned_at",
                    "-created_at",
                    "-id",
                    "model_key",
                    "author",
                    "length_ms",
                    "bpm",
                    "musical_key",
                    "has_findings",
                ],
                name="track_newest",
            ),
            models.Index(fields=["project", "model_key", "-created_at", "-id"], name="track_by_model"),
            models.Index(fields=["project", "title", "id"], name="track_by_title"),
            models.Index(fields=["project", "length_ms", "id"], name="track_by_length"),
            models.Index(fields=["project", "bpm", "id"], name="track_by_bpm"),
            models.Index(
                fields=["created_at", "binned_at", "author", "project", "model_key"], name="track_kept"
            ),  # what became of a month's takes, for anybody
            models.Index(fields=["binned_at"], condition=models.Q(binned_at__isnull=False), name="track_bin"),
        ]
        constraints = [models.UniqueConstraint(fields=["generation", "take"], name="one_track_a_take")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("track", args=[self.ref])

    @property
    def told_title(self) -> str:
        """What it is called in a sentence; a blind candidate by its letter."""
        return f"Candidate {self.generation.letter}" if self.generation.is_blind else f"“{self.title}”"

    @property
    def length(self) -> dt.timedelta:
        return dt.timedelta(milliseconds=self.length_ms)

    @property
    def played_lufs(self) -> float | None:
        """Loudness in LUFS as heard: one channel goes to both loudspeakers, which adds 3 dB (BS.1770 sums channels)."""
        return self.lufs + 3.01 if self.lufs is not None and self.channels == 1 else self.lufs

    @property
    def faults(self) -> list[dict]:
        return [finding for finding in self.findings if finding["severity"] == "fault"]


class Star(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="stars")
    track = models.ForeignKey(Track, models.CASCADE, related_name="stars")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "track"], name="one_star_each")]

    def __str__(self) -> str:
        return f"{self.user} ★ {self.track}"


class Rendition(models.Model):
    """A file made from a track by a recipe; made once, then served from disk. A missing file is simply made again."""

    track = models.ForeignKey(Track, models.CASCADE, related_name="renditions")
    recipe = models.JSONField(help_text='What was done, such as {"format": "mp3"}.')
    recipe_hash = models.CharField(max_length=64)
    file = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(
        null=True, help_text="When it was last asked for, by the day; empty: when it was made."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["track", "recipe_hash"], name="one_rendition_a_recipe")]

    def __str__(self) -> str:
        return f"{self.track} as {self.recipe}"
