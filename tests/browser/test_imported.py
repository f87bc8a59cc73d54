"""Every music model of the catalog, imported: from the form over the price on the button to a track, in one visit."""

import re

import pytest
from playwright.sync_api import expect

from generator import currency
from generator.providers.wavespeed import catalog_offer
from tests.browser.runs import cards_shown, new_card, rows_of
from tests.fakes import wavespeed_catalog
from tests.fakes.vendors import Vendors
from tests.fakes.wavespeed_catalog import MUSIC
from tests.management.tree import Studio

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("imported")]

SECONDS = 8
PATHS = [raw["model_id"] for raw in MUSIC]
IMPORT = f"""
from django.core.management import call_command
from generator.models import MusicModel
call_command("catalog", "add", *{PATHS!r})
MusicModel.objects.filter(is_imported=True).update(usual_ms=500)"""


@pytest.fixture(scope="module")
def vendors():
    with Vendors() as running:
        running.wavespeed.polls = 0
        running.wavespeed.balance = 1000.0
        yield running


@pytest.fixture(scope="module")
def studio(tmp_path_factory, prepared, vendors):
    own = {
        "STUDIO_PROVIDERS": "generator.providers.builtin,generator.providers.wavespeed",
        "STUDIO_PRIVATE_DOWNLOADS": "1",
        "WAVESPEED_API_KEY": vendors.wavespeed.key,
        "WAVESPEED_BASE_URL": vendors.url,
    }
    with Studio(tmp_path_factory.mktemp("imported"), prepared, STUDIO_STALE_SECONDS="60", **own) as running:
        running.shell(IMPORT)
        yield running


def test_each_imported_model_goes_from_the_form_to_a_track(visit, vendors):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    for number, path in enumerate(PATHS):
        text = f"music number {number} for a cooking video"
        page.locator("#models").evaluate("menu => { menu.open = true; }")
        chosen = page.locator(f"input[name=model][value='wavespeed/{path}']")
        chosen.check()
        expect(page.locator(f"#models input[value='wavespeed/{path}']")).to_be_checked()
        page.locator("#prompt").fill(text)
        if one := page.locator(".segments label", has_text="1").all():
            one[0].click()
        fields = fields_of(path)
        if "duration" in fields:  # the form keeps what the model before had
            page.locator("#f-duration").fill(str(SECONDS))
            page.locator("#f-duration").blur()
        if "lyrics" in fields:
            page.locator("#f-lyrics").fill("A few lines of words to sing")
        earlier, jobs = cards_shown(page), len(vendors.wavespeed.jobs)
        button = page.locator("#generate")
        expected = currency.show(price_of(path, text))
        expect(button).to_contain_text(re.compile(re.escape(expected) + r"(?!\d)"))
        button.click()
        card = new_card(page, text, earlier)
        expect(card).to_have_class(re.compile(r"\bjob-ready\b"))
        expect(rows_of(page, card)).to_have_count(1)
        (job,) = vendors.wavespeed.jobs[jobs:]
        assert (job.model, currency.show(round(job.charged * 1_000_000))) == (path, expected)


def fields_of(path: str) -> set[str]:
    (raw,) = [raw for raw in MUSIC if raw["model_id"] == path]
    spec = catalog_offer.offer(*wavespeed_catalog.listed("http://localhost", [raw]), "http://localhost").spec
    return {field.name for field in spec.fields}


def price_of(path: str, text: str) -> int:
    """Return what the vendor will charge for one take of this length."""
    (raw,) = [raw for raw in MUSIC if raw["model_id"] == path]
    return round(wavespeed_catalog.price(raw, {"prompt": text, "duration": SECONDS}) * 1_000_000)
