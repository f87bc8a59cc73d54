"""What can be bought: providers with their switch and health, models, and dated prices."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.fields import MicrosField
from generator.models.one_line import OneLineField
from generator.models.sealed import SealedField


class ProviderAccount(models.Model):
    """The operator's side of a provider: the switch, and the circuit breaker's memory."""

    key = models.SlugField(unique=True, editable=False)
    title = models.CharField(max_length=60, editable=False)
    enabled = models.BooleanField(default=True, help_text="Off: no new work is sent; what is under way finishes.")
    secret = SealedField(
        "key", blank=True, default="", help_text="The provider's API key; encrypted. Empty: from the environment."
    )
    base_url = models.URLField("address", blank=True, default="", help_text="Empty: the provider's own.")
    extra = models.JSONField(
        default=dict,
        blank=True,
        help_text="Settings by name; see docs/providers.md.",
    )
    webhook_secret = SealedField(blank=True, default="", help_text="Signs the provider's messages to us; encrypted.")
    balance = MicrosField(null=True, editable=False, help_text="What the provider last said is left, micro-dollars.")
    balance_at = models.DateTimeField(null=True, editable=False)
    failures_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    resting_until = models.DateTimeField(
        null=True, blank=True, help_text="The breaker: no new work before this moment. Empty it to try at once."
    )
    halt_code = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Why its queue waits for the administrator: key_refused, no_credit, not_allowed, misconfigured.",
    )
    last_error = models.TextField(blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "provider"

    def __str__(self) -> str:
        return self.title

    @property
    def is_resting(self) -> bool:
        return bool(self.resting_until and self.resting_until > timezone.now())


class MusicModel(models.Model):
    """One model of one provider, as the operator sees it; what it can do is its spec, in the provider's module."""

    provider = models.ForeignKey(ProviderAccount, models.PROTECT, related_name="models", editable=False)
    key = models.CharField(max_length=120, unique=True, editable=False)
    title = models.CharField(max_length=80, editable=False)
    enabled = models.BooleanField(default=True)
    is_action = models.BooleanField(
        db_default=False, editable=False, help_text="Works on a sound that exists already; not offered for new music."
    )
    corrections = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text="What is different from the built-in contract: see docs/providers.md.",
    )
    usual_ms = models.PositiveIntegerField(
        null=True, editable=False, help_text="Median of recent runs: milliseconds a take (local: a second of audio)."
    )
    slow_ms = models.PositiveIntegerField(null=True, editable=False, help_text="95th percentile of the same.")
    quoted = MicrosField(
        null=True, editable=False, help_text="What the provider asked for a take when it was not our price."
    )
    quoted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "model"
        ordering = ["provider", "key"]

    def __str__(self) -> str:
        return self.title


class PriceQuerySet(models.QuerySet["Price"]):
    def at(self, model: MusicModel, when: dt.datetime) -> "Price | None":
        """The price of a model at a moment: the newest one that had begun by then."""
        return self.filter(model=model).newest(when).first()

    def newest(self, when: dt.datetime) -> "PriceQuerySet":
        """Each model's price at a moment, in one query."""
        begun = Price.objects.filter(model=models.OuterRef("model"), valid_from__lte=when)
        return self.filter(pk=models.Subquery(begun.order_by("-valid_from", "-id").values("pk")[:1]))


class Price(models.Model):
    """What one take of a model costs from a moment on. Rows are added, never changed: old work keeps its price."""

    model = models.ForeignKey(MusicModel, models.PROTECT, related_name="prices")
    per_take = MicrosField(help_text="Micro-dollars a take.")
    is_estimate = models.BooleanField(default=False, help_text="The provider does not publish it; shown as “about”.")
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
