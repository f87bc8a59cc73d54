"""Who may hear a track besides the members of its project, and which tracks not even they may.

    project   the default: every member of the track's project
    private   the author alone: the track has a `PrivateTrack`
    link      besides either: whoever holds the address of a `ShareLink`, until it ends or is taken back

A side table rather than a column: tracks are many, private ones few, and the library's indexes stay as they are.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.fields import RefField
from generator.models.track import Track


class PrivateTrack(models.Model):
    """Keeps a track to its author. Both names are kept, so that looking for what to leave out reads this table only."""

    track = models.OneToOneField(Track, models.CASCADE, primary_key=True, related_name="privacy", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    since = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.track_id} is private to {self.author_id}"


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def open(self) -> "ShareLinkQuerySet":
        return self.filter(revoked_at__isnull=True, expires_at__gt=timezone.now())


class ShareLink(models.Model):
    """An address that plays one track to whoever has it. The address is the `ref` signed with SECRET_KEY
    (`generator.workflow.sharing`), so a copy of the database alone opens nothing."""

    ref = RefField()
    track = models.ForeignKey(Track, models.CASCADE, related_name="links", editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    allow_download = models.BooleanField(default=False, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    visits = models.PositiveIntegerField(default=0, editable=False)
    plays = models.PositiveIntegerField(default=0, editable=False)
    downloads = models.PositiveIntegerField(default=0, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"a link to {self.track_id}, until {self.expires_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()
