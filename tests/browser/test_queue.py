"""The queue, the other take at the same position, and the keys of the player, in a real browser."""

import itertools

import pytest
from playwright.sync_api import Page, expect

from tests.browser.runs import finish
from tests.browser.test_accessibility import problems
from tests.browser.test_main_job import is_playing, until

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]

_numbers = itertools.count(1)  # a card of its own for each test
POSITION = "document.querySelector('#audio').currentTime"


@pytest.fixture
def page(visit) -> Page:
    """A page whose list begins with two takes of one run."""
    visitor = visit()
    visitor.sign_in()
    text = f"steady vibraphone for the queue {next(_numbers)}, 20 s"
    finish(visitor.page, text)
    visitor.page.keyboard.press("Escape")
    return visitor.page


def play(page: Page, number: int = 0) -> None:
    """Play a row, and leave its button, which Space would press."""
    page.locator(".track[data-src] [data-play]").nth(number).click()
    is_playing(page)
    page.evaluate("document.activeElement.blur()")


def title(page: Page) -> str:
    return page.locator("[data-player=title]").inner_text()


def test_what_comes_next_is_shown_jumped_to_and_removed(page):
    rows = page.locator(".track[data-src]")
    refs = [rows.nth(number).get_attribute("data-ref") for number in range(4)]
    play(page)
    page.locator("[data-player=queue]").click()
    items = page.locator("#queue li")
    expect(items.first).to_have_attribute("data-ref", refs[1])
    assert problems(page) == []
    items.first.locator("[data-queue-remove]").click()
    expect(items.first).to_have_attribute("data-ref", refs[2])
    page.locator("[data-player=next]").click()
    expect(page.locator(".track.is-current")).to_have_attribute("data-ref", refs[2])
    items.first.locator("[data-queue-jump]").click()
    expect(page.locator(".track.is-current")).to_have_attribute("data-ref", refs[3])
    page.keyboard.press("Escape")
    expect(page.locator("#queue")).to_be_hidden()
    expect(page.locator("[data-player=queue]")).to_be_focused()


def test_the_queue_outlives_its_page(page):
    rows = page.locator(".track[data-src]")
    second = rows.nth(1).get_attribute("data-title")
    play(page)
    page.get_by_role("link", name="Spend").first.click()
    page.wait_for_url("**/spend/**")
    page.locator("[data-player=next]").click()
    expect(page.locator("[data-player=title]")).to_have_text(str(second))
    is_playing(page)


def test_the_other_take_goes_on_at_the_same_position(page):
    rows = page.locator(".track[data-src]")
    play(page)
    page.evaluate("document.querySelector('#audio').currentTime = 8")
    page.keyboard.press("Space")
    until(page, "document.querySelector('#audio').paused")
    before = page.evaluate(POSITION)
    page.keyboard.press("x")
    expect(page.locator(".track.is-current")).to_have_attribute("data-ref", rows.nth(1).get_attribute("data-ref"))
    until(page, f"Math.abs({POSITION} - {before}) < 0.1")
    switch = page.locator("[data-player=switch]")
    expect(switch).to_contain_text("1/2")
    page.keyboard.press("Space")
    is_playing(page)
    before = page.evaluate(POSITION)
    switch.click()
    expect(page.locator(".track.is-current")).to_have_attribute("data-ref", rows.first.get_attribute("data-ref"))
    is_playing(page)
    until(page, f"{POSITION} >= {before}")


def test_arrows_seek_but_not_in_a_field(page):
    play(page)
    page.keyboard.press("Space")
    until(page, "document.querySelector('#audio').paused")
    page.keyboard.press("ArrowRight")
    until(page, f"{POSITION} >= 5")
    at = page.evaluate(POSITION)
    page.keyboard.press("ArrowLeft")
    until(page, f"Math.abs({POSITION} - {at - 5}) < 0.1")
    at = page.evaluate(POSITION)
    page.locator("#prompt").focus()
    page.keyboard.press("ArrowRight")
    page.locator("[data-player=volume]").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(POSITION) == pytest.approx(at, abs=0.05)


def test_moving_plays_while_music_is_on_unless_turned_off(page):
    current, marked = page.locator(".track.is-current"), page.locator(".track.is-marked")
    page.keyboard.press("j")
    assert page.evaluate("document.querySelector('#audio').paused")
    page.keyboard.press("Space")
    is_playing(page)
    page.keyboard.press("j")
    expect(current).to_have_attribute("data-ref", str(marked.get_attribute("data-ref")))
    page.evaluate("document.querySelector('#page').removeAttribute('data-plays-on-move')")  # as the setting does
    before = str(current.get_attribute("data-ref"))
    page.keyboard.press("k")
    assert marked.get_attribute("data-ref") != before
    expect(current).to_have_attribute("data-ref", before)


def test_media_keys_know_the_project_and_the_position(page):
    play(page)
    told = page.evaluate(
        "({ album: navigator.mediaSession.metadata.album, title: navigator.mediaSession.metadata.title })"
    )
    assert told == {"album": page.locator("#page").get_attribute("data-project"), "title": title(page)}
    assert page.evaluate("navigator.mediaSession.playbackState") == "playing"
