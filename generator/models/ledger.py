"""The money, in micro-dollars: an append-only ledger, its monthly roll-up, and the budgets that people set.

    submit            hold      the price of every requested take
    settle            charge    what was delivered          charge + release = hold, once each per generation
                      release   the rest
    later, by people  credit    money given back, with a reason
                      adjustment  a correction, either way (an estimate that turned out otherwise)
    upload            stated    what a track from elsewhere cost, as a person stated it; a correction is a second one

    spent = charges + adjustments + stated − credits        held = holds − charges − releases

The database refuses to change or delete an entry, a second hold, charge or release of a generation, and a charge or
release beyond its hold (triggers in migration 0001_squashed_0_1). Only `generator.services.billing.ledger` adds
entries.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.api_key import ApiKey
from generator.models.catalog import Price
from generator.models.fields import MicrosField
from generator.models.generation import Generation
from generator.models.project import Project


class LedgerEntry(models.Model):
    class Kind(models.TextChoices):
        HOLD = "hold", _("On hold")
        CHARGE = "charge", _("Charged")
        RELEASE = "release", _("Released")
        CREDIT = "credit", _("Credited")
        ADJUSTMENT = "adjustment", _("Adjusted")
        STATED = "stated", _("Stated by a person")

    kind = models.CharField(max_length=10, choices=Kind, editable=False)
    amount = MicrosField(editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="entries", editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="entries",
        editable=False,
        help_text=_("The person who pays."),
    )
    generation = models.ForeignKey(Generation, models.PROTECT, null=True, related_name="entries", editable=False)
    key = models.ForeignKey(ApiKey, models.PROTECT, null=True, related_name="entries", editable=False)
    provider_key = models.CharField(max_length=50, editable=False)
    model_key = models.CharField(max_length=120, editable=False)
    takes = models.PositiveSmallIntegerField(default=0, editable=False)
    price = models.ForeignKey(Price, models.PROTECT, null=True, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        help_text=_("If empty, the studio itself."),
    )
    reason = models.CharField(max_length=300, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    day = models.DateField(editable=False, help_text=_("The day in the studio’s time zone."))
    month = models.CharField(max_length=7, editable=False, help_text=_("The billing month, such as 2026-11."))

    class Meta:
        verbose_name_plural = _("ledger entries")
        ordering = ["-at", "-id"]
        indexes = [
            # These indexes include amount and takes, so sums are computed without reading the rows.
            models.Index(fields=["user", "month", "kind", "day", "amount", "takes"], name="entry_of_user"),
            models.Index(fields=["project", "month", "kind", "day", "amount", "takes"], name="entry_of_project"),
            models.Index(fields=["month", "kind", "day", "amount", "takes"], name="entry_of_month"),
            models.Index(fields=["provider_key", "month", "kind", "day", "amount", "takes"], name="entry_of_provider"),
            models.Index(fields=["model_key", "month", "kind", "day", "amount", "takes"], name="entry_of_model"),
            models.Index(
                fields=["key", "month", "kind", "amount", "takes"],
                condition=models.Q(key__isnull=False),
                name="entry_of_key",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["generation", "kind"],
                condition=models.Q(kind__in=["hold", "charge", "release"]),
                name="one_hold_one_settlement",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["adjustment", "stated"]) | models.Q(amount__gte=0),
                name="only_corrections_go_below_zero",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["hold", "charge", "release"]) | models.Q(generation__isnull=False),
                name="holds_belong_to_a_generation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} ({self.reason})"


class Rollup(models.Model):
    """Entries summed by month × project × user × model, updated in the same transaction as each entry."""

    month = models.CharField(max_length=7)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    provider_key = models.CharField(max_length=50)
    model_key = models.CharField(max_length=120)
    held = MicrosField(
        default=0,
        help_text=_("Holds − charges − releases booked in this month; open holds are the sum over all months."),
    )
    charged = MicrosField(default=0)
    credited = MicrosField(default=0)
    adjusted = MicrosField(default=0)
    stated = MicrosField(
        default=0, db_default=0, help_text=_("What tracks from elsewhere cost, as people stated it; in no budget.")
    )
    takes = models.PositiveIntegerField(default=0, help_text=_("Charged takes, and uploaded tracks with a cost."))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "project", "user", "model_key"], name="one_rollup_a_cell")
        ]
        indexes = [
            models.Index(fields=["user", "month"], name="rollup_of_user"),
            models.Index(fields=["provider_key", "month"], name="rollup_of_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.project_id}/{self.user_id}/{self.model_key}"


class Budget(models.Model):
    """The most that may be spent in a calendar month. An empty target does not narrow by that dimension.

    user alone: a person everywhere · project alone: a whole project · both: a member inside a project ·
    provider alone: a limit for one provider · key alone: what one API key may spend.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="budgets")
    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="budgets")
    key = models.OneToOneField(ApiKey, models.CASCADE, null=True, editable=False, related_name="budget")
    provider_key = models.CharField(max_length=50, blank=True)
    cap = MicrosField(help_text=_("Micro-dollars per calendar month."))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(cap__gte=0), name="cap_not_negative"),
            models.CheckConstraint(
                condition=models.Q(provider_key="", key__isnull=True, user__isnull=False)
                | models.Q(provider_key="", key__isnull=True, project__isnull=False)
                | (~models.Q(provider_key="") & models.Q(key__isnull=True, user__isnull=True, project__isnull=True))
                | models.Q(provider_key="", key__isnull=False, user__isnull=True, project__isnull=True),
                name="cap_has_one_target",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(project__isnull=True, provider_key=""), name="one_cap_a_user"
            ),
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(user__isnull=True, provider_key=""), name="one_cap_a_project"
            ),
            models.UniqueConstraint(
                fields=["user", "project"], condition=models.Q(provider_key=""), name="one_cap_a_member"
            ),
            models.UniqueConstraint(
                fields=["provider_key"], condition=~models.Q(provider_key=""), name="one_cap_a_provider"
            ),
        ]

    def __str__(self) -> str:
        return _("budget for {target}").format(target=self.target)

    @property
    def target(self) -> str:
        """Return what the budget applies to, in words."""
        if self.key:
            return str(self.key)
        if self.provider_key:
            return _("everything sent to {provider}").format(provider=self.provider_key)
        if self.user and self.project:
            return f"{self.user} in {self.project}"
        return str(self.user or self.project)
