"""What axe-core cannot see on a page (WCAG 2.2): reflow, hidden focus, small targets.

Each function returns what is wrong, in words that name the element; an empty list is right.
"""

from pathlib import Path

from playwright.sync_api import Page

MOST_TABS = 160
_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def show_player(page: Page) -> None:
    """Show the player as while music plays: it may be what hides the focus."""
    page.evaluate("document.querySelector('#player')?.removeAttribute('hidden')")


def sideways(page: Page) -> list[str]:
    """Return what makes the page scroll sideways (1.4.10)."""
    return list(page.evaluate(_SCRIPT, "sideways"))


def small_targets(page: Page) -> list[str]:
    """Return the targets below 24 px that have no room around them (2.5.8)."""
    return list(page.evaluate(_SCRIPT, "small"))


def hidden_focus(page: Page) -> list[str]:
    """Press Tab through the page; return where the focus is covered by a bar or cannot be seen (2.4.7, 2.4.11)."""
    wrong: list[str] = []
    page.evaluate(_SCRIPT, "forget")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        found = page.evaluate(_SCRIPT, "focus")
        if found is None:
            break
        wrong += found
    return wrong


def out_of_reach(page: Page) -> list[str]:
    """Return all of the above, for a page at its width."""
    return sideways(page) + small_targets(page) + hidden_focus(page)
