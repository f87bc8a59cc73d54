"""The work list of the billing review in a real browser: a month at once, by keyboard, and saved views."""

import pytest
from playwright.sync_api import expect

from tests.browser.journeys import ISSUES

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("editor")]


def test_all_issues_of_a_month(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    visitor.studio.shell(ISSUES.format(month="2020-01", count=72))
    page.goto(f"{visitor.studio.url}/admin/review/issues/?month=2020-01")
    boxes = page.locator("input[name=issue]")
    page.locator("[data-select-all]").check()
    assert page.locator("input[name=issue]:checked").count() == boxes.count() == 50
    expect(page.locator("[data-selected-count]")).to_have_text("(50)")
    boxes.first.uncheck()
    expect(page.locator("[data-select-all]")).not_to_be_checked()
    assert page.locator("#text").evaluate("field => field.validity.valueMissing")  # the browser asks for a reason
    page.locator("#text").fill("as billed")
    page.locator("button[name=all]").click()
    expect(boxes).to_have_count(0)


def test_the_work_list_by_keyboard(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    visitor.studio.shell(ISSUES.format(month="2020-02", count=72))
    page.goto(f"{visitor.studio.url}/admin/review/issues/?month=2020-02")
    rows = page.locator("tr[data-issue]")
    for key in "jxjjxkk":
        page.keyboard.press(key)
    assert [rows.nth(number).locator("input").is_checked() for number in range(4)] == [True, False, True, False]
    expect(rows.first.locator("a")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/review/issues/*/")


def test_a_view_is_saved_and_found_again(visit):
    visitor = visit(width=390, scheme="dark")
    page = visitor.page
    visitor.sign_in()
    visitor.studio.shell(ISSUES.format(month="2020-03", count=72))
    page.goto(f"{visitor.studio.url}/admin/review/issues/")
    page.locator("#month").select_option("2020-03")
    page.locator("#filters .button").click()
    page.locator("#save-view input[name=name]").fill("March")
    page.locator("#save-view .button").click()
    page.goto(f"{visitor.studio.url}/admin/review/issues/")
    page.locator("#saved-views").get_by_role("link", name="March").click()
    page.wait_for_url("**/issues/?month=2020-03")
    expect(page.locator("tr[data-issue]")).to_have_count(50)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
