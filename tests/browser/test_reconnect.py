"""A proxy answers instead of the studio for a while: the open page stays, says so, and recovers by itself."""

import http.client
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import TIMEOUT_MS
from tests.browser.runs import generate

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]
PAGES = {
    502: b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
    504: b"<!DOCTYPE html><html><body><main><p>Gateway time-out</p></main></body></html>",
    200: b"<!doctype html><title>Sign in to the network</title><p>Hotel guests, please accept the terms.</p>",
}


class Proxy(ThreadingHTTPServer):
    """Forwards requests to a studio, or answers them itself."""

    daemon_threads = True
    instead: int = 0  # the status of its own answers; 0: it forwards
    answered = 0

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def _go(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.instead:
            self.server.answered += 1
            self._answer(self.server.instead, [("Content-Type", "text/html")], PAGES[self.server.instead])
            return
        studio = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        studio.request(self.command, self.path, body, dict(self.headers))
        reply = studio.getresponse()
        kept = [
            (name, value)
            for name, value in reply.getheaders()
            if name.lower() not in ("content-length", "transfer-encoding")
        ]
        self._answer(reply.status, kept, reply.read())
        studio.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_HEAD = _go

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxy(studio) -> Iterator[Proxy]:
    with Proxy(studio.port) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def page(browser, studio, proxy) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    page.goto(f"{proxy.url}/")
    page.get_by_label("Email").fill("admin@studio.local")
    page.get_by_label("Password").fill(studio.password())
    page.get_by_role("button", name="Sign in").click()
    page.locator("#prompt").wait_for()
    page.wait_for_load_state()
    yield page
    context.close()


def tracks_in_library(page: Page) -> set[str]:
    return set(page.locator("#library .track").evaluate_all("tracks => tracks.map((track) => track.id)"))


def wait_until_asked(page: Page, proxy: Proxy) -> None:
    before, deadline = proxy.answered, time.monotonic() + 60
    while proxy.answered == before:
        assert time.monotonic() < deadline, "the page asks for nothing"
        page.wait_for_timeout(50)


@pytest.mark.parametrize("status", PAGES)
def test_the_page_stays_and_goes_on_by_itself(page, proxy, status):
    page.locator("#library .track").first.wait_for()
    proxy.instead = status
    shown = tracks_in_library(page)
    page.locator("#prompt").fill("Typed while it was away, 7 s")
    page.evaluate("htmx.trigger(document.body, 'running-changed')")
    wait_until_asked(page, proxy)
    expect(page.locator("#reconnecting")).to_be_visible()
    page.locator("#bell a").click()  # no other page can be reached now, and this one stays
    wait_until_asked(page, proxy)
    assert "Bad Gateway" not in page.content()
    assert "Hotel guests" not in page.content()
    assert shown <= tracks_in_library(page)  # an answer that was on its way may have brought more
    expect(page.locator("#prompt")).to_have_value("Typed while it was away, 7 s")
    proxy.instead = 0
    expect(page.locator("#reconnecting")).to_have_count(0)
    expect(page.locator("#heard")).to_contain_text("7 s")  # what was typed meanwhile is sent automatically
    page.locator("#bell a").click()
    expect(page).to_have_url(f"{proxy.url}/notifications/")


def test_what_was_made_meanwhile_is_there_afterwards(page, proxy):
    generate(page, "Quiet piano for a proxy, 20 seconds")
    page.locator("#running .job").first.wait_for()
    proxy.instead = 502
    wait_until_asked(page, proxy)
    expect(page.locator("#reconnecting")).to_be_visible()
    proxy.instead = 0
    expect(page.locator("#reconnecting")).to_have_count(0)
    expect(page.locator("#running .job [data-percent]")).to_have_count(0)
    expect(page.locator("#running")).not_to_contain_text("Bad Gateway")


def test_a_session_that_ended_asks_to_sign_in_and_comes_back(page, proxy):
    came = page.url
    page.context.clear_cookies()
    page.evaluate("htmx.trigger(document.body, 'running-changed')")
    page.get_by_label("Email").wait_for()
    assert "next=" in page.url
    assert page.locator("#reconnecting").count() == 0
    assert came.rpartition("/projects/")[2][:8] in page.url
