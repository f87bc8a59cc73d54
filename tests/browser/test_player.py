"""The player in a real browser: labels, loudness, errors, the marked row, pages without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ADMIN
from tests.browser.runs import make_track
from tests.browser.test_main_job import is_playing

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]

# As on iOS: an element's volume is always one, whatever is set; a gain node's effect is recorded.
READ_ONLY_VOLUME = """
Object.defineProperty(HTMLMediaElement.prototype, "volume", { get: () => 1, set: () => {} });
const create = AudioContext.prototype.createGain;
AudioContext.prototype.createGain = function () {
  const node = create.call(this);
  (window.gains ??= []).push(node);
  return node;
};
"""


def with_a_track(visit, text: str = "calm ambient, 10 s") -> Page:
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    make_track(page, text)
    return page


def test_buttons_say_what_they_will_do(visit):
    page = with_a_track(visit)
    cover = page.locator(".track[data-src] [data-play]").first
    expect(cover).to_have_attribute("aria-label", re.compile("^Play "))
    cover.click()
    is_playing(page)
    expect(cover).to_have_attribute("aria-label", re.compile("^Pause "))
    expect(page.locator("[data-player=toggle]")).to_have_attribute("aria-label", "Pause")
    page.locator(".track[data-src] .track-title a").first.click()
    button = page.locator("#detail .track-actions [data-play]")
    expect(button).to_have_text("Pause", use_inner_text=True)
    button.click()
    expect(button).to_have_text("Play", use_inner_text=True)
    expect(cover).to_have_attribute("aria-label", re.compile("^Play "))


def test_the_marked_row_stays_marked_when_a_take_arrives(visit):
    page = with_a_track(visit)
    rows = page.locator(".track[data-src]")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    marked = page.locator(".track.is-marked")
    public_id = marked.get_attribute("data-ref")
    newest = rows.first.get_attribute("data-ref")
    page.evaluate("document.querySelector('#prompt').value = 'bright piano, 5 s'")
    page.locator("#create").evaluate("form => form.requestSubmit()")
    expect(rows.first).not_to_have_attribute("data-ref", newest, timeout=60_000)
    expect(marked).to_have_attribute("data-ref", public_id)
    page.keyboard.press("Space")
    is_playing(page)
    expect(page.locator(".track.is-playing")).to_have_attribute("data-ref", public_id)


def test_a_read_only_volume_is_replaced_by_a_gain(visit):
    visitor = visit()
    visitor.page.add_init_script(READ_ONLY_VOLUME)
    page = visitor.page
    visitor.sign_in()
    row = page.locator(".track[data-src]").first
    row.locator("[data-play]").click()
    is_playing(page)
    lufs = float(row.get_attribute("data-lufs"))
    expected = 0.9 * min(1, 10 ** ((-16 - lufs) / 20))
    assert page.evaluate("window.gains.length") == 1
    assert page.evaluate("window.gains[0].gain.value") == pytest.approx(expected, abs=0.001)
    page.locator("[data-player=volume]").fill("45")
    assert page.evaluate("window.gains[0].gain.value") == pytest.approx(expected / 2, abs=0.001)


def test_a_file_that_cannot_be_played_is_said(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    page.route("**/audio", lambda route: route.fulfill(status=200, content_type="audio/wav", body=b"RIFFnothing"))
    page.locator(".track[data-src] [data-play]").first.click()
    expect(page.locator("#toasts .toast")).to_contain_text("could not be played")
    expect(page.locator("[data-player=toggle]")).to_have_attribute("aria-label", "Play")
    page.unroute("**/audio")
    page.locator(".track[data-src] [data-play]").first.click()  # once the file is back, the same press plays it
    is_playing(page)


def test_space_pauses_what_plays_wherever_it_was_started(visit):
    page = with_a_track(visit)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.locator(".track[data-src] .wave").nth(1).click(position={"x": 2, "y": 10})
    is_playing(page)
    page.keyboard.press("Space")
    expect(page.locator("[data-player=toggle]")).to_have_attribute("aria-label", "Play")
    expect(page.locator(".track.is-marked")).to_have_class(re.compile("is-current"))
    page.keyboard.press("j")
    marked = page.locator(".track.is-marked").get_attribute("data-ref")
    page.evaluate("document.querySelector('#audio').dispatchEvent(new Event('ended'))")
    expect(page.locator(".track.is-current")).to_have_attribute("data-ref", marked)


def test_messages_have_one_place_whatever_way_a_page_came(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    for there, then in (("Spend", "**/spend/**"), ("Studio", "**/projects/**")):
        page.get_by_label("Main", exact=True).get_by_role("link", name=there).click()
        page.wait_for_url(then)
        expect(page.locator("#toasts")).to_have_count(1)
    page.goto(visitor.studio.url + str(page.locator(".track-title a").first.get_attribute("href")))
    page.locator(".track-tabs [data-tab=record]").click()
    page.locator("#move-to-trash button").click()
    page.wait_for_url("**/projects/**")
    expect(page.locator("#toasts .toast")).to_have_count(1)
    expect(page.locator("#toasts")).to_have_count(1)
    page.go_back()
    expect(page.locator("#toasts")).to_have_count(1)


def test_without_scripts_a_track_plays(browser, studio):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{studio.url}/")
    page.get_by_label("Email").fill(ADMIN)
    page.get_by_label("Password").fill(studio.password())
    page.get_by_role("button", name="Sign in").click()
    page.locator(".track-title a").first.click()
    player = page.locator("#track-detail > noscript audio[controls]")
    expect(player).to_have_count(1)
    assert page.request.get(studio.url + str(player.get_attribute("src"))).ok
    context.close()
