"""Projects: shared libraries with members. Everyone has a personal one."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from generator.models.fields import PublicIdField
from generator.models.one_line import OneLineField

if TYPE_CHECKING:
    from generator.models.user import User


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    EDITOR = "editor", _("Editor")
    VIEWER = "viewer", _("Viewer")


class ProjectManager(models.Manager["Project"]):
    def personal_for(self, user: "User") -> "Project":
        """Return the person's own project; create it on first use."""
        with transaction.atomic():
            project, fresh = self.get_or_create(personal_to=user, defaults={"name": f"{user.label}’s music"[:80]})
            if fresh:
                Membership.objects.create(project=project, user=user, role=Role.OWNER)
        return project


class Project(models.Model):
    public_id = PublicIdField()
    name = OneLineField(max_length=80)
    personal_to = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="personal_project", editable=False
    )
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="projects")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        help_text=_("The member who approves tracks for use. If empty, the owners."),
    )

    objects = ProjectManager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def slug(self) -> str:
        return slugify(self.name) or "project"


class Membership(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_membership_a_project")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} of {self.project}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def unused(self) -> "InvitationQuerySet":
        """Return the invitations that have not been accepted, expired or not."""
        return self.filter(accepted_at=None)

    def open(self) -> "InvitationQuerySet":
        """Return the invitations that can be accepted now. The sender must still be allowed to invite there."""
        by_staff = Q(project=None, invited_by__is_staff=True)
        by_owner = Q(
            project__archived_at=None,
            project__memberships__user=F("invited_by"),
            project__memberships__role=Role.OWNER,
        )
        return self.unused().filter(by_staff | by_owner, invited_by__is_active=True, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A link that lets one address sign up; with a project it also makes the person a member.

    Like an API key, the link is shown only once, when it is created: the database keeps the hash of its token.
    """

    public_id = PublicIdField()
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the token, in hex.")
    email = models.EmailField()
    name = OneLineField(max_length=80, blank=True, help_text=_("Given to the person’s account if it has no name yet."))
    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="invitations")
    role = models.CharField(max_length=8, choices=Role, default=Role.EDITOR)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="invitations_sent")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)

    token: str = ""  # only on the instance that has just created its link
    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.email}, until {self.expires_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.expires_at > timezone.now()
