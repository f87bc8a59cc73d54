"""What axe-core cannot see, on every screen: 200 % zoom, reflow, focus under bars, target size, help, passwords."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.findings import out_of_reach, show_player, sideways, small_targets
from tests.browser.journeys import PASSWORD
from tests.browser.runs import make_track
from tests.browser.test_accessibility import PAGES, PARTS, problems
from tests.browser.test_main_job import until

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("editor")]

# A window of 1440 × 900 at 200 %, and one of 1280 at 400 %.
ZOOMED = [pytest.param(720, 450, id="200%"), pytest.param(320, 450, id="400%")]
# What an element is in, and whether it is the last there.
PLACE = "it => [it.parentElement.className, it === it.parentElement.lastElementChild]"
BRIEFS = "prompt,length\nwarm piano,5\ncalm ambient,4x"


def open_all(page: Page, *selectors: str) -> None:
    for selector in selectors:
        page.locator(selector).first.evaluate("it => { it.closest('details').open = true; }")


def screens(page: Page, url: str) -> Iterator[str]:
    """Open each screen, also those that an address alone does not show; yield its name."""
    sample = page.locator(".switcher .menu a", has_text="Sample").get_attribute("href")
    page.goto(url + sample)
    page.locator(".track[data-src]").first.wait_for(timeout=60_000)
    yield "studio"
    page.locator("#prompt").fill("polka, 45 Sekunden, 102 bpm, no drums")
    expect(page.locator("#not-understood")).to_be_visible()
    open_all(page, "#models > summary", "#more > summary", "#save-preset > summary")
    yield "studio, all open"
    page.locator(".track[data-src] [data-play]").first.click()
    page.locator("[data-player=queue]").click()
    yield "studio, queue"
    page.goto(f"{url}{sample}briefs/")
    page.locator("#lines").fill(BRIEFS)
    page.locator("#briefs-check").click()
    page.locator("#briefs-read").wait_for()
    yield "briefs, checked"
    yield from track_screens(page, url, sample)
    for path in (*PAGES, *(sample + part for part in PARTS)):
        page.goto(url + path)
        yield path


def track_screens(page: Page, url: str, sample: str) -> Iterator[str]:
    page.goto(url + sample)
    track = url + str(page.locator(".track-title a").first.get_attribute("href"))
    page.goto(track)
    if page.locator("[id^=make-stems-]").count():
        page.locator("[id^=make-stems-] button").click()
        expect(page.locator(".stem").nth(1)).to_be_visible(timeout=60_000)
    yield "track, stems"
    open_all(page, ".track-actions .split-more", ".version-exact > summary")
    yield "track, download menu"
    for tab in ("review", "record"):
        page.goto(f"{track}?tab={tab}")
        yield f"track, {tab}"
    for part in ("documents/", "cover/change/"):
        page.goto(track + part)
        yield f"track, {part}"
    page.goto(f"{track}?tab=review")
    if page.locator("#sharing input[value*='/s/']").count() == 0:
        open_all(page, "#share-with-link > summary")
        page.locator("#share-with-link button").click()
        page.locator("#sharing input[value*='/s/']").first.wait_for()
    yield "track, shared"
    page.goto(page.locator("#sharing input[value*='/s/']").first.input_value())
    yield "a shared track"


@pytest.mark.parametrize(("width", "height"), ZOOMED)
def test_zoomed_pages_keep_everything_in_reach(visit, width, height):
    visitor = visit(width=width, height=height)
    visitor.sign_in()
    page = visitor.page
    bad = {}
    for screen in screens(page, visitor.studio.url):
        show_player(page)
        bad[screen] = out_of_reach(page)
    assert {screen: found for screen, found in bad.items() if found} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_screens_of_a_track_and_with_all_open(visit, scheme):
    visitor = visit(scheme=scheme)
    visitor.sign_in()
    bad = {}
    for screen in screens(visitor.page, visitor.studio.url):
        if not screen.startswith("/"):  # those are in test_accessibility
            bad[screen] = problems(visitor.page)
    assert {screen: found for screen, found in bad.items() if found} == {}


@pytest.mark.parametrize("width", [1440, 720, 390])
def test_help_is_in_the_same_place_on_every_page(visit, width):
    """3.2.6: the list of keys is opened from the same place in the order of every page, without a key."""
    visitor = visit(width=width, height=900)
    visitor.sign_in()
    page = visitor.page
    found = {}
    for path in (path for path in PAGES if path != "/offline/"):  # that page is nobody's, and has no header
        page.goto(visitor.studio.url + path)
        page.locator(".switcher > summary").click()
        shown = page.locator("header [data-open-keys]:visible")
        found[path] = [one.evaluate(PLACE) for one in shown.all()]
    assert len(found["/"]) == 1
    assert {path: place for path, place in found.items() if place != found["/"]} == {}
    page.locator("header [data-open-keys]:visible").click()
    expect(page.locator("#keys")).to_be_visible()


def test_signing_in_asks_for_nothing_to_remember_or_copy(visit):
    """3.3.8: password managers know the fields, what is pasted stays, and there is no puzzle."""
    visitor = visit()
    page = visitor.page
    page.goto(f"{visitor.studio.url}/accounts/login/")
    email, password = page.locator("[name=login]"), page.locator("[name=password]")
    assert [one.get_attribute("autocomplete") for one in (email, password)] == ["email", "current-password"]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(f"navigator.clipboard.writeText({PASSWORD!r})")
    for field in (email, password):
        field.focus()
        page.keyboard.press("Control+v")
        expect(field).to_have_value(PASSWORD)
    assert page.locator("form img, form canvas, iframe").count() == 0


def test_every_slider_is_also_set_with_one_press(visit):
    """2.5.7: a press on the scale, a key, or a field does what dragging does."""
    visitor = visit()
    visitor.sign_in()
    page = visitor.page
    page.goto(visitor.studio.url + make_track(page, "lo-fi with drums, 12 s"))
    page.locator(".waveform [data-seek]").click(position={"x": 300, "y": 30})
    until(page, "document.querySelector('#audio').currentTime > 2")
    page.locator("[data-zoom=in]").click()
    expect(page.locator("[data-zoom-level]")).to_have_text("2×")
    page.locator("[data-player=volume]").click(position={"x": 20, "y": 8})
    until(page, "document.querySelector('[data-player=volume]').value < 50")
    page.locator("[id^=make-stems-] button").click()
    level = page.locator(".stem [data-level]").first
    expect(level).to_be_visible(timeout=60_000)
    box = level.bounding_box()
    level.click(position={"x": box["width"] / 4, "y": box["height"] / 2})
    until(page, "Number(document.querySelector('.stem [data-level]').value) < 60")
    number = page.locator(".stem [data-level-number]").first
    expect(number).to_have_value(level.input_value())
    number.fill("73")
    expect(page.locator("[data-heard]").first).to_have_value("73")
    number.fill("900")
    number.blur()
    expect(number).to_have_value("75")  # where the fader stands


@pytest.mark.parametrize(("width", "height"), ZOOMED)
def test_a_zoomed_player_has_all_its_controls(visit, width, height):
    visitor = visit(width=width, height=height)
    visitor.sign_in()
    page = visitor.page
    page.locator(".track[data-src] [data-play]").first.click()
    page.locator("[data-player=queue]").click()
    page.locator("[data-player=loop]").click()
    expect(page.locator("[data-player=loop]")).to_have_attribute("aria-pressed", "true")
    for name in ("previous", "toggle", "next", "volume", "seek"):
        expect(page.locator(f"[data-player={name}]")).to_be_in_viewport()
        page.locator(f"[data-player={name}]").click(trial=True)
    assert sideways(page) + small_targets(page) == []
