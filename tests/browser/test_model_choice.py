"""The model picker in a browser: its order, and a model that takes the place of an unavailable one."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.runs import rows_of
from tests.browser.test_accessibility import problems
from tests.conftest import COMPOSER, POLL, STREAM
from tests.fakes.failing_provider import FakeProvider, Script
from tests.management.tree import Studio

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]

HEALTHY = """
from generator.models import ProviderAccount
ProviderAccount.objects.update(halt_code="", resting_until=None, failures_in_a_row=0)
"""


@pytest.fixture
def studio(paid_studio, paid_fake: FakeProvider) -> Iterator[Studio]:
    """A studio whose providers are well before and after the test."""
    paid_fake.script = Script()
    paid_studio.shell(HEALTHY)
    yield paid_studio
    paid_fake.script = Script()
    paid_studio.shell(HEALTHY)


def order_of(page: Page) -> list[str]:
    return page.locator(".models-list input[name=model]").evaluate_all("inputs => inputs.map((input) => input.value)")


def prefer(page: Page, *models: str, mode: str) -> None:
    """Set the fallback order on the project's settings page, and return to the studio."""
    studio_page = page.url
    page.goto(f"{studio_page}settings/")
    for number in range(1, 6):
        page.locator(f"#fallback-{number}").select_option(models[number - 1] if number <= len(models) else "")
    page.locator(f"#fallback input[value={mode}]").check()
    page.locator("#fallback").get_by_role("button").click()
    expect(page.locator("#fallback-1")).to_have_value(models[0] if models else "")
    page.goto(studio_page)
    page.locator("#prompt").wait_for()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_order_is_chosen_by_keyboard_and_stays_while_typing(visit, width, height):
    visitor = visit(width=width, height=height)
    visitor.sign_in()
    page = visitor.page
    page.locator("#models summary").focus()
    page.keyboard.press("Enter")
    assert order_of(page)[0] == COMPOSER
    page.locator("#model-sort").focus()
    with page.expect_response(re.compile("create")):
        page.locator("#model-sort").select_option("time")
    expect(page.locator("#model-sort")).to_have_value("time")
    expect(page.locator("#models")).to_have_attribute("open", "")
    with page.expect_response(re.compile("create")):
        page.locator("#prompt").press_sequentially("calm piano")
    expect(page.locator("#model-sort")).to_have_value("time")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert problems(page) == []


def test_a_fallback_is_used_and_the_track_says_so(visit, studio, paid_fake):
    visitor = visit()
    visitor.sign_in()
    page = visitor.page
    prefer(page, COMPOSER, mode="use")
    paid_fake.script = Script(submit="no_credit")
    page.locator("#models summary").click()
    page.locator(f"input[name=model][value='{POLL}']").check()
    expect(page.locator("#generate")).to_contain_text("$0.06")
    page.locator("#prompt").fill("calm piano taken over, 5 s")
    page.locator("#generate").click()
    # its provider refuses it, and the composer takes its place at no cost
    card = page.locator("#running .job-ready", has=page.locator("[id^=fallback-]"), has_text="calm piano taken over")
    expect(card.locator("[id^=fallback-]")).to_contain_text("Built-in composer")
    expect(rows_of(page, card)).to_have_count(2)
    # from now on the form says it before anything is sent
    page.reload()
    page.locator("#prompt").fill("another calm piano, 5 s")
    expect(page.locator("#model-replaced")).to_be_visible()
    expect(page.locator("#generate")).to_contain_text("free")
    prefer(page, mode="offer")
    page.goto(studio.url + str(page.locator(".track[data-src] .track-title a").first.get_attribute("href")))
    expect(page.locator("#fallback-used")).to_be_visible()
    assert problems(page) == []


def test_an_offered_fallback_takes_one_press(visit, studio, paid_fake):
    visitor = visit()
    visitor.sign_in()
    page = visitor.page
    prefer(page, COMPOSER, mode="offer")
    paid_fake.script = Script(submit="no_credit")
    page.locator("#models summary").click()
    page.locator(f"input[name=model][value='{STREAM}']").check()
    page.locator("#prompt").fill("calm piano on offer, 5 s")
    expect(page.locator("#generate")).to_contain_text("$0.06")
    page.locator("#generate").click()
    page.locator("[id^=use-next-] button").click()
    expect(page.locator("#running [id^=fallback-]").first).to_be_visible()
    expect(page.locator("#running .job-ready", has_text="calm piano on offer")).to_be_visible()
    prefer(page, mode="offer")
