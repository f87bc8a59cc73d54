"""ElevenLabs in a browser: form, price, press, tracks; and a suggestion that fills the form with one press."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.fakes.elevenlabs import ElevenLabsShop
from tests.fakes.vendors import Vendors
from tests.management.tree import Studio

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("elevenlabs")]


@pytest.fixture(scope="module")
def shop() -> Iterator[ElevenLabsShop]:
    with Vendors() as vendors:
        vendors.elevenlabs.url = vendors.url
        yield vendors.elevenlabs


@pytest.fixture(scope="module")
def studio(tmp_path_factory, prepared, shop) -> Iterator[Studio]:
    own = {
        "STUDIO_PROVIDERS": "generator.providers.builtin,generator.providers.elevenlabs",
        "ELEVENLABS_BASE_URL": shop.url,
        "ELEVENLABS_API_KEY": shop.key,
    }
    with Studio(tmp_path_factory.mktemp("elevenlabs"), prepared, STUDIO_STALE_SECONDS="60", **own) as running:
        yield running


def fill(page: Page, text: str, takes: int) -> None:
    page.locator("#prompt").fill(text)
    page.locator("#models > summary").click()
    page.locator(".model", has_text="ElevenLabs Music v2").filter(has_not_text="v2.5").click()
    expect(page.locator("#generate")).to_contain_text("about $")
    page.locator(".segments label", has_text=str(takes)).first.click()
    expect(page.locator("#generate")).to_contain_text(f"Generate {takes}")


def test_sections_are_priced_made_and_played_and_each_take_is_a_request(visit, shop):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    fill(page, "warm lo-fi", 2)
    expect(page.locator("#generate")).to_contain_text("about $0.60")
    page.locator("#f-duration").fill("30")
    page.locator("#f-duration").press("Tab")
    expect(page.locator("#generate")).to_contain_text("about $0.30")
    page.locator("#more > summary").click()
    page.locator("#f-sections").fill("intro 12 s: soft pads\nmain: piano")
    page.locator("#f-sections").press("Tab")
    expect(page.locator("#create")).to_contain_text("Section 2")
    page.locator("#f-sections").fill("intro 12 s: soft pads\nmain 36 s: piano")
    page.locator("#f-sections").press("Tab")
    expect(page.locator("#generate")).to_contain_text("about $0.48")
    page.locator("#generate").click()
    rows = page.locator(".track[data-src]", has_text=re.compile("warm lo-fi", re.IGNORECASE))
    expect(rows).to_have_count(2)
    assert [len(job.inputs["composition_plan"]["chunks"]) for job in shop.jobs] == [2, 2]


def test_a_suggestion_fills_the_form_and_sends_nothing(visit, shop):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    shop.refuse = (400, {"code": "bad_prompt", "message": "artist", "data": {"prompt_suggestion": "calm piano waltz"}})
    fill(page, "like a famous pianist", 1)
    page.locator("#generate").click()
    suggested = page.locator("#running [id^=suggestion-]")
    expect(suggested).to_be_visible()
    expect(page.locator("#running .job-suggestion")).to_have_text("calm piano waltz")
    shop.refuse = None
    made = len(shop.jobs)
    suggested.click()
    expect(page.locator("#prompt")).to_have_value("calm piano waltz")
    assert len(shop.jobs) == made
    page.locator("#generate").click()
    expect(page.locator(".track[data-src]", has_text="Calm piano waltz")).to_have_count(1)
