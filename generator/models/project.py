"""Projects: shared libraries with members. Everyone has a personal one."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.text import slugify

from generator.models.fields import RefField
from generator.models.one_line import OneLineField


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


class ProjectManager(models.Manager["Project"]):
    def personal_for(self, user) -> "Project":
        """The person's own project, made when it is asked for the first time."""
        with transaction.atomic():
            project, fresh = self.get_or_create(personal_to=user, defaults={"name": f"{user.label}’s music"[:80]})
            if fresh:
                Membership.objects.create(project=project, user=user, role=Role.OWNER)
        return project


class Project(models.Model):
    ref = RefField()
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
        help_text="The member who approves tracks for use; empty: the owners do.",
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
        """Those nobody has accepted, whether they have expired or not."""
        return self.filter(accepted_at=None)

    def open(self) -> "InvitationQuerySet":
        """Those that can be accepted now. The sender must still be somebody who may invite there."""
        by_staff = Q(project=None, invited_by__is_staff=True)
        by_owner = Q(
            project__archived_at=None,
            project__memberships__user=F("invited_by"),
            project__memberships__role=Role.OWNER,
        )
        return self.unused().filter(by_staff | by_owner, invited_by__is_active=True, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A link that lets one address sign up; with a project it also makes the person a member.

    Like an API key, the link is shown when it is made and never again: the database keeps the hash of its token.
    """

    ref = RefField()
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the token, in hex.")
    email = models.EmailField()
    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="invitations")
    role = models.CharField(max_length=8, choices=Role, default=Role.EDITOR)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="invitations_sent")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)

    token: str = ""  # only on the instance that has just made its link
    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.email}, until {self.expires_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.expires_at > timezone.now()
