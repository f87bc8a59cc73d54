"""A version at a press, then its players together in the mixer, in a real browser; axe finds nothing on the way."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import problems
from tests.browser.test_main_job import generate, is_playing, until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TOGETHER = "document.querySelector('[data-mixer=\"seek\"]').value > 0"


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_a_version_and_its_mixer(visit, tmp_path, width, scheme):
    visitor = visit(width=width, scheme=scheme)
    page = visitor.page
    visitor.sign_in()
    rows = page.locator(".track[data-src]")
    before = rows.count()
    generate(page, "lo-fi with drums, 8 s, 80 bpm")
    expect(rows).to_have_count(before + 1, timeout=60_000)
    page.goto(visitor.studio.url + str(page.locator(".track-title a").first.get_attribute("href")))
    page.get_by_role("button", name="10 % slower", exact=True).click()
    page.locator("#versions a", has_text="10 % slower").click(timeout=60_000)
    expect(page.locator("h1")).to_contain_text("10 % slower")
    page.get_by_role("button", name="Make the stems").click()
    expect(page.locator(".stem").nth(2)).to_be_visible(timeout=60_000)
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.screenshot(path=tmp_path / "mixer.png", full_page=True)
    mix(page)


def mix(page) -> None:
    """By keyboard alone: play, mute one, hear another alone, turn it down; the page's player takes over again."""
    toggle = page.locator("[data-mixer='toggle']")
    toggle.focus()
    page.keyboard.press("Enter")
    until(page, TOGETHER)
    expect(toggle).to_have_text("Pause")
    for name in ("Mute", "Solo"):
        button = page.locator(".stem").first.get_by_role("button", name=name)
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
    page.locator("[data-level]").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-level]").first).to_have_value("95")
    page.locator(".stem [data-play]").first.click()
    is_playing(page)
    expect(toggle).to_have_text("Play together")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_energy_is_drawn_by_keyboard_and_heard(visit, tmp_path, width, scheme):
    visitor = visit(width=width, scheme=scheme)
    page = visitor.page
    visitor.sign_in()
    page.locator("summary", has_text="More settings").click()
    page.get_by_label("At the end").focus()
    page.keyboard.press("Home")
    expect(page.get_by_label("Energy over time %")).to_have_value("50 50 50 50 0")
    page.get_by_label("After a quarter").press("ArrowRight")
    expect(page.get_by_label("Energy over time %")).to_have_value("50 55 50 50 0")
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.locator(".curve").screenshot(path=tmp_path / "curve.png")
    rows = page.locator(".track[data-src]")
    before = rows.count()
    generate(page, "lo-fi, 6 s")
    expect(rows).to_have_count(before + 1, timeout=60_000)
    page.goto(visitor.studio.url + str(page.locator(".track-title a").first.get_attribute("href")))
    expect(page.locator(".facts").first).to_contain_text("50 55 50 50 0 %")
