"""Times are shown in the browser's time zone until another one is chosen."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ADMIN

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize(("zone", "shown"), [("America/New_York", "E[SD]T"), ("Asia/Kolkata", "IST")])
def test_from_the_first_page_after_signing_in(browser, studio, zone, shown):
    context = browser.new_context(timezone_id=zone)
    page = context.new_page()
    page.goto(f"{studio.url}/")
    page.get_by_label("Email").fill(ADMIN)
    page.get_by_label("Password").fill(studio.password())
    page.get_by_role("button", name="Sign in").click()
    page.locator("#prompt").wait_for()
    page.goto(f"{studio.url}{page.locator('.track-title a').first.get_attribute('href')}")
    made = page.locator(".track-head time").first
    at = page.evaluate(
        """text => new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit" }).format(new Date(text))""",
        made.get_attribute("datetime"),
    )
    assert made.inner_text().endswith(at.replace("\u202f", " "))
    page.goto(f"{studio.url}/admin/review/ledger-entries/")
    expect(page.locator("tbody td").first).to_have_text(re.compile(f" {shown}$"))
    context.close()
