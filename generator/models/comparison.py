"""One prompt sent to several models at once, to be judged by ear.

Its generations are the candidates. Each has a place, drawn at random when they were created: place 0 is candidate A.
Until the comparison is revealed, pages show a candidate's letter and nothing that tells which model it came from.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.fields import PublicIdField
from generator.models.project import Project

LETTERS = "ABCD"


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    def blind(self) -> "ComparisonQuerySet":
        return self.filter(revealed_at__isnull=True)

    def decided_blind(self) -> "ComparisonQuerySet":
        """Return the comparisons in which a take was picked before the models were revealed."""
        return self.filter(picked__isnull=False, revealed_at__isnull=False, picked_at=models.F("revealed_at"))


class Comparison(models.Model):
    public_id = PublicIdField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="comparisons", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comparisons", editable=False)
    text = models.TextField(editable=False, help_text=_("The prompt that every candidate was given."))
    idempotency_key = models.CharField(max_length=64, editable=False)
    request_hash = models.CharField(  # noqa: DJ001  null: added in place to long tables
        max_length=64, null=True, editable=False, help_text="SHA-256 of what was sent with the key."
    )
    picked = models.ForeignKey("generator.Track", models.SET_NULL, null=True, related_name="+", editable=False)
    picked_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The same moment as `revealed_at` if the pick was blind; empty: no pick, or an earlier one.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revealed_at = models.DateTimeField(null=True, editable=False)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], condition=models.Q(revealed_at=None), name="comparison_blind"),
            models.Index(
                fields=["project", "-picked_at", "-id"],
                condition=models.Q(picked_at__isnull=False),
                name="comparison_picked",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["author", "idempotency_key"], name="one_comparison_a_key"),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def is_blind(self) -> bool:
        return self.revealed_at is None
