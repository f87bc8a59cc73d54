"""API keys: what a program signs in with. The key is shown once; the studio keeps its hash and its prefix.

    bgm_<8 characters>_<43 characters>
    └── prefix, shown ──┘ secret: 256 random bits, so a plain SHA-256 of the whole is safe to keep

A key limits the rights of the person who made it and never adds any (`generator.permissions`):

    scope      has at most this role in each project
    read       viewer
    generate   editor
    manage     owner
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generator.models.encryption import EncryptedField
from generator.models.fields import PublicIdField
from generator.models.one_line import OneLineField
from generator.models.project import Project, Role


class Scope(models.TextChoices):
    READ = "read", _("Read: view, search, listen, and download")
    GENERATE = "generate", _("Generate: everything in Read, plus generating music and spending money")
    MANAGE = "manage", _("Manage: everything its creator can do")

    @property
    def roles(self) -> tuple[Role, ...]:
        """Return the roles of its maker that a key of this scope may use."""
        return {
            Scope.READ: (Role.VIEWER,),
            Scope.GENERATE: (Role.VIEWER, Role.EDITOR),
            Scope.MANAGE: (Role.VIEWER, Role.EDITOR, Role.OWNER),
        }[self]


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> "ApiKeyQuerySet":
        """Return the keys that work now: not revoked, not expired, their maker still active."""
        lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
        return self.filter(lasting, revoked_at__isnull=True, user__is_active=True)


class ApiKey(models.Model):
    public_id = PublicIdField()
    name = OneLineField(max_length=60, help_text=_("What uses this key, such as “render farm”."))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="api_keys",
        editable=False,
        help_text=_("Who created it."),
    )
    project = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        related_name="api_keys",
        editable=False,
        help_text=_("The only project that this key can access. If empty, all of its creator’s projects."),
    )
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.GENERATE, editable=False)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the whole key, in hex.")
    webhook_secret = EncryptedField(editable=False, help_text="Signs deliveries to webhooks requested with this key.")
    model_override = models.CharField(
        max_length=120,
        blank=True,
        editable=False,
        help_text=_(
            "The model used in place of any model that a vendor’s client requests. If empty, the requested model."
        ),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(scope__in=Scope.values), name="scope_is_known")]

    def __str__(self) -> str:
        return _("key “{name}”").format(name=self.name)

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())
