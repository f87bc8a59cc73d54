"""Switches that stop new work: of a person, a project, a provider, or of everyone."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.project import Project


class SuspensionQuerySet(models.QuerySet["Suspension"]):
    def in_force(self) -> "SuspensionQuerySet":
        return self.filter(lifted_at=None)


class Suspension(models.Model):
    """A suspension: new work is refused for a person, a project, a provider, or (all empty) everything."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="suspensions", editable=False
    )
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="suspensions", editable=False)
    provider_key = models.CharField(max_length=50, blank=True, editable=False)
    reason = models.CharField(
        max_length=300, editable=False, help_text=_("Shown to the people whose work is suspended.")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    lifted_at = models.DateTimeField(null=True, editable=False)

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=models.Q(lifted_at=None), name="one_stop_a_user"),
            models.UniqueConstraint(fields=["project"], condition=models.Q(lifted_at=None), name="one_stop_a_project"),
            models.UniqueConstraint(
                fields=["provider_key"],
                condition=models.Q(lifted_at=None, user=None, project=None),
                name="one_stop_a_provider_and_one_for_everything",
            ),
        ]

    def __str__(self) -> str:
        return f"suspension: {self.target}"

    @property
    def target(self) -> str:
        """Return what is suspended, in words."""
        if self.provider_key:
            return _("everything sent to {provider}").format(provider=self.provider_key)
        return str(self.user or self.project or _("everything"))
