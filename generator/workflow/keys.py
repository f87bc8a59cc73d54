"""API keys: made, shown once, taken back, and turned into the person a program acts for."""

import datetime as dt
import secrets
from hashlib import sha256

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from generator import access, money
from generator.models import ApiKey, AuditLine, Budget, Project, Scope, User
from generator.workflow import catalogue
from generator.workflow.audit import record
from generator.workflow.lines import one_line
from generator.workflow.refused import Refused

START = "bgm"
MOST_KEYS = 50  # usable ones a person may have
GRAIN = dt.timedelta(minutes=1)  # how exactly "last used" is known
KIND = AuditLine.Kind.SETTINGS


def make(
    user: User,
    name: str,
    scope: Scope = Scope.GENERATE,
    *,
    project: Project | None = None,
    expires_at: dt.datetime | None = None,
    cap: int | None = None,
    stand_in: str = "",
) -> tuple[ApiKey, str]:
    """Make a key for a person, of one project or of all of theirs; the text returned with it is never shown again.

    `cap`: what it may spend a calendar month, in micro-dollars; None: whatever its maker may.
    `stand_in`: the model that answers for whatever a vendor's client asks for; empty: the one it asks for.

    Raises:
        Refused: no name, a day gone by, a cap below zero, a model nobody knows, or too many keys.
    """
    name = one_line(name, "name")
    _check(user, name, expires_at, stand_in)
    prefix = f"{START}_{secrets.token_hex(4)}"
    token = f"{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name,
            user=user,
            project=project,
            scope=scope,
            prefix=prefix,
            digest=_digest(token),
            webhook_secret=f"whsec_{secrets.token_hex(24)}",
            stand_in=stand_in,
            expires_at=expires_at,
        )
        record(_book_of(key), user, KIND, f"Made the {key} ({prefix}…): {Scope(scope).label.partition(':')[0].lower()}")
        if cap is not None:
            set_cap(key, cap, user)
    return key, token


def _check(user: User, name: str, expires_at: dt.datetime | None, stand_in: str) -> None:
    if not name or len(name) > 60:
        raise Refused("Give the key a name of at most 60 characters, such as “render farm”.", "name")
    if expires_at and expires_at <= timezone.now():
        raise Refused("Choose a day to come.", "expires")
    if stand_in and catalogue.choice(stand_in) is None:
        raise Refused("That model is not offered.", "stand_in")
    if access.own_keys(user).usable().count() >= MOST_KEYS:
        raise Refused(f"You have {MOST_KEYS} keys already. Revoke one that is not used any more.")


def revoke(key: ApiKey, actor: User) -> None:
    """Make a key open nothing from now on; what it asked for goes on. Doing it twice is doing it once."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            record(_book_of(key), actor, KIND, f"Revoked the {key} ({key.prefix}…)")


def set_cap(key: ApiKey, cap: int | None, actor: User) -> None:
    """Set, change or (None) take away what a key may spend a month.

    Raises:
        Refused: it is below zero.
    """
    if cap is not None and cap < 0:
        raise Refused("A cap cannot be below zero.", "cap")
    with transaction.atomic():
        if cap is None:
            Budget.objects.filter(key=key).delete()
        else:
            Budget.objects.update_or_create(key=key, defaults={"cap": cap})
        now = "none" if cap is None else f"{money.show(cap)} a month"
        record(_book_of(key), actor, KIND, f"Cap of the {key} ({key.prefix}…): {now}")


def caller(token: str) -> User | None:
    """The person whose key this is, narrowed to what it may (`User.acting_with`); None: it opens nothing."""
    prefix = "_".join(token.split("_", 2)[:2])
    if "\x00" in prefix or len(prefix) > 12:
        return None
    key = ApiKey.objects.usable().select_related("user", "project").filter(prefix=prefix).first()
    if key is None or not constant_time_compare(_digest(token), key.digest):
        return None
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - GRAIN:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    key.user.acting_with = key
    return key.user


def person_of(ref: str) -> User | None:
    """The person a usable key acts for, narrowed to what it may; for what was signed with the key's name."""
    key = ApiKey.objects.usable().select_related("user", "project").filter(ref=ref).first()
    if key is None:
        return None
    key.user.acting_with = key
    return key.user


def home(user: User) -> Project:
    """Where a program works that names no project: its key's own, else its person's personal one."""
    key = user.acting_with
    return key.project if key and key.project else Project.objects.personal_for(user)


def _digest(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()


def _book_of(key: ApiKey) -> Project:
    return key.project or Project.objects.personal_for(key.user)
