"""The admin in a real browser: playback goes on, its own scripts work under the policy, phones scroll one way."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_main_job import is_playing
from tests.browser.test_player import with_a_track

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = (
    *("", "generator/generation/", "generator/user/1/change/", "generator/user/1/history/", "generator/budget/add/"),
    *("auth/group/add/", "review/", "review/issues/", "review/months/"),
)


def position(page: Page) -> float:
    return float(page.evaluate("document.querySelector('#audio').currentTime"))


def test_playback_goes_on_in_the_admin_and_back(visit):
    page = with_a_track(visit, "calm ambient, 2 min")
    page.locator(".track[data-src] [data-play]").first.click()
    is_playing(page)
    page.wait_for_function("() => document.querySelector('#audio').currentTime > 1.5")
    title, heard = page.locator("[data-player=title]").text_content(), position(page)
    page.locator(".shell-nav a[href='/admin/']").click()
    page.wait_for_url("**/admin/")
    is_playing(page)
    page.wait_for_function(f"() => document.querySelector('#audio').currentTime >= {heard - 0.3}")
    expect(page.locator("[data-player=title]")).to_have_text(title)
    page.locator("[data-player=toggle]").click()
    heard = position(page)
    page.locator(".shell-nav a").first.click()
    page.locator(".track[data-src]").first.wait_for()
    expect(page.locator("#player")).to_be_visible()
    page.wait_for_function(f"() => Math.abs(document.querySelector('#audio').currentTime - {heard}) < 0.3")
    assert page.evaluate("document.querySelector('#audio').paused")
    page.reload()
    expect(page.locator("#player")).to_be_hidden()


def test_the_admins_own_scripts_work(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    page.goto(f"{visitor.studio.url}/admin/generator/budget/add/")
    page.locator(".select2-selection").first.click()
    page.keyboard.type("admin")
    page.locator(".select2-results__option--highlighted").click()
    expect(page.locator(".select2-selection__rendered").first).not_to_be_empty()
    with page.expect_popup() as opened:
        page.locator("#add_id_project").click()
    popup = opened.value
    expect(popup.locator("#id_name")).to_be_visible()
    expect(popup.locator(".shell-header")).to_have_count(0)
    popup.locator("#id_name").fill("From a popup")
    popup.locator("input[name=_save]").click()
    expect(page.locator("#id_project option:checked")).to_have_text("From a popup")
    page.goto(f"{visitor.studio.url}/admin/generator/price/add/")
    page.locator("#calendarlink0").click()
    expect(page.locator("#calendarbox0")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_the_admin_fit_a_phone(visit, scheme):
    visitor = visit(width=390, height=844, scheme=scheme)
    page = visitor.page
    visitor.sign_in()
    wide = []
    for address in PAGES:
        page.goto(f"{visitor.studio.url}/admin/{address}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(address)
    assert wide == []
