"""Uploads: files brought into the library from elsewhere, as tracks or as stems of a track, with what a person states.

waiting ──► being read ──► added         decoded and measured; `track` is the track, and the file stays as it came
                  └──────► refused       `problem` says why; its file is deleted

The files of one set (`set_key`) are read together: a track is a set of one, and stems are added all or none.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.api_key import ApiKey
from generator.models.fields import MicrosField, PublicIdField
from generator.models.one_line import OneLineField
from generator.models.project import Project
from generator.models.track import Track


class UploadSource(models.TextChoices):
    BOUGHT = "bought", _("Bought")
    RECORDED = "recorded", _("Recorded")
    TOOL = "tool", _("Made with another tool")
    OTHER = "other", _("From elsewhere")


class TrackUpload(models.Model):
    public_id = PublicIdField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="track_uploads", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="track_uploads", editable=False)
    key = models.ForeignKey(ApiKey, models.PROTECT, null=True, related_name="+", editable=False)
    track = models.ForeignKey(
        Track,
        models.CASCADE,
        null=True,
        related_name="uploads",
        editable=False,
        help_text=_("The track it became, or whose stem it is."),
    )
    is_stem = models.BooleanField(default=False, editable=False)
    set_key = models.CharField(max_length=22, editable=False, help_text="Files of one set are read together.")
    name = OneLineField(max_length=200, editable=False, help_text=_("The name of the file as it came."))
    title = OneLineField(max_length=120, editable=False)
    source = models.CharField(max_length=10, choices=UploadSource, default=UploadSource.OTHER, editable=False)
    source_text = OneLineField(max_length=200, blank=True, editable=False, help_text=_("Where it comes from."))
    license_text = models.TextField(blank=True, editable=False, help_text=_("If empty, none was stated."))
    credit = OneLineField(max_length=200, blank=True, editable=False, help_text=_("Its composer or author."))
    cost = MicrosField(
        null=True, editable=False, help_text=_("Micro-dollars, as a person stated them. If empty, not stated.")
    )
    bought_on = models.DateField(null=True, editable=False)
    file = models.CharField(max_length=120, editable=False, help_text="The file as it came, under MEDIA_ROOT.")
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.PositiveBigIntegerField(editable=False, help_text=_("Size in bytes."))
    due_at = models.DateTimeField(null=True, editable=False, help_text="Next attempt to read it; empty once done.")
    claim = models.BigIntegerField(null=True, editable=False, help_text="Number of the worker that holds it.")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    problem = models.TextField(blank=True, editable=False, help_text=_("Why it could not be added."))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["project", "sha256"], name="upload_of_bytes"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="upload_due"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def state(self) -> str:
        """Return "waiting", "reading", "ready" or "refused"."""
        if self.problem:
            return "refused"
        if self.due_at is None:
            return "ready"
        return "reading" if self.claim else "waiting"

    @property
    def extension(self) -> str:
        """Return the ending of the stored file."""
        return self.file.rpartition(".")[2]
