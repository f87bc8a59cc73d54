"""The create pane: chips, More, presets, the kit and several briefs."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.runs import cards_shown
from tests.browser.test_accessibility import problems
from tests.browser.test_main_job import is_playing, until

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]

TEXT = "Warm lo-fi, 6 s, no drums, 102 bpm"


@pytest.fixture
def page(visit) -> Page:
    visitor = visit()
    visitor.sign_in()
    return visitor.page


def chip(page: Page, name: str):
    return page.locator(f"[data-chip={name}]")


def test_a_chip_is_changed_in_its_field_and_removed_with_its_words(page):
    page.locator("#prompt").fill(TEXT)
    chip(page, "bpm").get_by_role("link").click()
    expect(page.locator("#f-bpm")).to_be_focused()
    expect(page.locator("#f-bpm")).to_have_value("102")
    page.keyboard.type("95")
    page.keyboard.press("Enter")
    expect(chip(page, "bpm")).to_contain_text("95 BPM")
    expect(page.locator("#more-set")).to_contain_text("1")
    chip(page, "leave_out").get_by_role("button").click()
    expect(chip(page, "leave_out")).to_have_count(0)
    expect(page.locator("#f-ignore")).to_have_value("drums")
    until(page, "document.activeElement.matches('.understood-drop')")
    assert page.locator("#prompt").input_value() == TEXT


def test_what_was_not_understood_offers_the_nearest(page):
    page.locator("#prompt").fill("polka with mandolin, 6 s")
    unknown = page.locator("#not-understood")
    unknown.locator("[data-words=polka] button").click()
    expect(page.locator("#f-style")).to_have_value("tavern")
    unknown.locator("button").click()
    expect(page.locator("#f-bring_in")).to_have_value("guitar")
    expect(unknown).to_have_count(0)


def test_enter_in_a_field_makes_nothing_and_adds_no_words(page):
    cards = page.locator(".job").count()
    page.locator("#prompt").fill("warm lo-fi")
    page.locator("#f-length").fill("9")
    page.locator("#f-length").press("Enter")
    expect(chip(page, "length")).to_contain_text("9 s")
    assert page.locator("#prompt").input_value() == "warm lo-fi"
    assert page.locator(".job").count() == cards


def test_generate_stays_in_view_on_a_phone(visit):
    visitor = visit(width=390, height=664)
    visitor.sign_in()
    page = visitor.page
    page.locator("#more > summary").click()
    for selector in ("#prompt", "#f-seed"):
        page.locator(selector).scroll_into_view_if_needed()
        box, tabs = page.locator("#generate").bounding_box(), page.locator(".tabs").bounding_box()
        assert 0 <= box["y"] <= box["y"] + box["height"] <= tabs["y"]


def test_a_preset_is_saved_and_used(page):
    page.locator("#prompt").fill("warm lo-fi")
    page.locator("#f-length").fill("8")
    page.locator("#presets-menu > summary").click()
    page.locator("[data-edit=preset-name]").click()
    expect(page.locator("#preset-name")).to_be_focused()
    page.keyboard.type("Eight seconds")
    page.locator("#preset-save").click()
    expect(page.locator("#toasts")).to_contain_text("Eight seconds")
    page.goto(page.url.partition("?")[0])
    page.locator("#f-length").fill("")
    page.locator("#presets-menu > summary").click()
    page.locator("#presets-menu button", has_text="Eight seconds").click()
    expect(page.locator("#f-length")).to_have_value("8")


def test_a_deleted_preset_is_restored_from_the_toast(page):
    page.locator("#presets-menu > summary").click()
    page.locator("[data-edit=preset-name]").click()
    page.keyboard.type("Short lived")
    page.locator("#preset-save").click()
    expect(page.locator("#toasts")).to_contain_text("Short lived")
    page.goto(f"{page.url.partition('?')[0]}presets/")
    names = page.locator(".preset input[name=name][value='Short lived']")
    expect(names).to_have_count(1)
    page.locator(".preset:has(input[value='Short lived']) .button-bad").click()
    expect(names).to_have_count(0)
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(names).to_have_count(1)


def new_batch(page: Page, earlier: list[str]) -> Locator:
    """Return the card of a batch that was not among the earlier ones, once it has ended."""
    others = "".join(f":not(#{card})" for card in earlier)
    card = page.locator(f"#running .job-batch.job-ready{others}")
    return page.locator(f"#{card.get_attribute('id', timeout=90_000)}")


def test_a_kit_shows_one_line_of_progress_and_three_tracks(page):
    page.locator("#prompt").fill("kit of calm piano")
    page.locator("#f-length").fill("6")
    page.locator("#presets-menu > summary").click()
    page.locator("[data-edit=make-kit]").click()
    earlier = cards_shown(page)
    page.keyboard.press("Enter")
    card = new_batch(page, earlier)
    expect(card.locator("[data-src]")).to_have_count(3, timeout=90_000)
    play = card.locator("[data-play][data-run]")
    play.click()
    is_playing(page)
    expect(play).to_have_attribute("data-state", "playing")
    assert problems(page) == []
    card.get_by_role("button", name="Dismiss").click()
    expect(card).to_have_count(0)


def test_several_briefs_are_checked_and_sent(page):
    earlier = cards_shown(page)
    page.locator("#presets-menu > summary").click()
    page.get_by_role("link", name=re.compile("several briefs")).click()
    page.locator("#lines").fill("prompt,length\nwarm piano,5\ncalm ambient,4x")
    page.locator("#briefs-check").click()
    expect(page.locator("#briefs-read tr.is-wrong")).to_have_count(1)
    page.locator("#lines").fill("prompt,length\nwarm piano,5\ncalm ambient,6")
    page.locator("#briefs-check").click()
    page.locator("#briefs-send").click()
    page.locator("#prompt").wait_for()
    expect(new_batch(page, earlier).locator("[data-src]")).to_have_count(2, timeout=90_000)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_open_pane_is_accessible_and_fits(visit, width, scheme):
    visitor = visit(width=width, scheme=scheme)
    visitor.sign_in()
    page = visitor.page
    page.locator("#prompt").fill("polka, 45 Sekunden, 102 bpm, no drums")
    expect(page.locator("#not-understood")).to_be_visible()
    for summary in ("#models", "#more", "#save-preset", "#presets-menu"):
        page.locator(f"{summary} > summary").click()
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
