"""API keys: what a program signs in with. The key itself is shown once; the studio keeps its hash and its beginning.

    bgm_<8 characters>_<43 characters>
    └── prefix, shown ──┘ secret: 256 random bits, so a plain SHA-256 of the whole is enough to keep

A key is a ceiling on the person who made it, never a right of its own (`generator.access`):

    scope      does at most what a … does in each project
    read       viewer
    generate   editor
    manage     owner
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from generator.models.fields import RefField
from generator.models.one_line import OneLineField
from generator.models.project import Project, Role
from generator.models.sealed import SealedField


class Scope(models.TextChoices):
    READ = "read", "Read: look, search, listen, download"
    GENERATE = "generate", "Generate: read, and make music and spend"
    MANAGE = "manage", "Manage: generate, and whatever its maker may do"

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles of its maker that a key of this scope may use."""
        return {
            Scope.READ: (Role.VIEWER,),
            Scope.GENERATE: (Role.VIEWER, Role.EDITOR),
            Scope.MANAGE: (Role.VIEWER, Role.EDITOR, Role.OWNER),
        }[self]


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> "ApiKeyQuerySet":
        """Keys that open something now: not revoked, not run out, their maker still active."""
        lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
        return self.filter(lasting, revoked_at__isnull=True, user__is_active=True)


class ApiKey(models.Model):
    ref = RefField()
    name = OneLineField(max_length=60, help_text="What uses it, such as “render farm”.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="keys", editable=False, help_text="Who made it."
    )
    project = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        related_name="keys",
        editable=False,
        help_text="The one project it opens; empty: all of its maker's.",
    )
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.GENERATE, editable=False)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the whole key, in hex.")
    webhook_secret = SealedField(editable=False, help_text="Signs what is sent to webhooks asked for with this key.")
    stand_in = models.CharField(
        max_length=120,
        blank=True,
        editable=False,
        help_text="The model that answers for whatever a vendor's client asks for; empty: the one it asks for.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(scope__in=Scope.values), name="scope_is_known")]

    def __str__(self) -> str:
        return f"key “{self.name}”"

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())
