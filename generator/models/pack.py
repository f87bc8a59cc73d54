"""Delivery packs: files of one or many tracks in one zip, kept for a week and shared by a link.

queued ──► running ──► ready ──► expired     the zip is deleted after a week; the row says so
              ├──────► failed                `error_code` says why
              └──────► cancelled             by a person
"""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.fields import PublicIdField
from generator.models.one_line import OneLineField
from generator.models.project import Project
from generator.models.track import Track


class PackState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Making")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Canceled")
    EXPIRED = "expired", _("Expired")

    @classmethod
    def active(cls) -> "tuple[PackState, ...]":
        """Return the states in which a worker still has work to do."""
        return (cls.QUEUED, cls.RUNNING)


class PackQuerySet(models.QuerySet["Pack"]):
    def active(self) -> "PackQuerySet":
        return self.filter(state__in=PackState.active())


class Pack(models.Model):
    """One zip with the files of tracks. Its link is its `public_id` and `share_key`, signed with SECRET_KEY."""

    public_id = PublicIdField()
    project = models.ForeignKey(Project, models.CASCADE, related_name="packs", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="packs", editable=False)
    title = OneLineField(max_length=120, editable=False)
    preset = models.CharField(max_length=20, editable=False)
    contents = models.JSONField(editable=False, help_text="What each track gets, the loudness, and the file formats.")
    state = models.CharField(max_length=10, choices=PackState, default=PackState.QUEUED, editable=False)
    files_done = models.PositiveIntegerField(default=0, editable=False)
    files_total = models.PositiveIntegerField(default=0, editable=False, help_text="As planned; some may be left out.")
    error_code = models.CharField(max_length=40, blank=True, editable=False)
    file = models.CharField(max_length=120, blank=True, editable=False, help_text="Content-addressed; empty if none.")
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    size = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, db_index=True, editable=False, help_text="Empty until it is ready.")
    share_key = models.CharField(max_length=16, blank=True, editable=False, help_text="Empty: it is not shared.")
    shared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    downloads = models.PositiveIntegerField(default=0, editable=False, help_text="Through the link.")
    due_at = models.DateTimeField(null=True, editable=False, help_text="Next attempt to work on it; empty once done.")
    claim = models.BigIntegerField(null=True, editable=False, help_text="Number of the worker that holds it.")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False, help_text="At the track that is next.")

    objects = PackQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="pack_newest"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="pack_due"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_active(self) -> bool:
        return self.state in PackState.active()

    @property
    def percent(self) -> int:
        """Return how far it is; the last percent is the zip."""
        if self.state in (PackState.READY, PackState.EXPIRED):
            return 100
        return min(99, 99 * self.files_done // max(1, self.files_total))


class PackItem(models.Model):
    """One track of a pack: its files, and what was left out with the reason."""

    pack = models.ForeignKey(Pack, models.CASCADE, related_name="items", editable=False)
    track = models.ForeignKey(Track, models.SET_NULL, null=True, related_name="pack_items", editable=False)
    number = models.PositiveSmallIntegerField(editable=False)
    title = models.CharField(max_length=200, editable=False)
    planned_files = models.PositiveSmallIntegerField(default=0, editable=False)
    facts = models.JSONField(default=dict, editable=False, help_text="Of the track, for the documents of the pack.")
    files = models.JSONField(default=list, editable=False)
    left_out = models.JSONField(default=list, editable=False, help_text="Codes and values of `packs.planning.REASONS`.")
    is_done = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["pack", "number"], name="one_pack_item_a_number")]

    def __str__(self) -> str:
        return f"{self.title} in {self.pack_id}"
