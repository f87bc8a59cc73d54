"""Two ways to use a page: with the mouse, and with the keyboard alone."""

from typing import Protocol

from playwright.sync_api import Locator

MOST_TABS = 400  # of a page of the billing review with its longest list


class Hand(Protocol):
    def press(self, target: Locator) -> None:
        """Activate a link, a button, or whatever else is pressed."""

    def enter(self, target: Locator) -> None:
        """Go into a field."""


class Mouse:
    """Clicks; also waits until something has become visible."""

    def press(self, target: Locator) -> None:
        target.click(timeout=60_000)

    def enter(self, target: Locator) -> None:
        target.click()


class Keyboard:
    """Presses Tab until the target has focus, and then Enter, or Space where Enter does nothing."""

    def press(self, target: Locator) -> None:
        self.enter(target)
        is_box = target.evaluate("it => it.matches('[type=checkbox], [type=radio]')")
        target.page.keyboard.press("Space" if is_box else "Enter")

    def enter(self, target: Locator) -> None:
        target.wait_for(timeout=60_000)
        for _ in range(MOST_TABS):
            if target.evaluate("it => it === document.activeElement"):
                return
            target.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached with the Tab key")
