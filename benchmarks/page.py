"""What a person waits for and presses on the main screen: clicks, search, layout shift, bytes, largest paint.

    python -m benchmarks.page [--tracks 3000] [--times 5]

Starts a studio as a person starts it and opens it in headless Chromium. The clicks are those of
`tests/browser/journeys.py`, which the tests count, too. Then it adds tracks to the sample project and measures its page
several times, each in a browser context without a cache; printed is the best, since the machine may be shared, with
the range. The largest paint is measured with the CPU slowed down four times; its baseline is the studio's plainest
page (404).
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from tests.browser.conftest import ARGUMENTS, Visitor, find_chromium
from tests.browser.journeys import JOURNEYS
from tests.browser.shifts import MAX_SHIFT, shift_of_arrival
from tests.management.tree import ROOT, UNDER_WAY, Studio, wait_for

SLOWER = 4
MAX_KILOBYTES, MAX_PAINT_MS, MAX_SEARCH_MS = 90.0, 1500.0, 200.0
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
WORDS = ("piano", "rainy", "funk", "night", "drums", "podcast", "slow", "bright", "ambient", "warm")
OBSERVE = """
new PerformanceObserver((list) => { for (const e of list.getEntries()) window.lcp = e.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
window.cls = 0;
new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) window.cls += e.value; })
  .observe({ type: "layout-shift", buffered: true });
"""
SEARCH = """
const search = document.querySelector("#search");
window.searched = new Promise((done) => {
  search.addEventListener("input", () => {
    const began = performance.now();
    const wanted = `q=${search.value}`;
    new MutationObserver((_, seen) => {
      if (!document.querySelector("#library-list").getAttribute("hx-get").includes(wanted)) return;
      seen.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
    }).observe(document.querySelector("#library"), { subtree: true, childList: true, attributes: true });
  }, { once: true });
});
"""


class Visits:
    """Opens pages of a studio for its administrator, each in a context of its own, so that nothing is in a cache."""

    def __init__(self, browser: Browser, studio: Studio) -> None:
        self.browser, self.studio = browser, studio
        self.state: StorageState | None = None
        with self.page() as page:
            Visitor(page, studio).sign_in()
            self.state = page.context.storage_state()

    @contextmanager
    def page(self, size=WIDE) -> Iterator[Page]:
        context = self.browser.new_context(viewport=size, storage_state=self.state, reduced_motion="reduce")
        try:
            yield context.new_page()
        finally:
            context.close()


def add_tracks(studio: Studio, count: int) -> str:
    """Fill the sample project with copies of its first track; return its address."""
    code = f"from benchmarks.library import add; print('/projects/' + add({count}).public_id + '/')"
    command = [sys.executable, "run.py", "--data", str(studio.folder), "manage", "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=studio.env, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def settle(visits: Visits, address: str) -> tuple[float, float, float]:
    """Open an address on a slowed CPU and wait until the page is stable.

    Return the largest paint (ms), the first byte of the page (ms), and the layout shift.
    """
    with visits.page() as page:
        page.add_init_script(OBSERVE)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(address, wait_until="networkidle")
        first_byte = page.evaluate("performance.getEntriesByType('navigation')[0].responseStart")
        return page.evaluate("window.lcp"), first_byte, page.evaluate("window.cls")


def weigh(visits: Visits, address: str) -> float:
    """Return the kilobytes of script and style that a first visit transfers."""
    with visits.page() as page:
        sent = []
        page.on("requestfinished", lambda one: sent.append(one) if re.search(r"\.(js|css)(\?|$)", one.url) else None)
        page.goto(address, wait_until="networkidle")
        return sum(one.sizes()["responseBodySize"] for one in sent) / 1000


def search(visits: Visits, address: str, times: int) -> list[float]:
    """Return the milliseconds from each of some key presses to the painted list, without CPU slow-down."""
    with visits.page() as page:
        page.goto(address, wait_until="networkidle")
        cdp = page.context.new_cdp_session(page)
        taken = []
        for word in WORDS[:times]:
            cdp.send("Runtime.evaluate", {"expression": f"{{ {SEARCH} }}"})
            page.locator("#search").fill(word)
            answer = cdp.send("Runtime.evaluate", {"expression": "window.searched", "awaitPromise": True})
            taken.append(answer["result"]["value"])
        return taken


def arrive(visits: Visits, address: str, size, text: str) -> float:
    """Return the layout shift while two takes arrive and their run ends."""
    with visits.page(size) as page:
        page.goto(address, wait_until="networkidle")
        return shift_of_arrival(page, text)


def say(name: str, values: list[float], bar: float, unit: str = "", more: str = "") -> bool:
    """Print the best value beside its bar, and the range of all; return whether it is within."""
    best, worst = min(values), max(values)
    digits = 0 if unit == "clicks" else 1 if unit else 4
    spread = f"{len(values)} runs, {best:.{digits}f} to {worst:.{digits}f}" if len(values) > 1 else ""
    told = "   ".join(filter(None, (spread, more)))
    print(f"{name:<42} {best:8.{digits}f} {unit:<6} bar {bar:g} {unit:<6} {'PASS' if best <= bar else 'over'}   {told}")
    return best <= bar


def count_journeys(visits: Visits) -> Iterator[bool]:
    for journey in JOURNEYS:
        with visits.page() as page:
            yield say(journey.name, [journey.count(page, visits.studio)], journey.most_clicks, "clicks")


def measure_page(visits: Visits, address: str, times: int) -> Iterator[bool]:
    def repeat(work: Callable[[], float]) -> list[float]:
        return [work() for _ in range(times)]

    yield say("script + style, transferred", [weigh(visits, address)], MAX_KILOBYTES, "KB")
    plain = min(repeat(lambda: settle(visits, f"{visits.studio.url}/nothing-here/")[0]))
    painted, first_bytes, shifted = zip(*(settle(visits, address) for _ in range(times)), strict=True)
    waited = first_bytes[painted.index(min(painted))]
    parts = f"first byte after {waited:.0f} ms; plainest page {plain:.0f} ms, ratio {min(painted) / plain:.1f}"
    yield say("largest paint, CPU 4 times slower", list(painted), MAX_PAINT_MS, "ms", parts)
    yield say("layout shift while the page loads", [max(shifted)], MAX_SHIFT)
    for name, size in (("wide", WIDE), ("phone", NARROW)):
        moved = arrive(visits, address, size, f"slow strings for the {name} list, 12 s")
        yield say(f"layout shift while a run arrives, {name}", [moved], MAX_SHIFT)
    yield say("search to new list", search(visits, address, times), MAX_SEARCH_MS, "ms", "20 ms wait for the next key")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=int, default=3000)
    parser.add_argument("--times", type=int, choices=range(1, len(WORDS) + 1), default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Studio(Path(folder)) as studio, sync_playwright() as playwright:
        wait_for(lambda: studio.rows("SELECT COUNT(*) FROM generator_track")[0][0] >= 4, 90, "the sample is there")
        wait_for(lambda: studio.rows(UNDER_WAY) == [(0,)], 120, "nothing is being composed")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        visits = Visits(browser, studio)
        passed = list(count_journeys(visits))
        passed += measure_page(visits, studio.url + add_tracks(studio, asked.tracks), asked.times)
        busy = os.getloadavg()[0] / (os.cpu_count() or 1)
        print(f"{sum(passed)} of {len(passed)} within their bars; load of the machine {busy:.1f} per core")
        browser.close()


if __name__ == "__main__":
    main()
