"""API keys: creation, revocation, budgets, and authentication of programs."""

import datetime as dt
import secrets
from hashlib import sha256

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from generator import currency, permissions
from generator.models import ApiKey, AuditLogEntry, Budget, Project, Scope, User
from generator.services.audit_log import record
from generator.services.errors import UserError
from generator.services.provider_jobs import catalog
from generator.services.text_input import one_line

START = "bgm"
MAX_KEYS = 50  # usable keys per person
LAST_USED_INTERVAL = dt.timedelta(minutes=1)  # resolution of "last used"
KIND = AuditLogEntry.Action.SETTINGS


def make(
    user: User,
    name: str,
    scope: Scope = Scope.GENERATE,
    *,
    project: Project | None = None,
    expires_at: dt.datetime | None = None,
    cap: int | None = None,
    model_override: str = "",
) -> tuple[ApiKey, str]:
    """Create a key for a person, for one project or all of theirs; return it with its token, which is not shown again.

    `cap`: budget per calendar month, in micro-dollars; None: only the person's own budgets apply.
    `model_override`: the model used in place of any requested by a vendor's client; empty: the requested model.

    Raises:
        UserError: invalid name, past expiry date, negative budget, unknown model, or too many keys.
    """
    name = one_line(name, "name")
    _check(user, name, expires_at, model_override)
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
            model_override=model_override,
            expires_at=expires_at,
        )
        record(user, KIND, f"Created {key} ({prefix}…): {Scope(scope).value}", project=_audited_project(key))
        if cap is not None:
            set_cap(key, cap, user)
    return key, token


def _check(user: User, name: str, expires_at: dt.datetime | None, model_override: str) -> None:
    if not name or len(name) > 60:
        sentence = _("Enter a name for the key, up to 60 characters, such as “Render farm”.")
        raise UserError(sentence, "name", code="invalid_name")
    if expires_at and expires_at <= timezone.now():
        raise UserError(_("Choose a date in the future."), "expires", code="invalid_date")
    if model_override and catalog.choice(model_override) is None:
        raise UserError(_("That model is not available. Choose another."), "model_override", code="model_unavailable")
    if permissions.own_keys(user).usable().count() >= MAX_KEYS:
        sentence = _("You already have {count} API keys, the maximum. Revoke one that you no longer use.")
        raise UserError(sentence.format(count=MAX_KEYS), code="limit_reached")


def revoke(key: ApiKey, actor: User) -> None:
    """Revoke a key; work that it started continues. Idempotent."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            record(actor, KIND, f"Revoked {key} ({key.prefix}…)", project=_audited_project(key))


def set_cap(key: ApiKey, cap: int | None, actor: User) -> None:
    """Set a key's budget per month, in micro-dollars, or remove it (None).

    Raises:
        UserError: the budget is negative.
    """
    if cap is not None and cap < 0:
        raise UserError(_("A budget cannot be negative."), "cap", code="invalid_amount")
    with transaction.atomic():
        if cap is None:
            Budget.objects.filter(key=key).delete()
        else:
            Budget.objects.update_or_create(key=key, defaults={"cap": cap})
        now = "none" if cap is None else f"{currency.show(cap)} per month"
        record(actor, KIND, f"Budget of {key} ({key.prefix}…): {now}", project=_audited_project(key))


def user_for_token(token: str) -> User | None:
    """Return the person behind a token, limited by the key (`User.api_key`); None if it is not usable."""
    prefix = "_".join(token.split("_", 2)[:2])
    if "\x00" in prefix or len(prefix) > 12:
        return None
    key = ApiKey.objects.usable().select_related("user", "project").filter(prefix=prefix).first()
    if key is None or not constant_time_compare(_digest(token), key.digest):
        return None
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - LAST_USED_INTERVAL:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    key.user.api_key = key
    return key.user


def user_for_key(public_id: str) -> User | None:
    """Return the person behind a usable key's public ID, limited by the key; None if it is not usable."""
    key = ApiKey.objects.usable().select_related("user", "project").filter(public_id=public_id).first()
    if key is None:
        return None
    key.user.api_key = key
    return key.user


def reload(user: User) -> User | None:
    """Reload a caller; None: the user was deactivated, or the key is no longer usable."""
    if user.api_key:
        return user_for_key(user.api_key.public_id)
    return User.objects.filter(pk=user.pk, is_active=True).first()


def home(user: User) -> Project:
    """Return a caller's default project: the key's project, or the person's personal one."""
    key = user.api_key
    return key.project if key and key.project else Project.objects.personal_for(user)


def _digest(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()


def _audited_project(key: ApiKey) -> Project:
    return key.project or Project.objects.personal_for(key.user)
