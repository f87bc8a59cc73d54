"""docs/api_wavespeed.md names every address and every field, and none that no longer exists."""

import re

import pytest

from generator.api.compat.wavespeed import media, model_schemas, submit
from generator.api.compat.wavespeed.urls import urlpatterns
from generator.services.provider_jobs import catalog
from tests.management.tree import ROOT

PAGE = (ROOT / "docs" / "api_wavespeed.md").read_text()
NAMED = {pattern.name: str(pattern.pattern) for pattern in urlpatterns}
OPEN = {"wavespeed-none", "wavespeed-else", "wavespeed-submit"}


def readable(pattern: str) -> list[str]:
    """Return `^predictions/(?P<id>[^/]+)/?$` as a person writes it."""
    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", pattern).removeprefix("^").removesuffix("/?$").replace("\\", "")
    return ["upload", "uploads"] if plain == "uploads?" else [plain]


@pytest.mark.parametrize("name", sorted(set(NAMED) - OPEN))
def test_every_address_is_described(name):
    for address in readable(NAMED[name]):
        assert re.search(rf"^\|.*`[A-Z]+ {re.escape(address)}`", PAGE, re.MULTILINE), address


def test_no_address_is_described_that_is_gone():
    known = {address for pattern in NAMED.values() for address in readable(pattern)} | {"<model path>"}
    table = PAGE.partition("## The addresses")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(?:GET|POST|PUT|DELETE) ([^`]+)`", table)) == known - {
        address for name in OPEN for address in readable(NAMED[name])
    }


def test_every_field_of_the_vendors_models_is_described(synced_catalog):
    for contract in model_schemas.all_contracts():
        if contract.is_vendors:
            assert all(f"`{name}`" in PAGE for name in contract.names), contract.path


def test_the_limits_are_those_of_the_code():
    assert f"at most {submit.SYNC_TIMEOUT_S:.0f} s (then" in PAGE
    assert f"`code` {submit.SYNC_TIMEOUT_CODE}" in PAGE.replace("\n", " ")
    assert f"the first {media.MAX_EXCERPT_S:.0f} s as MP3" in PAGE
    assert f"at most {media.MAX_UPLOAD_BYTES // 1_000_000} MB" in PAGE
    assert f"for {media.TICKET_LIFETIME.seconds // 60} minutes" in PAGE
    assert catalog.spec_of("composer/studio")
