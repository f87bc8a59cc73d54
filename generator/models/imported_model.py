"""Models imported from a vendor's catalog, each with the versions of its description that operators accepted."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.catalog import MusicModel


class ImportedModel(models.Model):
    """What is known of an imported model at its vendor since the last look."""

    model = models.OneToOneField(MusicModel, models.PROTECT, related_name="imported", editable=False)
    path = models.CharField(max_length=100, editable=False, help_text=_("The vendor’s name of the model."))
    looked_at = models.DateTimeField(
        null=True, editable=False, help_text=_("When it was last compared with the vendor’s catalog.")
    )
    changed_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("Since when the vendor describes it differently. It is not offered until that is accepted."),
    )
    gone_at = models.DateTimeField(
        null=True, editable=False, help_text=_("Since when the vendor’s catalog does not have it. It is not offered.")
    )

    class Meta:
        verbose_name = _("imported model")
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path


class ImportedVersionQuerySet(models.QuerySet["ImportedVersion"]):
    def accepted(self) -> "ImportedVersionQuerySet":
        return self.filter(accepted_at__isnull=False)

    def current(self) -> "ImportedVersionQuerySet":
        """Return the version in use of each model, in one query."""
        newest = ImportedVersion.objects.accepted().filter(imported=models.OuterRef("imported"))
        return self.filter(pk=models.Subquery(newest.order_by("-accepted_at", "-id").values("pk")[:1]))

    def at(self, model: MusicModel, when: dt.datetime) -> "ImportedVersion | None":
        """Return the version of a model that was in use at a moment, or its first one."""
        accepted = self.accepted().filter(imported__model=model)
        in_use = accepted.filter(accepted_at__lte=when).order_by("-accepted_at", "-id").first()
        return in_use or accepted.order_by("accepted_at", "id").first()


class ImportedVersion(models.Model):
    """A vendor's description of a model, frozen: what every request and price of its time is made from.

    Rows are added, never changed, except that an operator accepts one: old work keeps its version.
    """

    imported = models.ForeignKey(ImportedModel, models.PROTECT, related_name="versions", editable=False)
    entry = models.JSONField(editable=False, help_text=_("The path, the schema, the formula, and the base price."))
    digest = models.CharField(max_length=64, editable=False)
    doubts = models.JSONField(
        default=list, editable=False, help_text=_("What the importer was not sure of when it read the description.")
    )
    seen_at = models.DateTimeField(default=timezone.now, editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False)

    objects = ImportedVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-seen_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["imported"], condition=models.Q(accepted_at=None), name="one_version_to_accept"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.imported} seen {self.seen_at:%Y-%m-%d}"
