"""What the main screen costs a browser: bytes, largest paint, layout shift, and how quickly a search answers.

    python -m benchmarks.page [--tracks 3000]

Starts a studio as a person starts it, adds tracks to the sample project, and opens the page in headless Chromium with
the processor slowed down four times. The bars are those a person notices. Beside the largest paint stands that of the
studio's plainest page (404) in the same browser, as the ratio's other half.
"""

import argparse
import gzip
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, Visitor, find_chromium
from tests.ops.tree import ROOT, Studio, wait_for

SLOWER = 4
BARS = {"script + style": 90.0, "largest paint": 1500.0, "layout shift": 0.02, "search to new list": 200.0}
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
    new MutationObserver((_, seen) => {
      if (!document.querySelector("#library-list[hx-get*='q=']")) return;
      seen.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
    }).observe(document.querySelector("#library"), { subtree: true, childList: true, attributes: true });
  }, { once: true });
});
"""


def add_tracks(studio: Studio, count: int) -> str:
    """Fill the sample project with copies of its first track; return its address."""
    code = f"from benchmarks.library import add; print('/p/' + add({count}).ref + '/')"
    command = [sys.executable, "run.py", "--data", str(studio.folder), "manage", "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=studio.env, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def settle(page: Page, address: str) -> tuple[float, float]:
    """Open an address; return the largest paint (ms) and the layout shift once nothing moves any more."""
    page.goto(address, wait_until="networkidle")
    return page.evaluate("window.lcp"), page.evaluate("window.cls")


def weight(page: Page, address: str) -> float:
    """Kilobytes of script and style of a first load, compressed."""
    sizes: list[int] = []

    def note(reply) -> None:
        if re.search(r"\.(js|css)$", reply.url):
            sizes.append(len(gzip.compress(reply.body(), 6)))

    page.on("response", note)
    page.goto(address, wait_until="networkidle")
    page.remove_listener("response", note)
    return sum(sizes) / 1000


def search(page: Page, cdp: CDPSession, word: str) -> float:
    """Milliseconds from a key press to the new list, without the slow-down: the waiting is the server's."""
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    cdp.send("Runtime.evaluate", {"expression": SEARCH})
    page.locator("#search").fill(word)
    answer = cdp.send("Runtime.evaluate", {"expression": "window.searched", "awaitPromise": True})
    return answer["result"]["value"]


def say(name: str, value: float, unit: str, more: str = "") -> None:
    bar = BARS[name]
    print(f"{name:<20} {value:8.2f} {unit:<3} bar {bar:g} {unit:<3} {'ok' if value <= bar else 'over'}   {more}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=int, default=3000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Studio(Path(folder)) as studio, sync_playwright() as playwright:
        wait_for(lambda: studio.rows("SELECT COUNT(*) FROM generator_track")[0][0] >= 4, 90, "the sample is there")
        address = studio.url + add_tracks(studio, asked.tracks)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        Visitor(page, studio).sign_in()
        kilobytes = weight(page, address)
        page.add_init_script(OBSERVE)
        cdp = page.context.new_cdp_session(page)
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        plain, _ = settle(page, f"{studio.url}/nothing-here/")
        painted, shifted = settle(page, address)
        say("script + style", kilobytes, "KB")
        say("largest paint", painted, "ms", f"plainest page {plain:.0f} ms, ratio {painted / plain:.1f}")
        say("layout shift", shifted, "")
        say("search to new list", search(page, cdp, "piano"), "ms", "50 ms of it wait for the next key")
        browser.close()


if __name__ == "__main__":
    main()
