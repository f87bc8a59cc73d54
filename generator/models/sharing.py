"""Who may hear a track besides the members of its project, and which tracks are closed even to them.

    project   the default: every member of the track's project
    private   the author alone: the track has a `PrivateTrack`
    link      besides either: anyone with the address of a `ShareLink`, until it expires or is revoked

A side table rather than a column: there are many tracks and few private ones, and the library's indexes stay unchanged.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.fields import PublicIdField
from generator.models.track import Track


class PrivateTrack(models.Model):
    """A track limited to its author. Both ids are stored, so that excluding private tracks reads only this table."""

    track = models.OneToOneField(Track, models.CASCADE, primary_key=True, related_name="privacy", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    since = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.track_id} is private to {self.author_id}"


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def open(self) -> "ShareLinkQuerySet":
        return self.filter(revoked_at__isnull=True, expires_at__gt=timezone.now())


class ShareLink(models.Model):
    """An address that plays one track to anyone who has it: the `public_id` signed with SECRET_KEY.

    See `generator.services.library.sharing`. A copy of the database alone does not open it.
    """

    public_id = PublicIdField()
    track = models.ForeignKey(Track, models.CASCADE, related_name="share_links", editable=False)
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
