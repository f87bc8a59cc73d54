"""The studio on a phone: fixed bars leave room, one tab is current, and an installed studio has an offline page."""

import pytest

from tests.browser.journeys import TOUR

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]

MAX_FIXED_PX = 110  # px of a window 450 px high
FIXED_HEIGHT = """() => [...document.querySelectorAll("body *")]
    .filter((one) => ["fixed", "sticky"].includes(getComputedStyle(one).position) && one.checkVisibility())
    .filter((one) => !one.closest(".toasts, .skip, .studio"))
    .reduce((sum, one) => sum + one.getBoundingClientRect().height, 0)"""
CURRENT = """() => [...document.querySelectorAll(".tabs [aria-current]")].map((one) => one.dataset.tab)"""
STORED = """async () => {
    const found = [];
    for (const name of await caches.keys()) {
        for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
    }
    return found;
}"""


def open_sample(visitor):
    visitor.sign_in()
    href = visitor.page.locator(".switcher .menu a", has_text="Sample").get_attribute("href")
    visitor.page.goto(visitor.studio.url + href)
    visitor.page.locator(".track[data-src]").first.wait_for(timeout=60_000)
    return visitor.page


@pytest.mark.parametrize(("width", "height"), [(390, 450), (800, 450)])
def test_the_fixed_bars_leave_room_while_music_plays(visit, width, height):
    page = open_sample(visit(width=width, height=height))
    page.locator(".track [data-play]").first.click()
    page.locator("#player:not([hidden])").wait_for()
    page.evaluate("scrollTo(0, 400)")
    assert 0 < page.evaluate(FIXED_HEIGHT) <= MAX_FIXED_PX
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_one_tab_is_current_on_every_page(visit):
    page = open_sample(visit(width=390, height=844))
    assert page.evaluate(CURRENT) == ["create"]
    for name in ("library", "spend", "library", "create", "account", "create"):
        page.locator(f".tabs [data-tab={name}]").click()
        page.locator(f".tabs [data-tab={name}][aria-current]").wait_for()
        assert page.evaluate(CURRENT) == [name]


def test_select_is_in_a_menu(visit):
    page = open_sample(visit(width=390, height=844))
    assert not page.locator("#pick").is_visible()
    page.locator("#library-more").click()
    page.locator("#pick").click()
    page.locator("#bulk").wait_for()
    assert not page.locator("#pick").is_visible()
    page.locator("#pick-none").click()
    assert page.evaluate("document.activeElement.id") == "library-more"


def test_the_tour_notices_what_was_heard_and_is_closed_without_leaving_the_page(visit, studio):
    studio.shell(TOUR)
    page = open_sample(visit(width=390, height=844))
    page.locator("#prompt").fill("Half a thought")
    page.locator(".track [data-play]").first.click()
    page.locator("#tour li.is-done[data-step=listen]").wait_for()
    page.locator("#tour-dismiss-button").click()
    page.locator("#tour").wait_for(state="detached")
    assert page.locator("#prompt").input_value() == "Half a thought"


def test_without_a_connection_the_offline_page_is_shown_and_nothing_private_is_kept(visit):
    visitor = visit(width=390, height=844)
    page = open_sample(visitor)
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    stored = page.evaluate(STORED)
    assert [path for path in stored if not path.startswith("/static/")] == ["/offline/"]
    page.context.set_offline(True)
    page.goto(f"{visitor.studio.url}/spend/")
    page.locator("[data-offline]").wait_for()
    assert page.evaluate("document.fonts.check('1rem Figtree')")
    page.context.set_offline(False)
    page.locator(".tabs [data-tab=spend][aria-current]").wait_for()  # without a press
    visitor.complaints.clear()


def test_chromium_accepts_the_manifest(visit):
    visitor = visit(width=390, height=844)
    visitor.page.goto(f"{visitor.studio.url}/accounts/login/")
    found = visitor.page.context.new_cdp_session(visitor.page).send("Page.getAppManifest")
    assert found["url"].endswith("/manifest.webmanifest")
    assert found["errors"] == []
