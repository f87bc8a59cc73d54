"""Two presses count as one: nothing that an answer moves under the pointer is pressed by a double click."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.runs import generate

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]


def running(page: Page, text: str):
    """Return the card of a long piece in progress."""
    generate(page, text)
    card = page.locator(".job", has_text=text)
    expect(card.get_by_role("button", name=re.compile("Cancel"))).to_be_visible()
    return card


def asked(page: Page, text: str) -> int:
    """Return how often a text was sent, as the project's spend lists it."""
    page.reload()
    return page.locator(".job", has_text=text).count() + page.locator(".track", has_text=text).count()


def is_cancelled_once(page: Page, card, text: str) -> None:
    expect(card).to_have_class(re.compile(r"\bjob-cancelled\b"))
    page.wait_for_function("() => document.querySelector('#running:not(.htmx-request)')")
    assert asked(page, text) == 1
    expect(card).to_have_class(re.compile(r"\bjob-cancelled\b"))
    card.get_by_role("button", name="Dismiss").click()
    expect(card).to_have_count(0)


def test_cancel_clicked_twice_cancels_and_buys_nothing(visit):
    visitor = visit()
    visitor.sign_in()
    page, text = visitor.page, "ambient for a double click, 9 min"
    card = running(page, text)
    card.get_by_role("button", name=re.compile("Cancel")).dblclick()
    is_cancelled_once(page, card, text)


def test_a_second_click_in_the_place_of_cancel_buys_nothing(visit):
    visitor = visit()
    visitor.sign_in()
    page, text = visitor.page, "ambient for two clicks, 9 min"
    card = running(page, text)
    box = card.get_by_role("button", name=re.compile("Cancel")).bounding_box()
    place = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(*place)
    expect(card).to_have_class(re.compile(r"\bjob-cancelled\b"))
    retry = card.get_by_role("button", name=re.compile("Try again")).bounding_box()
    assert not (retry["x"] <= place[0] <= retry["x"] + retry["width"])
    page.mouse.click(*place)
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.reload()
    assert page.locator(".job:not(.job-cancelled)", has_text=text).count() == 0


def test_enter_pressed_twice_on_cancel_buys_nothing(visit):
    visitor = visit()
    visitor.sign_in()
    page, text = visitor.page, "ambient for two keys, 9 min"
    card = running(page, text)
    card.get_by_role("button", name=re.compile("Cancel")).focus()
    page.keyboard.press("Enter")
    expect(card).to_have_class(re.compile(r"\bjob-cancelled\b"))
    assert page.evaluate("document.activeElement.closest('.job') !== null")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    is_cancelled_once(page, card, text)


def test_generate_pressed_twice_is_one_run(visit):
    visitor = visit()
    visitor.sign_in()
    page, text = visitor.page, "ambient for one run, 9 min"
    page.locator("#prompt").fill(text)
    expect(page.locator("#heard")).to_contain_text("540 s")
    page.locator("#generate").dblclick()
    card = page.locator(".job", has_text=text)
    expect(card).to_have_count(1)
    page.locator("#generate").focus()
    card.get_by_role("button", name=re.compile("Cancel")).click()
    is_cancelled_once(page, card, text)
