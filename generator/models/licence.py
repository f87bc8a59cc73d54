"""The terms music comes under, by provider and date. Rows are added, never changed: a track keeps those of its day."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.catalogue import ProviderAccount


class LicenceQuerySet(models.QuerySet["Licence"]):
    def at(self, account: ProviderAccount, when: dt.datetime) -> "Licence | None":
        """The terms of a provider at a moment: the newest that had begun by then."""
        return self.filter(account=account, valid_from__lte=when).order_by("-valid_from", "-id").first()


class Licence(models.Model):
    account = models.ForeignKey(ProviderAccount, models.PROTECT, related_name="licences", verbose_name="provider")
    text = models.TextField(help_text="As it is to stand on certificates.")
    source = models.URLField(blank=True, help_text="Where it was read.")
    valid_from = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LicenceQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "-id"]

    def __str__(self) -> str:
        return f"{self.account} from {self.valid_from:%Y-%m-%d}"
