"""Finished audio: tracks, the files made from them, and how people organize them."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.fields import PublicIdField
from generator.models.generation import Generation
from generator.models.one_line import OneLineField
from generator.models.project import Membership, Project

if TYPE_CHECKING:
    from generator.models.user import User


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
        """Return the tracks that are not in the trash."""
        return self.filter(trashed_at__isnull=True)

    def trashed(self) -> "TrackQuerySet":
        return self.filter(trashed_at__isnull=False)

    def starred_by(self, user: "User") -> "TrackQuerySet":
        return self.filter(stars__user=user)

    def with_starred(self, user: "User") -> "TrackQuerySet":
        """Annotate `starred`: whether this user starred the track."""
        return self.annotate(starred=models.Exists(Star.objects.filter(track=models.OuterRef("pk"), user=user)))

    def with_new(self, user: "User") -> "TrackQuerySet":
        """Annotate `is_new`: whether this user has not heard a track that arrived while they were a member.

        What came before `User.heard_until` counts as heard, so that a long library is not new as a whole.
        """
        heard = models.Exists(Heard.objects.filter(track=models.OuterRef("pk"), user=user))
        joined_later = models.Exists(
            Membership.objects.filter(
                project=models.OuterRef("project"), user=user, joined_at__gt=models.OuterRef("created_at")
            )
        )
        is_new = models.Q(created_at__gt=user.heard_until) & ~heard & ~joined_later
        return self.annotate(is_new=models.ExpressionWrapper(is_new, models.BooleanField()))


class Track(models.Model):
    """One take: stored, decoded, measured. The file is never changed; edits are renditions."""

    public_id = PublicIdField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="tracks", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tracks", editable=False)
    generation = models.ForeignKey(Generation, models.PROTECT, related_name="tracks", editable=False)
    take = models.PositiveSmallIntegerField(editable=False)
    model_key = models.CharField(max_length=120, editable=False)
    title = OneLineField(max_length=120)
    notes = models.TextField(blank=True, max_length=2000)
    tags = models.ManyToManyField(Tag, related_name="tracks", blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    trashed_at = models.DateTimeField(null=True, editable=False)
    trashed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="trashed"
    )

    file = models.CharField(max_length=120, editable=False, help_text="Content-addressed name under MEDIA_ROOT.")
    cover = models.CharField(max_length=120, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.PositiveBigIntegerField(editable=False, help_text=_("Size in bytes."))
    format = models.CharField(max_length=8, editable=False)
    length_ms = models.PositiveIntegerField(editable=False)
    sample_rate = models.PositiveIntegerField(editable=False, help_text=_("Hz."))
    channels = models.PositiveSmallIntegerField(editable=False)
    lufs = models.FloatField(
        null=True,
        editable=False,
        help_text=_("Integrated loudness in LUFS (BS.1770-4). If empty, the track is silent."),
    )
    true_peak = models.FloatField(null=True, editable=False, help_text=_("True peak in dBTP, 4× oversampled."))
    bpm = models.FloatField(null=True, editable=False)
    musical_key = models.CharField(max_length=12, blank=True, editable=False)
    isrc = models.CharField(  # noqa: DJ001  null: added in place to long tables
        max_length=12,
        null=True,
        blank=True,
        help_text=_("International Standard Recording Code, twelve characters without hyphens, as a person stated it."),
    )
    peaks = models.BinaryField(editable=False, help_text="The waveform: one byte per bucket, 0–255.")
    waveform = models.TextField(editable=False, help_text="The SVG path of the list's waveform, drawn from the peaks.")
    measured = models.JSONField(default=dict, editable=False, help_text="All other results of generator.audio.measure.")
    findings = models.JSONField(
        default=list, editable=False, help_text=_("Results of the quality checks: code, severity, sentence.")
    )
    has_findings = models.BooleanField(db_default=False, editable=False)
    made_of = models.JSONField(
        default=dict,
        editable=False,
        help_text=_("What the provider reports about the track, such as how it interpreted the prompt, or the seed."),
    )
    search_text = models.TextField(
        editable=False, default="", help_text="Search index: title, prompt, tags, model, author."
    )

    objects = TrackQuerySet.as_manager()

    class Meta:
        indexes = [
            # Rows are wide. The index covers all columns of filters and facets, so counting does not read the rows.
            models.Index(
                fields=[
                    "project",
                    "trashed_at",
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
                fields=["created_at", "trashed_at", "author", "project", "model_key"], name="track_kept"
            ),  # what became of a month's takes, for all users
            models.Index(fields=["trashed_at"], condition=models.Q(trashed_at__isnull=False), name="track_bin"),
        ]
        constraints = [models.UniqueConstraint(fields=["generation", "take"], name="one_track_a_take")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("track", args=[self.public_id])

    @property
    def display_title(self) -> str:
        """Return the title for use in a sentence; a blind candidate has its letter."""
        return (
            _("Candidate {letter}").format(letter=self.generation.letter)
            if self.generation.is_blind
            else f"“{self.title}”"
        )

    @property
    def cover_version(self) -> str:
        """Return a word that changes with the cover: an address with it may be cached for good."""
        return self.cover.rpartition("/")[2][:8]

    @property
    def length(self) -> dt.timedelta:
        return dt.timedelta(milliseconds=self.length_ms)

    @property
    def played_lufs(self) -> float | None:
        """Return the loudness in LUFS as heard: mono plays on both speakers, adding 3 dB (BS.1770 sums channels)."""
        return self.lufs + 3.01 if self.lufs is not None and self.channels == 1 else self.lufs

    @property
    def faults(self) -> list[dict[str, Any]]:
        return [finding for finding in self.findings if finding["severity"] == "fault"]


class Star(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="stars")
    track = models.ForeignKey(Track, models.CASCADE, related_name="stars")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "track"], name="one_star_each")]

    def __str__(self) -> str:
        return f"{self.user} ★ {self.track}"


class Heard(models.Model):
    """That a person has heard or opened a track, which until then is marked as new for them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="heard")
    track = models.ForeignKey(Track, models.CASCADE, related_name="heard_by")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "track"], name="heard_once_each")]

    def __str__(self) -> str:
        return f"{self.user} heard {self.track}"


class ReplacedCover(models.Model):
    """A track's own cover, kept while an uploaded picture is shown instead. Without a row, `Track.cover` is its own."""

    track = models.OneToOneField(Track, models.CASCADE, primary_key=True, related_name="replaced_cover", editable=False)
    original = models.CharField(max_length=120, editable=False, help_text="Content-addressed name under MEDIA_ROOT.")
    replaced_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    replaced_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"the drawn cover of {self.track_id}"


class Rendition(models.Model):
    """A file made from a track by a recipe, once, then served from disk. A missing file is made again."""

    track = models.ForeignKey(Track, models.CASCADE, related_name="renditions")
    recipe = models.JSONField(help_text='What was done, such as {"format": "mp3"}.')
    recipe_hash = models.CharField(max_length=64)
    file = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, help_text="Day of the last request; empty: when it was made.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["track", "recipe_hash"], name="one_rendition_a_recipe")]

    def __str__(self) -> str:
        return f"{self.track} as {self.recipe}"
