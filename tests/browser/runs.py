"""Runs of a test's own: all tests of a group share a studio, so a test knows its cards and rows by their ids."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.management.tree import Studio, wait_for

MAX_MAKING_S = 60
UNDER_WAY = """
SELECT COUNT(*) FROM generator_generation g JOIN generator_musicmodel m ON m.id = g.model_id
WHERE g.state IN ('queued', 'submitting', 'running', 'collecting') AND g.due_at IS NOT NULL AND m.key LIKE 'composer/%'
"""


def wait_until_quiet(studio: Studio) -> None:
    """Wait until the composer has made what earlier tests have left behind: its rows would come into the next list."""
    wait_for(lambda: studio.rows(UNDER_WAY) == [(0,)], MAX_MAKING_S, "the runs of earlier tests end")


def cards_shown(page: Page) -> list[str]:
    """Return the ids of the cards, for `new_card`."""
    return page.locator("#running .job[id]").evaluate_all("cards => cards.map((card) => card.id)")


def new_card(page: Page, text: str, earlier: list[str]) -> Locator:
    """Return the card of a run that was submitted after `earlier`, whatever other cards say; it stays the same one."""
    others = "".join(f":not(#{card})" for card in earlier)
    card = page.locator(f"#running .job[id^=job-]:not(.job-coming){others}", has_text=text)
    return page.locator(f"#{card.get_attribute('id')}")


def generate(page: Page, text: str, takes: int = 1) -> Locator:
    """Fill in the prompt and the takes, press Generate, and return the card."""
    page.locator("#prompt").fill(text)
    page.locator(".segments label", has_text=str(takes)).first.click()
    button = page.get_by_role("button", name=re.compile(f"Generate {takes}"))
    expect(button).to_contain_text("free")
    earlier = cards_shown(page)
    button.click()
    return new_card(page, text, earlier)


def rows_of(page: Page, card: Locator) -> Locator:
    """Return the rows of a run's takes in the list, newest first."""
    run = str(card.get_attribute("id")).removeprefix("job-")
    return page.locator(f".track[data-src][data-run='{run}']")


def finish(page: Page, text: str, takes: int = 2) -> Locator:
    """Generate, and return the card once it is ready and the takes are in the list, where nothing waits any more."""
    card = generate(page, text, takes)
    expect(card).to_have_class(re.compile(r"\bjob-ready\b"))
    expect(rows_of(page, card)).to_have_count(takes)
    expect(page.locator(".track-place")).to_have_count(0)
    return card


def make_track(page: Page, text: str = "calm ambient, 10 s") -> str:
    """Generate one track, wait for its row, and return its address."""
    row = rows_of(page, generate(page, text))
    expect(row).to_have_count(1)
    return str(row.locator(".track-title a").get_attribute("href"))
