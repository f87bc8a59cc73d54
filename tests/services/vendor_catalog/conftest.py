from collections.abc import Callable

import pytest

from generator.models import MusicModel, ProviderAccount
from generator.services.vendor_catalog import importing, vendor_offers


@pytest.fixture
def account(paid_providers) -> ProviderAccount:
    return ProviderAccount.objects.get(key="wavespeed")


@pytest.fixture
def bring(account) -> Callable[[str], MusicModel]:
    """Import a model of the fake's catalog: `bring("sonilo/text-to-music")`."""

    def _bring(path: str) -> MusicModel:
        return importing.add(account, path, vendor_offers.read_offer(account, path).digest, None)

    return _bring
