"""People who sign in; the e-mail address is the name."""

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.dispatch import Signal
from django.utils import timezone
from django.utils.crypto import salted_hmac

from generator.models.one_line import OneLineField
from generator.models.project import Project

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress
    from django.db.models.fields.related_descriptors import RelatedManager

    from generator.models.key import ApiKey


def a_time_zone(name: str) -> None:
    """Refuse a name that the time zone database does not know."""
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is not a time zone, such as Europe/Berlin.")


standing_changed = Signal()  # `people`: their account may have been deactivated, or their staff status taken


class UserQuerySet(models.QuerySet["User"]):
    def update(self, **changes) -> int:
        """As ever, and tell of those whose standing it may have changed."""
        if changes.keys().isdisjoint(_STANDING):
            return super().update(**changes)
        with transaction.atomic():
            touched = list(self.order_by().values_list("pk", flat=True))
            done = super().update(**changes)
            _tell_of_standing(User.objects.filter(pk__in=touched))
        return done


_STANDING = frozenset(("is_active", "is_staff"))


def _tell_of_standing(people: Iterable["User"]) -> None:
    lost = [person for person in people if not (person.is_active and person.is_staff)]
    standing_changed.send(User, people=lost)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def create_user(self, email: str, password: str | None = None, **extra) -> "User":
        """Make a person and the personal project that everyone has; whoever makes them vouches for the address."""
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        with transaction.atomic():
            user.save(using=self._db)
            user.vouch_for_address()
            Project.objects.personal_for(user)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    class Theme(models.TextChoices):
        SYSTEM = "system", "As the device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    email = models.EmailField("e-mail address", unique=True)
    name = OneLineField(max_length=80, blank=True, help_text="Shown to the people you share a project with.")
    time_zone = models.CharField(
        max_length=64, blank=True, validators=[a_time_zone], help_text="Empty: the zone of the browser."
    )
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    is_staff = models.BooleanField("may open the admin", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    sessions_salt = models.CharField(
        max_length=22, blank=True, editable=False, help_text="Changing it ends every session of the person."
    )

    emailaddress_set: "RelatedManager[EmailAddress]"  # allauth's record of which addresses are proven
    changed_by: "User | None" = None  # who is changing this account, for the record of what ends with it
    acting_with: "ApiKey | None" = None  # a program acts for the person: its key narrows what they may

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.label

    def save(self, *args, **kwargs) -> None:
        """As ever, and tell if it may have changed the person's standing."""
        is_new, fields = self._state.adding, kwargs.get("update_fields")
        with transaction.atomic():
            super().save(*args, **kwargs)
            if not is_new and (fields is None or not _STANDING.isdisjoint(fields)):
                _tell_of_standing([self])

    @property
    def label(self) -> str:
        """The name to show: the one the person gave, else the part of the address before the @."""
        return self.name or self.email.partition("@")[0]

    def get_full_name(self) -> str:
        return self.label

    def get_short_name(self) -> str:
        return self.label

    @property
    def address_is_proven(self) -> bool:
        """Whether the person has shown that mail to this address reaches them, or an administrator vouched for it."""
        return self.emailaddress_set.filter(email=self.email.lower(), verified=True).exists()

    def vouch_for_address(self) -> None:
        """Take the address as proven, and drop a change of it that is under way."""
        with transaction.atomic():
            self.emailaddress_set.exclude(email=self.email.lower()).delete()
            proven = {"verified": True, "primary": True}
            self.emailaddress_set.update_or_create(email=self.email.lower(), defaults=proven)

    def end_sessions(self) -> None:
        """Sign the person out on every device; sessions carry a hash that includes this salt."""
        self.sessions_salt = secrets.token_urlsafe(16)
        self.save(update_fields=["sessions_salt"])

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django's own hash covers the password alone; without a salt of ours it stays exactly that.
        key_salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(key_salt, self.password + self.sessions_salt, secret=secret, algorithm="sha256").hexdigest()
