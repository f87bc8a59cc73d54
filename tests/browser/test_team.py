"""Collaboration in a real browser: comments on the waveform, a share link, notifications, moving a track."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.runs import make_track
from tests.browser.test_accessibility import problems
from tests.browser.test_main_job import is_playing, until

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("editor")]


def test_a_comment_follows_the_player_and_plays_from_its_pin(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    page.goto(visitor.studio.url + make_track(page))
    page.locator("#track-detail [data-play]").nth(1).click()
    is_playing(page)
    page.evaluate("(audio => { audio.pause(); audio.currentTime = 7; })(document.querySelector('#audio'))")
    until(page, "document.querySelector('#comment-at').value === '0:07'")  # it stands still: no poll can miss it
    page.locator(".track-tabs [data-tab=review]").click()
    page.locator("#comment-text").fill("Thinner here")
    page.locator(".comment-form button").click()
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
    page.goto(visitor.studio.url + make_track(page))
    page.get_by_role("link", name="Share", exact=True).click()
    page.locator("#share-with-link > summary").click()
    page.locator("#share-with-link button").click()
    address = page.locator(".links input.code").input_value()
    guest.goto(address)
    assert problems(guest) == []
    assert guest.evaluate("document.documentElement.scrollWidth") <= width
    guest.get_by_role("button", name="Play", exact=True).first.click()
    is_playing(guest)
    page.reload()  # the address names the tab
    expect(page.locator(".links")).to_contain_text("1 visit, 1 play")
    page.locator(".links form button").click()
    expect(page.locator(".links")).to_have_count(0)
    assert guest.goto(address).status == 410
    expect(guest.locator("[data-reason=revoked]")).to_be_visible()
    stranger.complaints[:] = [said for said in stranger.complaints if "410" not in said]


TOLD = """
from generator.models import NotificationKind, User
from generator.services.team import notifications
notifications.notify(User.objects.get(is_superuser=True), NotificationKind.DONE, "Two takes are ready to play")
"""


def test_the_bell_rings_on_an_open_page_and_what_is_approved_shows_in_the_list(visit):
    visitor = visit(width=390, height=844)
    page = visitor.page
    visitor.sign_in()
    address = make_track(page)
    count = page.locator(".bell-count")
    before = count.inner_text() if count.count() else "none"  # other tests have made notifications in this studio
    visitor.studio.shell(TOLD)
    page.evaluate("document.body.dispatchEvent(new Event('running-changed'))")  # as when one's own job moves
    expect(count).to_be_visible(timeout=60_000)
    expect(count).not_to_have_text(before, timeout=60_000)
    page.goto(visitor.studio.url + page.locator("#bell a").get_attribute("href"))
    expect(page.locator(".news li").first).to_contain_text("Two takes are ready to play")
    assert problems(page) == []
    page.locator("#mark-read button").click()
    expect(page.locator(".bell-count")).to_have_count(0)
    page.goto(visitor.studio.url + address)
    page.get_by_role("button", name="Approve for use").click()
    expect(page.locator("#approval")).to_contain_text("by Administrator")
    page.goto(f"{visitor.studio.url}/")
    expect(page.locator(".track").first.locator(".badge")).to_contain_text("Approved")


def test_a_name_without_a_space_fits_a_phone(visit):
    visitor = visit(width=390, height=844)
    page, url = visitor.page, visitor.studio.url
    visitor.sign_in()
    page.goto(f"{url}/projects/new/")
    page.get_by_label("Name").fill("W" * 80)
    page.locator("main form .button-live").click()
    page.wait_for_url(re.compile(r"/projects/(?!new/)\w+/$"))
    own = page.url
    page.locator("#prompt").fill("x" * 200 + " 2 s")
    page.get_by_role("button", name="Generate").click()
    page.locator(".track[data-src]").first.wait_for(timeout=60_000)
    track = url + page.locator(".track-title a").first.get_attribute("href")
    parts = ("", "members/", "settings/", "budget/", "api-keys/", "webhooks/", "references/", "trash/", "leave/")
    widths = {}
    others = (f"{track}documents/", f"{url}/projects/", f"{url}/account/", f"{url}/spend/")
    for address in (track, *others, *(own + part for part in parts)):
        page.goto(address)
        widths[address] = page.evaluate("document.documentElement.scrollWidth")
    assert {address: width for address, width in widths.items() if width > 390} == {}
    page.locator(".switcher > summary").click()
    menu = page.locator(".switcher .menu").bounding_box()
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= 390
    assert page.locator(".switcher .menu").evaluate("menu => menu.scrollWidth <= menu.clientWidth")
