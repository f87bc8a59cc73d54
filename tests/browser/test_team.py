"""Working together in a real browser: comments on the waveform, a link for a stranger, the bell, a move."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import problems
from tests.browser.test_main_job import generate, is_playing, until

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]


def a_track(page: Page) -> str:
    """The address of a fresh track of ten seconds."""
    before = page.locator(".track[data-src]").count()
    generate(page, "calm ambient, 10 s")
    until(page, f"document.querySelectorAll('.track[data-src]').length > {before}", 60)
    return page.locator(".track-title a").first.get_attribute("href")


def test_a_comment_follows_the_player_and_plays_from_its_pin(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    page.goto(visitor.studio.url + a_track(page))
    page.locator("#track-detail [data-play]").nth(1).click()
    is_playing(page)
    page.evaluate("document.querySelector('#audio').currentTime = 7")
    until(page, "document.querySelector('#comment-at').value === '0:07'")
    page.locator("#comment-text").fill("Thinner here")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment")).to_contain_text("Thinner here")
    pin = page.locator(".pins a")
    expect(pin).to_have_attribute("aria-label", re.compile("at 0:07"))
    assert problems(page) == []
    page.evaluate("document.querySelector('#audio').currentTime = 1")
    pin.click()
    until(page, "document.querySelector('#audio').currentTime >= 6.5")
    page.get_by_role("button", name="Resolve comment 1").click()
    expect(pin).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_a_stranger_listens_by_a_link_until_it_is_taken_back(visit, width, scheme):
    visitor, stranger = visit(), visit(width=width, scheme=scheme)
    page, guest = visitor.page, stranger.page
    visitor.sign_in()
    page.goto(visitor.studio.url + a_track(page))
    page.get_by_text("Share by a link").click()
    page.get_by_role("button", name="Make a link").click()
    address = page.locator(".links input.code").input_value()
    guest.goto(address)
    assert problems(guest) == []
    assert guest.evaluate("document.documentElement.scrollWidth") <= width
    guest.get_by_role("button", name="Play", exact=True).first.click()
    is_playing(guest)
    page.reload()
    expect(page.locator(".links")).to_contain_text("1 visit, 1 play")
    page.get_by_role("button", name="Take back link 1").click()
    expect(page.locator(".links")).to_have_count(0)
    assert guest.goto(address).status == 410
    expect(guest.get_by_role("heading", name="This link has ended")).to_be_visible()
    stranger.complaints[:] = [said for said in stranger.complaints if "410" not in said]


TOLD = """
from generator.models import NewsKind, User
from generator.workflow import news
news.tell(User.objects.get(is_superuser=True), NewsKind.DONE, "Two takes are ready to play")
"""


def test_the_bell_rings_on_an_open_page_and_what_is_approved_shows_in_the_list(visit):
    visitor = visit(width=390, height=844)
    page = visitor.page
    visitor.sign_in()
    address = a_track(page)
    count = page.locator(".bell-count")
    before = count.inner_text() if count.count() else "none"  # others have had news in this studio
    visitor.studio.shell(TOLD)
    page.evaluate("document.body.dispatchEvent(new Event('running-changed'))")  # as when a job of one's own moves
    expect(count).to_be_visible(timeout=60_000)
    expect(count).not_to_have_text(before, timeout=60_000)
    page.goto(visitor.studio.url + page.get_by_role("link", name=re.compile("^News")).get_attribute("href"))
    expect(page.locator(".news li").first).to_contain_text("Two takes are ready to play")
    assert problems(page) == []
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator(".bell-count")).to_have_count(0)
    page.goto(visitor.studio.url + address)
    page.get_by_role("button", name="Approve for use").click()
    expect(page.locator("#approval")).to_contain_text("by Administrator")
    page.goto(f"{visitor.studio.url}/")
    expect(page.locator(".track").first.locator(".badge")).to_contain_text("Approved")
