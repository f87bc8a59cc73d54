"""From a prompt to a playing, downloaded track, in a real browser on a real studio."""

import io
import re
import wave

import pytest
from playwright.sync_api import Page, expect

from tests.browser.runs import cards_shown, finish, generate, new_card, rows_of
from tests.management.tree import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def until(page: Page, expression: str, seconds: float = 20) -> None:
    """Wait for an expression to hold; polled from outside, since the page's policy forbids evaluating strings."""
    wait_for(lambda: page.evaluate(expression), seconds, expression)


def is_playing(page: Page) -> None:
    until(page, "!document.querySelector('#audio').paused && document.querySelector('#audio').currentTime > 0.2")


def test_with_the_mouse(visit, tmp_path):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    card = generate(page, "warm lo-fi under a cooking video, 6 s", takes=2)
    expect(page.locator("#heard")).to_contain_text("lo-fi")
    rows = rows_of(page, card)
    expect(rows).to_have_count(2, timeout=60_000)
    expect(card).to_have_class(re.compile(r"\bjob-ready\b"), timeout=60_000)
    row = rows.first
    expect(row).to_contain_text("0:06")
    row.locator("[data-play]").click()
    is_playing(page)
    # Seeking works because ranges do.
    page.evaluate("document.querySelector('#audio').currentTime = 5")
    until(page, "document.querySelector('#audio').currentTime >= 4.9")
    # The player continues while pages change.
    row.locator("[data-play]").click() if page.evaluate("document.querySelector('#audio').ended") else None
    page.get_by_role("link", name="Spend").first.click()
    page.wait_for_url("**/spend/**")
    expect(page.locator("#player")).to_be_visible()
    page.go_back()
    expect(rows).to_have_count(2)
    # The track's details, and a file in another format.
    page.goto(f"{visitor.studio.url}{rows.first.locator('.track-title a').get_attribute('href')}")
    page.locator("[data-tab=record]").click()
    expect(page.get_by_text("SHA-256")).to_be_visible()
    expect(page.locator("[data-fact=loudness]")).to_contain_text("LUFS")
    page.locator(".split-more").click()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_label("WAV, Original loudness").first.click()
    target = tmp_path / "track.wav"
    download.value.save_as(target)
    assert download.value.suggested_filename.endswith(".wav")
    with wave.open(io.BytesIO(target.read_bytes())) as audio:
        assert audio.getnframes() == 6 * 44100


def test_with_the_keyboard_only(visit):
    visitor = visit()
    page, studio = visitor.page, visitor.studio
    page.goto(f"{studio.url}/")
    press = page.keyboard
    reach(page, lambda: page.evaluate("document.activeElement.name") == "login")
    press.type("admin@studio.local")
    press.press("Tab")
    press.type(studio.password())
    press.press("Enter")
    page.locator("#prompt").wait_for()
    reach(page, lambda: page.evaluate("document.activeElement.id") == "prompt")
    press.type("bright piano, 5 s")
    expect(page.locator("#heard")).to_contain_text("5 s")
    earlier = cards_shown(page)
    press.press("Control+Enter")
    rows = rows_of(page, new_card(page, "bright piano", earlier))
    expect(rows.first).to_be_visible(timeout=60_000)
    press.press("Escape")
    press.press("j")
    assert page.evaluate("document.activeElement.closest('.track') !== null")
    press.press("Space")
    is_playing(page)
    press.press("Space")
    until(page, "document.querySelector('#audio').paused")
    with page.expect_download(timeout=60_000) as download:
        press.press("d")
    assert download.value.suggested_filename.endswith(".flac")


def reach(page: Page, there) -> None:
    """Press Tab until an element has focus, as a person would."""
    for _ in range(40):
        if there():
            return
        page.keyboard.press("Tab")
    raise AssertionError("it cannot be reached with the Tab key")


def test_on_a_phone(visit):
    visitor = visit(width=390, height=844)
    page = visitor.page
    visitor.sign_in()
    rows = rows_of(page, generate(page, "calm ambient, 5 s"))
    expect(rows).to_have_count(1, timeout=60_000)
    rows.locator("[data-play]").click()
    is_playing(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, f"the page is {width} px wide"
    played = page.locator("#player .wave-played").bounding_box()
    assert played["height"] < 6, "how far it is, is a thin line above the player"


def test_a_refused_brief_keeps_what_was_typed(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    long = "piano " * 400
    page.locator("#prompt").fill(long)
    page.locator("button:has-text('Generate')").click()
    expect(page.get_by_role("alert")).to_have_attribute("data-code", "too_long")
    assert page.locator("#prompt").input_value() == long


def test_search_finds_and_the_url_remembers(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    page.locator("#prompt").wait_for()
    page.goto(page.url + "?q=zzzz-nothing")
    expect(page.locator("#no-match")).to_be_visible()
    page.locator("#search").fill("")
    until(page, "!document.querySelector('#no-match')")
    assert "zzzz" not in page.url


def test_binning_can_be_undone(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    row = rows_of(page, finish(page, "short funk, 5 s", 1))
    row.locator("[data-more]").click()
    row.locator("[id^=bin-]").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
