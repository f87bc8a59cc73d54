"""License terms by provider and date. Rows are added, never changed: a track keeps the terms of its day."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.catalog import ProviderAccount


class LicenseQuerySet(models.QuerySet["License"]):
    def at(self, account: ProviderAccount, when: dt.datetime) -> "License | None":
        """Return a provider's terms at a moment: the newest valid by then."""
        return self.filter(account=account, valid_from__lte=when).order_by("-valid_from", "-id").first()


class License(models.Model):
    account = models.ForeignKey(ProviderAccount, models.PROTECT, related_name="licenses", verbose_name="provider")
    text = models.TextField(help_text=_("Printed on certificates exactly as entered."))
    source = models.URLField(blank=True, help_text=_("Where the terms are published."))
    valid_from = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LicenseQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "-id"]

    def __str__(self) -> str:
        return f"{self.account} from {self.valid_from:%Y-%m-%d}"
