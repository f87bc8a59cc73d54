"""Users; a person signs in with the e-mail address."""

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.dispatch import Signal
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from generator.models.one_line import OneLineField
from generator.models.project import Project

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress
    from django.db.models.fields.related_descriptors import RelatedManager

    from generator.models.api_key import ApiKey


def a_time_zone(name: str) -> None:
    """Reject a name that the time zone database does not know."""
    if name not in available_timezones():
        raise ValidationError(
            _("“{name}” is not a valid time zone. Use a name such as Europe/Berlin.").format(name=name)
        )


standing_changed = Signal()  # `people`: may have been deactivated or lost their staff status


class UserQuerySet(models.QuerySet["User"]):
    def update(self, **changes: Any) -> int:
        """Update, and signal which users may have lost access."""
        if changes.keys().isdisjoint(_STANDING):
            return super().update(**changes)
        with transaction.atomic():
            touched = list(self.order_by().values_list("pk", flat=True))
            done = super().update(**changes)
            _announce_standing(User.objects.filter(pk__in=touched))
        return done


_STANDING = frozenset(("is_active", "is_staff"))


def _announce_standing(people: Iterable["User"]) -> None:
    lost = [person for person in people if not (person.is_active and person.is_staff)]
    standing_changed.send(User, people=lost)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Create a user and their personal project; the caller vouches for the address."""
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        with transaction.atomic():
            user.save(using=self._db)
            user.vouch_for_address()
            Project.objects.personal_for(user)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    class Theme(models.TextChoices):
        SYSTEM = "system", _("System")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("email address"), unique=True)
    name = OneLineField(max_length=80, blank=True, help_text=_("Shown to the people you share projects with."))
    time_zone = models.CharField(
        max_length=64, blank=True, validators=[a_time_zone], help_text=_("If empty, the browser’s time zone is used.")
    )
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    plays_on_move = models.BooleanField(
        _("keep playing when I move with J and K"),
        default=True,
        help_text=_("While music is playing, the track you move to starts playing immediately."),
    )
    heard_until = models.DateTimeField(
        default=timezone.now, editable=False, help_text="Tracks that arrived before count as heard."
    )
    is_staff = models.BooleanField(_("can open the admin"), default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    sessions_salt = models.CharField(
        max_length=22, blank=True, editable=False, help_text="Changing it signs the person out everywhere."
    )

    emailaddress_set: "RelatedManager[EmailAddress]"  # allauth's record of verified addresses
    changed_by: "User | None" = None  # who is changing this account, for the record of what ends with it
    api_key: "ApiKey | None" = None  # set if a program acts for the person: the key narrows their rights

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.label

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and signal if the user may have lost access."""
        is_new, fields = self._state.adding, kwargs.get("update_fields")
        with transaction.atomic():
            super().save(*args, **kwargs)
            if not is_new and (fields is None or not _STANDING.isdisjoint(fields)):
                _announce_standing([self])

    @property
    def label(self) -> str:
        """Return the name to show: the person's own, else the part of the address before the @."""
        return self.name or self.email.partition("@")[0]

    def get_full_name(self) -> str:
        return self.label

    def get_short_name(self) -> str:
        return self.label

    @property
    def address_is_proven(self) -> bool:
        """Return whether the person has received mail at this address, or an administrator vouched for it."""
        return self._proofs().exists()

    def proves_address(self) -> models.Exists:
        """Return the same as a condition, to be asked together with something else."""
        return models.Exists(self._proofs())

    def _proofs(self) -> "models.QuerySet[EmailAddress]":
        return self.emailaddress_set.filter(email=self.email.lower(), verified=True)

    def vouch_for_address(self) -> None:
        """Mark the address as verified, and drop a pending change of it."""
        with transaction.atomic():
            self.emailaddress_set.exclude(email=self.email.lower()).delete()
            proven = {"verified": True, "primary": True}
            self.emailaddress_set.update_or_create(email=self.email.lower(), defaults=proven)

    def end_sessions(self) -> None:
        """Sign the person out on every device; sessions carry a hash that includes this salt."""
        self.sessions_salt = secrets.token_urlsafe(16)
        self.save(update_fields=["sessions_salt"])

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django's own hash covers only the password; without our salt it stays exactly that.
        key_salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(key_salt, self.password + self.sessions_salt, secret=secret, algorithm="sha256").hexdigest()
