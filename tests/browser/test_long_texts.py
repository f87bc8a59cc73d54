"""No screen breaks when its texts are 40 % longer: nothing is wider than the window, and no button is cut off."""

from collections.abc import Iterator

import pytest

from tests.browser.test_accessibility import PAGES, PARTS
from tests.management.tree import Studio

pytestmark = pytest.mark.live
WIDER = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
CUT_OFF = """() => [...document.querySelectorAll("button, a.button")]
    .filter((button) => button.offsetParent && getComputedStyle(button).overflowX !== "visible")
    .filter((button) => button.scrollWidth > button.clientWidth + 1)
    .map((button) => button.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def wordy_studio(tmp_path_factory, prepared) -> Iterator[Studio]:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.fakes.long_texts", "STUDIO_STALE_SECONDS": "60"}
    with Studio(tmp_path_factory.mktemp("wordy"), prepared, **settings) as running:
        yield running


@pytest.mark.parametrize("width", [1440, 390])
def test_no_screen_is_wider_than_the_window(browser, wordy_studio, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, has_touch=width < 500)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{wordy_studio.url}/accounts/login/")
    assert "Sign in Sign" in page.content(), "the texts are longer"
    page.locator("#id_login, [name=login]").first.fill("admin@studio.local")
    page.locator("[name=password]").fill(wordy_studio.password())
    page.locator("[type=submit], main form button").first.click()
    page.locator("#prompt").wait_for()
    page.locator(".track[data-src]").first.wait_for()
    home = page.url.removeprefix(wordy_studio.url)
    href = page.locator(".track-title a").first.get_attribute("href")
    broken = {}
    for path in (home, *PAGES, href, href + "documents/", *(home + part for part in PARTS)):
        page.goto(wordy_studio.url + path)
        wider, cut_off = page.evaluate(WIDER), page.evaluate(CUT_OFF)
        if wider > 0 or cut_off:
            broken[path] = (wider, cut_off)
    context.close()
    assert broken == {}
