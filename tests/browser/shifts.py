"""What moves on a page without being asked to, while the takes of a run arrive and when it ends."""

from playwright.sync_api import Page, expect

from tests.browser.runs import finish

MAX_SHIFT = 0.02
# What the browser reports as unexpected shifts from now on; those that follow an input at once are not among them.
WATCH = """
() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifts.push(shift.value);
  }).observe({ type: "layout-shift" });
}
"""


def shift_of_arrival(page: Page, text: str) -> float:
    """Generate two takes and return how much the page moved until their rows are in the list and the card is ready."""
    page.locator("#prompt").fill(text)
    expect(page.locator("#heard")).not_to_be_empty()
    expect(page.locator("[data-chip=length]")).to_be_visible()
    page.evaluate(WATCH)
    finish(page, text)
    return float(page.evaluate("window.shifts.reduce((sum, one) => sum + one, 0)"))
