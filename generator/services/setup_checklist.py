"""The set-up checklist of administrators: what a new studio still needs, from its settings and rows, never guessed."""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http.request import validate_host
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generator.models import Installation, ProviderAccount, User
from generator.providers.base import Configurable
from generator.services import composer_samples
from generator.services.provider_jobs import catalog

BACKUP_LASTS = dt.timedelta(days=7)


@dataclass(frozen=True)
class Item:
    """One item of the checklist: whether it is done, and the fact that says so."""

    key: str
    is_done: bool
    fact: str
    is_optional: bool = False


def items() -> list[Item]:
    """Return the whole checklist."""
    return [*_needed(), _provider_key(), _samples()]


def count_open() -> int:
    """Return how many items that every studio needs are open; it is shown on every page of an administrator."""
    return sum(not item.is_done for item in _needed())


def _needed() -> list[Item]:
    return [_mail(), _address(), _backup(), _second_factor()]


def _mail() -> Item:
    if settings.STUDIO_OFFLINE:
        return Item(
            "mail",
            False,
            _("This is an offline copy (STUDIO_OFFLINE), so emails are written to files instead of being sent."),
        )
    if settings.EMAIL_CONFIGURED:
        sender = settings.DEFAULT_FROM_EMAIL
        return Item("mail", True, _("Emails are sent from {sender}.").format(sender=sender))
    sentence = _("No mail server is configured, so emails are written to files instead of being sent.")
    return Item("mail", False, sentence)


def _address() -> Item:
    address = settings.STUDIO_URL
    if not address:
        return Item("address", False, _("No public address is set, so links in emails may not open for everyone."))
    host = urlsplit(address).hostname or ""
    if not validate_host(host, settings.ALLOWED_HOSTS):
        sentence = _("The public address is {address}, but ALLOWED_HOSTS does not list {host}.")
        return Item("address", False, sentence.format(address=address, host=host))
    return Item("address", True, _("The studio’s public address is {address}.").format(address=address))


def _backup() -> Item:
    made_at = Installation.objects.filter(pk=1).values_list("backed_up_at", flat=True).first()
    if made_at is None:
        return Item("backup", False, _("No backup has been made yet."))
    date = date_format(timezone.localtime(made_at), "DATETIME_FORMAT")
    return Item(
        "backup", timezone.now() - made_at <= BACKUP_LASTS, _("The last backup is from {date}.").format(date=date)
    )


def _second_factor() -> Item:
    admins = User.objects.filter(is_active=True, is_superuser=True)
    protected = Authenticator.objects.filter(type=Authenticator.Type.TOTP).values("user")
    without = admins.exclude(pk__in=protected).count()
    if not without:
        return Item("second-factor", True, _("Every administrator uses two-factor authentication."))
    sentence = ngettext(
        "{count} administrator signs in with a password alone.",
        "{count} administrators sign in with a password alone.",
        without,
    )
    return Item("second-factor", False, sentence.format(count=without))


def _provider_key() -> Item:
    paid = [row for row in ProviderAccount.objects.filter(enabled=True) if _needs_key(row)]
    rejected = [row.title for row in paid if catalog.key_is_refused(row)]
    if rejected:
        sentence = _("Keys were rejected by: {names}.").format(names=", ".join(rejected))
        return Item("provider-key", False, sentence, is_optional=True)
    ready = [row.title for row in paid if catalog.has_key(row)]
    if ready:
        sentence = _("Keys are set for: {names}.").format(names=", ".join(ready))
        return Item("provider-key", True, sentence, is_optional=True)
    return Item(
        "provider-key", False, _("No paid provider has a key. The built-in composer is free."), is_optional=True
    )


def _samples() -> Item:
    number = composer_samples.number()
    if number:
        return Item("samples", True, _("Layered sample pack {number} is installed.").format(number=number), True)
    sentence = _("The built-in composer plays its bundled samples, which have one recorded strength.")
    return Item("samples", False, sentence, is_optional=True)


def _needs_key(account: ProviderAccount) -> bool:
    try:
        provider = catalog.provider_of(account.key)
    except KeyError:
        return False
    return isinstance(provider, Configurable) and not catalog.is_key_optional(account)
