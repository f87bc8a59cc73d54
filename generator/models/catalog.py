"""What can be bought: providers with their switch and health, models, and dated prices."""

import datetime as dt
from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.currency import Micros
from generator.models.encryption import EncryptedField
from generator.models.fields import MicrosField
from generator.models.one_line import OneLineField
from generator.price_formula import MAX_FORMULA_CHARS, TAKES, read_formula

# The provider and the "models" of what was not generated here: they carry the ledger's names, and are offered nowhere.
UPLOAD_PROVIDER, UPLOADED_TRACK, UPLOADED_STEMS = "upload", "upload/track", "upload/stems"


class ProviderAccount(models.Model):
    """A provider as the operator configures it: its switch, and the state of its circuit breaker."""

    key = models.SlugField(unique=True, editable=False)
    title = models.CharField(max_length=60, editable=False)
    enabled = models.BooleanField(
        default=True, help_text=_("Off: no new work is sent; work in progress still finishes.")
    )
    secret = EncryptedField(
        _("key"),
        blank=True,
        default="",
        help_text=_("The provider’s API key; encrypted. If empty, the key from the environment is used."),
    )
    base_url = models.URLField(
        _("address"), blank=True, default="", help_text=_("Leave empty to use the provider’s default.")
    )
    extra = models.JSONField(
        default=dict,
        blank=True,
        help_text=_("Settings by name; see docs/providers.md."),
    )
    webhook_secret = EncryptedField(
        blank=True, default="", help_text=_("Signs the provider’s messages to the studio; encrypted.")
    )
    balance = MicrosField(
        null=True, editable=False, help_text="Balance last reported by the provider, in micro-dollars."
    )
    balance_at = models.DateTimeField(null=True, editable=False)
    failures_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    resting_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("Circuit breaker: no new work is sent before this time. Clear it to try again now."),
    )
    halt_code = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Why its queue waits for an administrator: key_refused, no_credit, not_allowed, misconfigured.",
    )
    last_error = models.TextField(blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("provider")

    def __str__(self) -> str:
        return self.title

    @property
    def is_resting(self) -> bool:
        return bool(self.resting_until and self.resting_until > timezone.now())


class MusicModel(models.Model):
    """One model of one provider, as the operator sees it; its capabilities are in the spec in the provider's module."""

    provider = models.ForeignKey(ProviderAccount, models.PROTECT, related_name="models", editable=False)
    key = models.CharField(max_length=120, unique=True, editable=False)
    title = models.CharField(max_length=80, editable=False)
    enabled = models.BooleanField(default=True)
    is_action = models.BooleanField(
        db_default=False, editable=False, help_text=_("Processes existing audio; not offered for new music.")
    )
    is_imported = models.BooleanField(
        db_default=False, editable=False, help_text=_("Imported from the provider’s catalog by an administrator.")
    )
    tried_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("When the provider itself, at its own address, first delivered a finished track."),
    )
    corrections = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text=_("Differences from the built-in specification; see docs/providers.md."),
    )
    usual_ms = models.PositiveIntegerField(
        null=True,
        editable=False,
        help_text=_("Median of recent generations: milliseconds per take (local models: per second of audio)."),
    )
    slow_ms = models.PositiveIntegerField(null=True, editable=False, help_text=_("95th percentile of the same value."))
    quoted = MicrosField(
        null=True,
        editable=False,
        help_text=_("Price per take that the provider quoted when it differed from the studio’s."),
    )
    quoted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("model")
        ordering = ["provider", "key"]

    def __str__(self) -> str:
        return self.title


class PriceQuerySet(models.QuerySet["Price"]):
    def at(self, model: MusicModel, when: dt.datetime) -> "Price | None":
        """Return a model's price at a moment: the newest one valid by then."""
        return self.filter(model=model).newest(when).first()

    def newest(self, when: dt.datetime) -> "PriceQuerySet":
        """Return each model's price at a moment, in one query."""
        valid = Price.objects.filter(model=models.OuterRef("model"), valid_from__lte=when)
        return self.filter(pk=models.Subquery(valid.order_by("-valid_from", "-id").values("pk")[:1]))


class Price(models.Model):
    """A model's price from a moment on: an amount per take, or a formula of the request that is given the amount.

    Rows are added, never changed: old work keeps its price.
    """

    model = models.ForeignKey(MusicModel, models.PROTECT, related_name="prices")
    per_take = MicrosField(help_text=_("Micro-dollars per take."))
    formula = models.TextField(
        blank=True,
        default="",
        db_default="",
        max_length=MAX_FORMULA_CHARS,
        help_text=_(
            "Empty: the price is per take. Otherwise the micro-dollars of a request, computed from the price above as "
            "“base_price”, the model’s fields and “takes”; see docs/providers.md."
        ),
    )
    is_estimate = models.BooleanField(
        default=False, help_text=_("The provider does not publish this price; it is shown as “about”.")
    )
    valid_from = models.DateTimeField(default=timezone.now)
    note = OneLineField(max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PriceQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "-id"]
        constraints = [models.CheckConstraint(condition=models.Q(per_take__gte=0), name="price_not_negative")]

    def __str__(self) -> str:
        return f"{self.model} from {self.valid_from:%Y-%m-%d}"

    def total(self, values: Mapping[str, object], takes: int) -> Micros:
        """Return the price of a request in micro-dollars.

        `values`: the request's, by the names of the model's fields.

        Raises:
            FormulaError: the formula gives no price for them.
        """
        if not self.formula:
            return Micros(self.per_take * takes)
        return read_formula(self.formula).total(Micros(self.per_take), {**values, TAKES: takes})
