"""The connectors' live fake, the shipped connectors pointed at it, and a studio that has them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from generator.models import ConnectorVersion
from generator.providers.base import ProviderConfig
from generator.providers.connectors import Connector
from generator.services.connectors import versions
from generator.services.provider_jobs import catalog
from tests.fakes.connectors.texts import text_of
from tests.fakes.connectors.vendors import ConnectorVendors
from tests.providers.conftest import CALM, Caller


@pytest.fixture
def shops() -> Iterator[ConnectorVendors]:
    with ConnectorVendors() as running:
        yield running


@pytest.fixture
def connector(shops) -> Callable[..., Caller]:
    """A connector pointed at the fake: `connector("fal", cancel=None)` with changes to its document."""

    def make(name: str, **changes: Any) -> Caller:
        text = json.dumps(json.loads(text_of(name)) | changes)
        key = getattr(shops, name).key
        return Caller(Connector(text, ProviderConfig(shops.address(name), key, patience=CALM, private_ok=True)))

    return make


@pytest.fixture
def saved_connectors(settings) -> Iterator[None]:
    """Forget after the test that connectors were saved."""
    yield
    versions._stamp_file().unlink(missing_ok=True)
    catalog.registry.cache_clear()


@pytest.fixture
def connected(shops, db, settings, fast_polling, monkeypatch, saved_connectors) -> ConnectorVendors:
    """The three connectors in the catalog, pointed at the fake by environment; ComfyUI with a workflow."""
    settings.STUDIO_PROVIDERS = ["generator.providers.builtin", "generator.providers.connectors"]
    for name, value in shops.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("STUDIO_PRIVATE_DOWNLOADS", "on")
    ConnectorVersion.objects.create(key="comfyui", text=text_of("comfyui"), digest="x")
    versions.touch()
    catalog.registry.cache_clear()
    catalog.sync()
    return shops
