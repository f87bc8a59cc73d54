"""Every job with the keyboard alone: the counted journeys with no click at all, and what the newer screens are for."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.clicks import clicks, count_clicks
from tests.browser.hands import Keyboard
from tests.browser.journeys import JOURNEYS, PASSWORD, TOUR, have_a_new_project
from tests.browser.runs import cards_shown, new_card, rows_of
from tests.browser.test_main_job import is_playing, until

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("editor")]

hand = Keyboard()
EDITOR = """
from generator.models import Membership, Project, Role, User
person = User.objects.create_user("{email}", "{password}", name="Ed")
person.vouch_for_address()
project = Project.objects.get(public_id="{project}")
Membership.objects.create(project=project, user=person, role=Role.EDITOR)
"""


@pytest.fixture
def page(visit) -> Page:
    visitor = visit()
    visitor.sign_in()
    count_clicks(visitor.page)
    yield visitor.page
    assert clicks(visitor.page) == 0


def menu_of_presets(page: Page, item) -> None:
    hand.press(page.locator("#presets-menu > summary"))
    hand.press(item)


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
def test_a_counted_journey(visit, journey):
    visitor = visit()
    visitor.sign_in()
    pressed, _ = journey.follow(visitor.page, visitor.studio, hand)
    assert pressed == 0


def test_a_chip_is_edited_and_removed(page):
    hand.enter(page.locator("#prompt"))
    page.keyboard.type("Warm lo-fi, 6 s, no drums, 102 bpm")
    hand.press(page.locator("[data-chip=bpm] a"))
    expect(page.locator("#f-bpm")).to_be_focused()
    page.keyboard.type("95")
    page.keyboard.press("Enter")
    expect(page.locator("[data-chip=bpm]")).to_contain_text("95")
    hand.press(page.locator("[data-chip=leave_out] button"))
    expect(page.locator("[data-chip=leave_out]")).to_have_count(0)
    until(page, "document.activeElement.matches('.understood-drop')")


def test_a_preset_is_saved_used_and_deleted(page):
    hand.enter(page.locator("#prompt"))
    page.keyboard.type("calm piano, 7 s")
    menu_of_presets(page, page.locator("[data-edit=preset-name]"))
    expect(page.locator("#preset-name")).to_be_focused()
    page.keyboard.type("By keyboard")
    hand.press(page.locator("#preset-save"))
    expect(page.locator("#toasts")).to_contain_text("By keyboard")
    menu_of_presets(page, page.locator("#presets-menu button", has_text="By keyboard"))
    menu_of_presets(page, page.locator("#presets-menu a[href$='/presets/']"))
    page.wait_for_url("**/presets/")
    mine = page.locator(".preset:has(input[value='By keyboard'])")
    hand.press(mine.locator(".button-bad"))
    expect(mine).to_have_count(0)


def test_several_briefs_are_checked_and_sent(page):
    menu_of_presets(page, page.locator("#presets-menu a[href$='/briefs/']"))
    hand.enter(page.locator("#lines"))
    page.keyboard.type("warm piano, 5 s\ncalm ambient, 6 s")
    hand.press(page.locator("#briefs-check"))
    expect(page.locator("#briefs-read tbody tr")).to_have_count(2)
    hand.press(page.locator("#briefs-send"))
    page.locator("#prompt").wait_for()
    page.locator(".job-batch.job-ready").first.wait_for(timeout=90_000)


def test_the_other_take_goes_on_at_the_same_position(page):
    card = finish_by_keyboard(page, "steady marimba for two hands, 90 s")  # it outlasts every Tab on the way
    hand.press(card.locator("[data-run][data-play]"))
    is_playing(page)
    expect(page.locator("[data-player=switch]")).to_be_visible()
    title, position = page.locator("[data-player=title]").inner_text(), "document.querySelector('#audio').currentTime"
    until(page, f"{position} > 1")
    hand.press(page.locator("[data-player=switch]"))
    expect(page.locator("[data-player=title]")).not_to_have_text(title)
    is_playing(page)
    assert page.evaluate(position) > 1


def finish_by_keyboard(page: Page, text: str):
    """Generate two takes and return their card."""
    hand.enter(page.locator("#prompt"))
    page.keyboard.type(text)
    expect(page.locator("[data-chip=length]")).to_be_visible()
    earlier = cards_shown(page)
    page.keyboard.press("Control+Enter")
    card = new_card(page, text, earlier)
    expect(card).to_have_class(re.compile(r"\bjob-ready\b"), timeout=60_000)
    return card


def test_a_cover_is_replaced(page, tmp_path):
    from PIL import Image

    file = tmp_path / "cover.png"
    Image.new("RGB", (300, 200), "teal").save(file)
    hand.press(page.locator(".track[data-src] [data-more]").first)
    hand.press(page.locator(".track[data-src] a[href$='/cover/change/']").first)
    hand.enter(page.locator("#picture"))  # the dialog of the system that Enter opens here is not the page's
    page.locator("#picture").set_input_files(file)
    hand.press(page.locator("#cover-upload button"))
    hand.press(page.locator("#cover-own button"))
    expect(page.locator("#cover-own")).to_have_count(0)


def test_stems_are_mixed_and_downloaded_together(page, studio):
    page.goto(studio.url + make_by_keyboard(page, "lo-fi with drums, 8 s"))
    hand.press(page.locator("[id^=make-stems-] button"))
    expect(page.locator(".stem").nth(1)).to_be_visible(timeout=60_000)
    hand.press(page.locator(".stem [data-mute]").first)
    expect(page.locator(".stem [data-mute]").first).to_have_attribute("aria-pressed", "true")
    hand.enter(page.locator(".stem [data-level]").first)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".stem [data-level]").first).to_have_value("95")
    with page.expect_download(timeout=60_000):
        hand.press(page.locator(".mixer-files a[href$='/wav']"))


def make_by_keyboard(page: Page, text: str) -> str:
    """Generate, and return the address of the newest take."""
    title = rows_of(page, finish_by_keyboard(page, text)).locator(".track-title a").first
    title.wait_for()
    return str(title.get_attribute("href"))


def test_the_download_menu_of_the_track_page(page, studio):
    page.goto(studio.url + str(page.locator(".track-title a").first.get_attribute("href")))
    hand.press(page.locator(".track-actions .split-more"))
    with page.expect_download(timeout=60_000) as download:
        hand.press(page.get_by_label("WAV, Original loudness").first)
    assert download.value.suggested_filename.endswith(".wav")


def test_a_budget_is_set(visit, studio):
    visitor = visit()
    visitor.sign_in()
    page = visitor.page
    have_a_new_project(page, studio)
    count_clicks(page)
    hand.press(page.locator(".switcher > summary"))
    hand.press(page.locator(".switcher .menu a[href$='/settings/']"))
    page.wait_for_url("**/settings/")  # the page before may have a link to the budget, too
    hand.press(page.locator("main a[href$='/budget/']").first)
    page.wait_for_url("**/budget/")
    hand.enter(page.locator("#cap-project"))
    page.keyboard.type("25")
    hand.press(page.locator("form:has(#cap-project) button"))
    expect(page.locator("[data-left='$25.00']").first).to_be_visible()
    hand.enter(page.locator("#cap-project"))
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    hand.press(page.locator("form:has(#cap-project) button"))
    expect(page.locator("[data-left='$25.00']")).to_have_count(0)
    assert clicks(page) == 0


def test_approval_is_requested_and_declined(page, visit, studio):
    track = make_by_keyboard(page, "calm ambient to be approved, 5 s")
    project = re.search(r"/projects/(\w+)/", page.url)[1]
    studio.shell(EDITOR.format(email="ed@keys.example", password=PASSWORD, project=project))
    editor = visit().page
    editor.goto(f"{studio.url}/accounts/login/?next={track}?tab=review")
    hand.enter(editor.locator("[name=login]"))
    editor.keyboard.type("ed@keys.example")
    hand.enter(editor.locator("[name=password]"))
    editor.keyboard.type(PASSWORD)
    editor.keyboard.press("Enter")
    hand.press(editor.locator("#approval form button"))
    expect(editor.locator("[data-requested]")).to_be_visible()
    page.goto(f"{studio.url}{track}?tab=review")
    hand.press(page.locator(".approval-decline > summary"))
    hand.enter(page.locator(".approval-decline input[name=answer]"))
    page.keyboard.type("Too loud")
    hand.press(page.locator(".approval-decline button"))
    expect(page.locator("[data-declined]")).to_contain_text("Too loud")
    hand.press(page.locator("#approval button[name=on]"))
    expect(page.locator("#approval [data-approved]")).to_be_visible()


def test_the_tour_is_followed_and_dismissed(page, studio):
    studio.shell(TOUR)
    page.reload()
    hand.press(page.locator("#tour li a").first)
    page.locator("#tour").wait_for()
    hand.press(page.locator("#tour-dismiss-button"))
    expect(page.locator("#tour")).to_have_count(0)


def test_the_set_up_checklist_is_reached(page, studio):
    hand.press(page.locator(".switcher > summary"))
    hand.press(page.locator("#setup-link"))
    page.locator("#setup-done").wait_for()
    hand.press(page.locator(".setup a").first)
    page.wait_for_url(lambda url: not url.endswith("/setup/"))


def test_what_is_next_is_reordered_without_dragging(page):
    hand.press(page.locator(".track[data-src] [data-play]").first)
    is_playing(page)
    hand.press(page.locator("[data-player=queue]"))
    second = str(page.locator("#queue li").nth(1).get_attribute("data-ref"))
    hand.press(page.locator("#queue li [data-queue-remove]").first)
    expect(page.locator("#queue li").first).to_have_attribute("data-ref", second)
    page.keyboard.press("Escape")
    expect(page.locator("#queue")).to_be_hidden()
