"""Edits: recipes over a track, and what is known about a track so that it can be edited.

queued ──► running ──► ready         the files of the recipe exist, or are made again on request
              ├──────► failed        `error_code` says why
              └──────► cancelled     by a person; a draft that nobody waits for is deleted after a day
"""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.fields import PublicIdField
from generator.models.one_line import OneLineField
from generator.models.project import Project
from generator.models.track import Track


class TrackStructure(models.Model):
    """Beats, bar lines, sections and the end of a track, measured once (`generator.audio.structure`)."""

    track = models.OneToOneField(Track, models.CASCADE, primary_key=True, related_name="structure", editable=False)
    version = models.PositiveSmallIntegerField(editable=False, help_text="Of the measurement; an older one is redone.")
    structure = models.JSONField(editable=False)
    words = models.TextField(blank=True, editable=False, help_text="The same in English, for the search index.")
    measured_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"the structure of {self.track_id}"


class GridChange(models.Model):
    """A correction of a track's bar grid by hand; the newest row counts, and an empty one is the measured grid."""

    track = models.ForeignKey(Track, models.CASCADE, related_name="grid_changes", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    correction = models.JSONField(default=dict, editable=False, help_text="As recipes have it under “grid”.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"a change of the bar grid of {self.track_id}"


class EditState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Rendering")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Canceled")

    @classmethod
    def active(cls) -> "tuple[EditState, ...]":
        """Return the states in which a worker still has work to do."""
        return (cls.QUEUED, cls.RUNNING)


class EditQuerySet(models.QuerySet["Edit"]):
    def active(self) -> "EditQuerySet":
        return self.filter(state__in=EditState.active())

    def kept(self) -> "EditQuerySet":
        """Return the edits that were saved and not deleted, without the drafts."""
        return self.filter(is_draft=False, trashed_at__isnull=True)


class Edit(models.Model):
    """One recipe over one track. A recipe is never changed: a changed one is a new edit, `based_on` the old one."""

    public_id = PublicIdField()
    track = models.ForeignKey(Track, models.CASCADE, related_name="edits", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="edits", editable=False)
    title = OneLineField(max_length=120, blank=True)
    recipe = models.JSONField(editable=False, help_text="Version and steps, without the format of a file.")
    recipe_hash = models.CharField(max_length=64, editable=False)
    voice_sha256 = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    formats = models.JSONField(default=list, editable=False, help_text="The file formats that were requested.")
    based_on = models.ForeignKey("self", models.SET_NULL, null=True, related_name="changed", editable=False)
    is_draft = models.BooleanField(default=True, editable=False, help_text="Made to be heard; nobody has saved it.")
    state = models.CharField(max_length=10, choices=EditState, default=EditState.QUEUED, editable=False)
    percent = models.PositiveSmallIntegerField(default=0, editable=False)
    error_code = models.CharField(max_length=40, blank=True, editable=False)
    report = models.JSONField(default=dict, editable=False, help_text="What rendering did: length, loudness, joins.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    requested_at = models.DateTimeField(null=True, editable=False, help_text="When its files were last requested.")
    trashed_at = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(null=True, editable=False, help_text="Next attempt to render it; empty once done.")
    claim = models.BigIntegerField(null=True, editable=False, help_text="Number of the worker that holds it.")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = EditQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["track", "-id"], name="edit_newest"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="edit_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["track", "author", "recipe_hash"], name="one_edit_a_recipe_each")
        ]

    def __str__(self) -> str:
        return self.title or self.public_id

    @property
    def is_active(self) -> bool:
        return self.state in EditState.active()


class VoiceOver(models.Model):
    """Speech that tracks of a project are turned down under; deleted after a day (`services.finishing.voice_overs`)."""

    public_id = PublicIdField()
    project = models.ForeignKey(Project, models.CASCADE, related_name="voice_overs", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", editable=False)
    name = OneLineField(max_length=120, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    length_ms = models.PositiveIntegerField(default=0, editable=False, help_text="0 until a worker has checked it.")
    is_music = models.BooleanField(default=False, editable=False, help_text="Most of it sounds like music.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "sha256"], name="one_voice_over_a_file")]

    def __str__(self) -> str:
        return self.name
