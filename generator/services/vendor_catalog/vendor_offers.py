"""Reading a vendor's catalog, at most once per hour, and what the studio makes of its entries."""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from generator.models import ProviderAccount
from generator.providers.base import Configurable
from generator.providers.errors import ProviderError
from generator.providers.importing import Importing, Offer
from generator.services.errors import UserError
from generator.services.provider_jobs import catalog, provider_accounts
from generator.translation import translate

KEPT_S = 3600  # seconds; the vendor's own clients keep it as long


def importers() -> list[ProviderAccount]:
    """Return the accounts of the installed providers that have a catalog."""
    accounts = ProviderAccount.objects.order_by("title")
    return [account for account in accounts if isinstance(provider_accounts.provider_of(account), Importing)]


def importer_of(account: ProviderAccount) -> Importing:
    """Return the provider behind an account.

    Raises:
        UserError: it has no catalog, or cannot be used now.
    """
    provider = provider_accounts.provider_of(account)
    if not isinstance(provider, Importing):
        raise UserError(_("{provider} has no catalog.").format(provider=account.title), code="no_catalog")
    if settings.STUDIO_OFFLINE:
        sentence = _("The studio is offline because it was restored from a backup. Nothing is sent to {provider}.")
        raise UserError(sentence.format(provider=account.title), code="offline")
    if isinstance(provider, Configurable) and not provider.has_key:
        raise UserError(_("{provider} has no key yet.").format(provider=account.title), code="no_key")
    return provider


def read_offers(account: ProviderAccount, *, anew: bool = False) -> list[Offer]:
    """Return the entries of an account's catalog, as they were read within the last hour; `anew` reads them again.

    Raises:
        UserError: the catalog cannot be read.
    """
    importer = importer_of(account)
    return [importer.offer(raw) for raw in _entries(account, importer, anew=anew)]


def read_offer(account: ProviderAccount, path: str) -> Offer:
    """Return one entry.

    Raises:
        UserError: the catalog cannot be read, or does not have it.
    """
    offer = next((offer for offer in read_offers(account) if offer.path == path), None)
    if offer is None:
        raise UserError(_("The catalog has no “{path}”.").format(path=path[:100]), code="not_found")
    return offer


def _entries(account: ProviderAccount, importer: Importing, *, anew: bool) -> Sequence[Mapping[str, Any]]:
    name = _cache_name(account)
    stored = None if anew else cache.get(name)
    if stored:
        entries: list[Mapping[str, Any]] = json.loads(zlib.decompress(base64.b64decode(stored)))
        return entries
    try:
        read: Sequence[Mapping[str, Any]] = provider_accounts.call(importer.read_catalog)
    except ProviderError as error:
        raise UserError(translate(error.sentence), code="catalog_unreadable") from error
    cache.set(name, base64.b64encode(zlib.compress(json.dumps(read).encode())).decode(), KEPT_S)
    return read


def _cache_name(account: ProviderAccount) -> str:
    """Return a name that changes with the address and the key: another account may have another catalog."""
    configured = catalog.with_account(catalog.provider_of(account.key), account)
    config = getattr(configured, "_account", None)
    told = f"{account.key} {getattr(config, 'base_url', '')} {getattr(config, 'key', '')}"
    return f"vendor-catalog-{hashlib.sha256(told.encode()).hexdigest()[:32]}"
