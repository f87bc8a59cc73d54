"""Counts the clicks of a person in all pages of a tab; those that a script or a key causes do not count."""

from playwright.sync_api import Page

_COUNTER = """
if (!window.hasClickCounter) {
  window.hasClickCounter = true;
  addEventListener("click", (event) => {
    if (event.isTrusted && event.detail > 0) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
  }, true);
}
"""


def count_clicks(page: Page) -> None:
    """Count from now on."""
    page.add_init_script(_COUNTER)
    page.evaluate(_COUNTER)
    page.evaluate("sessionStorage.clicks = 0")


def clicks(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.clicks)"))
