"""The track page in a real browser: tabs, waveform, play and pause, and few presses to the right file."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.runs import make_track
from tests.browser.test_accessibility import problems
from tests.browser.test_main_job import is_playing, until

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("editor")]


def new_track(visitor, text: str = "calm ambient, 20 s") -> str:
    """Generate a track and return its address; the library stays open."""
    return visitor.studio.url + make_track(visitor.page, text)


def open_tab(page: Page) -> str | None:
    return page.locator(".track-tabs [aria-current]").get_attribute("data-tab")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_page_is_a_workbench(visit, width, scheme):
    visitor = visit(width=width, scheme=scheme)
    page = visitor.page
    visitor.sign_in()
    address = new_track(visitor)
    page.goto(address)
    for tab in ("review", "record", "finish"):
        page.locator(f"[data-tab={tab}]").click()
        assert open_tab(page) == tab
        assert page.url.endswith(f"?tab={tab}")
        expect(page.locator(f"[data-panel={tab}]")).to_be_visible()
        assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    play = page.locator(".track-actions [data-play]")
    play.click()
    is_playing(page)
    expect(play).to_have_text("Pause", use_inner_text=True)
    expect(page.locator(".waveform")).to_have_class(re.compile("has-playhead"))
    zoom_and_seek(page)
    play.click()
    expect(play).to_have_text("Play", use_inner_text=True)


def zoom_and_seek(page: Page) -> None:
    """Zoom and seek by keyboard alone; the play position stays in view, and what scrolls is the waveform."""
    box = page.locator(".waveform-scroll")
    for _ in range(2):
        page.keyboard.press("+")
    assert box.evaluate("box => Math.round(box.scrollWidth / box.clientWidth)") == 4
    slider = page.locator(".waveform [data-seek]")
    slider.focus()
    slider.press("End")
    until(page, "document.querySelector('#audio').currentTime > 15")
    until(page, "document.querySelector('.waveform-scroll').scrollLeft > 100")
    page.keyboard.press("[")
    until(page, "document.querySelector('#audio').currentTime < 19")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^0:\d\d of 0:20, \w+"))
    page.keyboard.press("0")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_an_address_opens_the_tab_that_it_names(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    address = new_track(visitor)
    page.goto(f"{address}#sharing")  # as notifications and bookmarks of earlier versions
    expect(page.locator("#sharing")).to_be_visible()
    assert open_tab(page) == "review"
    page.goto(f"{address}?tab=review#comments")
    expect(page.locator("#comments")).to_be_visible()
    page.locator("[data-tab=finish]").click()
    expect(page.locator("#comments")).to_be_hidden()
    page.reload()
    assert open_tab(page) == "finish"


def test_without_script_the_tabs_are_pages(browser, visit, studio):
    visitor = visit()
    visitor.sign_in()
    address = new_track(visitor)
    state = visitor.page.context.storage_state()
    page = browser.new_context(java_script_enabled=False, storage_state=state).new_page()
    page.goto(address)
    page.locator("[data-tab=record]").click()
    page.wait_for_url("**?tab=record")
    expect(page.locator("#history")).to_be_visible()
    page.goto(f"{address}#comments")
    expect(page.locator("#comments")).to_be_visible()
    expect(page.locator("#downloads")).to_be_hidden()
    page.context.close()


def test_the_pane_closes_and_opens_the_whole_page(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    title = page.locator(".track[data-src] .track-title a").first
    title.click()
    expect(page.locator(".track-pane")).to_be_visible()
    assert problems(page) == []
    page.locator("#detail [data-close-detail]").click()
    expect(page.locator(".track-pane")).to_have_count(0)
    expect(title).to_be_focused()
    title.click()
    page.locator("#open-full-page").click()
    page.wait_for_url("**/tracks/*/")
    expect(page.locator(".track-tabs")).to_be_visible()
    page.locator("[data-tab=review]").click()  # the script came with the page
    expect(page.locator("#comments")).to_be_visible()
