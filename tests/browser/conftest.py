"""A real studio and a real Chromium; skipped with a reason if Chromium is not found."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from tests.browser.runs import wait_until_quiet
from tests.fakes.failing_provider import FakeProvider
from tests.fakes.providers import BASE
from tests.management.tree import Studio

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
TIMEOUT_MS = 60_000  # a slow machine is no fault
ADMIN = "admin@studio.local"
MAX_TEXT = 4000  # characters of a page that are shown with a failed test


expect.set_options(timeout=TIMEOUT_MS)


def find_chromium() -> str | None:
    return os.environ.get("STUDIO_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    path = find_chromium()
    if not path:
        pytest.skip("no Chromium found; install one (Debian: sudo apt install chromium) or set STUDIO_CHROMIUM")
    return path


@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[Browser]:
    """One browser per file: Playwright's event loop must be gone before tests that start their own."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="package")
def studio(tmp_path_factory, prepared) -> Iterator[Studio]:
    """One studio for all browser tests, with its sample tracks composed."""
    with Studio(tmp_path_factory.mktemp("browser"), prepared, STUDIO_STALE_SECONDS="60") as running:
        yield running


@pytest.fixture(scope="package")
def paid_fake() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


@pytest.fixture(scope="package")
def paid_studio(tmp_path_factory, prepared, paid_fake) -> Iterator[Studio]:
    """A studio whose paid models are answered by the live fake."""
    providers = "generator.providers.builtin,tests.fakes.poll,tests.fakes.stream"
    own = {"STUDIO_PROVIDERS": providers, "STUDIO_PRIVATE_DOWNLOADS": "1", BASE: paid_fake.url}
    with Studio(tmp_path_factory.mktemp("paid"), prepared, STUDIO_STALE_SECONDS="60", **own) as running:
        yield running


@dataclass
class Visitor:
    """A page that records all errors and warnings of the browser."""

    page: Page
    studio: Studio
    complaints: list[str] = field(default_factory=list)

    def sign_in(self) -> None:
        """Sign in as the administrator and open the sample project, wherever earlier tests have been.

        Nothing of earlier tests is under way then, and the scripts of the page have run.
        """
        wait_until_quiet(self.studio)
        self.page.goto(f"{self.studio.url}/")
        self.page.get_by_label("Email").fill(ADMIN)
        self.page.get_by_label("Password").fill(self.studio.password())
        self.page.get_by_role("button", name="Sign in").click()
        self.page.locator("#prompt").wait_for()
        sample = self.page.locator(".switcher .menu a", has_text="Sample").get_attribute("href")
        if not self.page.url.endswith(str(sample)):
            self.page.goto(f"{self.studio.url}{sample}")
            self.page.locator("#prompt").wait_for()
        self.page.wait_for_load_state()

    def shown(self) -> str:
        """Return the address and the text of the page, and what the browser reported."""
        try:
            text = self.page.evaluate("document.body.innerText")
        except Error as error:
            text = f"no text: {error}"
        return "\n".join([self.page.url, *self.complaints, re.sub(r"\s*\n\s*", "\n", text)[:MAX_TEXT]])


VISITORS: pytest.StashKey[list[Visitor]] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """Tell with a failed test what its pages show: their addresses and texts."""
    report = yield
    if call.when == "call" and report.failed:
        for number, visitor in enumerate(item.stash.get(VISITORS, []), 1):
            report.sections.append((f"page {number}", visitor.shown()))
    return report


def _context(browser: Browser, width: int, height: int, scheme: str) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(TIMEOUT_MS)
    return context


@pytest.fixture
def visit(browser, studio, request):
    """`visit(width=390, scheme="dark")` opens a new visitor; at the end the browser must have reported no errors."""
    opened: list[tuple[BrowserContext, Visitor]] = []
    visitors = request.node.stash.setdefault(VISITORS, [])

    def _visit(width: int = 1440, height: int = 900, scheme: str = "light") -> Visitor:
        context = _context(browser, width, height, scheme)
        visitor = Visitor(context.new_page(), studio)
        visitor.page.on("console", lambda said: visitor.complaints.append(said.text) if said.type == "error" else None)
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        opened.append((context, visitor))
        visitors.append(visitor)
        return visitor

    yield _visit
    for context, visitor in opened:
        context.close()
        # Refusals; and requests replaced by a newer one of the same form, which htmx logs as errors.
        expected = ("status of 422", "status of 404", "htmx:sendAbort", "htmx:afterRequest")
        assert [c for c in visitor.complaints if not any(word in c for word in expected)] == []
