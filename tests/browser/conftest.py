"""A real studio and a real Chromium; skipped with a word where no Chromium is found."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.fakes.providers import BASE
from tests.fakes.server import FakeProvider
from tests.ops.tree import Studio

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
ADMIN = "admin@studio.local"


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
    """For one file at a time: Playwright's event loop must be gone before tests that start their own."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="package")
def studio(tmp_path_factory, prepared) -> Iterator[Studio]:
    """One studio for all browser tests, its sample tracks composed."""
    with Studio(tmp_path_factory.mktemp("browser"), prepared, STUDIO_STALE_SECONDS="60") as running:
        yield running


@pytest.fixture(scope="package")
def paid_fake() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


@pytest.fixture(scope="package")
def paid_studio(tmp_path_factory, prepared, paid_fake) -> Iterator[Studio]:
    """A studio whose paid models are answered by the live fake."""
    providers = "generator.providers.composer,tests.fakes.poll,tests.fakes.stream"
    own = {"STUDIO_PROVIDERS": providers, "STUDIO_PRIVATE_DOWNLOADS": "1", BASE: paid_fake.url}
    with Studio(tmp_path_factory.mktemp("paid"), prepared, STUDIO_STALE_SECONDS="60", **own) as running:
        yield running


@dataclass
class Visitor:
    """A page that remembers everything the browser complained about."""

    page: Page
    studio: Studio
    complaints: list[str] = field(default_factory=list)

    def sign_in(self) -> None:
        self.page.goto(f"{self.studio.url}/")
        self.page.get_by_label("Email").fill(ADMIN)
        self.page.get_by_label("Password").fill(self.studio.password())
        self.page.get_by_role("button", name="Sign in").click()
        self.page.locator("#prompt").wait_for()


def _context(browser: Browser, width: int, height: int, scheme: str) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    return context


@pytest.fixture
def visit(browser, studio):
    """`visit(width=390, scheme="dark")` opens a fresh visitor; at the end the browser must have had no complaint."""
    opened: list[tuple[BrowserContext, Visitor]] = []

    def _visit(width: int = 1440, height: int = 900, scheme: str = "light") -> Visitor:
        context = _context(browser, width, height, scheme)
        visitor = Visitor(context.new_page(), studio)
        visitor.page.on("console", lambda said: visitor.complaints.append(said.text) if said.type == "error" else None)
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        opened.append((context, visitor))
        return visitor

    yield _visit
    for context, visitor in opened:
        context.close()
        # Refusals; and requests that a newer one of the same form has replaced, which htmx logs as errors.
        expected = ("status of 422", "status of 404", "htmx:sendAbort", "htmx:afterRequest")
        assert [c for c in visitor.complaints if not any(word in c for word in expected)] == []
