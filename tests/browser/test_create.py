"""The create pane on a phone and with long texts: presses show, errors are visible, no input is lost."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.runs import cards_shown, generate, new_card, rows_of
from tests.browser.test_main_job import until
from tests.management.tree import wait_for

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]

LONG = "温暖的低保真节拍，适合烹饪视频。" * 120


def is_in_view(page: Page, selector: str) -> None:
    box = "(document.querySelector({0!r})?.getBoundingClientRect())"
    place = box.format(selector)
    wait_for(lambda: page.evaluate(f"{place} && {place}.top >= 0 && {place}.bottom <= innerHeight"), 10, selector)


def test_on_a_phone_generate_shows_the_card(visit):
    visitor = visit(width=390, height=844)
    page = visitor.page
    visitor.sign_in()
    generate(page, "ambient seen on a phone, 9 min")
    card = page.locator(".job", has_text="ambient seen on a phone")
    expect(card).to_be_visible()
    is_in_view(page, ".job")
    until(page, "document.activeElement.closest('.job') !== null")
    expect(page.locator("#said")).to_contain_text("ambient seen on a phone")
    page.keyboard.press("Tab")
    expect(card.get_by_role("button", name=re.compile("Cancel"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(card).to_have_class(re.compile(r"\bjob-cancelled\b"))
    is_in_view(page, ".job")
    card.get_by_role("button", name="Dismiss").click()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 500)])
def test_the_first_error_is_brought_into_view_and_focused(visit, width, height):
    visitor = visit(width=width, height=height)
    page = visitor.page
    visitor.sign_in()
    page.locator("#prompt").fill("calm piano, 5 s")
    page.locator("#f-length").fill("two hours")
    page.locator("#generate").scroll_into_view_if_needed()
    page.locator("#generate").click()
    expect(page.locator("#e-length")).to_be_visible()
    expect(page.locator("#f-length")).to_be_focused()
    is_in_view(page, "#e-length")
    page.locator("#f-length").fill("0:08.5")
    page.locator("#f-length").press("Tab")
    expect(page.locator("#u-length")).to_have_text("= 0:08.5")
    page.locator("#f-length").fill("")
    page.locator("#prompt").fill("calm " * 3000)
    page.locator("#generate").scroll_into_view_if_needed()
    page.locator("#generate").click()
    is_in_view(page, "#create-error [role=alert]")
    assert page.evaluate("document.activeElement.closest('#create') !== null")


def test_a_long_text_in_chinese_is_previewed_and_made(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    page.locator("#prompt").fill(LONG[:1900])
    page.locator("#f-length").fill("5")
    page.locator("#f-length").press("Tab")
    expect(page.locator("#u-length")).to_have_text("= 0:05")
    assert page.locator("#prompt").input_value() == LONG[:1900]
    expect(page.locator("#generate")).to_be_visible()
    earlier = cards_shown(page)
    page.locator("#generate").click()
    expect(rows_of(page, new_card(page, LONG[:40], earlier)).first).to_be_visible(timeout=60_000)
