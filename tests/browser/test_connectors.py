"""Connectors in a real browser: an administrator's dry run, and a paid track from the form to the list."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from generator.providers.connectors import shipped_texts
from tests.browser.conftest import Visitor
from tests.browser.runs import cards_shown, new_card, rows_of
from tests.fakes.connectors.vendors import ConnectorVendors
from tests.management.tree import Studio

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]
PROVIDERS = "generator.providers.builtin,generator.providers.connectors"


@pytest.fixture(scope="module")
def vendors() -> Iterator[ConnectorVendors]:
    with ConnectorVendors() as running:
        yield running


@pytest.fixture(scope="module")
def studio(tmp_path_factory, prepared, vendors) -> Iterator[Studio]:
    """A studio with the shipped connectors, answered by their live fake."""
    own = {"STUDIO_PROVIDERS": PROVIDERS, "STUDIO_PRIVATE_DOWNLOADS": "1", **vendors.env}
    with Studio(tmp_path_factory.mktemp("connectors"), prepared, STUDIO_STALE_SECONDS="60", **own) as running:
        yield running


@pytest.fixture
def visitor(visit) -> Visitor:
    visitor = visit()
    visitor.sign_in()
    return visitor


def test_a_dry_run_shows_the_request_and_a_saved_change_is_in_the_form_at_once(visitor, vendors):
    page = visitor.page
    page.goto(f"{visitor.studio.url}/admin/generator/connectorversion/add/?key=fal")
    document = json.loads(page.locator("#id_text").input_value())
    assert document == json.loads(shipped_texts()["fal"])
    document["poll"][0]["status"]["path"] = "status"
    page.locator("#id_text").fill(json.dumps(document))
    page.get_by_role("button", name="Dry run").click()
    expect(page.locator("#dry-run")).to_contain_text("$.poll[0].status.path")
    document["poll"][0]["status"]["path"] = "$.status"
    document["models"][0]["title"] = "MiniMax of ours"
    page.locator("#id_text").fill(json.dumps(document))
    page.get_by_role("button", name="Dry run").click()
    shown = page.locator("#dry-run pre").first
    expect(shown).to_contain_text("POST")
    expect(shown).to_contain_text("Authorization: Key •••")
    expect(shown).to_contain_text('"is_instrumental": true')
    expect(page.locator("#dry-run")).not_to_contain_text(vendors.fal.key)
    assert vendors.requests("POST") == []
    page.locator("input[name=_save]").click()
    page.wait_for_url("**/connectorversion/")
    page.goto(f"{visitor.studio.url}/")
    expect(page.locator("body")).to_contain_text("MiniMax of ours")


def test_a_track_by_a_connector_goes_from_form_and_price_to_the_list(visitor, vendors):
    page = visitor.page
    page.locator("#prompt").fill("warm tape loops by a connector")
    page.locator("#models > summary").click()
    page.locator(".model", has_text="MiniMax Music 2.6 (Runware)").click()
    expect(page.locator("#generate")).to_contain_text("Generate 2 · about $0.30")  # two calls, a take each
    page.locator(".segments label", has_text="1").first.click()
    button = page.get_by_role("button", name=re.compile("Generate 1"))
    expect(button).to_contain_text("$0.15")
    earlier = cards_shown(page)
    button.click()
    card = new_card(page, "warm tape loops by a connector", earlier)
    expect(card).to_have_class(re.compile(r"\bjob-ready\b"))
    expect(rows_of(page, card)).to_have_count(1)
    assert [job.prompt for job in vendors.runware.jobs] == ["warm tape loops by a connector"]
    assert visitor.studio.rows("SELECT amount FROM generator_providerbill") == [(150_000,)]
